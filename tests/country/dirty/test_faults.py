"""Rates, spells and the rows that a fault can befall."""

from datetime import date

import numpy as np
import polars as pl
import pytest

from tf_assets.country.dirty.faults import (
    DUPLICATE,
    FAULT,
    FAULTS,
    PICK,
    TWO_FAMILIES,
    TWO_REFERENCES,
    draw_faults,
    keep_possible,
    mark_double_people,
    mark_second_rows,
    plant_faults,
)
from tf_assets.country.dirty.shapes import DMY, ISO, Shape

DAY_FIRST = Shape("csv", "schedule", DMY, "schedule")
TWO_DIGITS = Shape("csv", "schedule", "%d/%m/%y", "schedule")

PERSON = {
    "council_code": "E06000001",
    "quarter_date": date(2015, 4, 1),
    "family_ref": "F1",
    "person_ref": "P1",
    "forename": "Katherine",
    "surname": "Smith",
    "date_of_birth": date(1980, 3, 4),
    "sex": "F",
    "postcode": "LS1 1AA",
    "address": "1 High Street",
    "upn": "A123456789012",
    "nino": "AB123456C",
    "role": "adult",
    "school_name": None,
    "programme_group": "programme",
    "assessment_date": date(2015, 4, 2),
    "start_date": date(2015, 5, 1),
    "end_date": date(2015, 6, 1),
    "end_reason": "moved_away",
}


def rows_with(fault: str | None, **changes: object) -> pl.DataFrame:
    texts = dict.fromkeys((FAULT, "upn", "nino"), pl.String)
    days = {name: pl.Date for name in PERSON if name.endswith("_date")}
    return pl.DataFrame([{**PERSON, **changes, FAULT: fault, PICK: 1}], schema_overrides={**texts, **days})


@pytest.mark.parametrize(
    ("fault", "column", "expected"),
    [
        ("upn_check_letter", "upn", "B123456789012"),
        ("upn_spaces", "upn", "A123 4567 89012"),
        ("nino_prefix", "nino", "QQ123456C"),
        ("nino_spaces", "nino", "AB 12 34 56 C"),
        ("birth_in_future", "date_of_birth", date(2017, 12, 17)),
        ("birth_after_start", "date_of_birth", date(2015, 5, 3)),
        ("birth_1900", "date_of_birth", date(1900, 1, 1)),
        ("day_month_swapped", "date_of_birth", date(1980, 4, 3)),
        ("missing_surname", "surname", None),
        ("missing_person_ref", "person_ref", None),
        ("postcode_cut_short", "postcode", "LS1 1A"),
        ("title_in_name", "forename", "Ms Katherine"),
        ("names_swapped", "forename", "Smith"),
        ("names_swapped", "surname", "Katherine"),
        ("short_forename", "forename", "Katie"),
        ("sex_unknown", "sex", "9"),
        ("group_unreadable", "programme_group", "#REF!"),
        ("start_missing", "start_date", None),
        ("end_before_start", "end_date", date(2015, 4, 29)),
        ("role_missing", "role", None),
        ("start_changed", "start_date", date(2015, 4, 29)),
        ("sex_changed", "sex", "M"),
        ("status_reversed", "programme_group", "awaiting"),
        ("person_ref_reused", "surname", "Tregarth"),
        ("person_ref_reused", "forename", "Barnaby"),
    ],
)
def test_a_fault_changes_its_column_and_nothing_else(fault: str, column: str, expected: object) -> None:
    row = plant_faults(keep_possible(rows_with(fault), DAY_FIRST)).row(0, named=True)

    changed = {name for name in PERSON if row[name] != PERSON[name]}
    assert row[column] == expected
    declared = next(each for each in FAULTS if each.name == fault)
    assert changed <= {column, *declared.changes}


@pytest.mark.parametrize(
    ("fault", "changes"),
    [
        ("upn_check_letter", {"upn": None}),
        ("nino_spaces", {"nino": None}),
        ("day_month_swapped", {"date_of_birth": date(1980, 3, 13)}),
        ("day_month_swapped", {"date_of_birth": date(1980, 3, 3)}),
        ("date_order_mixed", {"date_of_birth": date(1980, 3, 12)}),
        ("short_forename", {"forename": "Zoltan"}),
        ("start_missing", {"programme_group": "awaiting", "start_date": None}),
        ("end_before_start", {"end_date": None}),
        ("birth_after_start", {"start_date": date(2015, 6, 30)}),
        ("birth_after_assessment", {}),
        ("upn_of_sibling", {}),
        ("status_reversed", {"programme_group": "awaiting", "start_date": None}),
        ("person_ref_reused", {"date_of_birth": date(2000, 1, 1)}),
    ],
)
def test_a_fault_leaves_rows_alone_that_it_cannot_befall(fault: str, changes: dict[str, object]) -> None:
    row = plant_faults(keep_possible(rows_with(fault, **changes), DAY_FIRST)).row(0, named=True)

    assert row[FAULT] is None
    assert all(row[name] == {**PERSON, **changes}[name] for name in PERSON)


@pytest.mark.parametrize("fault", ["birth_in_future", "birth_1900"])
def test_two_digit_years_cannot_show_another_century(fault: str) -> None:
    assert keep_possible(rows_with(fault), TWO_DIGITS)[FAULT].to_list() == [None]
    assert keep_possible(rows_with(fault), DAY_FIRST)[FAULT].to_list() == [fault]


