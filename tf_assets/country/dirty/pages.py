"""A page: the rows of one return between title, headings, blank rows and totals, numbered as its sender sees them."""

from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl

from tf_assets.country.dirty.rendering import Written
from tf_assets.country.dirty.shapes import Shape

BLANK_ROWS = 0.04
"""Share of families after which a sender of blank rows leaves one."""


@dataclass(frozen=True)
class Page:
    """Every row of a file, top to bottom.

    cells: text columns c0, c1, ...; null is a blank cell. n_titles: rows above the headings; row_numbers: for each
    row of the register, in order, its number in the file from 1; date_columns, number_columns: places of the columns
    that a spreadsheet holds as dates and as numbers.
    """

    cells: pl.DataFrame
    n_titles: int
    row_numbers: np.ndarray
    date_columns: tuple[int, ...]
    number_columns: tuple[int, ...]


def lay_out(written: Written, shape: Shape, council_name: str, quarter: date, rng: np.random.Generator) -> Page:
    """Put titles and headings above the rows, blank rows among them and totals below."""
    texts = written.texts
    columns = [f"c{at}" for at in range(texts.width)]
    body = texts.rename(dict(zip(texts.columns, columns, strict=True)))
    gaps = rng.random(body.height) < BLANK_ROWS if shape.has_blank_rows else np.zeros(body.height, dtype=bool)
    titles = _titles(shape.n_titles, council_name, quarter, body.height)
    head = _rows_of([*([title] for title in titles), list(written.headings)], columns)
    foot = _rows_of([[], ["Total", str(body.height)]] if shape.has_totals else [], columns)
    return Page(
        cells=pl.concat([head, _with_gaps(body, gaps), foot]),
        n_titles=len(titles),
        row_numbers=head.height + 1 + _places(gaps),
        date_columns=tuple(texts.columns.index(name) for name in written.date_columns),
        number_columns=tuple(texts.columns.index(name) for name in written.number_columns),
    )


def _titles(n: int, council_name: str, quarter: date, n_rows: int) -> list[str | None]:
    titles: list[str | None] = [
        f"{council_name}: Troubled Families register",
        f"Quarter beginning {quarter:%d %B %Y}",
        f"OFFICIAL-SENSITIVE. {n_rows} individuals.",
        None,
    ]
    return titles[:n]


def _rows_of(rows: list[list[str | None]], columns: list[str]) -> pl.DataFrame:
    """Rows of text, each filled up with blanks to the width of the table."""
    full = [[*row, *[None] * (len(columns) - len(row))] for row in rows]
    return pl.DataFrame(full, schema=dict.fromkeys(columns, pl.String), orient="row")


def _with_gaps(body: pl.DataFrame, gaps: np.ndarray) -> pl.DataFrame:
    """A blank row after each row that is marked."""
    if not gaps.any():
        return body
    places = np.full(body.height + int(gaps.sum()), -1)
    places[_places(gaps)] = np.arange(body.height)
    # A null place gathers a null row.
    index = pl.Series(places).replace(-1, None).cast(pl.UInt32)
    return body.select(pl.all().gather(index))


def _places(gaps: np.ndarray) -> np.ndarray:
    """Where each row stands, from 0, with a gap after each that is marked."""
    return np.arange(len(gaps)) + np.cumsum(gaps) - gaps
