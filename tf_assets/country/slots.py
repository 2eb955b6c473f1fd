"""Write departments' files: one Parquet or CSV file a slot and half, grown block by block."""

import os
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from types import TracebackType
from typing import Literal

import numpy as np
import polars as pl
import pyarrow.parquet as pq

from tf_assets.country.days import Ints, day
from tf_assets.warehouse.calendar import EXTRACTS

Half = Literal["identities", "attributes"]
TEXT_EXTRACTS = {"offences"}
"""Justice sends CSV, the others Parquet (ours)."""

UNIQUE = {"record_ref", "upn", "nino", "nhs_number", "pnc_id", "child_id"}
"""Columns for which a Parquet dictionary is wasted work."""

ARRIVAL_DAYS = 75
"""Days from the end of an extract's year to its arrival (ours)."""


def slot_date(extract: str, year: int) -> date:
    """The first day of an extract's year."""
    return date(year, EXTRACTS[extract].start_month, 1)


def slot_days(extract: str, year: int) -> tuple[int, int]:
    """First and last day of an extract's year."""
    return day(slot_date(extract, year)), day(slot_date(extract, year + 1)) - 1


def ordered(frame: pl.DataFrame, numbers: Ints) -> pl.DataFrame:
    """Rows by the suppliers' references, so that a file's order says nothing of who lives with whom."""
    return frame[np.argsort(numbers, kind="stable")]


@dataclass
class Slots:
    """Open files of a landing area, by extract, year and half; closed, and dated, on leaving the context."""

    landing: Path
    is_text: bool
    _writers: dict[Path, pq.ParquetWriter] = field(default_factory=dict)
    _dates: dict[Path, date] = field(default_factory=dict)
    n_rows: int = 0

    def write(self, extract: str, year: int, half: Half, frame: pl.DataFrame) -> None:
        """Add rows to a slot's file. Every file of a slot is written once per block, even without rows."""
        is_text = self.is_text and extract in TEXT_EXTRACTS
        first = slot_date(extract, year)
        folder = self.landing / "departments" / extract / first.isoformat()
        path = folder / f"{half}.{'csv' if is_text else 'parquet'}"
        is_new = path not in self._dates
        if is_new:
            folder.mkdir(parents=True, exist_ok=True)
            self._dates[path] = slot_date(extract, year + 1)
        self.n_rows += len(frame)
        if is_text:
            with path.open("wb" if is_new else "ab") as file:
                frame.write_csv(file, include_header=is_new)
            return
        table = frame.to_arrow(compat_level=pl.CompatLevel.oldest())
        if is_new:
            repeating = [name for name in table.column_names if name not in UNIQUE]
            self._writers[path] = pq.ParquetWriter(
                path, table.schema, compression="zstd", compression_level=1, use_dictionary=repeating
            )
        self._writers[path].write_table(table)

    def __enter__(self) -> "Slots":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for writer in self._writers.values():
            writer.close()
        for path, year_end in self._dates.items():
            arrival = datetime(year_end.year, year_end.month, 1).timestamp() + ARRIVAL_DAYS * 86_400
            os.utime(path, (arrival, arrival))
