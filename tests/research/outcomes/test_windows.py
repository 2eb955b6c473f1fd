"""Windows, and in which of them a person can be seen."""

from datetime import date

import pytest

INDEX = date(2015, 8, 31)
PERSON = {
    **{"person_pseudonym": "p1", "index_date": INDEX, "baseline_date": INDEX},
    **{"is_child": False, "is_adult": True},
}
LINKED = [{"extract": e, "record_key": e, "person_pseudonym": "p1"} for e in ("benefits", "hospital")]


def _span(extract, end, start=date(2013, 4, 1)):
    return {"extract": extract, "span_start_date": start, "span_end_date": end, "n_years": 1}


def test_windows_follow_each_other_without_gap_or_overlap(run_model, pick):
    rows = run_model("person_windows", eligible_people=[PERSON])
    assert pick(rows, "outcome_window", "from_date", "until_date", "is_half_year") == [
        ("01-06", date(2015, 8, 31), date(2016, 2, 29), True),
        ("01-24", date(2015, 8, 31), date(2017, 8, 31), False),
        ("07-12", date(2016, 2, 29), date(2016, 8, 31), True),
        ("13-18", date(2016, 8, 31), date(2017, 2, 28), True),
        ("19-24", date(2017, 2, 28), date(2017, 8, 31), True),
        ("before", date(2013, 8, 31), date(2014, 8, 31), True),
    ]


def test_the_placebo_is_counted_from_the_baseline_and_what_follows_from_the_index_date(run_model, pick):
    rows = run_model("person_windows", eligible_people=[{**PERSON, "baseline_date": date(2015, 5, 31)}])
    starts = dict(pick(rows, "outcome_window", "from_date"))
    assert (starts["01-06"], starts["before"]) == (INDEX, date(2013, 5, 31))
    assert dict(pick(rows, "outcome_window", "until_date"))["before"] == date(2014, 5, 31)
    assert len(rows) == 6


@pytest.mark.parametrize(
    ("end", "observed"),
    [
        (date(2016, 2, 28), ["01-06", "before"]),
        (date(2016, 2, 27), ["before"]),
        (date(2016, 8, 30), ["01-06", "07-12", "before"]),
    ],
)
def test_a_window_is_observed_when_the_data_hold_its_last_day(run_model, end, observed):
    rows = run_model(
        "person_windows",
        eligible_people=[PERSON],
        observed_spans=[_span("benefits", end)],
        released_record_links=LINKED,
    )
    assert [row["outcome_window"] for row in rows if row["is_benefits_observed"]] == observed


@pytest.mark.parametrize(("end", "is_observed"), [(date(2016, 8, 28), True), (date(2016, 8, 27), False)])
def test_offences_are_observed_six_months_late(run_model, end, is_observed):
    rows = run_model("person_windows", eligible_people=[PERSON], observed_spans=[_span("offences", end)])
    assert rows[0]["is_offences_observed"] is is_observed


def test_data_that_begin_after_the_window_do_not_show_it(run_model):
    spans = [_span("offences", date(2018, 12, 31), start=date(2016, 1, 1))]
    rows = run_model("person_windows", eligible_people=[PERSON], observed_spans=spans)
    assert [row["outcome_window"] for row in rows if row["is_offences_observed"]] == ["07-12", "13-18", "19-24"]


def test_an_unlinked_person_is_unknown_where_the_extract_holds_everybody(run_model):
    spans = [_span(e, date(2018, 12, 31)) for e in ("benefits", "hospital", "offences", "social_care")]
    linked, unlinked = (
        run_model("person_windows", eligible_people=[PERSON], observed_spans=spans, released_record_links=links)[0]
        for links in (LINKED, [])
    )
    assert linked["is_benefits_observed"] and linked["is_hospital_observed"]
    assert not unlinked["is_benefits_observed"] and not unlinked["is_hospital_observed"]
    assert unlinked["is_offences_observed"] and unlinked["is_social_care_observed"]


def test_a_child_who_turns_18_stays_in_childrens_outcomes_unless_the_protocol_censors(run_model):
    child = {**PERSON, "is_child": True, "is_adult": False, "birth_month": date(1998, 6, 1)}
    stays = run_model("person_windows", eligible_people=[child])
    assert [row["outcome_window"] for row in stays if row["is_child"]] == [row["outcome_window"] for row in stays]
    censored = run_model("person_windows", {"is_censored_at_18": True}, eligible_people=[child])
    assert [row["outcome_window"] for row in censored if row["is_child"]] == ["01-06", "before"]
