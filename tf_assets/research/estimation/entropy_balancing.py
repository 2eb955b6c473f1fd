"""Entropy balancing: the weights nearest to equal that make the comparison arm's means those of the treated.

Source: Hainmueller, Political Analysis 20 (2012) 25-46. Its dual is smooth and convex, in as many unknowns as there are
covariates, and is solved by Newton's method with step halving.
"""

import numpy as np

from tf_assets.research.estimation.design import Rows, Vector
from tf_assets.warehouse.errors import InputRefused

TOLERANCE = 1e-11
"""Largest difference of means left, in standard deviations of the comparison arm."""

_MOST_STEPS = 200

_ARITHMETIC = 1e-12
"""Of the dual's value: smaller falls are lost in rounding."""


def entropy_weights(covariates: Vector, treated: Rows) -> Vector:
    """Weights of the comparison people (in their order, adding up to 1) that balance each column of covariates (n x k).

    Raises InputRefused where no weights can: the treated's means lie outside what the comparison people span.
    """
    comparison = covariates[~treated]
    spread = comparison.std(axis=0)
    varies = spread > 1e-12
    target = covariates[treated].mean(axis=0)
    if (np.abs(target - comparison.mean(axis=0))[~varies] > 1e-9).any():
        raise _cannot()
    distance = (comparison[:, varies] - target[varies]) / spread[varies]
    unknowns = np.zeros(distance.shape[1])
    for _ in range(_MOST_STEPS):
        weights, loss = _weights(distance, unknowns)
        if loss < 0:  # were there balancing weights, their entropy would be a lower bound
            raise _cannot()
        gradient = weights @ distance
        if np.abs(gradient).max(initial=0.0) < TOLERANCE:
            return weights
        curvature = (distance * weights[:, None]).T @ distance - np.outer(gradient, gradient)
        step = np.linalg.lstsq(curvature, gradient, rcond=1e-12)[0]
        size, fall = 1.0, float(gradient @ step)
        while _weights(distance, unknowns - size * step)[1] > loss - 1e-4 * size * fall + _ARITHMETIC and size > 1e-10:
            size /= 2
        unknowns = unknowns - size * step
    raise _cannot()


def _weights(distance: Vector, unknowns: Vector) -> tuple[Vector, float]:
    exponents = distance @ unknowns
    largest = float(exponents.max())
    weights: Vector = np.exp(exponents - largest)
    total = float(weights.sum())
    return weights / total, largest + float(np.log(total))


def _cannot() -> InputRefused:
    return InputRefused(
        "No weights make the comparison people's means those of the treated: some covariate's mean lies outside what "
        "comparison people reach. Leave out the treated who have no counterpart (--trim), or fewer covariates."
    )
