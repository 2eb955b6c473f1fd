"""Who is in the evaluation, in which arm, from which day, at which age."""

from datetime import date

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


def test_programme_counts_from_its_start_and_comparison_from_the_assessment(run_model, pick):
    spells = [
        _spell("p1", assessed=date(2015, 4, 2), started=date(2015, 6, 1)),
        _spell("p2", "f2", assessed=date(2015, 4, 3)),
    ]
    rows = run_model(
        "eligible_people", released_programme_spells=spells, released_people=[_person("p1"), _person("p2")]
    )
    assert pick(rows, "person_pseudonym", "arm", "index_date") == [
        ("p1", "programme", date(2015, 6, 1)),
        ("p2", "comparison", date(2015, 4, 3)),
    ]


def test_who_waits_in_one_place_and_starts_in_another_is_on_the_programme(run_model, pick):
    spells = [
        _spell(council=COUNCIL, family="f1", assessed=date(2015, 4, 2)),
        _spell(council=OTHER, family="f2", assessed=date(2015, 9, 1), started=date(2015, 10, 5)),
    ]
    rows = run_model("eligible_people", released_programme_spells=spells, released_people=[_person()])
    assert pick(rows, "arm", "index_date", "family_pseudonym", "council_code") == [
        ("programme", date(2015, 10, 5), "f2", OTHER)
    ]


def test_a_person_on_two_registers_counts_once_from_the_earliest(run_model, pick):
    spells = [
        _spell(council=COUNCIL, assessed=date(2015, 4, 2), started=date(2016, 1, 1)),
        _spell(council=OTHER, family="f2", assessed=date(2015, 4, 2), started=date(2015, 7, 1)),
    ]
    rows = run_model("eligible_people", released_programme_spells=spells, released_people=[_person()])
    assert pick(rows, "index_date", "council_code") == [(date(2015, 7, 1), OTHER)]


def test_age_is_whole_years_between_months(run_model, pick):
    index = date(2016, 3, 10)
    births = {"a": date(1998, 3, 1), "b": date(1998, 4, 1), "c": date(2006, 3, 1), "d": date(2006, 4, 1)}
    rows = run_model(
        "eligible_people",
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
    assert run_model("eligible_people", released_programme_spells=spells, released_people=[_person(), born_later]) == []


def test_nobody_is_in_it_without_a_month_of_birth(run_model):
    spells = [_spell(assessed=date(2015, 5, 1))]
    assert run_model("eligible_people", released_programme_spells=spells, released_people=[_person("p1", None)]) == []
