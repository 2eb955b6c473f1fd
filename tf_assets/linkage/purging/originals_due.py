"""From when on nobody needs an original: it was replaced, withdrawn or refused.

A rebuild as at a date needs what stood then. So the age of an original is counted from the day on which what replaced it
became known, and was written down here: while it is younger than its retention, every date within the retention can be
rebuilt. The same bytes may have arrived more than once; they are due when every one of their arrivals is.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby, pairwise
from typing import TypeAlias

import polars as pl

from tf_assets.linkage.arrivals import Arrival, ArrivalRegister
from tf_assets.linkage.purging.declaration import AgingKind
from tf_assets.linkage.returns.slots import UNKNOWN
from tf_assets.warehouse.home import Home

ReceiptKey = tuple[str, str, datetime, str]
"""(kind, sha256, received_at, slot)."""

REPLACING = ("current", "superseded", "withdrawal", "withdrawn")
"""Verdicts of a file that put an end to the one before it in its slot."""


@dataclass(frozen=True)
class Use:
    """What one arrival needs its original for.

    slot: of the arrival; kind: None while it is needed; needed_until: no rebuild as at a later moment needs it; since: from
    when its age is counted (UTC both).
    """

    sha256: str
    slot: str
    kind: AgingKind | None = None
    needed_until: datetime = datetime.max
    since: datetime = datetime.max


Ended: TypeAlias = Callable[[Arrival, AgingKind, Arrival], Use]
"""The use of an arrival that another arrival put an end to."""


def uses(home: Home, receipts: pl.DataFrame) -> Iterator[Use]:
    """What every arrival needs its original for; receipts: the table `return_receipts`, whose verdicts count.

    A return without a verdict is needed, as everything is that is not known to be done with.
    """
    register = ArrivalRegister.of_home(home)
    verdicts = _verdicts(receipts)

    def ended(arrival: Arrival, kind: AgingKind, by: Arrival) -> Use:
        return Use(arrival.sha256, arrival.slot, kind, by.known_at, max(by.known_at, register.recorded_at(by)))

    for _, slot in groupby(_by_slot(register.all("return", "withdrawal")), key=lambda each: each.slot):
        yield from _uses_of_slot(list(slot), verdicts, ended)
    for kind, due in (
        ("identities", "superseded_extracts"),
        ("mapping", "superseded_references"),
        ("reference", "superseded_references"),
    ):
        for _, slot in groupby(_by_slot(register.all(kind)), key=lambda each: each.slot):  # type: ignore[arg-type]
            yield from _uses_of_versions(list(slot), due, ended)  # type: ignore[arg-type]
    for arrival in register.all("review"):
        yield Use(arrival.sha256, arrival.slot)


def done_with(found: Iterator[Use]) -> dict[str, list[Use]]:
    """The uses of each original that no arrival needs."""
    by_original: dict[str, list[Use]] = {}
    for use in found:
        by_original.setdefault(use.sha256, []).append(use)
    return {sha256: each for sha256, each in by_original.items() if all(use.kind for use in each)}


def _uses_of_slot(slot: list[Arrival], verdicts: dict[ReceiptKey, str], ended: Ended) -> Iterator[Use]:
    said = [verdicts.get((each.kind, each.sha256, each.received_at, each.slot)) for each in slot]
    for at, (arrival, verdict) in enumerate(zip(slot, said, strict=True)):
        if verdict in ("superseded", "withdrawn"):
            later = zip(slot[at + 1 :], said[at + 1 :], strict=True)
            by = next((each for each, word in later if word in REPLACING), None)
            yield ended(arrival, "superseded_returns", by) if by else Use(arrival.sha256, arrival.slot)
        elif verdict == "refused":
            yield ended(arrival, "quarantine", arrival)
        elif verdict == "duplicate":  # the file before it in the slot has the same bytes
            yield ended(arrival, "superseded_returns", arrival)
        else:
            yield Use(arrival.sha256, arrival.slot)


def _uses_of_versions(slot: list[Arrival], kind: AgingKind, ended: Ended) -> Iterator[Use]:
    """Of arrivals each of which replaces the one before it, the last is needed."""
    for arrival, following in pairwise(slot):
        yield ended(arrival, kind, following)
    yield Use(slot[-1].sha256, slot[-1].slot)


def _by_slot(arrivals: list[Arrival]) -> list[Arrival]:
    return sorted(arrivals, key=lambda each: (each.slot, *each.order))


def _verdicts(receipts: pl.DataFrame) -> dict[ReceiptKey, str]:
    rows = receipts.select("kind", "sha256", "received_at", "council_code", "quarter_date", "verdict").iter_rows()
    return {
        (kind, sha256, received_at, _slot(council_code, quarter)): verdict
        for kind, sha256, received_at, council_code, quarter, verdict in rows
    }


def _slot(council_code: str | None, quarter: date | None) -> str:
    return f"{council_code or UNKNOWN}/{quarter or UNKNOWN}"
