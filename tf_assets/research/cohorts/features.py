"""The columns of the propensity model, from the covariates of each eligible person."""

import numpy as np
import polars as pl
from numpy.typing import NDArray

COUNTS = (
    "n_family_people",
    "n_family_children",
    "n_exclusions_before",
    "n_offences_before",
    "n_emergency_attendances_before",
    "n_injury_attendances_before",
)
"""Skewed counts: their logarithm enters."""

MEASURES = (
    "age_at_index",
    "n_days_to_index",
    "n_problems",
    "absence_rate_before",
    "n_jsa_days_before",
    "n_out_of_work_days_before",
    "n_employed_days_before",
)

FLAGS = (
    "is_female",
    "is_problem_crime",
    "is_problem_attendance",
    "is_problem_child_help",
    "is_problem_worklessness",
    "is_problem_domestic_abuse",
    "is_problem_health",
    "is_absence_missing",
    "is_fsm_before",
    "is_sen_before",
    "is_other_language",
    "is_convicted_before",
    "is_in_custody_before",
    "is_child_in_need_before",
    "is_on_protection_plan_before",
    "is_looked_after_before",
)

ON_EVE = (
    "is_child_in_need_on_eve",
    "is_on_protection_plan_on_eve",
    "is_looked_after_on_eve",
    "is_on_jsa_on_eve",
    "is_out_of_work_on_eve",
    "is_employed_on_eve",
)
"""What was under way on the day before the index date."""

COVARIATES = (*MEASURES, *COUNTS, *FLAGS, *ON_EVE)
"""Covariates by name, as in the table `cohort_covariates` and in the balance table."""


def covariate_matrix(covariates: pl.DataFrame) -> NDArray[np.float64]:
    """The covariates as they are, one column each in the order of `COVARIATES`: people x covariates."""
    return covariates.select(pl.col(*COVARIATES).cast(pl.Float64)).to_numpy().astype(np.float64)


def at_baseline(people: pl.DataFrame, covariates: pl.DataFrame) -> pl.DataFrame:
    """The covariates as they were known at the baseline: without the eve of the index date, and the baseline's day for
    the index date's. people: eligible_people; covariates: cohort_covariates."""
    waits = people.select("person_pseudonym", n_days=(pl.col("index_date") - pl.col("baseline_date")).dt.total_days())
    return (
        covariates.join(waits, on="person_pseudonym")
        .with_columns(pl.col("n_days_to_index") - pl.col("n_days"), *(pl.lit(False).alias(name) for name in ON_EVE))
        .select(covariates.columns)
    )


def model_matrix(people: pl.DataFrame) -> NDArray[np.float64]:
    """Covariates, logarithms of counts, age squared and how much each council's families are on the programme.

    people: eligible people with their covariates (council_code, arm and `COVARIATES`). Each column has mean 0 and
    standard deviation 1; a column that does not vary is left out.
    A council enters by the empirical log odds of its families being on the programme, shrunk by half a family: one
    column instead of 152, which a small national cohort could not carry.
    """
    frame = people.select(
        *(pl.col(name).cast(pl.Float64) for name in (*MEASURES, *FLAGS, *ON_EVE)),
        *(pl.col(name).cast(pl.Float64).log1p() for name in COUNTS),
        age_squared=pl.col("age_at_index").cast(pl.Float64) ** 2,
        council_log_odds=_council_log_odds(),
    )
    matrix = frame.to_numpy().astype(np.float64)
    spread = matrix.std(axis=0)
    varying = spread > 1e-12
    standardised: NDArray[np.float64] = (matrix[:, varying] - matrix[:, varying].mean(axis=0)) / spread[varying]
    return standardised


def _council_log_odds() -> pl.Expr:
    on_programme = pl.col("arm") == "programme"
    family = pl.col("family_pseudonym")
    n_programme = family.filter(on_programme).n_unique().over("council_code")
    n_comparison = family.filter(~on_programme).n_unique().over("council_code")
    return ((n_programme + 0.5) / (n_comparison + 0.5)).log()
