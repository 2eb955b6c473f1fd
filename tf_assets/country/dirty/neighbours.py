"""A neighbouring council's register on the same page, as when one team serves two councils."""

from dataclasses import replace
from datetime import date

import numpy as np
import polars as pl

from tf_assets.country.dirty.council import Council, Faulty
from tf_assets.country.dirty.pages import Page, lay_out
from tf_assets.warehouse.geography import councils

FORM = "N0"
"""What the neighbour's references begin with."""

FAR_AREAS = ("TR", "CA")
"""Two postcode areas of which one is not the council's: the ends of England."""


def neighbours_page(council: Council, faulty: Faulty, quarter: date) -> Page:
    """Rows like the council's own, with a neighbour's references and postcodes, laid out as the council does.

    Where the shape has titles the neighbour's name stands in one.
    """
    texts = faulty.written.texts
    code = texts["postcode"].drop_nulls()[0].upper()
    area = FAR_AREAS[1] if code.startswith(FAR_AREAS[0]) else FAR_AREAS[0]
    moved = texts.with_columns(
        *((pl.lit(FORM) + pl.col(name)).alias(name) for name in ("family_ref", "person_ref")),
        pl.col("postcode").str.replace("^[A-Za-z]+", area),
    )
    known = councils().filter(pl.col("council_code") != council.code)["council_name"]
    return lay_out(replace(faulty.written, texts=moved), council.shape, str(known[0]), quarter, council.rng)


def stack(first: Page, second: Page) -> Page:
    """One page below the other."""
    cells = pl.concat([first.cells, second.cells])
    numbers = np.concatenate([first.row_numbers, second.row_numbers + first.cells.height])
    return replace(first, cells=cells, row_numbers=numbers)
