"""Where the headings of a table stand: on the row that looks most like headings, or on it and a neighbour together."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from tf_assets.linkage.returns.headings import LONGEST_HEADING, heading_score, known_field

LEAST_GAIN = 2
"""Fields that two rows must name together beyond those that the better of them names alone (ours)."""

_VALUE = re.compile(
    r"\d{1,4}[-/. ]\d{1,2}[-/. ]\d{2,4}(?: .*)?|\d{1,2}[- ][A-Z]{3,9}[- ]\d{2,4}|\d{6,}|[A-Z]\d{11}[A-Z\d]"
    r"|[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}|[A-Z]{2} ?(?:\d{2} ?){3}[A-D]",
    re.IGNORECASE,
)
"""A date, a long number, a UPN, a postcode or a national insurance number: in a person's row, never in a heading. Where
a line was lost in transfer such a row may be joined to the headings, which messages repeat."""

Cells = Sequence[str | None]


@dataclass(frozen=True)
class HeadingRow:
    """Headings that were found.

    score: how much they look like headings (0 without any); last: the position, from 0, of their row, of two the lower;
    cells: the heading of each column.
    """

    score: float
    last: int
    cells: Cells


def find_headings(rows: Sequence[Cells]) -> HeadingRow:
    """The best of the first rows of a table; the first of equals. A row that holds values of a person is none."""
    scores = [0.0 if _holds_values(row) else heading_score(list(row)) for row in rows]
    best = max(scores, default=0.0)
    if best == 0.0:
        return HeadingRow(0.0, 0, ())
    at = scores.index(best)
    alone = HeadingRow(best, at, rows[at])
    together = [_together(rows, upper) for upper in (at - 1, at) if 0 <= upper < len(rows) - 1]
    better = [each for each in together if each and each.score >= best + LEAST_GAIN]
    return max(better, key=lambda each: each.score, default=alone)


def _together(rows: Sequence[Cells], upper: int) -> HeadingRow | None:
    """Headings on two rows, as under merged cells: `Family` over `ref` and `name`."""
    if _holds_values(rows[upper]) or _holds_values(rows[upper + 1]):
        return None
    above: str | None = None
    cells: list[str | None] = []
    for top, bottom in zip(rows[upper], rows[upper + 1], strict=True):
        above = top or above  # a merged cell is written once, in its first column
        cells.append(_joined(above if bottom else top, bottom))
    return HeadingRow(heading_score(cells), upper + 1, cells)


def _joined(top: str | None, bottom: str | None) -> str | None:
    both = " ".join(part for part in (top, bottom) if part)
    choices = [text for text in (both, bottom, top) if text and len(text) <= LONGEST_HEADING]
    return next((text for text in choices if known_field(text)), bottom or top)


def _holds_values(row: Cells) -> bool:
    return any(cell and _VALUE.fullmatch(cell) for cell in row)


def without_values(headings: dict[str, str | None], cells: pl.DataFrame) -> dict[str, str | None]:
    """Headings, those left out that nobody knows and that stand as a cell below: they are values, not to be repeated."""
    unknown = sorted({text for text in headings.values() if text and not known_field(text)})
    if not unknown:
        return headings
    standing = pl.concat([cells[column].filter(cells[column].is_in(unknown)).unique() for column in headings])
    values = set(standing.to_list())
    return {column: None if text in values else text for column, text in headings.items()}
