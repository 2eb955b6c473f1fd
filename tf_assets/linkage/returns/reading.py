"""From the bytes of a return to its rows and headings, whatever the format and wherever the table starts."""

import re
from dataclasses import dataclass
from functools import reduce

import polars as pl

from tf_assets.linkage.returns.delimited import CUT_SHORT, NOT_A_TABLE, read_delimited
from tf_assets.linkage.returns.grid import ROW_NUMBER, Grid
from tf_assets.linkage.returns.headings import heading_score
from tf_assets.linkage.returns.spreadsheets import OLE_MAGIC, ZIP_MAGIC, read_spreadsheet
from tf_assets.warehouse.errors import InputRefused

HEADING_ROWS = 60
"""Titles and notes above the headings are never longer than this (ours)."""

LEAST_HEADING_SCORE = 3.0
"""Three known headings, or fifteen cells that could be headings (ours)."""

_OTHER_FORMATS = (b"%PDF", b"\x89PNG", b"\xff\xd8\xff", b"{\\rtf", b"\x1f\x8b", b"Rar!", b"7z\xbc\xaf")
_TOTAL = (
    r"(?i)^\s*(?:grand |sub)?(?:total|totals|sum|count|number of (?:rows|records|people)"
    r"|end of (?:file|report|data|register))\b"
)


@dataclass(frozen=True)
class Sheet:
    """The rows of a return.

    cells: row_number and text columns, below the headings, without blank rows, totals and repeated headings;
    headings: cell column -> heading as sent (None where a column has none); heading_row: its row number;
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
    if not content.strip():
        raise InputRefused("The file is empty. Send the register again.")
    if content.startswith((ZIP_MAGIC, OLE_MAGIC)):
        grids = read_spreadsheet(content)
    elif content.startswith(_OTHER_FORMATS):
        raise InputRefused(NOT_A_TABLE)
    else:
        grids = [read_delimited(content)]
    scored = [(*_heading_row(grid), grid) for grid in grids]
    best_score, at, grid = max(scored, key=lambda found: found[0])
    if best_score < LEAST_HEADING_SCORE:
        raise InputRefused(
            f"No row of headings was found in the first {HEADING_ROWS} rows. Name the columns as in the data schedule."
        )
    if sum(score >= 0.8 * best_score and other.cells.height > row + 1 for score, row, other in scored) > 1:
        raise InputRefused("More than one sheet holds a register. Send one file with one sheet for the quarter.")
    return _sheet_below(grid, at)


def _heading_row(grid: Grid) -> tuple[float, int]:
    """Score and position (from 0) of the row that looks most like headings; the first of equals."""
    rows = grid.cells.select(grid.columns).head(HEADING_ROWS).rows()
    scores = [heading_score(list(row)) for row in rows]
    best = max(scores, default=0.0)
    return best, scores.index(best) if scores else 0


def _sheet_below(grid: Grid, at: int) -> Sheet:
    columns = grid.columns
    headings = dict(zip(columns, grid.cells.select(columns).row(at), strict=True))
    below = grid.cells.slice(at + 1)
    n_filled = pl.sum_horizontal(pl.col(columns).is_not_null()).alias("n_filled")
    filled = below.with_columns(n_filled).filter(pl.col("n_filled") > 0)
    first_text = pl.coalesce(columns)
    is_total = (first_text.str.contains(_TOTAL) & (pl.col("n_filled") <= max(3, len(columns) // 4))).fill_null(False)
    is_footnote = (pl.col("n_filled") == 1) & first_text.str.contains(r"\S+\s+\S+\s+\S+") & _is_at_the_end()
    is_repeat = _is_repeated_heading(headings)
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
        headings=headings,
        heading_row=grid.cells[ROW_NUMBER][at],
        kind=grid.kind,
        detail=grid.detail,
        n_blank=below.height - filled.height,
        n_totals=filled.height - cells.height,
        stray_columns=_stray_columns(grid, headings),
        titles=tuple(cell for row in grid.cells.select(columns).head(at).rows() for cell in row if cell),
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
