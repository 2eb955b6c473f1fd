"""Assets: seven attribute extracts by year, the current release's tables, and timelines."""

from datetime import date

import dagster as dg
import polars as pl

from tf_assets.quality.gate import Produced, gated_asset, gated_multi_asset, sql_assets
from tf_assets.research.extracts.reading import read_attributes
from tf_assets.research.extracts.releases import FILES, current_release
from tf_assets.research.partitions import year_partitions
from tf_assets.warehouse.calendar import EXTRACTS
from tf_assets.warehouse.home import Home
from tf_assets.warehouse.landing import extract_file
from tf_assets.warehouse.zone import Zone


def attributes_asset(extract: str) -> dg.AssetsDefinition:
    """The asset of one extract's attributes, by its own year."""

    @gated_asset(f"{extract}_attributes", partitions_def=year_partitions(extract))
    def attributes(context: dg.AssetExecutionContext, zone: Zone) -> pl.DataFrame:
        home = Home.from_environment()
        path = extract_file(home.landing, extract, "attributes", context.partition_key)
        salt = home.project().record_salt
        return read_attributes(path, extract, salt, date.fromisoformat(context.partition_key))

    return attributes


attribute_extracts = [attributes_asset(extract) for extract in EXTRACTS]


@gated_multi_asset(list(FILES), deps=["spine_release"])
def released_tables(context: dg.AssetExecutionContext, zone: Zone) -> dict[str, Produced]:
    """The current release, its files checked against its manifest."""
    home = Home.from_environment()
    release = current_release(home, home.project())
    return {table: Produced(release.read(table), {"release": release.release_id}) for table in FILES}


timelines = sql_assets("research", "timelines")
