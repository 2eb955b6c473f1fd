"""The SQL model of changes between returns, on small tables, on a bare DuckDB."""

import duckdb
import polars as pl
import pytest

from tf_assets.quality.audit import audit
from tf_assets.quality.suites import suite_for
from tf_assets.warehouse.project import project_root

MODEL = project_root() / "dbt_like_sql" / "linkage" / "returns" / "register_changes.sql"
COLUMNS = {
    "council_code": "VARCHAR", "quarter_date": "DATE", "row_number": "INTEGER", "family_ref": "VARCHAR",
    "person_ref": "VARCHAR", "forename": "VARCHAR", "surname": "VARCHAR", "date_of_birth": "DATE", "sex": "VARCHAR",
    "upn": "VARCHAR", "nino": "VARCHAR", "programme_group": "VARCHAR", "start_date": "DATE", "end_date": "DATE",
}  # fmt: skip
Q1, Q2, Q3, Q4, Q5 = "2015-04-01", "2015-07-01", "2015-10-01", "2016-01-01", "2016-04-01"
ANN = {
    "council_code": "E06000001", "family_ref": "F1", "person_ref": "P1", "forename": "ANN", "surname": "FARROW",
    "date_of_birth": "2005-03-02", "sex": "F", "upn": "U1", "programme_group": "programme", "start_date": "2015-05-13",
}  # fmt: skip
BEN = ANN | {"person_ref": "P2", "forename": "BEN", "sex": "M", "date_of_birth": "2007-01-20", "upn": "U2"}
EVE = ANN | {"family_ref": "F2", "person_ref": "P3", "forename": "EVE", "surname": "QUILL",
             "date_of_birth": "1980-05-05", "upn": None}  # fmt: skip

Return = tuple[str, list[dict[str, str | None]]]


def _changes(*returns: Return) -> pl.DataFrame:
    """The findings of returns; rows of a return count from 2."""
    rows = [
        {"quarter_date": quarter, "row_number": number} | person
        for quarter, people in returns
        for number, person in enumerate(people, start=2)
    ]
    values = ", ".join(
        "(" + ", ".join("NULL" if row.get(name) is None else f"'{row[name]}'" for name in COLUMNS) + ")" for row in rows
    )
    casts = ", ".join(f"CAST({name} AS {type_}) AS {name}" for name, type_ in COLUMNS.items())
    with duckdb.connect() as connection:
        connection.execute(
            f"CREATE TABLE council_register AS SELECT {casts} FROM (VALUES {values}) AS v({', '.join(COLUMNS)})"
        )
        connection.execute(f"CREATE TABLE register_changes AS {MODEL.read_text()}")
        verdict = audit(connection, "register_changes", suite_for("linkage", "register_changes"))
        assert [outcome.type for outcome in verdict.outcomes if not outcome.passed] == []
        return connection.sql("SELECT * FROM register_changes ORDER BY quarter_date, row_number, rule").pl()


def _told(*returns: Return) -> list[tuple[str, int, str, str]]:
    return _changes(*returns).select(pl.col("quarter_date").cast(str), "row_number", "field", "rule").rows()


SLIPS = {
    "status_reversed": ("programme_group", {"programme_group": "awaiting", "start_date": None}),
    "start_changed": ("start_date", {"start_date": "2015-05-14"}),
    "birth_changed": ("date_of_birth", {"date_of_birth": "2005-03-12"}),
    "birth_day_month_swapped": ("date_of_birth", {"date_of_birth": "2005-02-03"}),
    "names_swapped": ("forename", {"forename": "FARROW", "surname": "ANN"}),
    "sex_changed": ("sex", {"sex": "M"}),
    "person_ref_reused": ("person_ref", {"forename": "ZOE", "surname": "MARSH", "date_of_birth": "1999-09-09"}),
}


@pytest.mark.parametrize("rule", SLIPS)
def test_a_slip_is_told_while_it_stands_and_its_mending_is_not(rule: str) -> None:
    field, slip = SLIPS[rule]
    told = _told((Q1, [ANN, BEN]), (Q2, [ANN | slip, BEN]), (Q3, [ANN | slip, BEN]), (Q4, [ANN, BEN]))
    assert told == [(Q2, 2, field, rule), (Q3, 2, field, rule)]


@pytest.mark.parametrize("rule", SLIPS)
def test_a_change_that_stays_is_told_twice_and_then_taken_for_right(rule: str) -> None:
    field, slip = SLIPS[rule]
    new = ANN | slip
    told = _told((Q1, [ANN]), (Q2, [new]), (Q3, [new]), (Q4, [new]), (Q5, [new]))
    assert told == [(Q2, 2, field, rule), (Q3, 2, field, rule)]


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"surname": "MARSH"},  # married
        {"forename": "ANNIE"},
        {"date_of_birth": None},
        {"sex": None},
        {"postcode": "LS1 4AP", "upn": None},
        {"end_date": "2015-08-01"},
    ],
)
def test_what_may_change_is_not_told(change: dict[str, str | None]) -> None:
    assert _told((Q1, [ANN]), (Q2, [ANN | change])) == []


