"""Every file is read back with other people's readers, and every planted fault is looked for where the truth says."""

import contextlib
import csv
import io
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import fastexcel
import openpyxl
import polars as pl
import pytest
from stdnum.gb import upn

from tf_assets.country.dirty.faults import BY_NAME, OF_THE_REGISTER
from tf_assets.country.dirty.shapes import Shape, shapes_of
from tf_assets.country.dirty.words import HEADINGS
from tf_assets.country.names import SHORT_FORMS
from tf_assets.warehouse.calendar import next_quarter

Row = dict[str, Any]


@dataclass(frozen=True)
class Evidence:
    """A faulty row as read back.

    row: by canonical column; true: the same person's row of the clean register; earlier: references in rows above;
    quarter_end: the last day of its quarter; pattern: how the council writes dates.
    """

    row: Row
    true: Row
    earlier: list[str]
    quarter_end: date
    pattern: str

    @property
    def born(self) -> date:
        return day_of(self.row["date_of_birth"], self.pattern)

    @property
    def names(self) -> tuple[str, str]:
        """Forename and surname as sent, in lower case without accents."""
        if "full_name" not in self.row:
            return plain(self.row["forename"]), plain(self.row["surname"])
        full = plain(self.row["full_name"])
        if ", " in full:
            surname, forename = full.split(", ")
            return forename, surname
        forename, _, surname = full.rpartition(" ")
        return forename, surname


def day_of(cell: Any, pattern: str) -> date:
    if isinstance(cell, datetime):
        return cell.date()
    if isinstance(cell, int):
        return date(1899, 12, 30) + timedelta(days=cell)
    if "%" not in pattern:
        pattern = "%Y-%m-%d" if cell[4] == "-" else "%d/%m/%Y"
    return datetime.strptime(cell, pattern.replace("%-", "%")).date()


def plain(text: str) -> str:
    with contextlib.suppress(UnicodeError):
        text = text.encode("cp1252").decode()  # UTF-8 that was taken for Windows-1252
    folded = unicodedata.normalize("NFKD", text.replace("’", "'"))
    return "".join(letter for letter in folded if not unicodedata.combining(letter)).casefold()


def bare(text: str) -> str:
    return text.replace(" ", "").casefold()


PROOFS: dict[str, Callable[[Evidence], bool]] = {
    "upn_check_letter": lambda e: len(e.row["upn"]) == 13 and not upn.is_valid(e.row["upn"]),
    "upn_spaces": lambda e: e.row["upn"].count(" ") == 2 and upn.is_valid(e.row["upn"]),
    "nino_prefix": lambda e: e.row["nino"].startswith("QQ"),
    "nino_spaces": lambda e: e.row["nino"].count(" ") == 4 and bare(e.row["nino"]) == e.true["nino"].casefold(),
    "birth_in_future": lambda e: e.born > e.quarter_end,
    "birth_after_start": lambda e: e.true["start_date"] < e.born <= e.quarter_end,
    "birth_1900": lambda e: e.born.year in (1899, 1900),
    "day_month_swapped": lambda e: (
        (e.born.day, e.born.month) == (e.true["date_of_birth"].month, e.true["date_of_birth"].day)
    ),
    "date_order_mixed": lambda e: (
        int(e.row["date_of_birth"][:2]) != e.true["date_of_birth"].day
        if e.pattern.startswith("%d")
        else int(e.row["date_of_birth"][:2]) == e.true["date_of_birth"].day
    ),
    "missing_surname": lambda e: not e.row.get("surname") and not e.row.get("full_name"),
    "missing_person_ref": lambda e: not e.row["person_ref"],
    "postcode_cut_short": lambda e: bare(e.row["postcode"]) == bare(e.true["postcode"])[:-1],
    "title_in_name": lambda e: e.names[0].split()[0] in ("mr", "mrs", "ms", "miss", "master"),
    "names_swapped": lambda e: e.names == (plain(e.true["surname"]), plain(e.true["forename"])),
    "short_forename": lambda e: e.names[0] == SHORT_FORMS[e.true["forename"]].casefold(),
    "sex_unknown": lambda e: e.row["sex"] in ("Not known", "9", "?"),
    "group_unreadable": lambda e: e.row["programme_group"] in ("see notes", "#REF!", "TBC"),
    "start_missing": lambda e: not e.row["start_date"] and e.true["programme_group"] == "programme",
    "end_before_start": lambda e: day_of(e.row["end_date"], e.pattern) < e.true["start_date"],
    "role_missing": lambda e: not e.row["role"],
    "duplicate_person": lambda e: str(e.row["person_ref"]) in e.earlier,
    "birth_after_assessment": lambda e: e.true["assessment_date"] < e.born <= e.quarter_end,
    "upn_of_sibling": lambda e: upn.is_valid(e.row["upn"]) and e.row["upn"] != e.true["upn"],
    "status_reversed": lambda e: e.true["programme_group"] == "programme" and not e.row["start_date"],
    "start_changed": lambda e: day_of(e.row["start_date"], e.pattern) < e.true["start_date"],
    "sex_changed": lambda e: e.row["sex"] not in (None, "") and e.true["sex"] is not None,
    "person_ref_reused": lambda e: e.names[1] in ("quennell", "tregarth"),
    "person_in_two_families": lambda e: str(e.row["person_ref"]) in e.earlier,
}


