"""Workbooks, read back with other people's readers."""

from datetime import date, datetime
from pathlib import Path

import fastexcel
import numpy as np
import openpyxl
import polars as pl
import pytest

from tf_assets.country.dirty.pages import Page
from tf_assets.country.dirty.shapes import Shape
from tf_assets.country.dirty.spreadsheets import serial_number, write_ods, write_xlsx


def page() -> Page:
    cells = pl.DataFrame(
        {
            "c0": ["A title", "Ref", "12", "13", "Total"],
            "c1": [None, "Born", "2001-02-03", "1999-12-31", "2"],
            "c2": [None, "Name", "Zoë <& co>", None, None],
        }
    )
    return Page(cells, n_titles=1, row_numbers=np.array([3, 4]), date_columns=(1,), number_columns=(0,))


def shape(suffix: str, dates: str) -> Shape:
    return Shape(suffix, "schedule", dates, "schedule", n_titles=1)


@pytest.mark.parametrize(
    ("dates", "expected"),
    [
        ("cell", [datetime(2001, 2, 3), datetime(1999, 12, 31)]),
        ("serial", [36925, 36525]),
        ("mixed", [datetime(2001, 2, 3), "31/12/1999"]),
    ],
)
def test_dates_in_a_workbook_are_true_dates_serial_numbers_or_both(dates: str, expected: list, tmp_path: Path) -> None:
    write_xlsx(page(), shape("xlsx", dates), tmp_path / "a.xlsx")
    sheet = openpyxl.load_workbook(tmp_path / "a.xlsx")["Register"]

    assert [sheet.cell(row, 2).value for row in (3, 4)] == expected
    assert [sheet.cell(row, 1).value for row in (3, 4, 5)] == [12, 13, "Total"]


def test_a_workbook_has_other_sheets_and_a_title_merged_over_the_table(tmp_path: Path) -> None:
    write_xlsx(page(), shape("xlsx", "cell"), tmp_path / "a.xlsx")
    book = openpyxl.load_workbook(tmp_path / "a.xlsx")

    assert book.sheetnames == ["Guidance", "Register", "Lists"]
    assert [str(cells) for cells in book["Register"].merged_cells.ranges] == ["A1:C1"]


def test_an_opendocument_sheet_holds_the_same_cells(tmp_path: Path) -> None:
    write_ods(page(), shape("ods", "cell"), tmp_path / "a.ods")
    reader = fastexcel.read_excel(tmp_path / "a.ods")
    rows = reader.load_sheet("Register", header_row=None, skip_rows=0).to_polars().rows()

    assert reader.sheet_names == ["Guidance", "Register", "Lists"]
    assert [row[0] for row in rows] == ["A title", "Ref", "12", "13", "Total"]
    assert [str(row[1])[:10] for row in rows[2:4]] == ["2001-02-03", "1999-12-31"]
    assert rows[2][2] == "Zoë <& co>"


@pytest.mark.parametrize(
    ("day", "number"),
    [(date(1900, 1, 1), 1), (date(1900, 2, 28), 59), (date(1900, 3, 1), 61), (date(1970, 1, 1), 25569)],
)
def test_serial_numbers_count_a_leap_day_that_never_was(day: date, number: int) -> None:
    assert serial_number(day) == number
