"""The propensity: how likely each person was to be treated, given the covariates.

Logistic regression by scikit-learn. Influence of each person on its coefficients, which the variance of a weighted
difference needs: Lunceford and Davidian, Statistics in Medicine 23 (2004) 2937-2960.
"""

import warnings
from dataclasses import dataclass

import numpy as np

from tf_assets.research.estimation.design import Rows, Vector, standardised
from tf_assets.warehouse.errors import InputRefused

_DECIMALS = 12
"""People of the same covariates have the same logit, whatever place of the array they are computed in."""

_FARTHEST_LOGIT = 35.0
"""Beyond it a probability is 0 or 1 in double precision: the covariates tell the arms apart."""


@dataclass(frozen=True)
class Propensity:
    """columns: n x (k + 1), a constant and the standardised covariates; logit: n; information: (k + 1) x (k + 1), the
    inverse of the coefficients' covariance; treated: n."""

    columns: Vector
    logit: Vector
    information: Vector
    treated: Rows

    @property
    def score(self) -> Vector:
        """The probability, n."""
        probability: Vector = 1 / (1 + np.exp(-self.logit))
        return probability

    def influence(self, gradient: Vector) -> Vector:
        """Each person's influence, n, on what changes by `gradient` (k + 1) with the coefficients."""
        direction = np.linalg.solve(self.information, gradient)
        answer: Vector = (self.treated - self.score) * (self.columns @ direction)
        return answer


def fit_propensity(covariates: Vector, treated: Rows, penalty: float = 0.0) -> Propensity:
    """Fit the logistic model of treated (n) on covariates (n x k, none collinear).

    penalty: inverse variance of each standardised coefficient's normal prior; 0 is maximum likelihood. It keeps finite
    what a rare flag that one arm lacks would send to infinity. Raises InputRefused where the covariates tell the arms
    apart altogether, so that nobody has a counterpart.
    """
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression

    scaled = standardised(covariates)
    model = LogisticRegression(C=1 / penalty if penalty else np.inf, solver="newton-cholesky", max_iter=300, tol=1e-12)
    with warnings.catch_warnings():
        # told apart below, by what came out
        warnings.simplefilter("ignore", ConvergenceWarning)
        warnings.simplefilter("ignore", RuntimeWarning)
        model.fit(scaled, treated)
    logit = np.round(model.decision_function(scaled), _DECIMALS)
    if not np.isfinite(logit).all() or (not penalty and _are_told_apart(logit, treated)):
        raise InputRefused(
            "The covariates tell the arms apart altogether, so nobody has a counterpart. Leave out the covariate that "
            "decides the arm, or those that only one arm has."
        )
    columns = np.column_stack([np.ones(len(scaled)), scaled])
    score = 1 / (1 + np.exp(-logit))
    information = (columns * (score * (1 - score))[:, None]).T @ columns
    information[1:, 1:] += penalty * np.eye(scaled.shape[1])
    return Propensity(columns, logit, information, treated)


def _are_told_apart(logit: Vector, treated: Rows) -> bool:
    return bool(np.abs(logit).min() > _FARTHEST_LOGIT / 2 or logit[treated].min() > logit[~treated].max())
