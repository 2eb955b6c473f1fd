"""Protected diagnostics: how well the groups were balanced, and how well the records were linked."""

import polars as pl

from tf_assets.research.publication.catalogue import ALL, ENGLAND
from tf_assets.research.publication.counts import RELIABLE_PEOPLE, sum_margins
from tf_assets.research.publication.rounding import grain, round_counts, round_to_grain

FINEST_DIFFERENCE = 0.01
"""No standardised difference is published in finer steps than this; balance is judged against 0.1."""

FINEST_SHARE = 0.001
"""No precision or recall is published in finer steps than a tenth of a per cent."""

LEAST_SPREAD = 0.1
"""The standard deviation that a covariate is taken to have at least; that of a yes or no which 1% have."""


def protect_balance(balance: pl.DataFrame, cells: pl.DataFrame) -> pl.DataFrame:
    """Standardised differences before and after matching; cells: `programme_cells`.

    Variance ratios are not published: that of a rare yes or no is nearly the ratio of two counts.
    """
    people = sum_margins(cells.filter(pl.col("unit") == "people"), ["arm"], ["n_counted", "cell_key"]).filter(
        (pl.col("area_code") == ENGLAND) & (pl.col("sex") == ALL) & (pl.col("age_band") == ALL)
    )
    smallest = int(round_counts(people["n_counted"], people["cell_key"]).min() or 0) if len(people) == 2 else 0  # type: ignore[arg-type]
    is_shown = smallest >= RELIABLE_PEOPLE
    keyed = balance.select(
        "covariate",
        "smd_before",
        "smd_after",
        cell_key=pl.lit(people["cell_key"].sum(), dtype=pl.UInt64),
        grain=grain(pl.lit(max(smallest, 1)), 1 / LEAST_SPREAD, FINEST_DIFFERENCE),
    )
    return keyed.select(
        "covariate",
        *(
            (
                round_to_grain(keyed[c].fill_nan(None), keyed["grain"], keyed["cell_key"])
                if is_shown
                else pl.lit(None, dtype=pl.Float64)
            ).alias(c)
            for c in ("smd_before", "smd_after")
        ),
        "grain",
        mark=pl.lit(None if is_shown else "[c]", dtype=pl.String),
    ).sort("covariate")


def protect_link_quality(quality: pl.DataFrame, cells: pl.DataFrame) -> pl.DataFrame:
    """People linked by extract and stage, and the linkage's estimated precision and recall; cells: `link_cells`."""
    rounded = cells.with_columns(n_linked=round_counts(cells["n_people"], cells["people_key"]))
    released = rounded.filter(pl.col("extract") == ALL)["n_linked"].sum()
    joined = rounded.filter(pl.col("extract") != ALL).join(
        quality.select("extract", "stage", "estimated_precision", "estimated_recall"),
        on=["extract", "stage"],
        how="left",
    )
    joined = joined.with_columns(grain=grain(pl.max_horizontal("n_linked", 1), 1.0, FINEST_SHARE))
    is_shown = pl.col("n_linked") >= RELIABLE_PEOPLE
    return joined.select(
        "extract",
        "stage",
        "n_linked",
        n_released=pl.lit(released, dtype=pl.Int64),
        linked_share=pl.when(is_shown).then((100 * pl.col("n_linked") / released).round(1)),
        estimated_precision=pl.when(is_shown).then(_share(joined, "estimated_precision")),
        estimated_recall=pl.when(is_shown).then(_share(joined, "estimated_recall")),
        grain=pl.when(is_shown).then("grain"),
        mark=pl.when(is_shown).then(pl.lit(None, dtype=pl.String)).otherwise(pl.lit("[c]")),
    ).sort("extract", "stage")


def _share(joined: pl.DataFrame, column: str) -> pl.Series:
    return round_to_grain(joined[column].fill_nan(None), joined["grain"], joined["people_key"]).clip(0.0, 1.0)
