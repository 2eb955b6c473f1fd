"""Row numbers as the sender sees them."""

from datetime import date

import numpy as np
import polars as pl

from tf_assets.country.dirty.pages import lay_out
from tf_assets.country.dirty.rendering import Written
from tf_assets.country.dirty.shapes import ISO, Shape

THREE = Written(pl.DataFrame({"person_ref": ["P1", "P2", "P3"], "sex": ["F", "M", "F"]}), ("Ref", "Sex"), (), ())


class EveryOtherDraw(np.random.Generator):
    """Draws 0 and 1 by turns, so that the blank rows are known."""

    def random(self, size: int = 1) -> np.ndarray:  # type: ignore[override]
        return np.arange(size) % 2


def layout(**features: object) -> tuple[list[tuple[str | None, ...]], list[int]]:
    shape = Shape("csv", "schedule", ISO, "schedule", **features)  # type: ignore[arg-type]
    page = lay_out(THREE, shape, "Leeds", date(2015, 4, 1), EveryOtherDraw(np.random.PCG64(1)))
    return page.cells.rows(), page.row_numbers.tolist()


def test_a_plain_page_is_headings_and_rows() -> None:
    assert layout() == ([("Ref", "Sex"), ("P1", "F"), ("P2", "M"), ("P3", "F")], [2, 3, 4])


def test_titles_blank_rows_and_totals_are_counted() -> None:
    assert layout(n_titles=2, has_blank_rows=True, has_totals=True) == (
        [
            ("Leeds: Troubled Families register", None),
            ("Quarter beginning 01 April 2015", None),
            ("Ref", "Sex"),
            ("P1", "F"),
            (None, None),
            ("P2", "M"),
            ("P3", "F"),
            (None, None),
            (None, None),
            ("Total", "3"),
        ],
        [4, 6, 7],
    )
