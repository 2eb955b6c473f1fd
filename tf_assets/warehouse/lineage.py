"""Which columns a column of a SQL model comes from, by sqlglot over the declared schemas.

Right for CTEs, windows, QUALIFY, `*`, `* EXCLUDE`, USING and GROUP BY ALL (tested). Columns that only join or filter
rows are not part of it (`row_lineage.py`). It takes milliseconds to a few tenths of a second a model, so it is worked out
when a model is first materialised, not when the definitions load.
"""

from collections.abc import Mapping, Sequence
from functools import cache

from sqlglot import exp
from sqlglot.errors import SqlglotError
from sqlglot.lineage import Node, lineage

from tf_assets.warehouse.errors import DeclarationError
from tf_assets.warehouse.given import GIVEN_TABLES, given_columns
from tf_assets.warehouse.models import SqlModel
from tf_assets.warehouse.schema import TableSchema


def column_lineage(
    model: SqlModel, schemas: Mapping[tuple[str, str], TableSchema]
) -> Mapping[str, Sequence[tuple[str, str]]]:
    """For each column of a model, the (table, column) pairs that its values are made of, sorted; none for a constant.

    A `DeclarationError` if the model reads a table or a column that is not declared in its environment.
    """
    return _column_lineage(model, read_columns(model, schemas))


def read_columns(
    model: SqlModel, schemas: Mapping[tuple[str, str], TableSchema]
) -> tuple[tuple[str, tuple[tuple[str, str], ...]], ...]:
    """The tables that a model reads, with the names and types of their columns."""
    read = []
    for table in model.dependencies:
        schema = schemas.get((model.environment, table))
        if schema is not None:
            read.append((table, tuple((column.name, column.type) for column in schema.columns)))
        elif table in GIVEN_TABLES:
            read.append((table, given_columns(table)))
        else:
            raise DeclarationError(
                f"{model.name}.sql reads {table}, which no schema.yml of {model.environment} declares."
            )
    return tuple(read)


@cache
def _column_lineage(
    model: SqlModel, read: tuple[tuple[str, tuple[tuple[str, str], ...]], ...]
) -> Mapping[str, Sequence[tuple[str, str]]]:
    try:
        nodes = lineage(None, model.sql, schema={table: dict(columns) for table, columns in read}, dialect="duckdb")
    except (SqlglotError, ValueError):
        raise DeclarationError(
            f"The columns of {model.name}.sql cannot be traced. Compare the columns that it reads with schema.yml."
        ) from None
    assert isinstance(nodes, dict)
    return {column: sorted(_leaves(node)) for column, node in nodes.items()}


def _leaves(node: Node) -> set[tuple[str, str]]:
    """The columns of tables at the ends of a lineage tree."""
    return {
        (each.expression.name, each.name.rsplit(".", 1)[-1].strip('"'))
        for each in node.walk()
        if not each.downstream and isinstance(each.expression, exp.Table)
    }
