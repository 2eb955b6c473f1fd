"""Remove what is due, one thing at a time and each wholly, and write down that it was done.

A purge that is stopped has removed some things and not others; the next one removes the rest. The record of a purge lies in
`purges/` of the linkage zone: kind, number and date, before it begins as what is due, afterwards as what was done.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from functools import partial

import dagster as dg
import polars as pl

from tf_assets.linkage.originals import Originals
from tf_assets.linkage.private_files import replace_private_file
from tf_assets.linkage.purging import files_due
from tf_assets.linkage.purging.declaration import AGING_KINDS, AgingKind, Retention
from tf_assets.linkage.purging.originals_due import Use, done_with, uses
from tf_assets.linkage.purging.runs_due import DeliveryKey, dispensable_runs
from tf_assets.linkage.purging.thing import Thing
from tf_assets.linkage.registering import originals_of
from tf_assets.warehouse.home import Home

Progress = Callable[[str, int, int], None]
"""Told of each thing: its kind, how many of it are removed, of how many."""


@dataclass(frozen=True)
class Purged:
    """What became of one kind.

    days: how long it is kept, None for as long as it stands; n_kept: things that stay; n_due: things that are, or were,
    removed; oldest: from when the age of the oldest thing is counted (UTC), None where there is none.
    """

    kind: AgingKind
    days: int | None
    n_kept: int
    n_due: int
    oldest: datetime | None


@dataclass(frozen=True)
class _Found:
    """The things of one kind: all, and those that are due."""

    things: list[Thing]
    due: list[Thing]


@dataclass(frozen=True)
class Occasion:
    """What a purge goes by.

    receipts: the table `return_receipts`, whose verdicts say which returns count; instance: Dagster's; deliveries: all that
    have landed, of both locations; now: UTC, without a zone.
    """

    home: Home
    retention: Retention
    receipts: pl.DataFrame
    instance: dg.DagsterInstance
    deliveries: frozenset[DeliveryKey]
    now: datetime


def look(occasion: Occasion) -> list[Purged]:
    """What a purge would do; nothing is done."""
    return _told(occasion.retention, _find(occasion))


def purge(occasion: Occasion, progress: Progress = lambda kind, done, total: None) -> list[Purged]:
    """Remove what is due, for whoever holds the home."""
    files_due.lay_logs_aside(occasion.home, occasion.now)
    found = _find(occasion)
    told = _told(occasion.retention, found)
    _record(occasion, told, is_finished=False)
    for kind, each in found.items():
        for number, thing in enumerate(each.due, start=1):
            thing.remove()
            progress(kind, number, len(each.due))
    _record(occasion, told, is_finished=True)
    return told


def _find(occasion: Occasion) -> Mapping[AgingKind, _Found]:
    home, retention, now = occasion.home, occasion.retention, occasion.now
    originals = originals_of(home)
    found: dict[AgingKind, _Found] = _find_originals(originals, uses(home, occasion.receipts), retention, now)
    sources: dict[AgingKind, Iterable[Thing]] = {
        "landed_files": files_due.landed_originals(home, originals),
        "staging": files_due.left_behind(home),
        "feedback": files_due.written_feedback(home),
        "worker_logs": files_due.worker_logs(home),
        "dagster_runs": dispensable_runs(occasion.instance, occasion.deliveries),
        "compute_logs": files_due.compute_logs(home),
        "releases": files_due.past_releases(home),
        "rebuilt": files_due.rebuilt_releases(home),
    }
    for kind, source in sources.items():
        things = list(source)
        found[kind] = _Found(things, [each for each in things if _is_due(each.since, retention.days(kind), now)])
    return {kind: found[kind] for kind in AGING_KINDS}


def _find_originals(
    originals: Originals, found: Iterator[Use], retention: Retention, now: datetime
) -> dict[AgingKind, _Found]:
    """Originals by the kind of the use that was the last to end; one is due when all its uses are."""
    by_kind: dict[AgingKind, _Found] = {
        kind: _Found([], [])
        for kind in ("superseded_returns", "quarantine", "superseded_extracts", "superseded_references")
    }
    for sha256, ended in done_with(found).items():
        if originals.is_purged(sha256):
            continue
        last = max(ended, key=lambda use: use.since)
        until = max(use.needed_until for use in ended)
        refused_in = {use.slot for use in ended if use.kind == "quarantine"}
        thing = Thing(last.since, partial(originals.purge, sha256, until, sorted(refused_in)))
        kind = by_kind[last.kind or "superseded_returns"]
        kind.things.append(thing)
        if all(use.kind and _is_due(use.since, retention.days(use.kind), now) for use in ended):
            kind.due.append(thing)
    return by_kind


def _is_due(since: datetime, days: int | None, now: datetime) -> bool:
    return days is not None and since < now - timedelta(days=days)


def _told(retention: Retention, found: Mapping[AgingKind, _Found]) -> list[Purged]:
    return [
        Purged(
            kind,
            retention.days(kind),
            len(each.things) - len(each.due),
            len(each.due),
            min((thing.since for thing in each.things), default=None),
        )
        for kind, each in found.items()
    ]


def _record(occasion: Occasion, told: list[Purged], is_finished: bool) -> None:
    """Kinds, numbers and dates; nothing of whom or of which."""
    removed = [
        {name: value for name, value in asdict(each).items() if name in ("kind", "n_due", "oldest")}
        for each in told
        if each.n_due
    ]
    folder, now = occasion.home.zone("linkage") / "purges", occasion.now
    folder.mkdir(parents=True, exist_ok=True)
    content = {"purged_at": now.isoformat(timespec="seconds"), "is_finished": is_finished, "removed": removed}
    replace_private_file(
        folder / f"{now:%Y%m%dT%H%M%S%f}.json", json.dumps(content, indent=1, default=datetime.isoformat) + "\n"
    )
