"""Slots whose files have changed since they were received, and the partitions that they ask for."""

import hashlib
from collections.abc import Iterator

from tf_assets.linkage.arrivals import Arrival, ArrivalRegister
from tf_assets.linkage.partitions import Slot
from tf_assets.linkage.returns.confirmed_mappings import mapping_fingerprints
from tf_assets.linkage.returns.receiving import seen_before, without_repeats
from tf_assets.linkage.returns.slots import landed_files
from tf_assets.warehouse.deliveries import Delivery
from tf_assets.warehouse.home import Home

RETURNS_JOB = "receive_council_return"
"""The job that receives one return."""


def return_deliveries(home: Home) -> Iterator[Delivery]:
    """Every slot that files arrived for, with the fingerprint of all that its verdict depends on.

    Files in slots of no partition ask for nothing: `return_receipts` says what is wrong with them. The same bytes again
    change no fingerprint.
    """
    by_council: dict[str, dict[str, list[Arrival]]] = {}
    for arrival in _arrived(home):
        by_council.setdefault(arrival.slot.split("/")[0], {}).setdefault(arrival.slot, []).append(arrival)
    mappings = mapping_fingerprints(home)
    for council_code, slots in sorted(by_council.items()):
        all_files = [each for files in slots.values() for each in files]
        for slot, files in sorted(slots.items()):
            fingerprint = _fingerprint(files, all_files, mappings.get(council_code))
            yield Delivery(RETURNS_JOB, Slot.of_folder(slot).partition_key, fingerprint)


def _arrived(home: Home) -> list[Arrival]:
    """Files with a usable slot, recorded or not yet, in the order of receipt."""
    recorded = ArrivalRegister.of_home(home).all("return", "withdrawal")
    landed = (file.arrival() for file in landed_files(home.landing))
    known = {(each.kind, each.slot, each.order): each for each in [*landed, *recorded]}
    return sorted((each for each in known.values() if each.fault is None), key=lambda each: each.order)


def _fingerprint(files: list[Arrival], of_council: list[Arrival], mapping: str | None) -> str:
    """A hash of a slot's files in their order, of which of them were sent for an earlier quarter before, and of what is
    confirmed of the council's headings."""
    facts = [
        f"{each.kind} {each.received_at.isoformat()} {each.sha256} {[other.slot for other in seen_before(each, of_council)]}"
        for each in without_repeats(files)
    ]
    return hashlib.sha256("\n".join([*facts, mapping or ""]).encode()).hexdigest()
