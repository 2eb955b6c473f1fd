"""Several tests at once, and several places at once."""

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from tf_assets.research.estimation.design import Vector


def adjusted_p_values(p_values: Vector) -> Vector:
    """Holm's step-down p-values over one family of tests (n; NaN: no test, stays).

    Source: Holm, Scandinavian Journal of Statistics 6 (1979) 65-70: the chance of any false rejection is kept, whatever
    the tests' dependence.
    """
    adjusted = np.full(len(p_values), np.nan)
    order: NDArray[np.int64] = np.argsort(p_values, kind="stable")[: int((~np.isnan(p_values)).sum())]
    steps = np.arange(len(order), 0, -1)
    adjusted[order] = np.minimum(np.maximum.accumulate(p_values[order] * steps), 1.0)
    return adjusted


def with_adjusted_p_values(family: pl.DataFrame) -> pl.DataFrame:
    """A table of one family of tests with p_adjusted beside its p_value."""
    adjusted = adjusted_p_values(family["p_value"].cast(pl.Float64).to_numpy())
    return family.with_columns(p_adjusted=pl.Series(adjusted, dtype=pl.Float64, nan_to_null=True))


@dataclass(frozen=True)
class Shrunk:
    """estimates, standard_errors: n, after; mean: of the places; deviation: of the true effects between places."""

    estimates: Vector
    standard_errors: Vector
    mean: float
    deviation: float


def shrink(estimates: Vector, standard_errors: Vector) -> Shrunk:
    """Empirical Bayes: each place's estimate drawn to the mean of all, the more the less certain it is.

    estimates, standard_errors: n > 0, all known. The variance between places is Paule and Mandel's (Journal of Research of
    the National Bureau of Standards 87 (1982) 377-385), found by statsmodels. Pulls and standard errors take in
    that mean and variance are estimated themselves (Morris, JASA 78 (1983) 47-55).
    """
    from statsmodels.stats.meta_analysis import combine_effects

    variances = standard_errors**2
    if len(estimates) == 1:
        return Shrunk(estimates, standard_errors, float(estimates[0]), 0.0)
    between = max(float(combine_effects(estimates, variances, method_re="iterated").tau2), 0.0)
    weights = 1 / (between + variances)
    mean = float((weights * estimates).sum() / weights.sum())
    n_free = max(len(estimates) - 3, 1)
    pull = n_free / (n_free + 2) * variances * weights
    unsure = 2 / n_free * pull**2 * (variances.mean() + between) * weights * (estimates - mean) ** 2
    return Shrunk(
        estimates=mean + (1 - pull) * (estimates - mean),
        standard_errors=np.sqrt((1 - pull) * variances + pull**2 / weights.sum() + unsure),
        mean=mean,
        deviation=between**0.5,
    )
