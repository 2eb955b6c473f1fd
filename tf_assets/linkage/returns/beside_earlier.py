"""A council's return beside its earlier ones, as they are known when it is received: for its feedback."""

from datetime import date

import duckdb
import polars as pl

from tf_assets.linkage.partitions import Slot
from tf_assets.linkage.returns.trend import EarlierReturns, earlier_returns
from tf_assets.warehouse.models import load_models
from tf_assets.warehouse.zone import Zone

CHANGES = "register_changes"


def beside_earlier(zone: Zone, slot: Slot, accepted: pl.DataFrame | None) -> tuple[EarlierReturns, pl.DataFrame | None]:
    """The numbers of the council's earlier returns, and what this one says otherwise than they do.

    accepted: the rows of this return, None when it is not used: then nothing is compared. The changes are those of the
    table `register_changes`, but for people who stand on another council's register.
    """
    register = zone.read_partitions("council_register", f"{slot.council_code}_")
    judgements = zone.read_partitions("return_judgements", f"{slot.council_code}_")
    earlier = register.filter(pl.col("quarter_date") < slot.quarter_date)
    changes = None if accepted is None or earlier.is_empty() else register_changes(earlier, accepted, slot.quarter_date)
    return earlier_returns(register, judgements, slot.quarter_date), changes


def register_changes(earlier: pl.DataFrame, accepted: pl.DataFrame, quarter_date: date) -> pl.DataFrame:
    """The rows of `register_changes` for one return of one council."""
    rows = pl.concat([earlier, accepted.select(earlier.columns).cast(dict(earlier.schema))])  # type: ignore[arg-type]
    with duckdb.connect() as connection:
        connection.execute("SET temp_directory = ''")  # nothing of a person is spilt unencrypted
        connection.execute("SET threads = 1")
        connection.register("council_register", rows.to_arrow())
        found = connection.sql(load_models("linkage")[CHANGES].sql).pl()
    return found.filter(pl.col("quarter_date") == quarter_date)
