"""Returns that landed and the partitions that they ask for."""

from collections.abc import Iterator

from tf_assets.linkage.returns.slots import landed_files
from tf_assets.warehouse.deliveries import Delivery
from tf_assets.warehouse.home import Home

RETURNS_JOB = "receive_council_return"
"""The job that receives one return."""


def return_deliveries(home: Home) -> Iterator[Delivery]:
    """The file that arrived last in each usable slot, by partition.

    Files in slots of no partition ask for nothing: `return_receipts` says what is wrong with them.
    """
    last = {file.slot: file for file in landed_files(home.landing) if file.slot}
    for slot, file in sorted(last.items(), key=lambda found: found[0].partition_key if found[0] else ""):
        if slot:
            yield Delivery(RETURNS_JOB, slot.partition_key, file.sha256)
