"""Files of opt-outs in the transfer area, `landing/opt-outs/`, and the run that they and the command ask for.

A file's name and the plain hash of its bytes may give a person away (a small file of one person can be guessed), so
neither is ever repeated: a file is known by when it came and by a keyed digest.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import polars as pl

from tf_assets.linkage.arrivals import file_time, known_at
from tf_assets.linkage.keys import keyed_digest
from tf_assets.linkage.opt_outs.evidence import FAULT_SCHEMA, judge
from tf_assets.linkage.opt_outs.reading import read_opt_outs
from tf_assets.linkage.opt_outs.store import opt_outs_in_force, record_opt_outs
from tf_assets.warehouse.deliveries import Delivery
from tf_assets.warehouse.errors import InputRefused
from tf_assets.warehouse.home import Home
from tf_assets.warehouse.whole_files import write_whole

OPT_OUTS_JOB = "record_opt_outs"
"""The job that records what landed."""

FOLDER = "opt-outs"
WHOLE_FILE = "file"


@dataclass(frozen=True)
class LandedOptOuts:
    """One file below landing/opt-outs.

    received_at: its modification time (UTC, to the microsecond); n_bytes: its size.
    """

    received_at: datetime
    n_bytes: int
    path: Path = field(repr=False, compare=False)


@dataclass(frozen=True)
class Recorded:
    """What became of one landed file.

    name: of its feedback; n_recorded: opt-outs of it that are on record; n_refused: rows, or 1 for a file that cannot
    be read, that no opt-out could be made of.
    """

    name: str
    n_recorded: int
    n_refused: int


def landed_opt_outs(landing: Path) -> list[LandedOptOuts]:
    """Every file in the order of receipt; hidden files are programs' own and are left out."""
    found = []
    for path in sorted((landing / FOLDER).rglob("*")):
        if path.is_file() and not path.is_symlink() and not path.name.startswith((".", "~$")):
            found.append(LandedOptOuts(file_time(path), path.stat().st_size, path))
    return sorted(found, key=lambda each: (each.received_at, each.n_bytes))


def opt_out_deliveries(home: Home) -> Iterator[Delivery]:
    """One delivery for all that has landed and all that the command recorded; none while there is neither."""
    landed = landed_opt_outs(home.landing)
    n_by_command = sum(not each.is_landed for each in opt_outs_in_force(home.zone("linkage")).opt_outs)
    if landed or n_by_command:
        known = [n_by_command, *((each.received_at.isoformat(), each.n_bytes) for each in landed)]
        yield Delivery(OPT_OUTS_JOB, None, hashlib.sha256(repr(known).encode()).hexdigest())


def record_landed(home: Home, key: str) -> list[Recorded]:
    """Record every landed file, those of before again to no effect, and write what could not be used as feedback.

    A file that cannot be read holds up no other.
    """
    return [_record(home, key, landed) for landed in landed_opt_outs(home.landing)]


def _record(home: Home, key: str, landed: LandedOptOuts) -> Recorded:
    content = landed.path.read_bytes()
    digest = keyed_digest(key, f"file of opt-outs|{hashlib.sha256(content).hexdigest()}")
    name = f"{landed.received_at:%Y-%m-%dT%H%M%S}-{digest[:8]}.csv"
    n_recorded, n_refused = 0, 1
    try:
        judged = judge(read_opt_outs(content))
        faults, n_refused = judged.faults, judged.n_refused
        known = known_at(home, landed.received_at)
        n_recorded = record_opt_outs(
            home.zone("linkage"), judged.usable, key, landed.received_at, known, is_landed=True
        )
    except InputRefused as refusal:
        faults = pl.DataFrame([(0, WHOLE_FILE, "file_unreadable", str(refusal))], schema=FAULT_SCHEMA, orient="row")
    write_whole(home.feedback / FOLDER / name, faults.write_csv().encode())
    return Recorded(name, n_recorded, n_refused)
