"""One estimated effect."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float64]
Rows = NDArray[np.bool_]

FEWEST_PEOPLE = 20
"""People of each arm below which no effect is estimated (ours)."""

FEWEST_EVENTS = 10
"""Yes answers over both arms below which an effect says how few they are (ours)."""


@dataclass(frozen=True)
class Effect:
    """An average effect on the programme arm (ATT), in the outcome's own unit.

    estimate: mean of what was, less mean of what would have been; programme_rate: the first mean, over the programme
    people that the estimate is about; comparison_rate: the second, programme_rate - estimate; naive_difference: the
    plain difference of the arms' means; standard_error, ci_low, ci_high, p_value: None where nothing varies;
    n_treated, n_comparison: people that enter; effective_sample: (sum of weights)^2 / sum of squared weights of the
    comparison people; warnings: what a reader must know.
    """

    method: str
    estimand: str
    estimate: float
    standard_error: float | None
    ci_low: float | None
    ci_high: float | None
    p_value: float | None
    n_treated: int
    n_comparison: int
    effective_sample: float
    programme_rate: float
    comparison_rate: float
    naive_difference: float
    warnings: tuple[str, ...] = field(default=())


@dataclass(frozen=True)
class Sample:
    """What an estimator is given: arrays over people.

    outcome; on_programme; family: whole numbers, the clusters; weight: of the matched sample, 0 outside it;
    logit: of the propensity; is_on_support; covariates: people x columns.
    """

    outcome: Vector
    on_programme: Rows
    family: NDArray[np.int64]
    weight: Vector
    logit: Vector
    is_on_support: Rows
    covariates: Vector

    def only(self, rows: Rows) -> "Sample":
        """The people that `rows` marks."""
        return Sample(*(getattr(self, name)[rows] for name in self.__dataclass_fields__))


def naive_difference(sample: Sample) -> float:
    """The arms' plain difference of means."""
    return float(sample.outcome[sample.on_programme].mean() - sample.outcome[~sample.on_programme].mean())


def effective_sample(weights: Vector) -> float:
    """Kish's effective sample size."""
    return float(weights.sum() ** 2 / (weights**2).sum()) if weights.any() else 0.0


def is_yes_no(sample: Sample) -> bool:
    """Whether the outcome is a share: each value is 0 or 1."""
    return bool(np.isin(sample.outcome, (0.0, 1.0)).all())


def warnings_of(sample: Sample) -> tuple[str, ...]:
    """What makes an estimate shaky."""
    found = []
    n_events = sample.outcome.sum()
    if is_yes_no(sample) and min(n_events, len(sample.outcome) - n_events) < FEWEST_EVENTS:
        found.append("few events")
    weights = sample.weight[~sample.on_programme]
    if effective_sample(weights) < 0.2 * max((weights > 0).sum(), 1):
        found.append("few comparison people carry most weight")
    return tuple(found)
