"""Are the arms alike? Standardised mean differences and variance ratios, before and after matching.

Source: Austin, Statistics in Medicine 28 (2009) 3083-3107; under 0.1 is taken as balanced.
"""

import numpy as np
import polars as pl
from numpy.typing import NDArray

from tf_assets.research.cohorts.features import COVARIATES, covariate_matrix


def covariate_balance(people: pl.DataFrame, covariates: pl.DataFrame, matched: pl.DataFrame) -> pl.DataFrame:
    """One row a covariate: means, standardised mean differences and variance ratios before and after matching.

    people: eligible_people; covariates: cohort_covariates; matched: matched_cohorts. The scale is the programme arm's
    standard deviation before matching, in both columns, so that matching cannot look better by shrinking the scale.
    """
    joined = (
        people.select("person_pseudonym", "arm")
        .join(covariates, on="person_pseudonym")
        .join(matched.select("person_pseudonym", "weight"), on="person_pseudonym", how="left")
        .sort("person_pseudonym")
    )
    matrix = covariate_matrix(joined)
    on_programme = (joined["arm"] == "programme").to_numpy()
    everybody = np.ones(len(joined))
    weights = joined["weight"].fill_null(0.0).to_numpy()
    before = _moments(matrix, on_programme, everybody), _moments(matrix, ~on_programme, everybody)
    after = _moments(matrix, on_programme, weights), _moments(matrix, ~on_programme, weights)
    scale = np.sqrt(before[0][1])
    return pl.DataFrame(
        {
            "covariate": COVARIATES,
            "programme_mean": before[0][0],
            "comparison_mean_before": before[1][0],
            "comparison_mean_after": after[1][0],
            "smd_before": _ratio(before[0][0] - before[1][0], scale),
            "smd_after": _ratio(after[0][0] - after[1][0], scale),
            "variance_ratio_before": _ratio(before[0][1], before[1][1]),
            "variance_ratio_after": _ratio(after[0][1], after[1][1]),
        }
    ).with_columns(pl.col(pl.Float64).fill_nan(None))


def _moments(
    matrix: NDArray[np.float64], rows: NDArray[np.bool_], weights: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Weighted mean and variance of each column over some rows; NaN without any weight."""
    share = np.where(rows, weights, 0.0)
    total = share.sum()
    if total == 0:
        nothing = np.full(matrix.shape[1], np.nan)
        return nothing, nothing
    mean = share @ matrix / total
    return mean, share @ (matrix - mean) ** 2 / total


def _ratio(above: NDArray[np.float64], below: NDArray[np.float64]) -> NDArray[np.float64]:
    """Quotient; NaN where there is nothing to divide by."""
    return np.divide(above, below, out=np.full_like(above, np.nan), where=below > 1e-12)
