"""Spells and events: linked by record key, deduplicated over years, never clipped."""

from datetime import date

LINKS = [
    {"extract": "benefits", "record_key": "k1", "person_pseudonym": "p1"},
    {"extract": "employment", "record_key": "k1", "person_pseudonym": "p1"},
    {"extract": "social_care", "record_key": "k1", "person_pseudonym": "p1"},
    {"extract": "offences", "record_key": "k1", "person_pseudonym": "p1"},
]
Y14, Y15, Y16 = date(2014, 4, 1), date(2015, 4, 1), date(2016, 4, 1)


def test_the_latest_file_knows_the_end_of_a_spell(run_model, pick):
    spells = [
        {"record_key": "k1", "benefit": "JSA", "start_date": date(2014, 6, 1), "year_start_date": Y14},
        {
            **{"record_key": "k1", "benefit": "JSA", "start_date": date(2014, 6, 1)},
            **{"end_date": date(2015, 5, 31), "year_start_date": Y15},
        },
    ]
    rows = run_model("benefit_spells", benefits_attributes=spells, released_record_links=LINKS)
    assert pick(rows, "person_pseudonym", "benefit", "start_date", "end_date") == [
        ("p1", "JSA", date(2014, 6, 1), date(2015, 5, 31))
    ]


def test_a_later_file_may_reopen_a_spell(run_model, pick):
    start = {"record_key": "k1", "benefit": "UC", "start_date": date(2014, 6, 1)}
    spells = [
        {**start, "end_date": date(2015, 3, 1), "year_start_date": Y14},
        {**start, "year_start_date": Y15},
    ]
    rows = run_model("benefit_spells", benefits_attributes=spells, released_record_links=LINKS)
    assert pick(rows, "end_date") == [(None,)]


def test_records_that_nobody_is_linked_to_stay_out(run_model):
    spells = [{"record_key": "k9", "benefit": "JSA", "start_date": date(2014, 6, 1), "year_start_date": Y14}]
    assert run_model("benefit_spells", benefits_attributes=spells, released_record_links=LINKS) == []


def test_a_link_of_another_extract_does_not_count(run_model):
    spells = [{"record_key": "k1", "benefit": "JSA", "start_date": date(2014, 6, 1), "year_start_date": Y14}]
    links = [{"extract": "hospital", "record_key": "k1", "person_pseudonym": "p1"}]
    assert run_model("benefit_spells", benefits_attributes=spells, released_record_links=links) == []


def test_a_start_on_5_or_6_april_is_marked_as_a_default(run_model, pick):
    starts = [date(2015, 4, 4), date(2015, 4, 5), date(2015, 4, 6), date(2015, 4, 7), date(2015, 5, 6)]
    spells = [{"record_key": "k1", "employer_ref": "e", "start_date": s, "year_start_date": Y15} for s in starts]
    rows = run_model("employment_spells", employment_attributes=spells, released_record_links=LINKS)
    assert pick(rows, "start_date", "is_default_date") == [
        (date(2015, 4, 4), False),
        (date(2015, 4, 5), True),
        (date(2015, 4, 6), True),
        (date(2015, 4, 7), False),
        (date(2015, 5, 6), False),
    ]


def test_a_looked_after_child_keeps_each_episode(run_model, pick):
    episodes = [
        {"record_key": "k1", "episode_type": kind, "start_date": start, "year_start_date": Y15}
        for kind, start in (
            ("looked_after", date(2015, 5, 1)),
            ("looked_after", date(2015, 7, 1)),
            ("child_in_need", date(2015, 5, 1)),
        )
    ]
    rows = run_model("social_care_episodes", social_care_attributes=episodes, released_record_links=LINKS)
    assert pick(rows, "episode_type", "start_date") == [
        ("child_in_need", date(2015, 5, 1)),
        ("looked_after", date(2015, 5, 1)),
        ("looked_after", date(2015, 7, 1)),
    ]


def test_two_offences_of_one_day_stay_two_and_a_caution_is_no_conviction(run_model, pick):
    day = {"record_key": "k1", "offence_date": date(2015, 5, 1), "disposal_date": date(2015, 6, 1)}
    offences = [{**day, "disposal": "caution"}, {**day, "disposal": "conviction", "n_custody_days": 30}]
    rows = run_model("offence_events", offences_attributes=offences, released_record_links=LINKS)
    assert pick(rows, "event_number", "disposal", "is_conviction", "n_custody_days") == [
        (1, "caution", False, 0),
        (2, "conviction", True, 30),
    ]
