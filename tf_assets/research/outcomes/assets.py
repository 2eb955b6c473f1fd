"""Assets: the protocol's reference tables, each person's windows, and one outcome table a domain."""

import dagster as dg
import polars as pl

from tf_assets.quality.basis import nothing
from tf_assets.quality.gate import gated_multi_asset, sql_assets
from tf_assets.research.cohorts.protocol import SQL_PARAMETERS, fingerprint
from tf_assets.research.outcomes.reference import reference_tables
from tf_assets.warehouse.zone import Zone


@gated_multi_asset(
    ["outcome_windows", "extract_rules", "persistent_absence_thresholds"], beside=nothing, code_version=fingerprint()
)
def protocol_tables(context: dg.AssetExecutionContext, zone: Zone) -> dict[str, pl.DataFrame]:
    """The protocol, where SQL can join it."""
    return reference_tables()


outcome_tables = sql_assets("research", "outcomes", SQL_PARAMETERS)
