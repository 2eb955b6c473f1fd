"""Results that are kept so that they need not be worked out again; derived, and nothing is lost if they are deleted.

    <zone>/kept/<name>.parquet      encrypted where the zone is

Whoever keeps a result keeps with it all that it follows from, and takes it only where that is the same.
"""

import uuid
from collections.abc import Iterable
from pathlib import Path

import duckdb
import polars as pl

from tf_assets.warehouse.zone import Zone


def read_kept(zone: Zone, name: str) -> pl.DataFrame | None:
    """What was kept under a name; None if nothing was, or if it cannot be read."""
    path = _path(zone, name)
    if not path.exists():
        return None
    try:
        with zone.bare_connection() as connection:
            return connection.sql(f"SELECT * FROM {zone.parquet_sql([path])}").pl()
    except duckdb.Error:
        return None


def keep(zone: Zone, name: str, frame: pl.DataFrame) -> None:
    """Keep a frame under a name, in the place of what was kept there; whole or not at all."""
    path = _path(zone, name)
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{uuid.uuid4().hex}")
    try:
        with zone.bare_connection() as connection:
            connection.register("made_data", frame.to_arrow())
            zone.write_parquet(connection, "SELECT * FROM made_data", draft)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def forget_others(zone: Zone, prefix: str, names: Iterable[str]) -> None:
    """Delete what was kept under names with this prefix, but for those named."""
    wanted = {_path(zone, name) for name in names}
    for path in (zone.root / "kept").glob(f"{prefix}*.parquet"):
        if path not in wanted:
            path.unlink(missing_ok=True)


def _path(zone: Zone, name: str) -> Path:
    return zone.root / "kept" / f"{name}.parquet"
