"""Who is in the evaluation, in which arm, from which day, at which age."""

from datetime import date

import pytest

COUNCIL, OTHER = "E06000001", "E06000002"


def _spell(person="p1", family="f1", council=COUNCIL, assessed=None, started=None):
    return {
        "person_pseudonym": person,
        "family_pseudonym": family,
        "council_code": council,
        "programme_group": "programme" if started else "awaiting",
        "assessment_date": assessed,
        "start_date": started,
    }


def _person(person="p1", birth_month=date(1990, 1, 1)):
    return {"person_pseudonym": person, "family_pseudonym": "f1", "sex": "F", "birth_month": birth_month}


def _eligible(run_model, released_programme_spells, released_people, **parameters):
    candidates = run_model(
        "cohort_candidates",
        parameters,
        released_programme_spells=released_programme_spells,
        released_people=released_people,
    )
    return run_model("eligible_people", cohort_candidates=candidates)


def test_programme_counts_from_its_start_and_comparison_from_the_assessment(run_model, pick):
    spells = [
        _spell("p1", assessed=date(2015, 4, 2), started=date(2015, 6, 1)),
        _spell("p2", "f2", assessed=date(2015, 4, 3)),
    ]
    rows = _eligible(run_model, released_programme_spells=spells, released_people=[_person("p1"), _person("p2")])
    assert pick(rows, "person_pseudonym", "arm", "index_date") == [
        ("p1", "programme", date(2015, 6, 1)),
        ("p2", "comparison", date(2015, 4, 3)),
    ]


@pytest.mark.parametrize(
    ("assessed", "baseline"),
    [(date(2015, 4, 2), date(2015, 4, 2)), (None, date(2015, 6, 1)), (date(2015, 7, 1), date(2015, 6, 1))],
    ids=["assessed before", "never assessed", "assessed after"],
)
def test_the_baseline_is_the_assessment_and_never_after_the_index_date(run_model, pick, assessed, baseline):
    spells = [_spell(assessed=assessed, started=date(2015, 6, 1))]
    rows = _eligible(run_model, released_programme_spells=spells, released_people=[_person()])
    assert pick(rows, "assessment_date", "baseline_date") == [(assessed, baseline)]


def test_who_waits_in_one_place_and_starts_in_another_is_on_the_programme(run_model, pick):
    spells = [
        _spell(council=COUNCIL, family="f1", assessed=date(2015, 4, 2)),
        _spell(council=OTHER, family="f2", assessed=date(2015, 9, 1), started=date(2015, 10, 5)),
    ]
    rows = _eligible(run_model, released_programme_spells=spells, released_people=[_person()])
    assert pick(rows, "arm", "index_date", "family_pseudonym", "council_code") == [
        ("programme", date(2015, 10, 5), "f2", OTHER)
    ]


def test_a_person_on_two_registers_counts_once_from_the_earliest(run_model, pick):
    spells = [
        _spell(council=COUNCIL, assessed=date(2015, 4, 2), started=date(2016, 1, 1)),
        _spell(council=OTHER, family="f2", assessed=date(2015, 4, 2), started=date(2015, 7, 1)),
    ]
    rows = _eligible(run_model, released_programme_spells=spells, released_people=[_person()])
    assert pick(rows, "index_date", "council_code") == [(date(2015, 7, 1), OTHER)]


def test_age_is_whole_years_between_months(run_model, pick):
    index = date(2016, 3, 10)
    births = {"a": date(1998, 3, 1), "b": date(1998, 4, 1), "c": date(2006, 3, 1), "d": date(2006, 4, 1)}
    rows = _eligible(
        run_model,
        released_programme_spells=[_spell(each, started=index, assessed=index) for each in births],
        released_people=[_person(each, born) for each, born in births.items()],
    )
    assert pick(rows, "age_at_index", "is_child", "is_juvenile", "is_adult", "is_school_age") == [
        (18, False, False, True, False),
        (17, True, True, False, False),
        (10, True, True, False, True),
        (9, True, False, False, True),
    ]


