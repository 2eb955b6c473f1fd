"""Published tables as figures of the ledger: what each published number tells of the truth."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import polars as pl

from tf_assets.research.publication.catalogue import ALL
from tf_assets.research.publication.ledger import FIGURE_SCHEMA, PREDICATE, UNBOUNDED
from tf_assets.research.publication.rounding import METHOD, count_bounds

Tables = Mapping[str, pl.DataFrame]


def publication_id(release_id: str, tables: Tables) -> str:
    """The id of a publication: its release and what it says. The same tables of the same release are the same
    publication; a release may be published again when a department corrects an extract."""
    digest = hashlib.sha256()
    for name in sorted(tables):
        digest.update(f"{name}\n{tables[name].write_csv()}".encode())
    return f"{release_id}-{digest.hexdigest()[:8]}"


def figures_of(tables: Tables, release_id: str) -> pl.DataFrame:
    """All figures that a publication's tables hold, as the ledger records them (`FIGURE_SCHEMA`).

    Rates and shares are not figures of their own: they are computed from published numbers.
    """
    identity = publication_id(release_id, tables)
    parts = [
        _as_figures(tables[table], table, measure)
        for table, measured in MEASURED.items()
        for measure in measured.measures
        if table in tables
    ]
    figures = pl.concat(parts).with_columns(
        publication_id=pl.lit(identity),
        release_id=pl.lit(release_id),
        as_of=pl.lit(release_id),
        method=pl.lit(METHOD),
    )
    held = tables.get("held_updates")
    return (figures if held is None else _without_bounds(figures, held)).select(FIGURE_SCHEMA.names())


def _without_bounds(figures: pl.DataFrame, held: pl.DataFrame) -> pl.DataFrame:
    """The figures, of which those of held units bound nothing."""
    unit = ["table_name", "area_code", "arm", "outcome", "outcome_window"]
    units = held.select(
        *unit[:3], *(pl.when(pl.col(name) != ALL).then(name).alias(name) for name in unit[3:]), is_held=pl.lit(True)
    )
    is_held = pl.col("is_held").fill_null(False)
    return figures.join(units, on=unit, how="left", nulls_equal=True, maintain_order="left").with_columns(
        lower=pl.when(is_held).then(0.0).otherwise("lower"),
        upper=pl.when(is_held).then(UNBOUNDED).otherwise("upper"),
        method=pl.when(is_held).then(pl.lit(HELD_METHOD)).otherwise("method"),
    )


Bounds = Callable[[pl.Expr], tuple[pl.Expr, pl.Expr]]


@dataclass(frozen=True)
class Measured:
    """A published table's figures: `measures` with what each bounds, told apart further by the columns `qualifiers`."""

    measures: Mapping[str, Bounds]
    qualifiers: tuple[str, ...] = ()


def _within_grain(published: pl.Expr) -> tuple[pl.Expr, pl.Expr]:
    return published - pl.col("grain"), published + pl.col("grain")


def _as_published(published: pl.Expr) -> tuple[pl.Expr, pl.Expr]:
    """Ends of an interval follow from the published effect; they bound nothing but themselves."""
    return published, published


MEASURED = {
    "protected_outcome_counts": Measured({"n_yes": count_bounds, "n_people": count_bounds}),
    "protected_programme_counts": Measured({"n_counted": count_bounds}, ("unit",)),
    "protected_effects": Measured(
        {"effect": _within_grain, "ci_low": _as_published, "ci_high": _as_published}, ("method",)
    ),
    "protected_cohort_flow": Measured({"n_people": count_bounds}, ("step",)),
    "protected_balance": Measured({"smd_before": _within_grain, "smd_after": _within_grain}, ("covariate",)),
    "protected_link_quality": Measured(
        {
            "n_linked": count_bounds,
            "n_released": count_bounds,
            "estimated_precision": _within_grain,
            "estimated_recall": _within_grain,
        },
        ("extract", "stage"),
    ),
    "protected_link_rates": Measured(
        {"n_expected": count_bounds, "n_linked": count_bounds}, ("extract", "dimension", "people_group")
    ),
    "held_updates": Measured({}),
}
"""The published tables and their figures."""

HELD_METHOD = "kept-from-earlier/1"
"""The method of a figure that stays as it was published last, and tells nothing of what is true now."""

PUBLISHED_TABLES = tuple(MEASURED)


def _as_figures(table: pl.DataFrame, name: str, measure: str) -> pl.DataFrame:
    measured = MEASURED[name]
    lower, upper = measured.measures[measure](pl.col(measure))
    return table.filter(pl.col(measure).is_not_null()).select(
        table_name=pl.lit(name),
        measure=pl.concat_str([pl.lit(measure), *map(pl.col, measured.qualifiers)], separator="|"),
        published=pl.col(measure).cast(pl.Float64),
        lower=lower.cast(pl.Float64),
        upper=upper.cast(pl.Float64),
        **{
            column: pl.col(column) if column in table.columns else pl.lit(None, dtype=pl.String)
            for column in PREDICATE
            if column != "as_of"
        },
    )