def test_a_date_in_the_other_order_needs_dates_that_have_one() -> None:
    day_13 = rows_with("date_order_mixed", date_of_birth=date(1980, 3, 13))

    assert keep_possible(day_13, DAY_FIRST)[FAULT].to_list() == ["date_order_mixed"]
    assert keep_possible(day_13, Shape("csv", "schedule", ISO, "schedule"))[FAULT].to_list() == [None]


def test_the_second_good_row_of_a_person_is_the_duplicate() -> None:
    rows = pl.DataFrame(
        [
            ("2015-04-01", "P1", "F1", "missing_surname"),
            ("2015-04-01", "P1", "F1", None),
            ("2015-04-01", "P1", "F1", None),
            ("2015-04-01", "P2", "F1", "sex_unknown"),
            ("2015-04-01", "P2", "F1", None),
            ("2015-04-01", None, "F1", "missing_person_ref"),
            ("2015-07-01", "P1", "F1", None),
            ("2015-07-01", "P1", "F2", None),
        ],
        schema=["quarter_date", "person_ref", "family_ref", FAULT],
        orient="row",
    )

    expected = ["missing_surname", None, DUPLICATE, "sex_unknown", DUPLICATE, "missing_person_ref", None, TWO_FAMILIES]
    assert mark_second_rows(rows)[FAULT].to_list() == expected


def test_a_person_to_be_sent_twice_gets_a_row_more() -> None:
    planted = plant_faults(rows_with(DUPLICATE))

    assert planted["person_ref"].to_list() == ["P1", "P1"]
    assert mark_second_rows(planted)[FAULT].to_list() == [None, DUPLICATE]


def test_a_person_in_two_families_gets_a_row_in_one_further_down() -> None:
    others = [rows_with(None, family_ref=f"F{at}", person_ref=f"P{at}") for at in range(2, 6)]
    planted = mark_second_rows(plant_faults(pl.concat([rows_with(TWO_FAMILIES), *others])).sort("family_ref"))

    assert planted.filter(person_ref="P1").select("family_ref", FAULT).rows() == [("F1", None), ("F4", TWO_FAMILIES)]


def test_a_pupil_gets_the_number_of_a_faultless_sibling() -> None:
    sibling = rows_with(None, upn="B123456789012")
    planted = plant_faults(keep_possible(pl.concat([sibling, rows_with("upn_of_sibling")]), DAY_FIRST))
    faulty = plant_faults(keep_possible(pl.concat([rows_with("upn_spaces"), rows_with("upn_of_sibling")]), DAY_FIRST))

    assert planted["upn"].to_list() == ["B123456789012", "B123456789012"]
    assert faulty[FAULT].to_list() == ["upn_spaces", None]


def test_a_birth_after_the_assessment_needs_a_family_that_waits() -> None:
    waiting = rows_with("birth_after_assessment", programme_group="awaiting", start_date=None)

    assert plant_faults(keep_possible(waiting, DAY_FIRST))["date_of_birth"].to_list() == [date(2015, 4, 4)]


def test_the_second_reference_of_a_true_person_is_marked() -> None:
    rows = pl.DataFrame(
        [("2015-04-01", 1, None), ("2015-04-01", 1, None), ("2015-04-01", 2, "sex_unknown"), ("2015-04-01", 2, None)],
        schema=["quarter_date", "person_id", FAULT],
        orient="row",
    )

    assert mark_double_people(rows)[FAULT].to_list() == [None, TWO_REFERENCES, "sex_unknown", None]


@pytest.fixture(scope="module")
def drawn() -> pl.DataFrame:
    """Faults of 40,000 people in four quarters; everybody can have any fault."""
    people = pl.DataFrame([PERSON]).drop("quarter_date", "person_ref")
    rows = people.join(pl.DataFrame({"person_ref": [f"P{n:05d}" for n in range(40_000)]}), how="cross").join(
        pl.DataFrame({"quarter_date": [date(2015, 4, 1), date(2015, 7, 1), date(2015, 10, 1), date(2016, 1, 1)]}),
        how="cross",
    )
    number = rows["quarter_date"].rank("dense").cast(pl.Int64) - 1
    return draw_faults(rows, DAY_FIRST, number, np.random.default_rng(5))


NOT_EVERYBODYS = ("date_order_mixed", "birth_after_assessment", "upn_of_sibling")


@pytest.mark.parametrize("fault", [f for f in FAULTS if f.name not in NOT_EVERYBODYS], ids=lambda fault: fault.name)
def test_faults_come_at_their_declared_rate(fault, drawn: pl.DataFrame) -> None:
    n = (drawn[FAULT] == fault.name).sum()

    # A spell covers two of a person's rows, so the number of draws is half the number of rows; 5 standard errors.
    assert n / drawn.height == pytest.approx(fault.rate, abs=5 * (fault.rate / (drawn.height / 2)) ** 0.5)


def test_a_fault_stays_in_two_returns_and_is_then_mended(drawn: pl.DataFrame) -> None:
    first, second, third = (
        drawn.filter(pl.col("quarter_date") == quarter).sort("person_ref")[FAULT]
        for quarter in (date(2015, 4, 1), date(2015, 7, 1), date(2015, 10, 1))
    )
    new = first.is_null() & second.is_not_null()

    assert new.sum() > 1_000
    assert (second.filter(new) == third.filter(new)).all()
    stays = (first.is_not_null() & (first == second)).sum() / first.is_not_null().sum()
    assert 0.45 < stays < 0.6
