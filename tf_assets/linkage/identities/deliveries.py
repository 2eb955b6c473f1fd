"""Departments' identities that have arrived, and the partitions that they ask for."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from tf_assets.linkage.arrivals import ArrivalRegister
from tf_assets.warehouse.deliveries import Delivery, receiving_job
from tf_assets.warehouse.home import Home
from tf_assets.warehouse.landing import extract_fingerprint, landed_extracts

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC).replace(tzinfo=None)


def identity_deliveries(home: Home) -> Iterator[Delivery]:
    """The file of each slot that was received last, whether it still lies in the transfer area or not."""
    sizes_and_times = {
        tuple(arrival.slot.split("/")): (arrival.n_bytes, (arrival.received_at - _EPOCH) // timedelta(microseconds=1))
        for arrival in ArrivalRegister.of_home(home).all("identities")
    }
    for landed in landed_extracts(home.landing, "identities"):
        slot, stat = (landed.extract, landed.partition_key), landed.path.stat()
        found = stat.st_size, stat.st_mtime_ns // 1000
        sizes_and_times[slot] = max(found, sizes_and_times.get(slot, found), key=lambda each: each[1])
    for (extract, partition_key), (n_bytes, changed_at) in sorted(sizes_and_times.items()):
        fingerprint = extract_fingerprint(n_bytes, changed_at)
        yield Delivery(receiving_job(extract, "identities"), partition_key, fingerprint)
