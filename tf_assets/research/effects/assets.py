"""Assets: the treatment effects, and what linkage errors do to them."""

import dagster as dg
import polars as pl

from tf_assets.quality.basis import nothing
from tf_assets.quality.gate import Produced, gated_asset
from tf_assets.research.cohorts.protocol import fingerprint
from tf_assets.research.effects.attenuation import correct_effects, largest_correction, linkage_errors
from tf_assets.research.effects.cohort import Cohort, cohort_at_baseline, cohort_of
from tf_assets.research.effects.estimating import estimate_effects
from tf_assets.research.effects.groups import estimate_groups
from tf_assets.warehouse.zone import Zone


@gated_asset(
    "treatment_effects",
    deps=["eligible_people", "cohort_covariates", "propensity", "matched_cohorts", "outcome_values"],
    beside=nothing,
    code_version=fingerprint(),
)
def treatment_effects(context: dg.AssetExecutionContext, zone: Zone) -> pl.DataFrame:
    """Every effect by outcome, window, area and method."""
    baseline = cohort_at_baseline(zone.read("eligible_people"), zone.read("cohort_covariates"))
    return estimate_effects(_cohort(zone), zone.read("outcome_values"), baseline=baseline)


@gated_asset(
    "group_effects",
    deps=["eligible_people", "cohort_covariates", "propensity", "matched_cohorts", "outcome_values"],
    beside=nothing,
    code_version=fingerprint(),
)
def group_effects(context: dg.AssetExecutionContext, zone: Zone) -> pl.DataFrame:
    """Effects by problem, cohort year and council."""
    return estimate_groups(_cohort(zone), zone.read("outcome_values"))


@gated_asset(
    "linkage_attenuation",
    deps=[
        *("treatment_effects", "eligible_people", "link_rates_by_group"),
        *("released_record_links", "released_link_quality"),
    ],
    beside=nothing,
    code_version=fingerprint(),
)
def linkage_attenuation(context: dg.AssetExecutionContext, zone: Zone) -> Produced:
    """Each effect beside what it would be without missed and wrong links."""
    errors = linkage_errors(
        zone.read("released_record_links"),
        zone.read("eligible_people"),
        zone.read("released_link_quality"),
        zone.read("link_rates_by_group").filter(pl.col("dimension") == "arm"),
    )
    corrected = correct_effects(zone.read("treatment_effects"), errors)
    return Produced(corrected, {"largest correction, percentage points": largest_correction(corrected)})


def _cohort(zone: Zone) -> Cohort:
    return cohort_of(
        zone.read("eligible_people"),
        zone.read("cohort_covariates"),
        zone.read("propensity"),
        zone.read("matched_cohorts"),
    )
