"""Put a council's return for a quarter into its slot, whole or with the mishap planned for it."""

import os
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl

from tf_assets.country.dirty.council import Council, Faulty, fault_records, page_of, save_page, written_rows
from tf_assets.country.dirty.faults import FAULT, MISSING_REFERENCE
from tf_assets.country.dirty.mishaps import LETTER, PDF, arrival, cut_short, two_quarters_later
from tf_assets.country.dirty.neighbours import neighbours_page, stack
from tf_assets.country.dirty.spreadsheets import write_archive
from tf_assets.warehouse.calendar import next_quarter

CORRECTION_SHARE = 10
"""The return that is corrected later lacks the last tenth of its rows."""

UNUSABLE_SHARE = 0.4


@dataclass(frozen=True)
class Delivered:
    """A file in the landing area.

    path: below it; defect: of the file, None for none; verdict: the expected one; faults: planted in its rows
    (council.FAULT_SCHEMA), None when nobody will ever read them.
    """

    path: str
    council_code: str
    quarter: date
    defect: str | None
    verdict: str
    faults: pl.DataFrame | None = None


class Slotter:
    """Fills one slot: `landing/returns/<council>/<quarter>/`."""

    def __init__(self, landing: Path, council: Council, quarter: date, canary_surname: str | None) -> None:
        self.landing, self.council, self.quarter = landing, council, quarter
        self.folder = landing / "returns" / council.code / quarter.isoformat()
        self.moment = arrival(quarter, council.rng)
        self.stem = _file_stem(quarter, council.rng, canary_surname)
        self.folder.mkdir(parents=True, exist_ok=True)

    def deliver(self, faulty: Faulty, kind: str | None, others: Faulty) -> list[Delivered]:
        """Write the file or files of this slot.

        faulty: the rows of the quarter; kind: of `mishaps.KINDS` or None; others: the rows of the council's last
        quarter, or of the quarter before where that one's are sent again.
        """
        if kind is None:
            return [self._send(faulty, self.moment, None, "accepted")]
        deed = getattr(self, f"_{kind}")
        sent: list[Delivered] = deed(others if kind in ("wrong_quarter", "earlier_quarter") else faulty)
        return sent

    def _late(self, faulty: Faulty) -> list[Delivered]:
        return [self._send(faulty, two_quarters_later(self.moment), "late", "accepted")]

    def _wrong_quarter(self, faulty: Faulty) -> list[Delivered]:
        return [self._send(faulty, self.moment, "wrong_quarter", "refused")]

    def _earlier_quarter(self, faulty: Faulty) -> list[Delivered]:
        return [self._send(faulty, self.moment, "earlier_quarter", "refused", of_quarter=faulty.quarters[0])]

    def _title_of_another_quarter(self, faulty: Faulty) -> list[Delivered]:
        """The right register below the title of the quarter after."""
        other = next_quarter(self.quarter)
        return [self._send(faulty, self.moment, "title_of_another_quarter", "refused", of_quarter=other)]

    def _two_councils(self, faulty: Faulty) -> list[Delivered]:
        """The register of a neighbour below the council's own: under a title of its own, or without a word."""
        first = page_of(self.council, faulty, self.quarter)
        page = stack(first, neighbours_page(self.council, faulty, self.quarter))
        path = self._path("")
        save_page(page, self.council.shape, path)
        return [self._note(path, self.moment, "two_councils", "refused")]

    def _corrected(self, faulty: Faulty) -> list[Delivered]:
        n_rows = len(faulty.faults)
        first = faulty.slice(0, n_rows - n_rows // CORRECTION_SHARE)
        mended = written_rows(self.council, self._rows().with_columns(pl.lit(None, pl.String).alias(FAULT)))
        return [
            self._send(first, self.moment, "corrected_later", "superseded"),
            self._send(mended, self.moment + timedelta(days=24), "correction", "accepted", " corrected"),
        ]

    def _sent_twice(self, faulty: Faulty) -> list[Delivered]:
        first = self._send(faulty, self.moment, None, "accepted")
        again = self._path(" (2)")
        again.write_bytes((self.landing / first.path).read_bytes())
        return [first, self._note(again, self.moment + timedelta(days=1), "sent_twice", "duplicate", first.faults)]

    def _cut_short(self, faulty: Faulty) -> list[Delivered]:
        whole = self._send(faulty, self.moment + timedelta(days=9), None, "accepted", " resent")
        cut = self._path("")
        cut.write_bytes(cut_short((self.landing / whole.path).read_bytes(), self.council.shape.encoding))
        return [self._note(cut, self.moment, "cut_short", "refused"), whole]

    def _empty(self, faulty: Faulty) -> list[Delivered]:
        path = self._path("")
        path.write_bytes(b"")
        return [self._note(path, self.moment, "empty", "refused")]

    def _not_a_table(self, faulty: Faulty) -> list[Delivered]:
        path = self._path("", "csv")
        path.write_bytes(PDF)
        return [self._note(path, self.moment, "not_a_table", "refused")]

    def _not_a_workbook(self, faulty: Faulty) -> list[Delivered]:
        path = self._path("", "xlsx")
        write_archive(path, LETTER)
        return [self._note(path, self.moment, "not_a_workbook", "refused")]

    def _too_many_errors(self, faulty: Faulty) -> list[Delivered]:
        """The references of the last rows are lost, as when a paste stops short."""
        rows = self._rows()
        is_lost = pl.int_range(pl.len()) >= int(rows.height * (1 - UNUSABLE_SHARE))
        lost = rows.with_columns(pl.when(is_lost).then(pl.lit(MISSING_REFERENCE)).otherwise(FAULT).alias(FAULT))
        return [self._send(written_rows(self.council, lost), self.moment, "too_many_errors", "refused")]

    def _rows(self) -> pl.DataFrame:
        return self.council.rows.filter(pl.col("quarter_date") == self.quarter)

    def _send(
        self,
        faulty: Faulty,
        moment: datetime,
        defect: str | None,
        verdict: str,
        mark: str = "",
        of_quarter: date | None = None,
    ) -> Delivered:
        page = page_of(self.council, faulty, of_quarter or self.quarter)
        path = self._path(mark)
        save_page(page, self.council.shape, path)
        return self._note(path, moment, defect, verdict, fault_records(page, faulty))

    def _path(self, mark: str, suffix: str | None = None) -> Path:
        return self.folder / f"{self.stem}{mark}.{suffix or self.council.shape.suffix}"

    def _note(
        self, path: Path, moment: datetime, defect: str | None, verdict: str, faults: pl.DataFrame | None = None
    ) -> Delivered:
        """Set the file's time of arrival and say what it is."""
        os.utime(path, (moment.timestamp(), moment.timestamp()))
        below = path.relative_to(self.landing).as_posix()
        return Delivered(below, self.council.code, self.quarter, defect, verdict, faults)


def stray_file(landing: Path, council: Council, faulty: Faulty, folder: tuple[str, date], defect: str) -> Delivered:
    """A good return that lies in a slot (council code, quarter) that is none."""
    code, quarter = folder
    path = landing / "returns" / code / quarter.isoformat() / f"register.{council.shape.suffix}"
    sent_for = faulty.quarters[0]
    save_page(page_of(council, faulty, sent_for), council.shape, path)
    seconds = arrival(sent_for, council.rng).timestamp()
    os.utime(path, (seconds, seconds))
    return Delivered(path.relative_to(landing).as_posix(), code, quarter, defect, "refused")


def _file_stem(quarter: date, rng: np.random.Generator, canary_surname: str | None) -> str:
    """A file's name as people give them, now and then with a family's name in it."""
    stems = (
        f"TF return {quarter:%B %Y}",
        f"tf_register_{quarter:%Y%m%d}",
        "Troubled Families data FINAL v2",
        f"Q{(quarter.month - 1) // 3 or 4} {quarter.year}",
    )
    stem = stems[int(rng.integers(len(stems)))]
    return stem if canary_surname is None else f"{stem} - {canary_surname} family added"
