"""A small fictional England, made once a session, with a connection to its files and its truth."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest

from tf_assets.country.country import CountrySummary, make_country
from tf_assets.country.scenarios import scenario_named
from tf_assets.country.sizes import size_named
from tf_assets.warehouse.calendar import EXTRACTS

SEED = 3
SMALL = size_named("demo", families=600, councils=6)


@dataclass(frozen=True)
class Country:
    """A country's folder, its summary, and a connection that sees extracts and truth as tables."""

    root: Path
    summary: CountrySummary
    sql: duckdb.DuckDBPyConnection


def open_country(root: Path) -> duckdb.DuckDBPyConnection:
    """`<extract>_identities` and `<extract>_attributes` with a column year_start, and the truth's tables."""
    connection = duckdb.connect()
    for extract in EXTRACTS:
        for half in ("identities", "attributes"):
            files = root / "landing" / "departments" / extract / "*" / half
            reader = "read_csv" if extract == "offences" else "read_parquet"
            suffix = "csv" if extract == "offences" else "parquet"
            connection.execute(
                f"CREATE TABLE {extract}_{half} AS "
                "SELECT * EXCLUDE (filename), CAST(split_part(filename, '/', -2) AS DATE) AS year_start "
                f"FROM {reader}('{files}.{suffix}', filename = true)"
            )
    for table in ("outcomes", "effects", "records", "arms", "register_people"):
        connection.execute(f"CREATE TABLE {table} AS FROM '{root / 'truth' / table}.parquet'")
    return connection


@pytest.fixture(scope="session")
def country(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Country]:
    root = tmp_path_factory.mktemp("country")
    made = make_country(SEED, SMALL, scenario_named("headline"), root / "landing", root / "truth")
    connection = open_country(root)
    yield Country(root, made, connection)
    connection.close()
