"""The revisions of a whole ledger: what moved between two publications is worked out once and kept.

Neither publication ever changes, nor what is written of its sources, so what moved between them follows from the two
and from the code.
"""

import hashlib
import json
from collections.abc import Mapping
from itertools import pairwise

import polars as pl

from tf_assets.quality.basis import code_fingerprint
from tf_assets.research.publication.causes import changes_between
from tf_assets.research.publication.ledger import Ledger
from tf_assets.research.publication.revisions import REVISION_SCHEMA, moved_between
from tf_assets.research.publication.sources import Sources, source_hashes
from tf_assets.warehouse.kept import forget_others, keep, read_kept
from tf_assets.warehouse.zone import Zone

PREFIX = "revisions-"


def revisions_of_ledger(zone: Zone, ledger: Ledger, sources: Mapping[str, Sources]) -> pl.DataFrame:
    """As `revisions_of`, over all publications; pairs that were worked out before are taken from what was kept."""
    names = _names_of_pairs(ledger)
    made = []
    read: tuple[str, pl.DataFrame] | None = None  # the later of the pair before
    for (earlier, later), name in names.items():
        kept = read_kept(zone, name)
        if kept is None or set(kept.columns) != set(REVISION_SCHEMA):
            before = read[1] if read and read[0] == earlier else ledger.read_publication(earlier)
            after = ledger.read_publication(later)
            kept = moved_between(before, after, changes_between(sources.get(earlier), sources.get(later)))
            keep(zone, name, kept)
            read = later, after
        made.append(kept.select(REVISION_SCHEMA.names()).cast(REVISION_SCHEMA))  # type: ignore[arg-type]
    forget_others(zone, PREFIX, names.values())
    return pl.concat(made) if made else pl.DataFrame(schema=REVISION_SCHEMA)


def _names_of_pairs(ledger: Ledger) -> dict[tuple[str, str], str]:
    """Each publication and the next, with the name under which what moved between them is kept."""
    ends = {publication_id: seal.last_hash for publication_id, seal in ledger.seals().items()}
    sources = source_hashes(ledger)
    code = code_fingerprint("research")
    return {
        pair: PREFIX
        + hashlib.sha256(json.dumps([code, *((ends[x], sources.get(x)) for x in pair)]).encode()).hexdigest()
        for pair in pairwise(ends)
    }
