"""Assets: link rates by ethnic group, deprivation, free school meals and arm."""

import dagster as dg

from tf_assets.quality.basis import nothing
from tf_assets.quality.gate import Produced, gated_asset, sql_assets
from tf_assets.quality.link_rates import largest_shortfall, link_rate_counts_schema, rate_links
from tf_assets.warehouse.zone import Zone

missed_tables = sql_assets("research", "missed")


@gated_asset("link_rates_by_group", deps=["link_group_counts"], beside=nothing)
def link_rates_by_group(context: dg.AssetExecutionContext, zone: Zone) -> Produced:
    """Who the linkage misses, by group; the gate holds the worst gap."""
    rates = rate_links(zone.read("link_group_counts").select(link_rate_counts_schema().names()))
    return Produced(rates, {"largest certain shortfall, points": largest_shortfall(rates)})
