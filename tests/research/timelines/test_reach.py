"""How far the data reach, and the long timelines."""

from datetime import date


def test_a_missing_year_breaks_a_span(run_model, pick):
    years = [{"year_start_date": date(year, 1, 1)} for year in (2013, 2014, 2014, 2016)]
    rows = run_model("observed_spans", offences_attributes=years)
    assert pick(rows, "extract", "span_start_date", "span_end_date", "n_years") == [
        ("offences", date(2013, 1, 1), date(2014, 12, 31), 2),
        ("offences", date(2016, 1, 1), date(2016, 12, 31), 1),
    ]


def test_each_extract_has_spans_of_its_own(run_model, pick):
    rows = run_model(
        "observed_spans",
        attendance_attributes=[{"year_start_date": date(2014, 9, 1)}],
        hospital_attributes=[{"year_start_date": date(2014, 4, 1)}],
    )
    assert pick(rows, "extract", "span_end_date") == [
        ("attendance", date(2015, 8, 31)),
        ("hospital", date(2015, 3, 31)),
    ]


def test_a_person_timeline_holds_spells_and_point_events(run_model, pick):
    rows = run_model(
        "person_timeline",
        released_programme_spells=[
            {
                **{"person_pseudonym": "p1", "assessment_date": date(2015, 4, 3)},
                **{"start_date": date(2015, 5, 1), "programme_group": "programme"},
            }
        ],
        benefit_spells=[{"person_pseudonym": "p1", "benefit": "JSA", "start_date": date(2014, 6, 1)}],
    )
    assert pick(rows, "domain", "event_type", "start_date", "end_date") == [
        ("benefits", "JSA", date(2014, 6, 1), None),
        ("programme", "assessment", date(2015, 4, 3), date(2015, 4, 3)),
        ("programme", "programme", date(2015, 5, 1), None),
    ]


def test_a_family_timeline_counts_events_and_people_by_month(run_model, pick):
    people = [{"person_pseudonym": p, "family_pseudonym": "f1"} for p in ("p1", "p2")]
    event = {"domain": "hospital", "event_type": "emergency"}
    events = [
        {**event, "person_pseudonym": "p1", "start_date": date(2015, 5, 1)},
        {**event, "person_pseudonym": "p1", "start_date": date(2015, 5, 31)},
        {**event, "person_pseudonym": "p2", "start_date": date(2015, 5, 9)},
        {**event, "person_pseudonym": "p2", "start_date": date(2015, 6, 1)},
    ]
    rows = run_model("family_timeline", released_people=people, person_timeline=events)
    assert pick(rows, "month_date", "n_events", "n_people") == [(date(2015, 5, 1), 3, 2), (date(2015, 6, 1), 1, 1)]
