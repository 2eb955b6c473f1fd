"""Protected diagnostics: how well the groups were balanced, and how well the records were linked."""

import polars as pl

from tf_assets.research.publication.catalogue import ALL, ENGLAND
from tf_assets.research.publication.counts import RELIABLE_PEOPLE, sum_margins
from tf_assets.research.publication.rounding import grain, round_counts, round_to_grain

FINEST_DIFFERENCE = 0.01
"""No standardised difference is published in finer steps than this; balance is judged against 0.1."""

FINEST_SHARE = 0.001
"""No precision or recall is published in finer steps than a tenth of a per cent."""

COARSEST_DIFFERENCE = 0.1
"""A standardised difference that needs coarser steps than this would say nothing and is hidden."""

LEAST_SPREAD = 0.1
"""The standard deviation that a covariate is taken to have at least; that of a yes or no which 1% have."""


def protect_balance(balance: pl.DataFrame, cells: pl.DataFrame) -> pl.DataFrame:
    """Standardised differences before and after matching; balance: `covariate_balance`, cells: `programme_cells`.

    A person moves a standardised difference by their value over the standard deviation and the number of people, so a
    rare yes or no needs a coarser grain. Variance ratios and means are not published: of a rare yes or no they are
    nearly counts.
    """
    people = sum_margins(cells.filter(pl.col("unit") == "people"), ["arm"], ["n_counted", "cell_key"]).filter(
        (pl.col("area_code") == ENGLAND) & (pl.col("sex") == ALL) & (pl.col("age_band") == ALL)
    )
    published = round_counts(people["n_counted"], people["cell_key"])
    smallest = int(published.to_numpy().min()) if len(people) == 2 else 0
    keyed = balance.select(
        "covariate",
        pl.col("smd_before", "smd_after").fill_nan(None),
        cell_key=pl.lit(people["cell_key"].sum(), dtype=pl.UInt64),
        grain=grain(pl.lit(max(smallest, 1)), 1 / _spread(), FINEST_DIFFERENCE),
    )
    is_shown = pl.lit(smallest >= RELIABLE_PEOPLE) & (pl.col("grain") <= COARSEST_DIFFERENCE)
    return keyed.select(
        "covariate",
        *(
            pl.when(is_shown).then(round_to_grain(keyed[c], keyed["grain"], keyed["cell_key"])).alias(c)
            for c in ("smd_before", "smd_after")
        ),
        grain=pl.when(is_shown).then("grain"),
        mark=pl.when(~is_shown).then(pl.lit("[c]")).when(pl.col("smd_before").is_null()).then(pl.lit("[x]")),
    ).sort("covariate")


def _spread() -> pl.Expr:
    """The standard deviation of a yes or no, at most `LEAST_SPREAD`; other covariates are taken to have that."""
    share = (pl.col("programme_mean") + pl.col("comparison_mean_before")) / 2
    is_yes_no = pl.col("covariate").str.starts_with("is_")
    binary = (share * (1 - share)).clip(1e-6).sqrt().clip(upper_bound=LEAST_SPREAD)
    return pl.when(is_yes_no).then(binary).otherwise(LEAST_SPREAD)


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
