"""A weighted difference between the arms, and each person's influence on it.

Each estimator solves estimating equations, so the variance of an estimate is that of the sum of influences: of the
people in the mean, of the regression of the outcome and of the propensity that made the weights, all at once
(Stefanski and Boos, American Statistician 56 (2002) 29-38; Lunceford and Davidian, Statistics in Medicine 23 (2004)
2937-2960). Influences are summed by cluster before they are squared. With weights from matching the same form is the
martingale representation of Abadie and Imbens, JASA 107 (2012) 833-843.
"""

from dataclasses import dataclass

import numpy as np

from tf_assets.research.estimation.design import Codes, Rows, Vector
from tf_assets.research.estimation.intervals import ArmMean, Interval, difference_interval
from tf_assets.research.estimation.weighting import Weighted

_LARGEST_LEVERAGE = 0.9
"""A leverage is taken as no more than this, so that no residual blows up."""


@dataclass(frozen=True)
class Difference:
    """estimate; treated_mean, comparison_mean: what was, and what would have been; influence: n, adds up to about 0;
    kept: n, who enters."""

    estimate: float
    treated_mean: float
    comparison_mean: float
    influence: Vector
    kept: Rows


def weighted_difference(weighted: Weighted, outcome: Vector) -> Difference:
    """The average effect on the treated of outcome (n; NaN: not known, left out)."""
    kept = (weighted.weights > 0) & ~np.isnan(outcome)
    treated, comparison = kept & weighted.design.treated, kept & ~weighted.design.treated
    columns = np.ones((len(outcome), 1))
    if weighted.columns is not None:
        centre = weighted.columns[treated].mean(axis=0)
        columns = np.column_stack([columns, weighted.columns - centre])
    x, y = columns[comparison], outcome[comparison]
    share: Vector = weighted.weights[comparison] / weighted.weights[comparison].sum()
    bread = _bread(x, share, weighted.penalty)
    coefficients = bread @ (x.T @ (share * y))
    residual = y - x @ coefficients
    # the treated's mean covariates are 0, so the constant is what they would have had
    reach = x @ bread[:, 0]
    restored = _restored(weighted, x, share, comparison, residual)
    expected = columns[treated] @ coefficients
    gain = outcome[treated] - expected
    n_treated = int(treated.sum())
    influence = np.zeros(len(outcome))
    influence[treated] = (gain - gain.mean()) / n_treated * np.sqrt(n_treated / max(n_treated - 1, 1))
    influence[comparison] = -share * reach * restored
    if weighted.propensity is not None:
        moved = weighted.propensity.columns[comparison].T @ (share * reach * residual)
        influence -= weighted.propensity.influence(moved)
    mean = float(outcome[treated].mean())
    return Difference(float(gain.mean()), mean, mean - float(gain.mean()), influence, kept)


def interval_of(difference: Difference, weighted: Weighted, is_share: bool) -> Interval:
    """The interval of a difference, with influences summed by cluster."""
    treated = weighted.design.treated
    sums = [_sums(difference.influence * arm, weighted.design.cluster) for arm in (treated, ~treated)]
    present = [
        _sums((difference.kept & arm).astype(np.float64), weighted.design.cluster) for arm in (treated, ~treated)
    ]
    n_clusters = [int((there > 0).sum()) for there in present]
    is_shared = bool(((present[0] > 0) & (present[1] > 0)).any())
    variances = [float(part @ part) * n / max(n - 1, 1) for part, n in zip(sums, n_clusters, strict=True)]
    covariance = -float(sums[0] @ sums[1])
    kept_weights = weighted.weights[difference.kept & ~treated]
    return difference_interval(
        ArmMean(difference.treated_mean, variances[0], float((difference.kept & treated).sum())),
        ArmMean(difference.comparison_mean, variances[1], effective_sample(kept_weights)),
        is_share=is_share,
        covariance=covariance,
        degrees_of_freedom=_degrees_of_freedom(
            variances, n_clusters, is_shared, int(((present[0] + present[1]) > 0).sum())
        ),
    )


def effective_sample(weights: Vector) -> float:
    """Kish's effective sample size."""
    return float(weights.sum() ** 2 / (weights**2).sum()) if weights.any() else 0.0


def _bread(x: Vector, share: Vector, penalty: float) -> Vector:
    """The inverse of x'wx, with a ridge on everything but the constant."""
    ridge = np.full(x.shape[1], penalty / len(x))
    ridge[0] = 0.0
    squares = (x * share[:, None]).T @ x + np.diag(ridge)
    inverse: Vector = np.linalg.pinv(squares, hermitian=True, rcond=1e-12).astype(np.float64)
    return inverse


def _restored(weighted: Weighted, x: Vector, share: Vector, comparison: Rows, residual: Vector) -> Vector:
    """Residuals as large as the errors they stand for, over comparison people.

    Divided by 1 - leverage where the outcome is regressed (CR3), and by its root (CR2) where weights alone are used and
    the propensity's own equations pull: MacKinnon and White, Journal of Econometrics 29 (1985) 305-325; Bell and
    McCaffrey, Survey Methodology 28 (2002) 169-181. Which of the two keeps its coverage was measured
    (docs/explanation/effects.md).
    """
    cluster = weighted.design.cluster[comparison]
    if weighted.columns is None and weighted.propensity is not None:
        left = np.sqrt(1 - _leverage(weighted.propensity.columns[comparison], share, cluster))
    else:
        left = 1 - _leverage(x, share, cluster, weighted.penalty)
    restored: Vector = residual / left
    return restored


def _leverage(x: Vector, share: Vector, cluster: Codes, penalty: float = 0.0) -> Vector:
    """How far each residual is pulled towards 0: its own leverage or its cluster's, the larger.

    A cluster's is that of its weighted mean covariates, which pull at what is common to its members.
    """
    bread = _bread(x, share, penalty)
    own = share * ((x @ bread) * x).sum(axis=1)
    weight = np.bincount(cluster, share)
    sums = np.column_stack([np.bincount(cluster, share * column) for column in x.T])
    common = ((sums @ bread) * sums).sum(axis=1) / np.where(weight > 0, weight, 1.0)
    leverage: Vector = np.minimum(np.maximum(own, common[cluster]), _LARGEST_LEVERAGE)
    return leverage


def _degrees_of_freedom(variances: list[float], n_clusters: list[int], is_shared: bool, n_all: int) -> float:
    """Of both arms together; by Welch and Satterthwaite where no cluster reaches over both."""
    if is_shared:
        return max(n_all - 1, 1)
    below = sum(variance**2 / max(n - 1, 1) for variance, n in zip(variances, n_clusters, strict=True))
    return sum(variances) ** 2 / below if below > 0 else max(n_all - 2, 1)


def _sums(values: Vector, cluster: Codes) -> Vector:
    sums: Vector = np.bincount(cluster, values).astype(np.float64)
    return sums
