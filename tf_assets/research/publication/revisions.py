"""Which published figures moved between a publication and the one before it, by how much, and because of whose return.

Made from published figures (the ledger) and from the lists of what each publication was made of; the truth is never
read. What moved a figure is told by rule, not by experiment (docs/explanation/revisions.md).
"""

from collections.abc import Iterable, Mapping
from itertools import pairwise

import polars as pl

from tf_assets.research.publication.causes import ACCOUNT_SCHEMA, Changes, account_for, changes_between
from tf_assets.research.publication.ledger import PREDICATE
from tf_assets.research.publication.rounding import BASE
from tf_assets.research.publication.sources import Sources

OF_WHOM = [column for column in PREDICATE if column != "as_of"]

FIGURE = ["table_name", "measure", *OF_WHOM]
"""What makes a figure of one publication the same figure in the next; null where a table has no such column."""

KINDS = ("changed", "appeared", "withdrawn")

REVISION_SCHEMA = pl.Schema(
    [
        *(
            (name, pl.String())
            for name in ("publication_id", "previous_publication_id", "release_id", "figure", *FIGURE)
        ),
        *((name, pl.Float64()) for name in ("previous", "published", "change", "step")),
        ("kind", pl.String()),
        *ACCOUNT_SCHEMA.items(),
    ]
)


def revisions_of(parts: Iterable[pl.DataFrame], sources: Mapping[str, Sources]) -> pl.DataFrame:
    """One row for each figure that moved between a publication and the one before it (`REVISION_SCHEMA`).

    parts: the records of each publication, first to last, of which two are held at a time. sources: by publication;
    where one lacks, no cause is given. Ordered by publication, then by figure.
    """
    made = []
    for before, after in pairwise(parts):
        earlier, later = (part["publication_id"][0] for part in (before, after))
        made.append(moved_between(before, after, changes_between(sources.get(earlier), sources.get(later))))
    return pl.concat(made) if made else pl.DataFrame(schema=REVISION_SCHEMA)


def moved_between(before: pl.DataFrame, after: pl.DataFrame, changes: Changes | None) -> pl.DataFrame:
    """The figures of two publications that are not the same in both (`REVISION_SCHEMA`), by figure."""
    earlier, later = (
        part.select(*FIGURE, "published", grain=pl.col("upper") - pl.col("published")) for part in (before, after)
    )
    both = earlier.join(later, on=FIGURE, how="full", coalesce=True, nulls_equal=True, suffix="_after")
    moved = both.filter(pl.col("published").ne_missing(pl.col("published_after"))).select(
        *FIGURE,
        publication_id=pl.lit(after["publication_id"][0]),
        previous_publication_id=pl.lit(before["publication_id"][0]),
        release_id=pl.lit(after["release_id"][0]),
        figure=pl.concat_str(pl.col(FIGURE).fill_null("-"), separator="|"),
        previous=pl.col("published"),
        published=pl.col("published_after"),
        change=(pl.col("published_after") - pl.col("published")).round(10),
        step=_step(pl.coalesce("grain_after", "grain")),
        kind=pl.when(pl.col("published").is_null())
        .then(pl.lit("appeared"))
        .when(pl.col("published_after").is_null())
        .then(pl.lit("withdrawn"))
        .otherwise(pl.lit("changed")),
    )
    return account_for(moved, changes).select(REVISION_SCHEMA.names()).sort(FIGURE)


def _step(grain: pl.Expr) -> pl.Expr:
    """The step that a figure is rounded to; null for the ends of intervals, which follow from the effect."""
    is_count = pl.col("measure").str.starts_with("n_")
    return pl.when(is_count).then(float(BASE)).when(grain > 0).then(grain.round(10)).otherwise(None)
