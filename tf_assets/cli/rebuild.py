"""`tf-eval rebuild`: a release made again from nothing but the files that were known at a date.

A home of its own is set up beside this one, with the entries of the register of arrivals up to that date and this home's
originals; the same two workers and the same jobs run in it; what they release is compared with what was released.
"""

import contextlib
import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from pathlib import Path

from tf_assets.cli.instance import make_home
from tf_assets.cli.locations import RELEASE_STAGES, Workers, run_locations
from tf_assets.cli.materialise import alone_in
from tf_assets.linkage.arrivals import KINDS, Arrival, ArrivalRegister, file_time
from tf_assets.linkage.key_lock import share_keys
from tf_assets.linkage.key_sources import KEY_VARIABLES, variables_for_another_home
from tf_assets.linkage.opt_outs.store import copy_opt_outs
from tf_assets.linkage.registering import originals_of
from tf_assets.linkage.release.writing import MANIFEST, PURGED
from tf_assets.warehouse.errors import EvaluationError, InputRefused
from tf_assets.warehouse.home import Home


@dataclass(frozen=True)
class Rebuilt:
    """A release that was made again.

    folder: where it lies; n_arrivals: files it was made of; past_release_id: the release that was current at that date
    (None if there was none yet); is_identical: every file of the two is the same, byte for byte.
    """

    release_id: str
    folder: Path
    n_arrivals: int
    past_release_id: str | None
    is_identical: bool

    def __str__(self) -> str:
        made = f"Release {self.release_id}, made again from {self.n_arrivals} files, lies in {self.folder}."
        if self.past_release_id is None:
            return f"{made} No release had been made by then."
        if self.is_identical:
            return f"{made} It is the release of that time, byte for byte."
        return f"{made} The release of that time is {self.past_release_id}, and this is another."


def parse_moment(text: str) -> datetime:
    """A date (its end) or an ISO date and time (UTC unless it names a zone); `InputRefused` otherwise."""
    try:
        if len(text) <= len("2015-04-01"):
            return datetime.combine(date.fromisoformat(text), time.max)
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise InputRefused("--as-of is neither a date (2016-06-30) nor a date and time (2016-06-30T14:05).") from None
    return moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment


def rebuild(home: Home, as_of: datetime, out: Path | None = None) -> Rebuilt:
    """Make the release of what was known at a moment (UTC).

    out: where its folder is put, else `rebuilt/` in the home. `EvaluationError` when nothing was known then, or when a
    step fails.
    """
    with _past_home(home, as_of) as (past, n_arrivals):
        with Workers(past, RELEASE_STAGES) as workers:
            summary = run_locations(workers)
        if summary.failed or not (past.releases / "current.json").exists():
            raise EvaluationError("\n".join(["The release could not be made again:", *summary.failed]))
        release_id = str(json.loads((past.releases / "current.json").read_text())["release_id"])
        folder = (out or home.root / "rebuilt") / release_id
        _put_in_place(past.releases / release_id, folder)
    past_release_id = _release_at(home, as_of)
    is_identical = past_release_id is not None and _is_release(home, past_release_id, folder)
    return Rebuilt(release_id, folder, n_arrivals, past_release_id, is_identical)


@contextlib.contextmanager
def _past_home(home: Home, as_of: datetime) -> Iterator[tuple[Home, int]]:
    """A home that knows what this one knew at a moment, and from how many files; it is gone afterwards."""
    past = Home(home.root / f".rebuild-{os.getpid()}")
    project = home.project()
    had = {name: os.environ.get(name) for name in (*KEY_VARIABLES, "DAGSTER_HOME")}
    share_keys(home)  # while its originals are read
    try:
        make_home(past, project.name, project.record_salt, project.is_demo)
        n_arrivals = _copy_arrivals(home, past, as_of)
        if not n_arrivals:
            raise EvaluationError(f"Nothing had arrived by {as_of:%d %B %Y, %H:%M}. Choose a later date.")
        os.environ.update(variables_for_another_home(home))  # for the workers, which inherit where to look
        with alone_in(past):
            yield past, n_arrivals
    finally:
        for name, value in had.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value
        shutil.rmtree(past.root, ignore_errors=True)


def _copy_arrivals(home: Home, past: Home, as_of: datetime) -> int:
    """Copy the entries known by then, and let the past home read this one's originals; how many files they are."""
    known = [each for each in ArrivalRegister.of_home(home).all(*KINDS) if each.known_at <= as_of]
    _refuse_purged(home, known, as_of)
    register = ArrivalRegister.of_home(past)
    for arrival in known:
        register.record(arrival)
    copy_opt_outs(home.zone("linkage"), past.zone("linkage"), as_of)
    (past.zone("linkage") / "originals").symlink_to(home.zone("linkage") / "originals", target_is_directory=True)
    return len(known)


def _refuse_purged(home: Home, known: list[Arrival], as_of: datetime) -> None:
    """`EvaluationError` where something that stood then was removed because its retention was over."""
    originals = originals_of(home)
    words = [originals.word_of(sha256) for sha256 in {each.sha256 for each in known}]
    gone = [word.needed_until for word in words if word and word.needed_until > as_of]
    if gone:
        raise EvaluationError(
            f"Files that counted on {as_of:%d %B %Y, %H:%M} ({len(gone)}) were removed when their retention was over "
            f"(retention.yml). The earliest moment that can be made again is {max(gone).isoformat()} (UTC)."
        )


def _release_at(home: Home, as_of: datetime) -> str | None:
    """The release that was made last by then, purged or not: a manifest is never touched again."""
    made = [(file_time(path), path.parent.name) for path in home.releases.glob(f"[!.]*/{MANIFEST}")]
    made += [(file_time(path), path.stem) for path in home.releases.glob(f"{PURGED}/*.json")]
    return max(((at, name) for at, name in made if at <= as_of), default=(None, None))[1]


def _is_release(home: Home, release_id: str, folder: Path) -> bool:
    """Whether a folder holds a release of this home, byte for byte; of a purged one the manifest tells, which holds the
    hash of each file."""
    if (home.releases / release_id).exists():
        return _same_files(home.releases / release_id, folder)
    return (home.releases / PURGED / f"{release_id}.json").read_bytes() == (folder / MANIFEST).read_bytes()


def _same_files(one: Path, other: Path) -> bool:
    names = sorted(path.name for path in one.iterdir())
    return names == sorted(path.name for path in other.iterdir()) and all(
        (one / name).read_bytes() == (other / name).read_bytes() for name in names
    )


def _put_in_place(made: Path, folder: Path) -> None:
    """Move a release to where it is wanted; one of this id that is there already must be the same."""
    if folder.exists():
        if not _same_files(made, folder):
            raise EvaluationError(f"{folder} holds something else under this release's name. Choose another --out.")
        return
    folder.parent.mkdir(parents=True, exist_ok=True)
    shutil.copytree(made, folder.with_name(f".{folder.name}"))
    folder.with_name(f".{folder.name}").rename(folder)
