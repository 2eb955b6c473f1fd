"""Tables that every zone has without a declaration: reference data of the package."""

from collections.abc import Callable, Mapping

import polars as pl

from tf_assets.warehouse.extract_ages import extract_ages
from tf_assets.warehouse.geography import councils

GIVEN_TABLES: Mapping[str, Callable[[], pl.DataFrame]] = {"councils": councils, "extract_ages": extract_ages}
"""By name, what makes each."""

_SQL_TYPES = {pl.String(): "VARCHAR", pl.Int32(): "INTEGER", pl.Boolean(): "BOOLEAN"}


def given_columns(table: str) -> tuple[tuple[str, str], ...]:
    """The columns of a given table and their types in SQL."""
    return tuple((name, _SQL_TYPES[dtype]) for name, dtype in GIVEN_TABLES[table]().schema.items())
