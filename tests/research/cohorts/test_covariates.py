"""Covariates look back twelve months from the baseline and on the eve of the index date, and never past it."""

from datetime import date

import pytest

INDEX = date(2016, 1, 1)
LATER = date(2016, 3, 1)
PERSON = {"person_pseudonym": "p1"}


def _people(is_child=False, index=INDEX, baseline=INDEX, assessed=INDEX):
    return [
        {
            **{"person_pseudonym": "p1", "family_pseudonym": "f1", "council_code": "E06000001", "sex": "F"},
            **{"index_date": index, "assessment_date": assessed, "baseline_date": baseline},
            **{"age_at_index": 12 if is_child else 30, "is_child": is_child},
        }
    ]


def _spells(assessed=INDEX, **problems):
    return [
        {
            **{"person_pseudonym": "p1", "family_pseudonym": "f1", "council_code": "E06000001"},
            **{"assessment_date": assessed, **problems},
        }
    ]


def _term(start, end, possible=100, absent=10):
    return {
        **PERSON,
        **{"academic_year": 2015, "term_start_date": start, "term_end_date": end},
        **{"n_sessions_possible": possible, "n_sessions_authorised": absent, "n_sessions_unauthorised": 0},
        **{"n_exclusions": 1, "is_fsm_eligible": True, "sen_provision": "K", "language": "OTH"},
    }


def _covariates(run_model, people=None, **events):
    return run_model(
        "cohort_covariates", eligible_people=people or _people(), released_programme_spells=_spells(), **events
    )[0]


def test_a_person_without_records_has_zeros_and_a_mark_for_absence(run_model):
    found = _covariates(run_model)
    assert found["absence_rate_before"] == 0 and found["is_absence_missing"]
    assert [found[c] for c in ("n_offences_before", "n_jsa_days_before", "n_employed_days_before")] == [0, 0, 0]
    assert not any(found[c] for c in ("is_convicted_before", "is_looked_after_before", "is_fsm_before"))


def test_absence_is_of_the_terms_that_ended_before_the_index_date(run_model):
    found = _covariates(
        run_model,
        attendance_terms=[
            _term(date(2015, 4, 1), date(2015, 7, 31), 100, 10),
            _term(date(2015, 9, 1), date(2015, 12, 31), 100, 30),
            _term(date(2016, 1, 1), date(2016, 3, 31), 100, 100),
            _term(date(2014, 9, 1), date(2014, 12, 31), 100, 100),
        ],
    )
    assert found["absence_rate_before"] == 0.2
    assert found["n_exclusions_before"] == 2
    assert found["is_fsm_before"] and found["is_sen_before"] and found["is_other_language"]


def test_days_of_a_spell_are_those_inside_the_lookback(run_model):
    found = _covariates(
        run_model,
        benefit_spells=[
            {**PERSON, "benefit": "JSA", "start_date": date(2014, 1, 1), "end_date": date(2015, 1, 10)},
            {**PERSON, "benefit": "ESA", "start_date": date(2015, 12, 30)},
        ],
        employment_spells=[{**PERSON, "start_date": date(2015, 6, 1), "end_date": date(2015, 6, 1)}],
    )
    assert found["n_jsa_days_before"] == 10
    assert found["n_out_of_work_days_before"] == 12
    assert found["n_employed_days_before"] == 1


@pytest.mark.parametrize("benefit", ["IS", "ESA", "IB", "SDA", "UC"])
def test_days_on_another_benefit_are_no_days_on_jsa(run_model, benefit):
    spell = {**PERSON, "benefit": benefit, "start_date": date(2015, 12, 1), "end_date": date(2015, 12, 10)}
    found = _covariates(run_model, benefit_spells=[spell])
    assert (found["n_jsa_days_before"], found["n_out_of_work_days_before"]) == (0, 10)


def test_days_in_employment_are_no_days_on_a_benefit(run_model):
    found = _covariates(run_model, employment_spells=[{**PERSON, "start_date": date(2015, 12, 22)}])
    names = ("n_jsa_days_before", "n_out_of_work_days_before", "n_employed_days_before")
    assert [found[name] for name in names] == [0, 0, 10]


def test_a_conviction_counts_when_the_court_has_decided_by_then(run_model):
    offence = {**PERSON, "offence_date": date(2015, 11, 1), "is_conviction": True, "n_custody_days": 10}
    decided = _covariates(run_model, offence_events=[{**offence, "disposal_date": date(2015, 12, 31)}])
    open_case = _covariates(run_model, offence_events=[{**offence, "disposal_date": date(2016, 1, 1)}])
    assert (decided["n_offences_before"], decided["is_convicted_before"], decided["is_in_custody_before"]) == (
        1,
        True,
        True,
    )
    assert (open_case["n_offences_before"], open_case["is_convicted_before"]) == (0, False)


def test_problems_and_size_are_the_familys(run_model):
    people = [*_people(is_child=True), {**_people()[0], "person_pseudonym": "p2"}]
    spells = [
        *_spells(is_problem_crime=True, is_problem_health=False),
        {**_spells(is_problem_health=True)[0], "person_pseudonym": "p2"},
        {**_spells(is_problem_worklessness=True)[0], "person_pseudonym": "p3", "family_pseudonym": "f2"},
    ]
    rows = run_model("cohort_covariates", eligible_people=people, released_programme_spells=spells)
    for row in rows:
        assert (row["is_problem_crime"], row["is_problem_health"], row["is_problem_worklessness"]) == (
            True,
            True,
            False,
        )
        assert (row["n_problems"], row["n_family_people"], row["n_family_children"]) == (2, 2, 1)