def test_going_from_awaiting_to_the_programme_is_not_told() -> None:
    awaiting = ANN | {"programme_group": "awaiting", "start_date": None}
    assert _told((Q1, [awaiting]), (Q2, [awaiting]), (Q3, [ANN])) == []


def test_a_return_is_held_against_the_last_one_that_came() -> None:
    changes = _changes((Q1, [ANN]), (Q4, [ANN | {"sex": "M"}]))
    assert changes["previous_quarter_date"].cast(str).to_list() == [Q1]
    assert changes.select("severity", "sentence", "advice").row(0) == (
        "warning", "The sex is not that of the earlier returns.", "Check it and send it right in all returns.",
    )  # fmt: skip


def test_a_family_that_splits_is_told_on_those_who_left() -> None:
    left = BEN | {"family_ref": "F9"}
    assert _told((Q1, [ANN, BEN]), (Q2, [ANN, left]), (Q3, [ANN, left])) == [(Q2, 3, "family_ref", "family_split")]
    both = [ANN | {"family_ref": "F8"}, left]
    told = [(Q2, 2, "family_ref", "family_split"), (Q2, 3, "family_ref", "family_split")]
    assert _told((Q1, [ANN, BEN]), (Q2, both)) == told


def test_families_that_merge_are_told_on_those_who_changed() -> None:
    joined = EVE | {"family_ref": "F1"}
    assert _told((Q1, [ANN, BEN, EVE]), (Q2, [ANN, BEN, joined])) == [(Q2, 4, "family_ref", "families_merged")]
    fresh = [each | {"family_ref": "F9"} for each in (ANN, BEN, EVE)]
    assert [row[1] for row in _told((Q1, [ANN, BEN, EVE]), (Q2, fresh))] == [2, 3, 4]


def test_a_person_who_moves_between_two_families_is_told() -> None:
    moved = BEN | {"family_ref": "F2"}
    told = [(Q2, 3, "family_ref", "person_moved_family")]
    assert _told((Q1, [ANN, BEN, EVE]), (Q2, [ANN, moved, EVE])) == told


def test_a_family_with_a_new_reference_alone_is_not_told() -> None:
    assert _told((Q1, [ANN, BEN]), (Q2, [each | {"family_ref": "F9"} for each in (ANN, BEN)])) == []


def test_families_that_vanish_are_told_of_the_return() -> None:
    gone = [(Q2, 0, "family_ref", "families_vanished")]
    assert _told((Q1, [ANN, EVE]), (Q2, [EVE])) == gone
    assert _told((Q1, [ANN, EVE]), (Q2, [EVE]), (Q3, [ANN, EVE])) == gone
    ended = ANN | {"end_date": "2015-06-01"}
    awaiting = ANN | {"programme_group": "awaiting", "start_date": None}
    for before in ([ended, EVE], [awaiting, EVE], [ANN, BEN, EVE]):
        assert _told((Q1, before), (Q2, [each for each in before if each not in (ended, awaiting, ANN)])) == []


MOVED = {"council_code": "E06000002", "family_ref": "X1", "person_ref": "X1"}


@pytest.mark.parametrize(
    "change",
    [{}, {"upn": None}, {"surname": "MARSH"}, {"date_of_birth": "2005-03-12"}],
    ids=["all", "names", "number", "birth"],
)
def test_a_person_with_two_councils_is_told_to_both(change: dict[str, str | None]) -> None:
    rule = "person_in_two_councils"
    told = _told((Q1, [ANN, BEN]), (Q1, [ANN | MOVED | change]), (Q2, [ANN | MOVED | change]))
    assert [row for row in told if row[3] == rule] == [(Q1, 2, "person_ref", rule)] * 2


def test_two_people_with_two_councils_are_not_told() -> None:
    other = {"forename": "ZOE", "date_of_birth": "1999-09-09"}
    assert _told((Q1, [ANN]), (Q1, [ANN | MOVED | other])) == []
    assert _told((Q1, [ANN]), (Q1, [ANN | MOVED | {"upn": "U7"}])) == []


def test_no_value_that_was_sent_stands_in_a_finding() -> None:
    told = _changes((Q1, [ANN, BEN, EVE]), *((Q2, [ANN | slip]) for _, slip in list(SLIPS.values())[:1]),
                    (Q3, [ANN | SLIPS["person_ref_reused"][1]])).write_csv()  # fmt: skip
    assert [value for value in ("FARROW", "MARSH", "P1", "F1", "2005-03-02", "U1") if value in told] == []
