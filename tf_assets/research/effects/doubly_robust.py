"""Augmented inverse-probability weighting (AIPW): right if the propensity or the outcome model is.

Source: Robins, Rotnitzky and Zhao, JASA 89 (1994) 846-866; for the ATT: Mercatanti and Li, Annals of Applied Statistics
8 (2014) 2485-2508.
"""

import numpy as np

from tf_assets.research.effects.clustered import cluster_sums
from tf_assets.research.effects.effect import (
    Effect,
    Rows,
    Sample,
    Vector,
    effective_sample,
    is_yes_no,
    naive_difference,
    warnings_of,
)
from tf_assets.research.effects.intervals import ArmMean, difference_interval

RIDGE = 1.0
"""Penalty of each standardised coefficient of the outcome model, in people: keeps small areas stable."""


def aipw_effect(sample: Sample) -> Effect:
    """The ATT among programme people on common support, by influence functions summed by family.

    Comparison people are weighted by the odds of being on the programme; a linear model of the outcome among them
    corrects what the weights leave over.
    """
    supported = sample.only(sample.is_on_support)
    treated = supported.on_programme
    odds = np.where(treated, 0.0, np.exp(supported.logit))
    residual = supported.outcome - _expected_without(supported, odds)
    share = odds / odds.sum()
    n_treated = treated.sum()
    estimate = float(residual[treated].mean() - share @ residual)
    rate = float(supported.outcome[treated].mean())
    influence = np.where(
        treated, (residual - residual[treated].mean()) / n_treated, share * (residual - share @ residual)
    )
    programme = ArmMean(rate, _variance(influence, treated, supported), float(n_treated))
    comparison = ArmMean(rate - estimate, _variance(influence, ~treated, supported), effective_sample(odds))
    interval = difference_interval(programme, comparison, is_share=is_yes_no(supported))
    return Effect(
        method="aipw",
        estimand="ATT, programme people on common support",
        estimate=estimate,
        standard_error=interval.standard_error,
        ci_low=interval.low,
        ci_high=interval.high,
        p_value=interval.p_value,
        n_treated=int(n_treated),
        n_comparison=int((~treated).sum()),
        effective_sample=effective_sample(odds),
        programme_rate=rate,
        comparison_rate=rate - estimate,
        naive_difference=naive_difference(sample),
        warnings=warnings_of(supported),
    )


def _variance(influence: Vector, rows: Rows, sample: Sample) -> float:
    """Variance of one arm's part: squares of its influences' sums by family."""
    sums = cluster_sums(influence[rows][:, None], sample.family[rows])
    return float((sums**2).sum()) * len(sums) / max(len(sums) - 1, 1)


def _expected_without(sample: Sample, odds: Vector) -> Vector:
    """What each person's outcome would be without the programme: weighted ridge regression among comparison people."""
    columns = np.column_stack([sample.covariates, sample.logit])
    comparison = ~sample.on_programme
    spread = columns[comparison].std(axis=0)
    columns = columns[:, spread > 1e-9] / spread[spread > 1e-9]
    weight = odds[comparison] * comparison.sum() / odds.sum()
    centre = np.average(columns[comparison], axis=0, weights=weight)
    x, y = columns[comparison] - centre, sample.outcome[comparison]
    mean = float(np.average(y, weights=weight))
    normal = (x * weight[:, None]).T @ x + RIDGE * np.eye(x.shape[1])
    slopes = np.linalg.solve(normal, (x * weight[:, None]).T @ (y - mean))
    expected: Vector = mean + (columns - centre) @ slopes
    return expected
