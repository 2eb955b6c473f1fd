"""Intervals of a difference between two arms.

Shares of rare outcomes are skewed: with thirty events the normal interval covers 90-92% instead of 95%. So each arm's
share gets Wilson's score interval with the sample size that its clustered variance implies, and both are put together
by the square-and-add rule: Newcombe's hybrid score interval, with the arms' correlation where clusters reach over both.
It gives an upper bound even where an arm had no event. Means of scores keep Student's interval.

Sources: Newcombe, Statistics in Medicine 17 (1998) 873-890, method 10; Zou and Donner, Statistics in Medicine 27 (2008)
1693-1702, also for the correlation; sample size by variance: Korn and Graubard, Survey Methodology 24 (1998) 193-201.
"""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq
from scipy.stats import t as student

CONFIDENCE = 0.95
"""Coverage of intervals."""

POWER = 0.8
"""Of the smallest effect that a study of this size would have found. Source: Bloom, Evaluation Review 19 (1995)
547-556."""

_FARTHEST = 40.0
"""Deviates beyond which a p-value is 0 in double precision."""


@dataclass(frozen=True)
class ArmMean:
    """One arm's mean, its clustered variance, and the people behind it, discounted for unequal weights."""

    mean: float
    variance: float
    n_people: float


@dataclass(frozen=True)
class Interval:
    """standard_error, interval and two-sided p-value that agrees with it; minimum_detectable_effect: found with
    probability `POWER`. All None where nothing varies."""

    standard_error: float | None
    low: float | None
    high: float | None
    p_value: float | None
    minimum_detectable_effect: float | None = None


def difference_interval(
    programme: ArmMean,
    comparison: ArmMean,
    is_share: bool,
    covariance: float = 0.0,
    degrees_of_freedom: float = np.inf,
) -> Interval:
    """The interval of programme.mean - comparison.mean.

    is_share: the outcome is yes or no; covariance: of the two means; degrees_of_freedom: of the variances.
    """
    estimate = programme.mean - comparison.mean
    variance = programme.variance + comparison.variance - 2 * covariance
    standard_error = float(np.sqrt(max(variance, 0.0)))
    if not np.isfinite(standard_error) or standard_error <= 1e-12:
        return Interval(None, None, None, None)
    quantile = float(student.ppf(0.5 + CONFIDENCE / 2, degrees_of_freedom))
    detectable = (quantile + float(student.ppf(POWER, degrees_of_freedom))) * standard_error
    if not is_share:
        reach = quantile * standard_error
        p_value = float(2 * student.sf(abs(estimate) / standard_error, degrees_of_freedom))
        return Interval(standard_error, estimate - reach, estimate + reach, p_value, detectable)
    correlation = _correlation(programme, comparison, covariance)
    low, high = _hybrid(programme, comparison, correlation, quantile)
    p_value = _p_value(programme, comparison, correlation, degrees_of_freedom)
    return Interval(standard_error, low, high, p_value, detectable)


def wilson(arm: ArmMean, z: float) -> tuple[float, float]:
    """Wilson's score interval of a share, with the sample size that its variance implies."""
    share = float(np.clip(arm.mean, 0.0, 1.0))
    n = arm.n_people
    if arm.variance > 0 and 0 < share < 1:
        n = share * (1 - share) / arm.variance
    middle = (share + z**2 / (2 * n)) / (1 + z**2 / n)
    reach = z / (1 + z**2 / n) * np.sqrt(share * (1 - share) / n + z**2 / (4 * n**2))
    return float(max(middle - reach, 0.0)), float(min(middle + reach, 1.0))


def _correlation(programme: ArmMean, comparison: ArmMean, covariance: float) -> float:
    spread = np.sqrt(programme.variance * comparison.variance)
    return float(np.clip(covariance / spread, -1, 1)) if spread > 0 else 0.0


def _hybrid(programme: ArmMean, comparison: ArmMean, correlation: float, z: float) -> tuple[float, float]:
    """Newcombe's hybrid score interval, around the difference as it is."""
    estimate = programme.mean - comparison.mean
    one, other = (float(np.clip(arm.mean, 0.0, 1.0)) for arm in (programme, comparison))
    (one_low, one_high), (other_low, other_high) = wilson(programme, z), wilson(comparison, z)
    below = _added(one - one_low, other_high - other, correlation)
    above = _added(one_high - one, other - other_low, correlation)
    return float(estimate - below), float(estimate + above)


def _added(one: float, other: float, correlation: float) -> float:
    return float(np.sqrt(max(one**2 + other**2 - 2 * correlation * one * other, 0.0)))


def _p_value(programme: ArmMean, comparison: ArmMean, correlation: float, degrees_of_freedom: float) -> float:
    """Twice the tail beyond the widest interval that leaves out zero."""
    estimate = programme.mean - comparison.mean
    if abs(estimate) < 1e-12:
        return 1.0
    end = 1 if estimate < 0 else 0

    def distance(z: float) -> float:
        return _hybrid(programme, comparison, correlation, z)[end]

    if distance(1e-6) * distance(_FARTHEST) > 0:
        return 0.0
    return float(2 * student.sf(brentq(distance, 1e-6, _FARTHEST), degrees_of_freedom))
