"""Which columns decide the rows of a SQL model: those that it joins, filters, groups and orders by.

Column lineage (`lineage.py`) tells what values are made of; a row that is there or not tells something too.
"""

from collections.abc import Iterator, Mapping
from functools import cache

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError
from sqlglot.optimizer.qualify import qualify
from sqlglot.optimizer.scope import Scope, build_scope

from tf_assets.warehouse.errors import DeclarationError
from tf_assets.warehouse.lineage import read_columns
from tf_assets.warehouse.models import SqlModel
from tf_assets.warehouse.schema import TableSchema

_DECIDING = ("joins", "where", "group", "having", "qualify", "order", "limit", "offset", "distinct")
"""The parts of a SELECT that say which rows there are; `distinct` for its ON."""


def deciding_columns(model: SqlModel, schemas: Mapping[tuple[str, str], TableSchema]) -> tuple[tuple[str, str], ...]:
    """The (table, column) pairs that decide which rows a model has, sorted.

    A `DeclarationError` if the model reads a table or a column that is not declared in its environment.
    """
    return _deciding_columns(model, read_columns(model, schemas))


@cache
def _deciding_columns(
    model: SqlModel, read: tuple[tuple[str, tuple[tuple[str, str], ...]], ...]
) -> tuple[tuple[str, str], ...]:
    declared: dict[str, object] = {table: dict(columns) for table, columns in read}
    try:
        query = qualify(sqlglot.parse_one(model.sql, dialect="duckdb"), schema=declared, dialect="duckdb")
    except SqlglotError:
        raise DeclarationError(
            f"The columns of {model.name}.sql cannot be traced. Compare the columns that it reads with schema.yml."
        ) from None
    root = build_scope(query)
    assert root is not None
    return tuple(sorted(_Traced(root).deciding()))


class _Traced:
    """A query whose columns are traced to tables."""

    def __init__(self, root: Scope) -> None:
        self._scopes = list(root.traverse())
        # a column of an outer query is listed in the inner one too; it belongs where its table is
        self._owner = {
            id(column): scope for scope in self._scopes for column in scope.columns if column.table in scope.sources
        }

    def deciding(self) -> set[tuple[str, str]]:
        return {
            pair
            for scope in self._scopes
            for clause in _clauses(scope.expression)
            for column in clause.find_all(exp.Column)
            for pair in self._tables_of(column)
        }

    def _tables_of(self, column: exp.Column) -> set[tuple[str, str]]:
        scope = self._owner.get(id(column))
        source = scope.sources.get(column.table) if scope is not None else None
        if isinstance(source, exp.Table):
            return {(source.name, column.name)}
        return self._output(source, column.name) if isinstance(source, Scope) else set()

    def _output(self, scope: Scope, name: str) -> set[tuple[str, str]]:
        """What an output column of a CTE or subquery is made of; nothing for VALUES."""
        names = scope.expression.named_selects if isinstance(scope.expression, exp.Query) else []
        return self._output_at(scope, names.index(name)) if name in names else set()

    def _output_at(self, scope: Scope, at: int) -> set[tuple[str, str]]:
        if scope.set_operation_scopes:
            return {pair for side in scope.set_operation_scopes for pair in self._output_at(side, at)}
        assert isinstance(scope.expression, exp.Query)
        return {
            pair for column in scope.expression.selects[at].find_all(exp.Column) for pair in self._tables_of(column)
        }


def _clauses(query: exp.Expr) -> Iterator[exp.Expr]:
    for name in _DECIDING:
        clause = query.args.get(name)
        for each in clause if isinstance(clause, list) else [clause]:
            if isinstance(each, exp.Join):
                # the table that is joined is a query of its own
                on = each.args.get("on")
                if on is not None:
                    yield on
            elif isinstance(each, exp.Expr):
                yield each
