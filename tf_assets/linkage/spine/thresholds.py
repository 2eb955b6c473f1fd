"""Where acceptance begins: a bar that each linkage sets for itself, because scale costs precision."""

import polars as pl

from tf_assets.linkage.spine.settings import LinkSettings

NOTHING_ACCEPTED = 1.0


def acceptance_threshold(probabilities: pl.Series, settings: LinkSettings) -> float:
    """The lowest probability such that the pairs from it upwards keep the target precision in the mean.

    Never below `least_probability`; above 1 - that is, nothing is accepted - where even the surest pair falls short.
    """
    ranked = probabilities.sort(descending=True).to_frame("probability")
    ranked = ranked.with_columns(mean=pl.col("probability").cum_sum() / pl.int_range(1, pl.len() + 1))
    good = ranked.filter(
        (pl.col("mean") >= settings.target_precision) & (pl.col("probability") >= settings.least_probability)
    )
    lowest = good["probability"].min()
    return float(lowest) if isinstance(lowest, float) else NOTHING_ACCEPTED
