"""Assets of the opt-outs: what is on record, and which records are out because of it."""

from collections.abc import Mapping

import dagster as dg
import polars as pl

from tf_assets.linkage.keys import load_keys
from tf_assets.linkage.opt_outs.applying import find_opted_out
from tf_assets.linkage.opt_outs.landed import record_landed
from tf_assets.linkage.opt_outs.store import opt_outs_in_force
from tf_assets.quality.gate import Made, Produced, gated_asset, gated_multi_asset
from tf_assets.warehouse.calendar import EXTRACTS
from tf_assets.warehouse.errors import InputRefused
from tf_assets.warehouse.home import Home
from tf_assets.warehouse.zone import Zone


@gated_asset("opt_outs")
def opt_outs(context: dg.AssetExecutionContext, zone: Zone) -> Made:
    """Record what has landed, and list what is on record."""
    home = Home.from_environment()
    key = load_keys(home).opt_out_key
    recorded = record_landed(home, key)
    table = opt_outs_in_force(zone.root, key=key).table
    refused = [each for each in recorded if each.n_refused]
    if refused:
        raise InputRefused(
            f"{sum(each.n_refused for each in refused)} rows or files of opt-outs could not be used, and nobody is left "
            f"out because of them. The others are on record. See feedback/opt-outs: {', '.join(e.name for e in refused)}.",
            {"opt_outs": table},
        )
    return Produced(table, {"files": len(recorded)})


@gated_multi_asset(
    ["opted_out_records", "opted_out_identities", "opt_outs_applied"],
    deps=["opt_outs", "council_register", *(f"{extract}_identities" for extract in EXTRACTS)],
)
def opted_out(context: dg.AssetExecutionContext, zone: Zone) -> Mapping[str, Made]:
    """The records of people who have opted out, by the opt-outs that are on record now."""
    key = load_keys(Home.from_environment()).opt_out_key
    in_force = opt_outs_in_force(zone.root, key=key)
    with zone.connect() as connection:
        found = find_opted_out(connection, in_force, key)
    applied = pl.DataFrame({"set_fingerprint": [in_force.fingerprint], "n_opt_outs": [in_force.n]})
    return {
        "opted_out_records": found.records,
        "opted_out_identities": found.identities,
        "opt_outs_applied": applied,
    }
