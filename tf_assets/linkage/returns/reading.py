"""From the bytes of a return to its rows and headings, whatever the format and wherever the table starts."""

import re
from dataclasses import dataclass, replace
from functools import reduce

import polars as pl

from tf_assets.linkage.returns.archives import EMPTY_ZIP_MAGIC, ZIP_MAGIC, Member, unpack
from tf_assets.linkage.returns.delimited import read_delimited
from tf_assets.linkage.returns.encodings import CUT_SHORT, NOT_A_TABLE
from tf_assets.linkage.returns.grid import ROW_NUMBER, Grid
from tf_assets.linkage.returns.heading_rows import HeadingRow, find_headings, without_values
from tf_assets.linkage.returns.spreadsheets import OLE_MAGIC, kind_of_workbook, read_workbook, read_xls
from tf_assets.warehouse.errors import InputRefused

HEADING_ROWS = 60
"""Titles and notes above the headings are never longer than this (ours)."""

LEAST_HEADING_SCORE = 3.0
"""Three known headings, or fifteen cells that could be headings (ours)."""

MOST_PACKED = 20
"""Files in a zip file that are looked at (ours)."""

NO_HEADINGS = (
    f"No row of headings was found in the first {HEADING_ROWS} rows. Name the columns as in the data schedule."
)
NOT_ONE_PACKED = "The zip file does not hold one register alone. Send one file for the quarter."
NESTED = "The zip file holds another zip file. Send the register itself."
_NO_REGISTERS = (NOT_A_TABLE, NO_HEADINGS)
"""What is said of a letter or a note beside a register."""

_OTHER_FORMATS = (b"%PDF", b"\x89PNG", b"\xff\xd8\xff", b"{\\rtf", b"\x1f\x8b", b"Rar!", b"7z\xbc\xaf")
_TOTAL = (
    r"(?i)^\s*(?:grand |sub)?(?:total|totals|sum|count|number of (?:rows|records|people)"
    r"|end of (?:file|report|data|register))\b"
)


@dataclass(frozen=True)
class Sheet:
    """The rows of a return.

    cells: row_number and text columns, below the headings, without blank rows, totals and repeated headings;
    headings: cell column -> heading as sent (None where a column has none); heading_row: its row number, of headings on
    two rows the lower;
    kind and detail: how the file was read; n_blank and n_totals: rows left out;
    stray_columns: columns to the right of the last heading, in delimited text a sign of an unquoted delimiter;
    titles: cells above the headings.
    """

    cells: pl.DataFrame
    headings: dict[str, str | None]
    heading_row: int
    kind: str
    detail: str
    n_blank: int
    n_totals: int
    stray_columns: tuple[str, ...]
    titles: tuple[str, ...] = ()


def read_rows(content: bytes) -> Sheet:
    """Read a return. The content alone decides the format: a file's name says little and is never repeated."""
    if content.startswith((ZIP_MAGIC, EMPTY_ZIP_MAGIC)):
        members = unpack(content)
        kind = kind_of_workbook(members)
        return _best_sheet(read_workbook(members, kind)) if kind else _packed_sheet(members)
    return _best_sheet(_grids(content))


def read_grids(content: bytes) -> list[Grid]:
    """The tables of a text file or a workbook, before anybody asks where their headings stand."""
    if not content.startswith((ZIP_MAGIC, EMPTY_ZIP_MAGIC)):
        return _grids(content)
    members = unpack(content)
    kind = kind_of_workbook(members)
    if kind is None:
        raise InputRefused(NOT_A_TABLE)
    return read_workbook(members, kind)


def _grids(content: bytes) -> list[Grid]:
    """The tables of a file that is no archive."""
    if not content.strip():
        raise InputRefused("The file is empty. Send the register again.")
    if content.startswith(OLE_MAGIC):
        return read_xls(content)
    if content.startswith(_OTHER_FORMATS):
        raise InputRefused(NOT_A_TABLE)
    return [read_delimited(content)]


def _packed_sheet(members: list[Member]) -> Sheet:
    """The one register of a zip file; a letter or a note may lie beside it."""
    sent = [member for member in members if not member.is_programs_own]
    if not sent or len(sent) > MOST_PACKED:
        raise InputRefused(NOT_ONE_PACKED)
    found: list[Sheet] = []
    refusals: list[InputRefused] = []
    for member in sent:
        try:
            found.append(_sheet_of_member(member))
        except InputRefused as refusal:
            refusals.append(refusal)
    spoilt = [refusal for refusal in refusals if str(refusal) not in _NO_REGISTERS]
    if len(found) + len(spoilt) > 1:
        raise InputRefused(NOT_ONE_PACKED)
    if spoilt or (not found and len(sent) == 1):
        raise [*spoilt, *refusals][0]
    if not found:
        raise InputRefused(NO_HEADINGS)
    return replace(found[0], detail=f"{found[0].detail}, zipped")