def test_nobody_is_in_it_without_an_index_date_or_before_birth(run_model):
    born_later = _person("p2", date(2016, 5, 1))
    spells = [_spell("p1"), _spell("p2", assessed=date(2015, 5, 1))]
    assert _eligible(run_model, released_programme_spells=spells, released_people=[_person(), born_later]) == []


def test_nobody_is_in_it_without_a_month_of_birth(run_model):
    spells = [_spell(assessed=date(2015, 5, 1))]
    assert _eligible(run_model, released_programme_spells=spells, released_people=[_person("p1", None)]) == []


def test_switchers_are_left_out_where_the_protocol_says_so(run_model, pick):
    spells = [
        _spell("p1", council=COUNCIL, assessed=date(2015, 4, 2)),
        _spell("p1", "f2", council=OTHER, assessed=date(2015, 9, 1), started=date(2015, 10, 5)),
        _spell("p2", "f3", assessed=date(2015, 9, 1)),
    ]
    people = [_person("p1"), _person("p2")]
    assert pick(_eligible(run_model, spells, people), "person_pseudonym", "arm") == [
        ("p1", "programme"),
        ("p2", "comparison"),
    ]
    left = _eligible(run_model, spells, people, are_switchers_excluded=True)
    assert pick(left, "person_pseudonym") == [("p2",)]


def test_the_day_from_which_outcomes_count_is_the_protocols(run_model, pick):
    spells = [_spell(assessed=date(2015, 4, 2), started=date(2015, 6, 1))]
    by_assessment = _eligible(run_model, spells, [_person()], programme_index="assessment_date")
    assert pick(by_assessment, "index_date") == [(date(2015, 4, 2),)]


def test_everybody_left_out_has_a_reason_and_stands_in_the_flow(run_model, pick):
    spells = [
        _spell("kept", "f1", assessed=date(2015, 4, 2), started=date(2015, 6, 1)),
        _spell("no date", "f2"),
        _spell("no birth", "f3", assessed=date(2015, 4, 2)),
        _spell("unborn", "f4", assessed=date(2015, 4, 2)),
        _spell("unmatched", "f4", assessed=date(2015, 4, 2)),
    ]
    births = {"no birth": None, "unborn": date(2016, 1, 1)}
    people = [
        {**_person(each, births.get(each, date(1990, 1, 1))), "rounding_key": key}
        for key, each in enumerate(["kept", "no date", "no birth", "unborn", "unmatched"], start=1)
    ]
    candidates = run_model("cohort_candidates", released_programme_spells=spells, released_people=people)
    assert dict(pick(candidates, "person_pseudonym", "exclusion")) == {
        **{"kept": None, "unmatched": None, "no date": "no_index_date", "no birth": "no_birth_month"},
        "unborn": "born_after_index",
    }
    flow = run_model(
        "cohort_flow",
        cohort_candidates=candidates,
        released_people=people,
        propensity=[{"person_pseudonym": each, "is_on_support": True} for each in ("kept", "unmatched")],
        matched_cohorts=[{"person_pseudonym": "kept", "weight": 1.0}],
    )
    counted = {(row["step"], row["arm"]): (row["n_people"], row["cell_key"]) for row in flow if row["n_people"]}
    assert counted == {
        ("on_registers", "programme"): (1, 1),
        ("on_registers", "comparison"): (4, 2 + 3 + 4 + 5),
        ("no_index_date", "comparison"): (1, 2),
        ("no_birth_month", "comparison"): (1, 3),
        ("born_after_index", "comparison"): (1, 4),
        ("eligible", "programme"): (1, 1),
        ("eligible", "comparison"): (1, 5),
        ("no_match", "comparison"): (1, 5),
        ("matched", "programme"): (1, 1),
    }
    assert len(flow) == 18
