"""Run one SQL model on literal tables."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import duckdb
import pytest

from tf_assets.research.cohorts.protocol import SQL_PARAMETERS
from tf_assets.research.outcomes.reference import reference_tables
from tf_assets.warehouse.given import GIVEN_TABLES
from tf_assets.warehouse.models import load_models
from tf_assets.warehouse.schema import load_schemas

Rows = Sequence[Mapping[str, Any]]
RunModel = Callable[..., list[dict[str, Any]]]


@pytest.fixture
def run_model() -> RunModel:
    """`run_model("table", input_table=[{...}, ...])` -> rows of the model, in the order of the table's key.

    A column that a row leaves out is null; a table that is left out is empty, councils and the protocol's excepted;
    parameters: of the protocol, instead of its own.
    """

    def run(name: str, parameters: Mapping[str, object] | None = None, **tables: Rows) -> list[dict[str, Any]]:
        model, schema = load_models("research")[name], load_schemas()["research", name]
        with duckdb.connect() as connection:
            for table, given in GIVEN_TABLES.items():
                connection.register(table, given().to_arrow())
            for table in set(model.dependencies) - set(GIVEN_TABLES):
                _create(connection, table, tables.pop(table, None))
            assert not tables, f"{name} does not read {sorted(tables)}"
            bound = {each: {**SQL_PARAMETERS, **(parameters or {})}[each] for each in model.parameters}
            found = connection.execute(model.sql, bound).pl()
        assert set(found.columns) == {column.name for column in schema.columns}
        return found.sort(schema.key).to_dicts()

    return run


def _create(connection: duckdb.DuckDBPyConnection, table: str, rows: Rows | None) -> None:
    columns = load_schemas()["research", table].columns
    connection.execute(f"CREATE TABLE {table} ({', '.join(f'{c.name} {c.type}' for c in columns)})")
    if rows is None and table in reference_tables():
        rows = reference_tables()[table].to_dicts()
    for row in rows or ():
        assert set(row) <= {column.name for column in columns}, sorted(row)
        values = [row.get(column.name) for column in columns]
        connection.execute(f"INSERT INTO {table} VALUES ({', '.join('?' * len(values))})", values)


def pick(rows: Sequence[Mapping[str, Any]], *names: str) -> list[tuple[Any, ...]]:
    """Some columns of each row."""
    return [tuple(row[name] for name in names) for row in rows]


@pytest.fixture(name="pick")
def pick_fixture() -> Callable[..., list[tuple[Any, ...]]]:
    """`pick(rows, "a", "b")` -> tuples of these columns."""
    return pick
