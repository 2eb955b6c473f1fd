"""The register of arrivals: which file came when, for which slot, and how; append-only.

What stands for a slot is a function of its arrivals alone, in the order in which they were received: whoever handles
them, in whatever order, and however often, ends with the same tables. The transfer area may be emptied: the bytes of
each arrival are among the originals.

    <linkage zone>/arrivals/<kind>/<slot>/<when received>-<start of the hash>.json

An arrival is one small file, put in place by a hard link, which never replaces what is there: the same file seen twice,
or by two processes at once, is one arrival.
"""

import json
import os
import uuid
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, get_args

from tf_assets.warehouse.errors import EvaluationError
from tf_assets.warehouse.home import Home

Kind = Literal["return", "withdrawal", "mapping", "identities", "reference", "review"]
KINDS: tuple[Kind, ...] = get_args(Kind)


@dataclass(frozen=True)
class Arrival:
    """One file that came.

    kind: what it is; slot: whose and for when, `E06000001/2015-04-01` for a return, `attendance/2014-09-01` for an
    extract, `E06000001` for a council's mapping; sha256: of its bytes;
    received_at: the transfer area's own time for it (UTC); known_at: from when on the register knew of it (UTC);
    n_bytes; came_by: how it got there; fault: why its slot cannot be used, or None.
    """

    kind: Kind
    slot: str
    sha256: str
    received_at: datetime
    known_at: datetime
    n_bytes: int
    came_by: str
    fault: str | None = None

    @property
    def order(self) -> tuple[datetime, str]:
        """Arrivals of a slot are in this order, whatever the order in which they were handled."""
        return self.received_at, self.sha256


@dataclass(frozen=True)
class ArrivalRegister:
    """The register below the linkage zone's folder."""

    root: Path

    @classmethod
    def of_home(cls, home: Home) -> "ArrivalRegister":
        """The register of a home."""
        return cls(home.zone("linkage"))

    def record(self, arrival: Arrival) -> bool:
        """Record an arrival, whole or not at all; False when it is there already."""
        target = self._path(arrival)
        if target.exists():
            return False
        target.parent.mkdir(parents=True, exist_ok=True)
        draft = target.with_name(f".{uuid.uuid4().hex}")
        try:
            with draft.open("x", encoding="utf-8") as file:
                file.write(_as_json(arrival))
                file.flush()
                os.fsync(file.fileno())
            os.link(draft, target)
        except FileExistsError:
            return False
        finally:
            draft.unlink(missing_ok=True)
        return True

    def holds(self, arrival: Arrival) -> bool:
        """Was this file recorded for this slot?"""
        return self._path(arrival).exists()

    def recorded_at(self, arrival: Arrival) -> datetime:
        """When an arrival of this register was written down here (UTC), whatever the transfer area's time for it."""
        return file_time(self._path(arrival))

    def of_slot(self, kinds: Iterable[Kind], slot: str) -> list[Arrival]:
        """The arrivals of some kinds for one slot, the one received last at the end."""
        paths = (path for kind in kinds for path in (self._folder(kind) / slot).glob("[!.]*.json"))
        return sorted(map(_read, paths), key=lambda each: each.order)

    def all(self, *kinds: Kind, below: str = "") -> list[Arrival]:
        """Every arrival of some kinds, for slots below a folder, in the order of receipt."""
        paths = (path for kind in kinds for path in (self._folder(kind) / below).rglob("[!.]*.json"))
        return sorted(map(_read, paths), key=lambda each: (*each.order, each.slot))

    def current(self, kind: Kind, slot: str) -> Arrival | None:
        """The arrival received last for a slot; None when nothing came."""
        return next(reversed(self.of_slot([kind], slot)), None)

    def _folder(self, kind: Kind) -> Path:
        return self.root / "arrivals" / kind

    def _path(self, arrival: Arrival) -> Path:
        name = f"{arrival.received_at:%Y%m%dT%H%M%S%f}-{arrival.sha256[:16]}.json"
        return self._folder(arrival.kind) / arrival.slot / name


def known_at(home: Home, received_at: datetime) -> datetime:
    """From when on a file counts as known, for a rebuild as at a date.

    The transfer area's time is believed where no release contradicts it. A file that is dated before the last release,
    and that the release did not know, became known now.
    """
    pointer = home.releases / "current.json"
    if not pointer.exists() or received_at > file_time(pointer):
        return received_at
    return datetime.now(UTC).replace(tzinfo=None)


def file_time(path: Path) -> datetime:
    """When a file was last changed: UTC, to the microsecond, without a zone."""
    return datetime.fromtimestamp(path.stat().st_mtime_ns // 1000 / 1e6, UTC).replace(tzinfo=None)


def _as_json(arrival: Arrival) -> str:
    times = {name: getattr(arrival, name).isoformat() for name in ("received_at", "known_at")}
    return json.dumps({**asdict(arrival), **times}, indent=1) + "\n"


def _read(path: Path) -> Arrival:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        times = {name: datetime.fromisoformat(found[name]) for name in ("received_at", "known_at")}
        return Arrival(**{**found, **times})
    except (ValueError, KeyError, TypeError):
        raise EvaluationError(
            f"The register of arrivals is damaged at {path.parent.name}/{path.name}. Restore that file from a copy."
        ) from None
