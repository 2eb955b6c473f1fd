"""Files in councils' slots of the transfer area.

A file's name is free, councils put names of people into it, and so it is read but never repeated: here a file is known
by its slot and its content's hash.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Literal

from tf_assets.linkage.arrivals import Arrival, file_time
from tf_assets.linkage.originals import file_sha256
from tf_assets.linkage.partitions import Slot
from tf_assets.linkage.registering import LANDING_AREA, register_file
from tf_assets.warehouse.calendar import END_OF_QUARTERS, FIRST_QUARTER, quarter_of
from tf_assets.warehouse.errors import InputRefused
from tf_assets.warehouse.geography import councils
from tf_assets.warehouse.home import Home

_COUNCIL_CODE = re.compile(r"^[A-Z]\d{8}$")
_WITHDRAWAL = re.compile(r"^withdrawal([-_ ].*)?\.(ya?ml|txt)$", re.IGNORECASE)
UNKNOWN = "unknown"


@dataclass(frozen=True)
class LandedFile:
    """One file below landing/returns.

    kind: a return, or a note that withdraws what was sent before it; council_code, quarter_date: of its slot, None where
    the folders do not have that form; sha256: of its bytes; received_at: its modification time (UTC, to the
    microsecond); fault: why its slot cannot be used, or None.
    """

    kind: Literal["return", "withdrawal"]
    council_code: str | None
    quarter_date: date | None
    sha256: str
    received_at: datetime
    n_bytes: int
    fault: str | None
    path: Path = field(repr=False, compare=False)

    @property
    def folder(self) -> str:
        """The name of its slot in the register of arrivals."""
        return f"{self.council_code or UNKNOWN}/{self.quarter_date or UNKNOWN}"

    def arrival(self) -> Arrival:
        """The entry that the file will have in the register of arrivals if it is recorded now."""
        return Arrival(
            kind=self.kind,
            slot=self.folder,
            sha256=self.sha256,
            received_at=self.received_at,
            known_at=self.received_at,
            n_bytes=self.n_bytes,
            came_by=LANDING_AREA,
            fault=self.fault,
        )


def landed_files(landing: Path) -> list[LandedFile]:
    """Every file below landing/returns in the order of receipt; hidden files are programs' own and are left out."""
    root = landing / "returns"
    found = [_landed(root, path) for path in _visible_files(root)]
    return sorted(
        found, key=lambda each: (each.received_at, each.sha256, each.council_code or "", str(each.quarter_date))
    )


def files_of_council(landing: Path, council_code: str) -> list[LandedFile]:
    """The files that lie in the slots of one council, in the order of receipt."""
    root = landing / "returns"
    found = [_landed(root, path) for path in _visible_files(root / council_code)]
    return sorted(found, key=lambda each: (each.received_at, each.sha256, str(each.quarter_date)))


def slot_named(council_code: str, quarter: str) -> Slot:
    """The slot of a council and a quarter as a person writes them; `InputRefused` says what is wrong with it."""
    day = _iso_date(quarter)
    fault = _slot_fault(2, council_code, day, date.max)
    if fault or day is None:
        raise InputRefused(f"There is no slot {council_code[:9]}/{quarter[:10]}. {fault}")
    return Slot(council_code, day)


def _visible_files(folder: Path) -> Iterator[Path]:
    return (
        path
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.name.startswith((".", "~$")) and not path.is_symlink()
    )


def _landed(root: Path, path: Path) -> LandedFile:
    stat = path.stat()
    folders = path.relative_to(root).parts[:-1]
    council_code = folders[0] if folders and _COUNCIL_CODE.match(folders[0]) else None
    quarter = _iso_date(folders[1]) if len(folders) > 1 else None
    received_at = file_time(path)
    return LandedFile(
        "withdrawal" if _WITHDRAWAL.match(path.name) else "return",
        council_code,
        quarter,
        _sha256(path, stat.st_size, stat.st_mtime_ns),
        received_at,
        stat.st_size,
        _slot_fault(len(folders), council_code, quarter, received_at.date()),
        path,
    )


@lru_cache(maxsize=20_000)
def _sha256(path: Path, n_bytes: int, changed_at: int) -> str:
    """The hash of a file; size and time are part of the cache's key, so a changed file is read again."""
    return file_sha256(path)


def _iso_date(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if re.match(r"^\d{4}-\d{2}-\d{2}$", text) else None
    except ValueError:
        return None


def _slot_fault(n_folders: int, council_code: str | None, quarter: date | None, received: date) -> str | None:
    """Why a slot cannot be used, as a sentence for the operator."""
    if n_folders != 2:
        return "The file does not lie in a slot. Move it to returns/<council code>/<first day of the quarter>/."
    if council_code is None or council_code not in _council_codes():
        return "The slot's council code is not one of the 152 councils. Move the file to the folder of its council."
    if quarter is None or quarter_of(quarter) != quarter:
        return "The slot's name is not the first day of a quarter. Move the file to the slot of its quarter."
    if not FIRST_QUARTER <= quarter < END_OF_QUARTERS:
        return (
            f"The slot's quarter is outside the programme ({FIRST_QUARTER:%B %Y} to March {END_OF_QUARTERS.year}). "
            "Move the file to the slot of its quarter."
        )
    if quarter > received:
        return "The file arrived before its quarter began. Move it to the slot of its quarter."
    return None


@lru_cache(maxsize=1)
def _council_codes() -> frozenset[str]:
    return frozenset(councils()["council_code"].to_list())


def register_landed(home: Home, files: Iterable[LandedFile]) -> None:
    """Record the arrival of files of the transfer area."""
    for file in files:
        register_file(home, file.path, file.kind, file.folder, file.fault)
