"""Rows of one return beside each other: who is one person, and who is not."""

from datetime import date, datetime

import pytest

from tf_assets.linkage.returns.comparing import LARGEST_FAMILY
from tf_assets.linkage.returns.judging import JudgedReturn, Received, judge_return

RECEIVED = Received("E06000001", date(2015, 4, 1), datetime(2015, 7, 20), "ab" * 32)
COLUMNS = ("family_ref", "person_ref", "forename", "surname", "date_of_birth", "sex", "postcode", "upn", "nino",
           "role", "programme_group", "assessment_date", "start_date")  # fmt: skip
ANN = {
    "family_ref": "F1", "person_ref": "P1", "forename": "Ann", "surname": "Farrow", "date_of_birth": "13/02/2005",
    "sex": "F", "postcode": "M1 1AE", "upn": "U201001234567", "role": "child", "programme_group": "programme",
    "assessment_date": "13/03/2015", "start_date": "13/05/2015",
}  # fmt: skip
BEN = ANN | {"person_ref": "P2", "forename": "Ben", "sex": "M", "date_of_birth": "14/09/2007", "upn": "H201001234568"}
MUM = ANN | {"person_ref": "P3", "forename": "Susan", "date_of_birth": "20/01/1980", "upn": "", "nino": "AB123456C",
             "role": "adult"}  # fmt: skip
DAD = MUM | {"person_ref": "P4", "forename": "Peter", "sex": "M", "nino": "CE123456C", "date_of_birth": "21/02/1979"}


def _judge(*rows: dict[str, str]) -> JudgedReturn:
    lines = [",".join(COLUMNS), *(",".join(row.get(name, "") for name in COLUMNS) for row in rows)]
    return judge_return(("\n".join(lines) + "\n").encode(), RECEIVED)


def _found(*rows: dict[str, str]) -> list[tuple[int, str, str]]:
    told = _judge(*rows).judgements.filter(row_number=0).height
    return _judge(*rows).judgements.slice(told).select("row_number", "field", "rule").rows()


TWICE = [(3, "person_ref", "person_under_two_refs")]


def test_a_person_in_two_families_is_named_and_the_first_row_used() -> None:
    judged = _judge(ANN, ANN | {"family_ref": "F2"}, ANN)
    rows = judged.judgements.filter(severity="refused").select("row_number", "field", "rule").rows()
    assert rows == [(3, "family_ref", "person_in_two_families"), (4, "person_ref", "person_repeated")]
    assert judged.accepted["family_ref"].to_list() == ["F1"]


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"family_ref": "F2"},
        {"upn": ""},  # names and date of birth alone
        {"surname": "Marsh"},  # the number, forename and date of birth
        {"date_of_birth": "03/02/2005"},  # the number and names
        {"forename": "Annie"},  # a form of the name
        {"forename": "Farrow", "surname": "Ann"},  # names exchanged
    ],
    ids=lambda change: "-".join(change) or "all",
)
def test_one_person_under_two_references_is_named_on_the_later_row(change: dict[str, str]) -> None:
    assert TWICE[0] in _found(ANN, ANN | {"person_ref": "P9"} | change)


def test_twins_are_two_people() -> None:
    assert _found(ANN, BEN | {"date_of_birth": ANN["date_of_birth"]}) == []


def test_twins_with_one_number_are_two_people_and_neither_keeps_it() -> None:
    judged = _judge(ANN, BEN | {"date_of_birth": ANN["date_of_birth"], "upn": ANN["upn"]})
    rows = judged.judgements.filter(rule="upn_shared").select("row_number", "field").rows()
    assert rows == [(2, "upn"), (3, "upn")]
    assert judged.accepted["upn"].to_list() == [None, None]
    assert judged.judgements.filter(rule="person_under_two_refs").is_empty()


def test_father_and_son_of_one_name_are_two_people() -> None:
    son = BEN | {"forename": "Peter"}
    assert _found(DAD, son) == []
    grown = DAD | {"person_ref": "P5", "date_of_birth": "02/05/1998"}
    assert _found(DAD, grown) == [(2, "nino", "nino_shared"), (3, "nino", "nino_shared")]


def test_two_adults_with_one_number_are_named_both() -> None:
    assert _found(MUM, DAD | {"nino": MUM["nino"]}, BEN) == [(2, "nino", "nino_shared"), (3, "nino", "nino_shared")]


def test_the_same_names_and_birth_with_other_numbers_are_two_people() -> None:
    assert _found(ANN, ANN | {"person_ref": "P9", "upn": "H201001234568", "family_ref": "F2"}) == []


def test_a_number_that_was_left_out_is_not_compared() -> None:
    """A mother's number with her child is the child's fault alone."""
    assert _found(MUM, BEN | {"nino": MUM["nino"], "upn": ""}) == [(3, "nino", "nino_of_child")]


SWAPPED = [(3, "forename", "names_swapped")]


def test_exchanged_names_are_seen_beside_the_rest_of_the_family() -> None:
    assert _found(MUM, DAD | {"forename": "Farrow", "surname": "Peter"}) == SWAPPED


@pytest.mark.parametrize(
    "change",
    [
        {"forename": "Farrow", "surname": "Quill"},  # the surname is no forename
        {"forename": "Thomas", "surname": "Peter"},  # nobody's surname
        {"forename": "Farrow", "surname": "Peter", "family_ref": "F2"},  # no family to tell
    ],
)
def test_names_that_may_be_so_are_left_alone(change: dict[str, str]) -> None:
    assert _found(MUM, DAD | change) == []


def test_a_reference_of_too_many_people_is_named() -> None:
    people = [
        MUM | {"person_ref": f"P{at}", "nino": "", "date_of_birth": f"20/01/{1950 + at}"}
        for at in range(LARGEST_FAMILY + 1)
    ]
    assert _found(*people[:-1]) == []
    assert _found(*people) == [(at + 2, "family_ref", "family_too_large") for at in range(LARGEST_FAMILY + 1)]