def test_problems_are_those_of_the_assessment_that_the_person_entered_from(run_model, pick):
    people = [*_people(), {**_people(assessed=LATER)[0], "person_pseudonym": "p2"}]
    spells = [
        *_spells(is_problem_crime=True),
        {**_spells(assessed=LATER, is_problem_health=True)[0], "person_pseudonym": "p2"},
        {**_spells(assessed=LATER, is_problem_worklessness=True)[0], "person_pseudonym": "p1"},
    ]
    rows = run_model("cohort_covariates", eligible_people=people, released_programme_spells=spells)
    assert pick(rows, "person_pseudonym", "is_problem_crime", "is_problem_health", "is_problem_worklessness") == [
        ("p1", True, False, False),
        ("p2", False, True, True),
    ]
    assert pick(rows, "n_problems", "n_family_people") == [(1, 1), (2, 2)]


def test_a_person_without_an_assessment_has_the_problems_of_the_familys_rows_without_one(run_model):
    spells = _spells(assessed=None, is_problem_crime=True)
    row = run_model("cohort_covariates", eligible_people=_people(assessed=None), released_programme_spells=spells)[0]
    assert (row["n_problems"], row["n_family_people"]) == (1, 1)


def test_days_to_the_index_date_are_counted_on_both_sides_of_the_programmes_first(run_model):
    days = [_covariates(run_model, _people(index=each))["n_days_to_index"] for each in (date(2015, 3, 31), INDEX)]
    assert days == [-1, 275]


EPISODES = {
    "child_in_need": "is_child_in_need",
    "protection_plan": "is_on_protection_plan",
    "looked_after": "is_looked_after",
}


@pytest.mark.parametrize(
    ("end", "is_under_way"), [(date(2015, 12, 30), False), (date(2015, 12, 31), True), (None, True)]
)
def test_what_runs_on_the_day_before_the_index_date_is_under_way(run_model, end, is_under_way):
    spell = {**PERSON, "start_date": date(2015, 12, 1), "end_date": end}
    found = _covariates(
        run_model,
        social_care_episodes=[{**spell, "episode_type": kind} for kind in EPISODES],
        benefit_spells=[{**spell, "benefit": "JSA"}],
        employment_spells=[spell],
    )
    names = (*EPISODES.values(), "is_on_jsa", "is_out_of_work", "is_employed")
    assert {found[f"{name}_on_eve"] for name in names} == {is_under_way}
    other = _covariates(run_model, benefit_spells=[{**spell, "benefit": "UC"}])
    assert (other["is_on_jsa_on_eve"], other["is_out_of_work_on_eve"]) == (False, is_under_way)


def test_history_ends_at_the_baseline_and_the_eve_is_that_of_the_index_date(run_model):
    waits = _people(index=LATER)
    assert {
        name: value
        for name, value in _covariates(run_model, waits, **ON_THE_DAY).items()
        if value != _covariates(run_model, waits)[name]
    } == {
        **{"is_on_protection_plan_on_eve": True, "is_looked_after_on_eve": True},
        **{"is_on_jsa_on_eve": True, "is_out_of_work_on_eve": True, "is_employed_on_eve": True},
    }
    assert _covariates(run_model, waits, **BEFORE) == {**_covariates(run_model, **BEFORE), "n_days_to_index": 335}


BEFORE = {
    "attendance_terms": [_term(date(2015, 9, 1), date(2015, 12, 31), 100, 30)],
    "social_care_episodes": [
        {**PERSON, "episode_type": "child_in_need", "start_date": date(2015, 6, 1), "end_date": date(2015, 8, 1)}
    ],
    "offence_events": [
        {
            **{**PERSON, "offence_date": date(2015, 6, 1), "disposal_date": date(2015, 7, 1)},
            **{"is_conviction": False, "n_custody_days": 0},
        }
    ],
    "benefit_spells": [{**PERSON, "benefit": "JSA", "start_date": date(2015, 6, 1), "end_date": date(2015, 6, 30)}],
    "employment_spells": [{**PERSON, "start_date": date(2015, 7, 1), "end_date": date(2015, 7, 31)}],
    "hospital_attendances": [
        {**PERSON, "attendance_date": date(2015, 12, 31), "attendance_type": "emergency", "is_injury": True}
    ],
}
ON_THE_DAY = {
    "attendance_terms": [_term(INDEX, date(2016, 3, 31), 100, 100)],
    "social_care_episodes": [
        {**PERSON, "episode_type": kind, "start_date": INDEX} for kind in ("looked_after", "protection_plan")
    ],
    "offence_events": [
        {
            **{**PERSON, "offence_date": INDEX, "disposal_date": INDEX},
            **{"is_conviction": True, "n_custody_days": 10},
        }
    ],
    "benefit_spells": [{**PERSON, "benefit": "JSA", "start_date": INDEX}],
    "employment_spells": [{**PERSON, "start_date": INDEX}],
    "hospital_attendances": [{**PERSON, "attendance_date": INDEX, "attendance_type": "emergency", "is_injury": True}],
}


def test_records_of_the_index_date_and_later_change_nothing(run_model):
    with_later = {table: [*BEFORE[table], *ON_THE_DAY[table]] for table in BEFORE}
    assert _covariates(run_model, **with_later) == _covariates(run_model, **BEFORE)


def test_the_records_before_do_count(run_model):
    nothing, something = _covariates(run_model), _covariates(run_model, **BEFORE)
    assert {name for name in nothing if nothing[name] != something[name]} == {
        *("absence_rate_before", "is_absence_missing", "n_exclusions_before", "is_fsm_before", "is_sen_before"),
        *("is_other_language", "is_child_in_need_before", "n_offences_before", "n_jsa_days_before"),
        *("n_out_of_work_days_before", "n_employed_days_before", "n_emergency_attendances_before"),
        "n_injury_attendances_before",
    }
