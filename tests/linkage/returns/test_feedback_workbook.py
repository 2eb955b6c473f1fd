"""The spreadsheet of the feedback."""

import io
import zipfile
from datetime import date, datetime

import openpyxl
import polars as pl
import pytest

from tf_assets.linkage.returns import feedback_workbook
from tf_assets.linkage.returns.feedback_content import Feedback, compose_feedback
from tf_assets.linkage.returns.feedback_workbook import LONGEST_CELL, TITLE_ROWS, plain_text, workbook_bytes
from tf_assets.linkage.returns.judging import JUDGEMENT_SCHEMA, Received, ReturnRefused
from tf_assets.linkage.returns.trend import EarlierReturns

RECEIVED = Received("E06000001", date(2015, 4, 1), datetime(2015, 7, 20), "ab" * 32)


def _feedback(n_rows: int, sentence: str = "The surname is missing.") -> Feedback:
    rows = [
        (RECEIVED.council_code, RECEIVED.quarter_date, at, "surname", "surname_missing", "refused", sentence, "Add it.",
         RECEIVED.sha256)
        for at in range(2, 2 + 2 * n_rows, 2)
    ]  # fmt: skip
    judgements = pl.DataFrame(rows, schema=JUDGEMENT_SCHEMA, orient="row")
    return compose_feedback(RECEIVED, ReturnRefused("No.", RECEIVED, judgements), EarlierReturns(), None, None, None)


def _workbook(content: bytes) -> openpyxl.Workbook:
    return openpyxl.load_workbook(io.BytesIO(content))


def test_sheets_have_filters_and_a_heading_row_that_stays() -> None:
    workbook = _workbook(workbook_bytes(_feedback(3)))
    assert workbook.sheetnames == ["Cover", "Summary", "By rule", "Every row", "Columns"]
    for name in ("By rule", "Every row"):
        sheet = workbook[name]
        (table,) = sheet.tables.values()
        assert table.autoFilter is not None
        assert table.ref.startswith(f"A{TITLE_ROWS + 1}:")
        assert sheet.freeze_panes == f"A{TITLE_ROWS + 2}"


def test_a_sheet_holds_no_more_rows_than_it_may_and_the_rest_follows_on_the_next() -> None:
    workbook = _workbook(workbook_bytes(_feedback(25), most_rows=14))
    names = ["Every row", "Every row 2", "Every row 3"]
    assert [name for name in workbook.sheetnames if name.startswith("Every")] == names
    assert all(workbook[name].max_row <= 14 for name in names)
    listed = [row[0] for name in names for row in workbook[name].iter_rows(min_row=TITLE_ROWS + 2, values_only=True)]
    assert listed == list(range(2, 52, 2))
    linked = [cell.hyperlink.location for (cell,) in workbook["Cover"].iter_rows() if cell.hyperlink]
    assert linked == [f"'{name}'!A1" for name in ("Summary", "By rule", *names, "Columns")]


def test_a_long_list_is_written_row_by_row_with_the_same_cells(monkeypatch: pytest.MonkeyPatch) -> None:
    short = _workbook(workbook_bytes(_feedback(25)))
    monkeypatch.setattr(feedback_workbook, "MOST_ROWS_IN_MEMORY", 24)
    long = _workbook(workbook_bytes(_feedback(25)))
    assert long.sheetnames == short.sheetnames
    for name in short.sheetnames:
        assert list(long[name].values) == list(short[name].values)
    assert long["Every row"].auto_filter.ref == f"A{TITLE_ROWS + 1}:G{TITLE_ROWS + 26}"
    assert long["Every row"].freeze_panes == f"A{TITLE_ROWS + 2}"


@pytest.mark.parametrize("start", ["=", "+", "-", "@"])
def test_text_is_never_a_formula(start: str) -> None:
    content = workbook_bytes(_feedback(2, f"{start}HYPERLINK(1)."))
    cells = [cell for sheet in _workbook(content) for row in sheet.iter_rows() for cell in row]
    assert not any(cell.data_type == "f" for cell in cells)
    assert f"'{start}HYPERLINK(1)." in [cell.value for cell in cells]
    assert not any(str(cell.value).startswith(("=", "+", "-", "@")) for cell in cells)
    assert not any("externalLink" in name or "vba" in name for name in zipfile.ZipFile(io.BytesIO(content)).namelist())


def test_a_cell_is_never_longer_than_it_may_be() -> None:
    cut = plain_text(", ".join(str(number) for number in range(2, 40_000, 2)))
    assert len(cut) <= LONGEST_CELL
    assert cut.endswith(" ...")
    assert cut.split(", ")[-1].removesuffix(" ...").isdigit()


def test_the_same_feedback_is_the_same_bytes() -> None:
    assert workbook_bytes(_feedback(5)) == workbook_bytes(_feedback(5))
