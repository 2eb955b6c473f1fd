"""One asset for each extract's identities, partitioned by the extract's own year."""

from datetime import date

import dagster as dg

from tf_assets.linkage.identities.receiving import receive_identities
from tf_assets.linkage.identities.standardised import standardise_identities
from tf_assets.linkage.partitions import year_partitions
from tf_assets.quality.gate import Produced, gated_asset
from tf_assets.warehouse.calendar import EXTRACTS
from tf_assets.warehouse.home import Home
from tf_assets.warehouse.zone import Zone


def _identities_asset(extract: str) -> dg.AssetsDefinition:
    @gated_asset(f"{extract}_identities", partitions_def=year_partitions(extract))
    def identities(context: dg.AssetExecutionContext, zone: Zone) -> Produced:
        sent = receive_identities(Home.from_environment(), extract, context.partition_key)
        made = standardise_identities(sent, extract, date.fromisoformat(context.partition_key))
        return Produced(made.identities, {f"{column}_cleared": n for column, n in made.n_cleared.items()})

    return identities


identity_assets = [_identities_asset(extract) for extract in EXTRACTS]
