"""Assets: eligible people, covariates, propensity, the matched cohorts and their balance."""

import dagster as dg
import polars as pl

from tf_assets.quality.basis import nothing
from tf_assets.quality.gate import Produced, gated_asset, sql_assets
from tf_assets.research.cohorts.balance import covariate_balance as balance_of
from tf_assets.research.cohorts.matching import match_for_areas
from tf_assets.research.cohorts.propensity import estimate_propensity
from tf_assets.research.cohorts.protocol import SQL_PARAMETERS, fingerprint
from tf_assets.warehouse.zone import Zone

RULES = fingerprint()

cohort_tables = sql_assets("research", "cohorts", SQL_PARAMETERS)


@gated_asset("propensity", deps=["eligible_people", "cohort_covariates"], beside=nothing, code_version=RULES)
def propensity(context: dg.AssetExecutionContext, zone: Zone) -> Produced:
    """Logistic propensity of each eligible person."""
    estimated = estimate_propensity(zone.read("eligible_people"), zone.read("cohort_covariates"))
    return Produced(
        estimated.scores,
        {
            "n_programme": estimated.n_programme,
            "n_comparison": estimated.n_comparison,
            "area_under_curve": round(estimated.area, 4),
        },
    )


@gated_asset("matched_cohorts", deps=["propensity", "eligible_people"], beside=nothing, code_version=RULES)
def matched_cohorts(context: dg.AssetExecutionContext, zone: Zone) -> Produced:
    """The matched sample with its weights."""
    table, national, regional = match_for_areas(zone.read("propensity"), zone.read("eligible_people"))
    return Produced(
        table,
        {
            "n_unmatched_programme_people": national.n_unmatched,
            "n_unmatched_within_regions": regional.n_unmatched,
            "caliper_logits": round(national.caliper, 4),
        },
    )


@gated_asset(
    "covariate_balance",
    deps=["matched_cohorts", "cohort_covariates", "eligible_people"],
    beside=nothing,
    code_version=RULES,
)
def covariate_balance(context: dg.AssetExecutionContext, zone: Zone) -> Produced:
    """Balance before and after matching."""
    table = balance_of(zone.read("eligible_people"), zone.read("cohort_covariates"), zone.read("matched_cohorts"))
    worst = table.select(pl.col("smd_after").abs().max()).item()
    return Produced(table, {"largest_smd_after": round(worst, 4)} if worst is not None else {})
