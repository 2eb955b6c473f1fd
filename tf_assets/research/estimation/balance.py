"""Are the arms alike? Standardised mean differences, variance ratios and overlap, before and after.

Sources: Austin, Statistics in Medicine 28 (2009) 3083-3107, under 0.1 is taken as balanced; Rubin, Health Services and
Outcomes Research Methodology 2 (2001) 169-188, for variance ratios; overlap: Weitzman, Bureau of the Census (1970).
"""

from dataclasses import dataclass

import numpy as np

from tf_assets.research.estimation.design import Rows, Vector

LARGEST_SMD = 0.1
"""Standardised mean difference above which the arms are not alike."""

FEWEST_EFFECTIVE = 100.0
"""Effective comparison people below which an effect is not published."""

_BINS = 40


@dataclass(frozen=True)
class Balance:
    """A row for each of k covariates: its means, standardised mean differences (on the treated's standard deviation
    before, so that weights cannot look better by shrinking the scale), variance ratios and overlap (the share of both
    arms' densities in common, over histograms of 40 bins); NaN where nothing varies."""

    treated_mean: Vector
    comparison_mean_before: Vector
    comparison_mean_after: Vector
    smd_before: Vector
    smd_after: Vector
    variance_ratio_before: Vector
    variance_ratio_after: Vector
    overlap_before: Vector
    overlap_after: Vector


def balance(covariates: Vector, treated: Rows, weights: Vector) -> Balance:
    """Both arms' covariates (n x k) before and after weights (n)."""
    ones = np.ones(len(treated))
    before = [_moments(covariates, np.where(arm, ones, 0.0)) for arm in (treated, ~treated)]
    after = [_moments(covariates, np.where(arm, weights, 0.0)) for arm in (treated, ~treated)]
    scale = np.sqrt(before[0][1])
    overlaps = [
        np.array([_overlap(column, treated, shares) for column in covariates.T], np.float64)
        for shares in (ones, weights)
    ]
    return Balance(
        treated_mean=before[0][0],
        comparison_mean_before=before[1][0],
        comparison_mean_after=after[1][0],
        smd_before=_ratio(before[0][0] - before[1][0], scale),
        smd_after=_ratio(after[0][0] - after[1][0], scale),
        variance_ratio_before=_ratio(before[0][1], before[1][1]),
        variance_ratio_after=_ratio(after[0][1], after[1][1]),
        overlap_before=overlaps[0],
        overlap_after=overlaps[1],
    )


def largest_smd(covariates: Vector, treated: Rows, weights: Vector) -> float:
    """The largest standardised mean difference after weights; 0 where nothing varies among the treated."""
    spread = covariates[treated].std(axis=0)
    means = [_moments(covariates[arm], weights[arm])[0] for arm in (treated, ~treated)]
    varies = spread > 1e-6
    return float((np.abs(means[0] - means[1])[varies] / spread[varies]).max(initial=0.0))


def _moments(columns: Vector, share: Vector) -> tuple[Vector, Vector]:
    """Weighted mean and variance of each column; NaN without any weight."""
    total = share.sum()
    if total == 0:
        nothing = np.full(columns.shape[1], np.nan)
        return nothing, nothing
    mean = share @ columns / total
    return mean, share @ (columns - mean) ** 2 / total


def _overlap(column: Vector, treated: Rows, weights: Vector) -> float:
    low, high = float(column.min()), float(column.max())
    if high <= low or not weights[treated].any() or not weights[~treated].any():
        return float("nan")
    place = np.minimum(((column - low) / (high - low) * _BINS).astype(np.int64), _BINS - 1)
    one, other = (np.bincount(place[arm], weights[arm], _BINS) / weights[arm].sum() for arm in (treated, ~treated))
    return float(np.minimum(one, other).sum())


def _ratio(above: Vector, below: Vector) -> Vector:
    """Quotient; NaN where there is nothing to divide by."""
    return np.divide(above, below, out=np.full_like(above, np.nan), where=below > 1e-12)
