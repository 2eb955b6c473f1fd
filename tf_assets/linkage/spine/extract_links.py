"""Links everybody on the registers to every department's extract."""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import polars as pl

from tf_assets.linkage.spine.cascade import DEFAULT_SETTINGS, link
from tf_assets.linkage.spine.settings import LINK_SCHEMA, QUALITY_SCHEMA, Linkage, LinkSettings

N_AT_A_TIME = 2


@dataclass(frozen=True)
class ExtractLinks:
    """Links of all extracts: `LINK_SCHEMA` with extract, person_id and record_ref for its ids; the same for clerical.

    quality: extract and `QUALITY_SCHEMA`; linkages: each extract's own, with its model.
    """

    links: pl.DataFrame
    clerical: pl.DataFrame
    quality: pl.DataFrame
    linkages: dict[str, Linkage]


def link_extracts(
    register_identities: pl.DataFrame,
    department_people: pl.DataFrame,
    extracts: Iterable[str],
    decisions: pl.DataFrame | None = None,
    settings: LinkSettings = DEFAULT_SETTINGS,
) -> ExtractLinks:
    """Link each extract on its own: each has its own errors and its own haystack, so its own weights and threshold.

    register_identities: `person_id`, identity columns and family_id, one row an identity, oldest first; department_people: that
    table; decisions: `clerical_decisions`. An extract that nothing has arrived for gives no rows.
    """
    left = register_identities.rename({"person_id": "record_id"})

    def link_one(extract: str) -> Linkage | None:
        of_extract = department_people.filter(pl.col("extract") == extract)
        if left.is_empty() or of_extract.is_empty():
            return None
        right = of_extract.sort("record_ref", "identity_number").rename({"record_ref": "record_id"})
        decided = None if decisions is None else decisions.filter(pl.col("extract") == extract)
        return link(left, right, settings, threads=1, decisions=None if decided is None else _for_the_engine(decided))

    # one linkage is mostly many short statements one after another: two at a time use two cores better than one can
    names = list(extracts)
    with ThreadPoolExecutor(N_AT_A_TIME) as pool:
        found = pool.map(link_one, names)
    linkages = {extract: linkage for extract, linkage in zip(names, found, strict=True) if linkage is not None}
    return ExtractLinks(
        links=_named({extract: linkage.links for extract, linkage in linkages.items()}),
        clerical=_named({extract: linkage.clerical for extract, linkage in linkages.items()}),
        quality=_stacked({extract: linkage.quality for extract, linkage in linkages.items()}, QUALITY_SCHEMA),
        linkages=linkages,
    )


def _for_the_engine(decisions: pl.DataFrame) -> pl.DataFrame:
    return decisions.select("verdict", left_record_id="person_id", right_record_id="record_ref")


def _named(links: dict[str, pl.DataFrame]) -> pl.DataFrame:
    stacked = _stacked(links, LINK_SCHEMA)
    return stacked.rename({"left_record_id": "person_id", "right_record_id": "record_ref"})


def _stacked(frames: dict[str, pl.DataFrame], schema: dict[str, type[pl.DataType]]) -> pl.DataFrame:
    """Frames below one another, with the extract's name in front."""
    empty = pl.DataFrame(schema={"extract": pl.String, **schema})
    named = [frame.select(pl.lit(extract).alias("extract"), *schema) for extract, frame in frames.items()]
    return pl.concat([empty, *named])
