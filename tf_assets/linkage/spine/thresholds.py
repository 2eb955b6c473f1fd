"""Where acceptance begins: a bar that each linkage sets for itself, because scale costs precision."""

import polars as pl

from tf_assets.linkage.spine.settings import LinkSettings

NOTHING_ACCEPTED = 2.0


def acceptance_threshold(certain: pl.Series, candidates: pl.Series, settings: LinkSettings) -> float:
    """The lowest probability such that all links, with the candidates from it upwards, keep the target precision.

    certain: probabilities of the links that keys have made already; candidates: of the pairs to decide on. Never below
    `least_probability`; above 1 - that is, nothing is accepted - where even the surest candidate is too poor.
    """
    ranked = candidates.sort(descending=True).to_frame("probability")
    mass = pl.lit(float(certain.sum() or 0.0)) + pl.col("probability").cum_sum()
    ranked = ranked.with_columns(mean=mass / (certain.len() + pl.int_range(1, pl.len() + 1)))
    good = ranked.filter(
        (pl.col("mean") >= settings.target_precision) & (pl.col("probability") >= settings.least_probability)
    )
    lowest = good["probability"].min()
    return float(lowest) if isinstance(lowest, float) else NOTHING_ACCEPTED
