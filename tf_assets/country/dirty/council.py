"""One council: its register with the faults of its case system, and how a return is made from it."""

from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from zlib import crc32

import numpy as np
import polars as pl

from tf_assets.country.dirty.delimited import write_delimited
from tf_assets.country.dirty.faults import (
    BY_NAME,
    FAULT,
    OF_THE_REGISTER,
    UNDETECTABLE,
    draw_faults,
    keep_possible,
    mark_double_people,
    mark_second_rows,
    plant_faults,
)
from tf_assets.country.dirty.histories import IS_SEEN, with_history
from tf_assets.country.dirty.pages import Page, lay_out
from tf_assets.country.dirty.rendering import Written, column_order, write_rows
from tf_assets.country.dirty.shapes import Shape
from tf_assets.country.dirty.spreadsheets import write_ods, write_xlsx

FAULT_SCHEMA: dict[str, pl.DataType] = {
    "row_number": pl.Int64(),
    "field": pl.String(),
    "defect": pl.String(),
    "expected_severity": pl.String(),
}


@dataclass(frozen=True)
class Council:
    """A council that sends returns.

    rows: its register in every quarter, canonical columns with `fault` drawn but not planted; schools: its own;
    columns: left to right; rng: for what differs from file to file.
    """

    code: str
    name: str
    shape: Shape
    rows: pl.DataFrame
    schools: pl.DataFrame
    columns: list[str]
    rng: np.random.Generator


@dataclass(frozen=True)
class Faulty:
    """Text rows in the order in which they are sent.

    quarters, faults: of each row (null for most faults); is_seen: an earlier return has the person without the fault.
    """

    written: Written
    quarters: pl.Series
    faults: pl.Series
    is_seen: pl.Series

    def slice(self, start: int, length: int) -> "Faulty":
        """Some of the rows."""
        texts = self.written.texts.slice(start, length)
        return Faulty(
            replace(self.written, texts=texts),
            *(each.slice(start, length) for each in (self.quarters, self.faults, self.is_seen)),
        )

    def by_quarter(self) -> dict[date, "Faulty"]:
        """The rows of each quarter; they stand together."""
        runs = self.quarters.rle().struct.unnest()
        starts = runs["len"].cum_sum() - runs["len"]
        return {
            quarter: self.slice(start, length)
            for quarter, start, length in zip(runs["value"], starts, runs["len"], strict=True)
        }


def make_council(
    code: str,
    name: str,
    shape: Shape,
    register: pl.DataFrame,
    schools: pl.DataFrame,
    forced: pl.DataFrame,
    seed: int,
) -> Council:
    """Draw the faults of a council's case system.

    register: its rows of every quarter; forced: person_ref and fault of people whose fault is not left to chance.
    """
    rng = np.random.default_rng([seed, 2, crc32(code.encode())])
    # Whoever made the register, its order must not change what is drawn.
    register = register.sort("quarter_date", "family_ref", "person_ref")
    numbers = register["quarter_date"].rank("dense").cast(pl.Int64) - 1
    drawn = draw_faults(register, shape, numbers, rng)
    if not forced.is_empty():
        chosen = drawn.join(forced.rename({FAULT: "forced"}), on="person_ref", how="left", maintain_order="left")
        drawn = keep_possible(chosen.with_columns(pl.coalesce("forced", FAULT).alias(FAULT)).drop("forced"), shape)
    if shape.is_numbered:
        # Numbers by first appearance in alphabetical order: the same in all returns of the council.
        drawn = drawn.with_columns(pl.col("family_ref", "person_ref").rank("dense").cast(pl.String))
    return Council(code, name, shape, drawn, schools, column_order(shape, rng), rng)


def written_rows(council: Council, rows: pl.DataFrame, plan: dict[date, str] | None = None) -> Faulty:
    """Plant the drawn faults in rows of a council, order them as it does and write them as text.

    plan: quarter -> mishap, of its slots: what is refused whole tells nobody anything.
    """
    order = (
        ["quarter_date", "surname", "forename"] if council.shape.rows == "surname" else ["quarter_date", "family_ref"]
    )
    planted = plant_faults(rows).sort(order, maintain_order=True)
    sent = with_history(mark_double_people(mark_second_rows(planted)), plan or {})
    written = write_rows(sent, council.shape, council.schools, council.columns)
    return Faulty(written, sent["quarter_date"], sent[FAULT], sent[IS_SEEN])


def page_of(council: Council, faulty: Faulty, quarter: date) -> Page:
    """The page of one return."""
    return lay_out(faulty.written, council.shape, council.name, quarter, council.rng)


def save_page(page: Page, shape: Shape, path: Path) -> None:
    """Write a page in the format of its shape."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if shape.suffix == "xlsx":
        write_xlsx(page, shape, path)
    elif shape.suffix == "ods":
        write_ods(page, shape, path)
    else:
        write_delimited(page, shape, path)


def fault_records(page: Page, faulty: Faulty) -> pl.DataFrame:
    """Each planted fault of a page (FAULT_SCHEMA)."""
    found = pl.DataFrame(
        {
            "row_number": pl.Series(page.row_numbers, dtype=pl.Int64),
            "defect": faulty.faults,
            IS_SEEN: faulty.is_seen,
        }
    ).drop_nulls("defect")
    needing = [name for name, fault in BY_NAME.items() if fault.needs_earlier]
    declared = {name: (fault.field, fault.severity) for name, fault in BY_NAME.items()} | OF_THE_REGISTER
    field, severity = (
        pl.col("defect").replace_strict({name: pair[at] for name, pair in declared.items()}, return_dtype=pl.String)
        for at in (0, 1)
    )
    is_hidden = pl.col("defect").is_in(needing) & ~pl.col(IS_SEEN)
    return found.select(
        "row_number",
        field.alias("field"),
        "defect",
        pl.when(is_hidden).then(pl.lit(UNDETECTABLE)).otherwise(severity).alias("expected_severity"),
    )
