"""A file enters the register of arrivals: its bytes first, then the entry."""

from pathlib import Path

from tf_assets.linkage.arrivals import Arrival, ArrivalRegister, Kind, file_time, known_at
from tf_assets.linkage.keys import load_keys
from tf_assets.linkage.originals import Originals, file_sha256
from tf_assets.warehouse.home import Home

LANDING_AREA = "landing area"


def originals_of(home: Home) -> Originals:
    """The store of originals of a home; `KeysRefused` when its storage key is not to be had."""
    return Originals(home.zone("linkage"), load_keys(home).storage_key)


def register_file(home: Home, path: Path, kind: Kind, slot: str, fault: str | None = None) -> Arrival | None:
    """Keep a file of the transfer area and record its arrival, unless both were done before; the arrival.

    None when the file changed meanwhile: it is left for the next time, when it is whole.
    """
    received_at = file_time(path)
    arrival = Arrival(
        kind=kind,
        slot=slot,
        sha256=file_sha256(path),
        received_at=received_at,
        known_at=known_at(home, received_at),
        n_bytes=path.stat().st_size,
        came_by=LANDING_AREA,
        fault=fault,
    )
    register = ArrivalRegister.of_home(home)
    if not register.holds(arrival):
        if originals_of(home).keep_file(path) != arrival.sha256:
            return None
        register.record(arrival)
    return arrival
