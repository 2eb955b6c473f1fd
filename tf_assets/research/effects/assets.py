"""Asset: the treatment effects."""

import dagster as dg
import polars as pl

from tf_assets.quality.basis import nothing
from tf_assets.quality.gate import gated_asset
from tf_assets.research.effects.estimating import cohort_of, estimate_effects
from tf_assets.warehouse.zone import Zone


@gated_asset(
    "treatment_effects",
    deps=["eligible_people", "cohort_covariates", "propensity", "matched_cohorts", "outcome_values"],
    beside=nothing,
)
def treatment_effects(context: dg.AssetExecutionContext, zone: Zone) -> pl.DataFrame:
    """Every effect by outcome, window, area and method."""
    cohort = cohort_of(
        zone.read("eligible_people"),
        zone.read("cohort_covariates"),
        zone.read("propensity"),
        zone.read("matched_cohorts"),
    )
    return estimate_effects(cohort, zone.read("outcome_values"))
