"""The ledger as a table of the zone: records that were let out before stay as they stand, new ones come beside them."""

from collections.abc import Sequence

import polars as pl

from tf_assets.quality.gate import Produced
from tf_assets.research.publication.ledger import Head, Ledger
from tf_assets.warehouse.standing import is_declared_so
from tf_assets.warehouse.zone import Zone

TABLE = "publication_ledger"


def ledger_as_table(zone: Zone, ledger: Ledger, head: Head) -> Produced:
    """The records that the published table lacks, if it holds the first parts of the ledger whole and nothing else; else
    all. head: of the ledger as it was just verified."""
    stood = zone.standing().get(TABLE)
    ends = [(seal.n_records, seal.last_hash) for _, seal in sorted(head.seals.items())]
    n_held = _n_parts_held(zone, ends) if stood and is_declared_so(zone.schemas[TABLE], stood.content) else 0
    if stood is None or n_held == 0:
        return Produced(ledger.read())
    return Produced(ledger.read(from_part=n_held), appended_to=stood.content)


def _n_parts_held(zone: Zone, ends: Sequence[tuple[int, str]]) -> int:
    """How many first parts of the ledger the table holds; 0 if it holds a piece of a part, or anything else.

    ends: of each part its number of records and the hash of the last, which follows from all of them.
    """
    parts = pl.DataFrame(ends, schema=["n_records", "last_hash"], orient="row")
    with zone.connect() as connection:
        connection.register("parts", parts.to_arrow())
        ended = connection.sql(
            f"SELECT publication_id, last_hash FROM {TABLE} JOIN parts ON record_hash = last_hash"
        ).fetchall()
        counted = connection.sql(f"SELECT publication_id, count(*) FROM {TABLE} GROUP BY ALL").fetchall()
    counts = dict(counted)
    held = {last_hash: counts[publication_id] for publication_id, last_hash in ended}
    n_held = len(held)
    is_whole = len(counts) == n_held and all(held.get(last) == n for n, last in ends[:n_held])
    return n_held if is_whole else 0
