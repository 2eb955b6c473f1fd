"""What every format is turned into before anybody asks what its columns mean."""

from dataclasses import dataclass

import polars as pl

ROW_NUMBER = "row_number"

MOST_CELLS = 10_000_000
"""Rows times columns. The largest council's register has half a million; a reader allocates them all, however few are
filled (ours)."""


@dataclass(frozen=True)
class Grid:
    """Cells of one table as sent.

    cells: row_number (UInt32, from 1 as the sender counts, blank rows included) and text columns c0, c1, ...; a blank
    cell is null. kind: csv, xlsx, ods or xls. detail: how it was read (encoding and delimiter), for the operator.
    n_last_fields: fields of a last line that has no line end, when fewer than its neighbours have; else None.
    """

    cells: pl.DataFrame
    kind: str
    detail: str
    n_last_fields: int | None = None

    @property
    def columns(self) -> list[str]:
        """The cell columns, left to right."""
        return [column for column in self.cells.columns if column != ROW_NUMBER]


def grid_of(frame: pl.DataFrame, kind: str, detail: str, n_last_fields: int | None = None) -> Grid:
    """Blank cells become null, columns that are blank throughout go, and rows get their numbers."""
    texts = frame.lazy().rename({old: f"c{at}" for at, old in enumerate(frame.columns)})
    trimmed = (
        texts.with_columns(pl.all().str.strip_chars())
        .with_columns(pl.when(pl.all().str.len_bytes() > 0).then(pl.all()))
        .collect()
    )
    filled = [column for column in trimmed.columns if trimmed[column].null_count() < trimmed.height]
    return Grid(trimmed.select(filled).with_row_index(ROW_NUMBER, offset=1), kind, detail, n_last_fields)
