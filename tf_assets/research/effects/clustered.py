"""Weighted least squares with standard errors that allow people of one family to be alike."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tf_assets.research.effects.effect import Vector


@dataclass(frozen=True)
class Fit:
    """coefficients: k; covariance: k x k, cluster-robust (CR1)."""

    coefficients: Vector
    covariance: Vector


def cluster_sums(rows: Vector, cluster: NDArray[np.int64]) -> Vector:
    """Sums of rows (n x k) by cluster (n whole numbers): clusters x k."""
    order = np.argsort(cluster, kind="stable")
    starts = np.flatnonzero(np.r_[True, np.diff(cluster[order]) != 0])
    sums: Vector = np.add.reduceat(rows[order], starts, axis=0)
    return sums


def fit_clustered(outcome: Vector, design: Vector, weight: Vector, cluster: NDArray[np.int64]) -> Fit:
    """b = (X'WX)^-1 X'Wy with covariance c (X'WX)^-1 (sum over clusters s_g s_g') (X'WX)^-1.

    s_g is the cluster's sum of w x (y - xb), c = G / (G - 1) * (n - 1) / (n - k): CR1, as Stata and statsmodels have it
    (Cameron and Miller, Journal of Human Resources 50 (2015) 317-372). Rows of weight 0 are left out.
    """
    used = weight > 0
    y, x, w, g = outcome[used], design[used], weight[used], cluster[used]
    inverse = np.linalg.pinv((x * w[:, None]).T @ x, hermitian=True)
    coefficients = inverse @ (x * w[:, None]).T @ y
    scores = cluster_sums(x * (w * (y - x @ coefficients))[:, None], g)
    n, k, n_clusters = len(y), design.shape[1], len(scores)
    correction = n_clusters / max(n_clusters - 1, 1) * (n - 1) / max(n - k, 1)
    return Fit(coefficients, correction * inverse @ (scores.T @ scores) @ inverse)
