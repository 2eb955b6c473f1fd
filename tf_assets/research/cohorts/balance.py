"""Are the arms of the evaluation's cohort alike, before and after matching?"""

import polars as pl

from tf_assets.research.cohorts.features import COVARIATES, covariate_matrix
from tf_assets.research.estimation.balance import balance


def covariate_balance(people: pl.DataFrame, covariates: pl.DataFrame, matched: pl.DataFrame) -> pl.DataFrame:
    """One row a covariate: means, standardised mean differences, variance ratios and overlap.

    people: eligible_people; covariates: cohort_covariates; matched: matched_cohorts.
    """
    joined = (
        people.select("person_pseudonym", "arm")
        .join(covariates, on="person_pseudonym")
        .join(matched.select("person_pseudonym", "weight"), on="person_pseudonym", how="left")
        .sort("person_pseudonym")
    )
    matrix = covariate_matrix(joined)
    on_programme = (joined["arm"] == "programme").to_numpy()
    weights = joined["weight"].fill_null(0.0).to_numpy()
    found = balance(matrix, on_programme, weights)
    return pl.DataFrame(
        {
            "covariate": COVARIATES,
            "programme_mean": found.treated_mean,
            "comparison_mean_before": found.comparison_mean_before,
            "comparison_mean_after": found.comparison_mean_after,
            "smd_before": found.smd_before,
            "smd_after": found.smd_after,
            "variance_ratio_before": found.variance_ratio_before,
            "variance_ratio_after": found.variance_ratio_after,
            "overlap_before": found.overlap_before,
            "overlap_after": found.overlap_after,
        }
    ).with_columns(pl.col(pl.Float64).fill_nan(None))
