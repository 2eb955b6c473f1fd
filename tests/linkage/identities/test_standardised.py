"""Departments' identities, in the form of the registers."""

from datetime import date
from pathlib import Path

import polars as pl
import pytest

from tf_assets.linkage.identities.standardised import (
    IDENTITY_COLUMNS,
    SENT_COLUMNS,
    read_identities,
    standardise_identities,
)
from tf_assets.warehouse.calendar import EXTRACTS
from tf_assets.warehouse.errors import InputRefused

YEAR = date(2014, 4, 1)
PERSON: dict[str, str | None] = {
    "record_ref": "r 1", "forename": "Mr Zoë", "surname": "O’Neil", "date_of_birth": "1985-02-13", "sex": "1",
    "postcode": "m11ae", "upn": "U 2010 0123 4567", "nino": "ab 12 34 56 c", "nhs_number": "943 476 5919",
    "aliases": "Zo O'Neil|Dr Zoe Brown|?", "child_id": "c1", "pnc_id": "p1",
}  # fmt: skip
STANDARD = {
    "record_ref": "r 1", "forename": "ZOE", "surname": "O'NEIL", "date_of_birth": date(1985, 2, 13), "sex": "M",
    "postcode": "M1 1AE", "upn": "U201001234567", "nino": "AB123456C", "nhs_number": "9434765919",
    "aliases": "ZO O'NEIL|ZOE BROWN", "year_start_date": YEAR,
}  # fmt: skip


def _frame(extract: str, *rows: dict[str, str | None]) -> pl.DataFrame:
    columns = SENT_COLUMNS[extract]
    return pl.DataFrame(
        [{name: row[name] for name in columns} for row in rows], schema=dict.fromkeys(columns, pl.String())
    )


def test_every_extract_of_the_schedule_is_known() -> None:
    assert SENT_COLUMNS.keys() == EXTRACTS.keys()


@pytest.mark.parametrize("extract", sorted(SENT_COLUMNS))
def test_each_extracts_identities_become_one_form(extract: str) -> None:
    (row,) = standardise_identities(_frame(extract, PERSON), extract, YEAR).identities.rows(named=True)
    has = {*SENT_COLUMNS[extract], "year_start_date"}
    assert row == {name: STANDARD[name] if name in has else None for name in IDENTITY_COLUMNS}


def test_a_reference_stays_exactly_as_sent() -> None:
    frame = _frame("benefits", PERSON | {"record_ref": " 00a "}, PERSON | {"record_ref": "A1.0"})
    found = standardise_identities(frame, "benefits", YEAR).identities
    assert found["record_ref"].to_list() == [" 00a ", "A1.0"]


def test_what_cannot_be_used_is_null_and_counted() -> None:
    rows: list[dict[str, str | None]] = [
        PERSON | {"record_ref": "r1", "nino": "QQ123456C", "date_of_birth": "13/02/1985"},
        PERSON | {"record_ref": "r2", "nino": None, "date_of_birth": "1900-01-01", "postcode": "Leeds"},
    ]
    made = standardise_identities(_frame("benefits", *rows), "benefits", YEAR)
    assert made.identities.select("nino", "date_of_birth", "postcode").rows() == [(None, None, "M1 1AE"), (None,) * 3]
    assert made.n_cleared == {"forename": 0, "surname": 0, "date_of_birth": 2, "sex": 0, "postcode": 1, "nino": 1}


@pytest.mark.parametrize("suffix", ["parquet", "csv"])
def test_parquet_and_csv_give_the_same(tmp_path: Path, suffix: str) -> None:
    frame = _frame("offences", PERSON)
    path = tmp_path / f"identities.{suffix}"
    if suffix == "csv":
        frame.write_csv(path)
    else:
        frame.with_columns(pl.col("date_of_birth").str.to_date()).write_parquet(path)
    made = standardise_identities(read_identities(path, "offences"), "offences", YEAR)
    assert made.identities["date_of_birth"].to_list() == [date(1985, 2, 13)]
    assert made.identities["aliases"].to_list() == ["ZO O'NEIL|ZOE BROWN"]


@pytest.mark.parametrize(
    ("references", "sentence"),
    [
        (["r1", "r1"], "0 records have no record_ref and 1 repeat one"),
        (["r1", None], "1 records have no record_ref and 0 repeat one"),
        (["r1", ""], "1 records have no record_ref and 0 repeat one"),
    ],
)
def test_records_that_cannot_be_told_apart_are_refused(references: list[str | None], sentence: str) -> None:
    frame = _frame("benefits", *(PERSON | {"record_ref": reference} for reference in references))
    with pytest.raises(InputRefused, match=sentence):
        standardise_identities(frame, "benefits", YEAR)


def test_a_measure_never_comes_in_by_this_door(tmp_path: Path) -> None:
    path = tmp_path / "identities.parquet"
    _frame("benefits", PERSON).with_columns(benefit=pl.lit("JSA"), **{"QQ123456C": pl.lit(1)}).write_parquet(path)
    with pytest.raises(InputRefused) as refused:
        read_identities(path, "benefits")
    assert "holds 2 columns that do not belong in it: benefit." in str(refused.value)
    assert "QQ123456C" not in str(refused.value)


def test_a_missing_column_is_named(tmp_path: Path) -> None:
    path = tmp_path / "identities.parquet"
    _frame("benefits", PERSON).drop("nino").write_parquet(path)
    with pytest.raises(InputRefused, match=r"has no column nino\. Ask DWP to send it again"):
        read_identities(path, "benefits")


@pytest.mark.parametrize("suffix", ["parquet", "csv"])
@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00Quenilda", b"PAR1"])
def test_a_file_that_cannot_be_read_is_refused_without_its_content(tmp_path: Path, suffix: str, content: bytes) -> None:
    path = tmp_path / f"identities.{suffix}"
    path.write_bytes(content)
    with pytest.raises(InputRefused) as refused:
        read_identities(path, "benefits")
    assert "Quenilda" not in str(refused.value)


def test_records_are_in_order_of_their_references() -> None:
    frame = _frame("benefits", *(PERSON | {"record_ref": reference} for reference in "bca"))
    assert standardise_identities(frame, "benefits", YEAR).identities["record_ref"].to_list() == ["a", "b", "c"]
