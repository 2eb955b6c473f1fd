"""A department's identities for a year: what lies in the transfer area is registered, what arrived last is read."""

import polars as pl

from tf_assets.linkage.arrivals import ArrivalRegister
from tf_assets.linkage.identities.standardised import read_identities
from tf_assets.linkage.registering import originals_of, register_file
from tf_assets.warehouse.errors import InputRefused
from tf_assets.warehouse.home import Home
from tf_assets.warehouse.landing import find_extract_file, missing_extract


def receive_identities(home: Home, extract: str, partition_key: str) -> pl.DataFrame:
    """The sent columns of the identities file that arrived last; `InputRefused` when none has, or it cannot be read."""
    slot = f"{extract}/{partition_key}"
    path = find_extract_file(home.landing, extract, "identities", partition_key)
    landed = register_file(home, path, "identities", slot) if path else None
    last = ArrivalRegister.of_home(home).current("identities", slot)
    if last is None:
        raise InputRefused(missing_extract(extract, "identities", partition_key))
    if path and landed and landed.sha256 == last.sha256:
        return read_identities(path, extract)
    return read_identities(originals_of(home).read(last.sha256), extract)
