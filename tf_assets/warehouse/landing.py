"""What lies in the transfer area: departments' extracts, by slot (docs/reference/data-schedule.md)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Literal

from tf_assets.warehouse.calendar import EXTRACTS
from tf_assets.warehouse.errors import InputRefused

Half = Literal["identities", "attributes"]
"""The two halves of a split file."""

SUFFIXES = (".parquet", ".csv")


@dataclass(frozen=True)
class LandedExtract:
    """One half of a department's extract for one year.

    partition_key: the first day of the year, ISO; fingerprint: changes when the file does.
    """

    extract: str
    half: Half
    partition_key: str
    path: Path
    fingerprint: str


def landed_extracts(landing: Path, half: Half) -> Iterator[LandedExtract]:
    """Every extract's file of one half whose slot is a year of that extract, by extract and year.

    Slots of another name are left alone: they belong to no partition.
    """
    for extract in EXTRACTS.values():
        for slot in sorted((landing / "departments" / extract.name).glob("????-??-??")):
            path = _file_of(slot, half)
            if path and _is_year_start(slot.name, extract.start_month):
                stat = path.stat()
                fingerprint = extract_fingerprint(stat.st_size, stat.st_mtime_ns // 1000)
                yield LandedExtract(extract.name, half, slot.name, path, fingerprint)


def extract_fingerprint(n_bytes: int, changed_at: int) -> str:
    """What tells a delivery from another: its size, and its time in microseconds since 1970."""
    return f"{n_bytes}-{changed_at}"


def extract_file(landing: Path, extract: str, half: Half, partition_key: str) -> Path:
    """The file of one slot; `InputRefused` when there is none."""
    path = find_extract_file(landing, extract, half, partition_key)
    if path is None:
        raise InputRefused(missing_extract(extract, half, partition_key))
    return path


def find_extract_file(landing: Path, extract: str, half: Half, partition_key: str) -> Path | None:
    """The file of one slot, or None."""
    return _file_of(landing / "departments" / extract / partition_key, half)


def missing_extract(extract: str, half: Half, partition_key: str) -> str:
    """The sentence for a slot without a file: whom to ask for what."""
    return (
        f"There is no {half} file in the slot {extract}/{partition_key}. Ask {EXTRACTS[extract].supplier} for "
        f"{half}.parquet or {half}.csv."
    )


def _file_of(slot: Path, half: Half) -> Path | None:
    return next((slot / f"{half}{s}" for s in SUFFIXES if (slot / f"{half}{s}").is_file()), None)


def _is_year_start(name: str, start_month: int) -> bool:
    try:
        day = date.fromisoformat(name)
    except ValueError:
        return False
    return (day.month, day.day) == (start_month, 1)