def _sheet_of_member(member: Member) -> Sheet:
    if not member.content.startswith((ZIP_MAGIC, EMPTY_ZIP_MAGIC)):
        return _best_sheet(_grids(member.content))
    inner = unpack(member.content)
    kind = kind_of_workbook(inner)
    if kind:
        return _best_sheet(read_workbook(inner, kind))
    if any(each.name == "[Content_Types].xml" or each.name == "mimetype" for each in inner):
        raise InputRefused(NOT_A_TABLE)  # a letter or slides
    raise InputRefused(NESTED)


def _best_sheet(grids: list[Grid]) -> Sheet:
    found = [(find_headings(grid.cells.select(grid.columns).head(HEADING_ROWS).rows()), grid) for grid in grids]
    best, grid = max(found, key=lambda each: each[0].score)
    if best.score < LEAST_HEADING_SCORE:
        raise InputRefused(NO_HEADINGS)
    if sum(each.score >= 0.8 * best.score and other.cells.height > each.last + 1 for each, other in found) > 1:
        raise InputRefused("More than one sheet holds a register. Send one file with one sheet for the quarter.")
    return _sheet_below(grid, best)


def _sheet_below(grid: Grid, found: HeadingRow) -> Sheet:
    columns = grid.columns
    headings = dict(zip(columns, found.cells, strict=True))
    below = grid.cells.slice(found.last + 1)
    n_filled = pl.sum_horizontal(pl.col(columns).is_not_null()).alias("n_filled")
    filled = below.with_columns(n_filled).filter(pl.col("n_filled") > 0)
    first_text = pl.coalesce(columns)
    is_total = (first_text.str.contains(_TOTAL) & (pl.col("n_filled") <= max(3, len(columns) // 4))).fill_null(False)
    is_footnote = (pl.col("n_filled") == 1) & first_text.str.contains(r"\S+\s+\S+\s+\S+") & _is_at_the_end()
    is_repeat = _is_repeated_heading(dict(zip(columns, grid.cells.select(columns).row(found.last), strict=True)))
    left_out = (is_total | is_footnote | is_repeat).alias("is_left_out")
    marked = filled.with_columns(left_out)
    _refuse_cut_short(grid, headings, marked)
    cells = marked.filter(~pl.col("is_left_out")).drop("n_filled", "is_left_out")
    if cells.is_empty():
        raise InputRefused(
            "The register has headings but no rows. Send it again, or tell us that there are no families."
        )
    return Sheet(
        cells=cells,
        headings=without_values(headings, cells),
        heading_row=grid.cells[ROW_NUMBER][found.last],
        kind=grid.kind,
        detail=grid.detail,
        n_blank=below.height - filled.height,
        n_totals=filled.height - cells.height,
        stray_columns=_stray_columns(grid, headings),
        titles=tuple(cell for row in grid.cells.select(columns).head(found.last).rows() for cell in row if cell),
    )


def _is_at_the_end() -> pl.Expr:
    """No row below this one has more than one cell."""
    return (pl.col("n_filled") > 1).cum_sum(reverse=True) == 0


def _is_repeated_heading(headings: dict[str, str | None]) -> pl.Expr:
    """Some programs print the headings again on every page."""
    named = [pl.col(column).eq_missing(pl.lit(text)) for column, text in headings.items() if text]
    return reduce(lambda left, right: left & right, named, pl.lit(True))


def _stray_columns(grid: Grid, headings: dict[str, str | None]) -> tuple[str, ...]:
    if grid.kind != "csv":
        return ()
    last = max(at for at, column in enumerate(grid.columns) if headings[column])
    return tuple(grid.columns[last + 1 :])


def _refuse_cut_short(grid: Grid, headings: dict[str, str | None], marked: pl.DataFrame) -> None:
    """A last line without an end and with fewer cells than there are headings, unless it is a total or a footnote."""
    if grid.n_last_fields is None or marked.is_empty() or marked["is_left_out"][-1]:
        return
    n_headings = max(int(re.sub(r"\D", "", column)) + 1 for column, text in headings.items() if text)
    if grid.n_last_fields < n_headings:
        raise InputRefused(CUT_SHORT)