def rows_of(path: Path, shape: Shape) -> list[list[Any]]:
    """Every row of the file's table, the sender's first row first."""
    if path.suffix == ".xlsx":
        return [list(row) for row in openpyxl.load_workbook(path)["Register"].iter_rows(values_only=True)]
    if path.suffix == ".ods":
        sheet = fastexcel.read_excel(path).load_sheet("Register", header_row=None, skip_rows=0, dtypes="string")
        return [list(row) for row in sheet.to_polars().rows()]
    text = path.read_bytes().decode(shape.encoding)
    return list(csv.reader(io.StringIO(text, newline=""), delimiter=shape.delimiter))


def table_of(rows: list[list[Any]], shape: Shape) -> dict[int, Row]:
    """Rows by number from 1, as canonical column -> cell; from the row after the headings on."""
    fields = {heading: field for field, heading in HEADINGS[shape.vocabulary].items()}
    head = next(at for at, row in enumerate(rows) if HEADINGS[shape.vocabulary]["family_ref"] in row)
    columns = [fields[heading] for heading in rows[head] if heading]
    return {
        number: dict(zip(columns, row, strict=False)) for number, row in enumerate(rows[head + 1 :], start=head + 2)
    }


@pytest.fixture(scope="module")
def shapes(country) -> dict[str, Shape]:
    longest = (
        country.register.group_by("council_code", "quarter_date").len().group_by("council_code").agg(pl.max("len"))
    )
    return shapes_of(dict(longest.iter_rows()), seed=7)


@pytest.fixture(scope="module")
def tables(country, shapes) -> dict[str, dict[int, Row]]:
    whole = (pl.col("expected_verdict") != "refused") | (pl.col("defect") == "too_many_errors")
    readable = country.files.filter(whole)
    return {
        path: table_of(rows_of(country.landing / path, shapes[code]), shapes[code])
        for path, code in readable.select("path", "council_code").iter_rows()
    }


@pytest.fixture(scope="module")
def true_rows(country) -> dict[tuple[str, date, str], Row]:
    """The clean register by council, quarter and person reference as sent."""
    people = pl.read_parquet(country.truth / "register_people.parquet").select(
        "council_code", "person_ref", "person_id"
    )
    clean = country.register.drop("person_ref").join(people, on=["council_code", "person_id"])
    return {(row["council_code"], row["quarter_date"], row["person_ref"]): row for row in clean.iter_rows(named=True)}


def test_every_kind_of_fault_has_a_proof() -> None:
    assert set(PROOFS) == set(BY_NAME)
    assert set(OF_THE_REGISTER).isdisjoint(BY_NAME)


FEWEST = {"status_reversed": 1, "upn_of_sibling": 0}
"""Rare ones; and this country's families have one pupil, so that no sibling's number can be taken (test_faults.py)."""


@pytest.mark.parametrize("defect", sorted(PROOFS))
def test_each_planted_fault_stands_in_the_row_that_the_truth_names(defect, country, shapes, tables, true_rows) -> None:
    planted = country.defects.filter((pl.col("defect") == defect) & pl.col("path").is_in(list(tables)))

    assert planted.height >= FEWEST.get(defect, 3)
    for path, code, quarter, number in planted.select("path", "council_code", "quarter", "row_number").iter_rows():
        row = tables[path][number]
        earlier = [str(tables[path][n].get("person_ref")) for n in tables[path] if n < number]
        true = true_rows.get((code, quarter, str(row["person_ref"])), {})
        assert PROOFS[defect](
            Evidence(row, true, earlier, next_quarter(quarter) - timedelta(days=1), shapes[code].dates)
        )


def test_every_row_of_the_register_is_sent(country, tables) -> None:
    accepted = country.files.filter(pl.col("expected_verdict") == "accepted")
    for path, code, quarter in accepted.select("path", "council_code", "quarter").iter_rows():
        due = country.register.filter((pl.col("council_code") == code) & (pl.col("quarter_date") == quarter)).height
        second = pl.col("defect").is_in(["duplicate_person", "person_in_two_families"])
        twice = country.defects.filter((pl.col("path") == path) & second).height
        people = [row for row in tables[path].values() if any(row.values()) and "Total" not in row.values()]
        assert len(people) == due + twice, path


def test_rows_without_a_fault_hold_what_the_register_holds(country, shapes, tables, true_rows) -> None:
    faulty = set(country.defects.select("path", "row_number").iter_rows())
    n_compared = 0
    for path, code, quarter in country.files.select("path", "council_code", "quarter").iter_rows():
        for number, row in tables.get(path, {}).items():
            true = true_rows.get((code, quarter, str(row.get("person_ref"))))
            if true and (path, number) not in faulty:
                assert day_of(row["date_of_birth"], shapes[code].dates) == true["date_of_birth"]
                assert (row["upn"] or None, row["nino"] or None) == (true["upn"], true["nino"])
                assert bare(row["postcode"]) == bare(true["postcode"])
                n_compared += 1
    assert n_compared > 5_000
