"""Intervals of a difference between two arms.

Shares of rare outcomes are skewed: with thirty events the normal interval covers 90-92% instead of 95%
(benchmarks/effects.py). So each arm's share gets Wilson's score interval with the sample size that its clustered
variance implies, and both are put together by the square-and-add rule: Newcombe's hybrid score interval. It gives an
upper bound even where an arm had no event. Means of scores keep the normal interval.

Sources: Newcombe, Statistics in Medicine 17 (1998) 873-890, method 10; Zou and Donner, Statistics in Medicine 27 (2008)
1693-1702; sample size by variance: Korn and Graubard, Survey Methodology 24 (1998) 193-201.
"""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq
from scipy.stats import norm

from tf_assets.research.cohorts.protocol import CONFIDENCE

_Z = float(norm.ppf(0.5 + CONFIDENCE / 2))
_FARTHEST = 40.0
"""Normal deviates beyond which a p-value is 0 in double precision."""


@dataclass(frozen=True)
class ArmMean:
    """One arm's mean: with its clustered variance, and the people behind it, discounted for unequal weights."""

    mean: float
    variance: float
    n_people: float


@dataclass(frozen=True)
class Interval:
    """standard_error, 95% interval and two-sided p-value that agrees with it; all None where nothing varies."""

    standard_error: float | None
    low: float | None
    high: float | None
    p_value: float | None


def difference_interval(programme: ArmMean, comparison: ArmMean, is_share: bool) -> Interval:
    """The interval of programme.mean - comparison.mean; is_share: the outcome is yes or no."""
    estimate = programme.mean - comparison.mean
    standard_error = float(np.sqrt(max(programme.variance + comparison.variance, 0.0)))
    if not np.isfinite(standard_error) or standard_error <= 1e-12:
        return Interval(None, None, None, None)
    if not is_share:
        reach = _Z * standard_error
        p_value = float(2 * norm.sf(abs(estimate) / standard_error))
        return Interval(standard_error, estimate - reach, estimate + reach, p_value)
    low, high = _hybrid(programme, comparison, _Z)
    return Interval(standard_error, low, high, _p_value(programme, comparison))


def wilson(arm: ArmMean, z: float) -> tuple[float, float]:
    """Wilson's score interval of a share, with the sample size that its variance implies."""
    share = float(np.clip(arm.mean, 0.0, 1.0))
    n = arm.n_people
    if arm.variance > 0 and 0 < share < 1:
        n = min(share * (1 - share) / arm.variance, n)
    middle = (share + z**2 / (2 * n)) / (1 + z**2 / n)
    reach = z / (1 + z**2 / n) * np.sqrt(share * (1 - share) / n + z**2 / (4 * n**2))
    return float(max(middle - reach, 0.0)), float(min(middle + reach, 1.0))


def _hybrid(programme: ArmMean, comparison: ArmMean, z: float) -> tuple[float, float]:
    """Newcombe's hybrid score interval."""
    estimate = programme.mean - comparison.mean
    one, other = (float(np.clip(arm.mean, 0.0, 1.0)) for arm in (programme, comparison))
    (one_low, one_high), (other_low, other_high) = wilson(programme, z), wilson(comparison, z)
    below = np.hypot(one - one_low, other_high - other)
    above = np.hypot(one_high - one, other - other_low)
    return float(estimate - below), float(estimate + above)


def _p_value(programme: ArmMean, comparison: ArmMean) -> float:
    """Twice the tail beyond the widest interval that leaves out zero."""
    estimate = programme.mean - comparison.mean
    if abs(estimate) < 1e-12:
        return 1.0
    end = 1 if estimate < 0 else 0

    def distance(z: float) -> float:
        return _hybrid(programme, comparison, z)[end]

    if distance(1e-6) * distance(_FARTHEST) > 0:
        return 0.0
    return float(2 * norm.sf(brentq(distance, 1e-6, _FARTHEST)))
