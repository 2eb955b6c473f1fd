"""The SQL of each metric that Great Expectations asks for.

An expectation names the metrics that it needs (`table.row_count`, `column_values.in_set.unexpected_count`, ...) with
their arguments; here each becomes DuckDB SQL of the same meaning, so that all of a suite's metrics are counted in one
scan. A metric without a compiler is refused. The meaning is that of Great Expectations' own pandas engine: NaN is a
missing value, and a missing value breaks no rule about values but the one against missing values.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from tf_assets.warehouse.errors import DeclarationError


@dataclass(frozen=True)
class Relation:
    """What is audited: SQL that can stand after FROM, and the DuckDB type of each of its columns."""

    sql: str
    types: Mapping[str, str]


@dataclass(frozen=True)
class Compiled:
    """How one metric is had: as an aggregate in the shared scan, by a query of its own, or at once.

    With both an aggregate and a query, the aggregate is a screen: where it is 0 the metric is 0, and only otherwise
    is the query run.
    """

    aggregate: str | None = None
    query: str | None = None
    constant: Any = None


def compile_metric(name: str, domain: Mapping[str, Any], arguments: Mapping[str, Any], relation: Relation) -> Compiled:
    """The SQL of a metric; `domain` and `arguments` are its domain and value kwargs in Great Expectations."""
    compiler = COMPILERS.get(name)
    if compiler is None:
        raise DeclarationError(f"The metric {name} has no compiler, so the rules that need it cannot be audited.")
    if domain.get("row_condition") is not None:
        raise DeclarationError("A row_condition cannot be audited. Write an unexpected_rows_expectation.")
    return compiler(domain, arguments, relation)


def literal(value: Any, type_name: str) -> str:
    """A suite's value as a SQL literal of a column's type; numbers and text are not mistaken for each other."""
    if isinstance(value, bool):
        text, suits = str(value).upper(), type_name == "BOOLEAN"
    elif isinstance(value, int | float):
        text = str(int(value)) if float(value).is_integer() and abs(value) < 2**63 else f"CAST({value!r} AS DOUBLE)"
        suits = type_name not in ("VARCHAR", "DATE", "TIMESTAMP", "BOOLEAN")
    else:
        text = f"CAST('{str(value).replace(chr(39), chr(39) * 2)}' AS {type_name})"
        suits = type_name in ("VARCHAR", "DATE") or type_name.startswith("TIMESTAMP")
    if not suits:
        raise DeclarationError(f"A {type(value).__name__} is compared with a column of the type {type_name}.")
    return text


_PLAIN_QUERY = re.compile(r"\s*SELECT\s+\*\s+FROM\s+\{batch\}\s+WHERE\s(.*)", re.IGNORECASE | re.DOTALL)
_PLAIN_CLAUSES = {"expressions", "from_", "where", "kind"}
"""What sqlglot finds in a SELECT that has nothing but columns, one source and a condition."""


def _name(column: str) -> str:
    return '"' + column.replace('"', '""') + '"'


def _value(column: str, relation: Relation) -> str:
    """A column with NaN as a missing value."""
    type_name = relation.types[column]
    if type_name in ("DOUBLE", "FLOAT"):
        return f"nullif({_name(column)}, CAST('nan' AS {type_name}))"
    return _name(column)


def _number(column: str, relation: Relation) -> str:
    """A column as a number, to be added up; a boolean counts 1 or 0."""
    value = _value(column, relation)
    return f"CAST({value} AS INTEGER)" if relation.types[column] == "BOOLEAN" else value


def _count_where(condition: str) -> Compiled:
    return Compiled(aggregate=f"count(*) FILTER (WHERE {condition})")


def _missing(domain: Mapping[str, Any], arguments: Mapping[str, Any], relation: Relation) -> Compiled:
    return Compiled(aggregate=f"count(*) - count({_value(domain['column'], relation)})")


def _present(domain: Mapping[str, Any], arguments: Mapping[str, Any], relation: Relation) -> Compiled:
    return Compiled(aggregate=f"count({_value(domain['column'], relation)})")


def _not_in_set(domain: Mapping[str, Any], arguments: Mapping[str, Any], relation: Relation) -> Compiled:
    column = domain["column"]
    members = [literal(each, relation.types[column]) for each in arguments["value_set"] if each is not None]
    if not members:
        return _present(domain, arguments, relation)
    return _count_where(f"{_value(column, relation)} NOT IN ({', '.join(members)})")


def _outside(expression: str, arguments: Mapping[str, Any], type_name: str) -> Compiled:
    low, high = arguments.get("min_value"), arguments.get("max_value")
    if low is None and high is None:
        raise DeclarationError("A rule about a range has neither a smallest nor a largest value.")
    bounds = [
        (low, "<=" if arguments.get("strict_min") else "<"),
        (high, ">=" if arguments.get("strict_max") else ">"),
    ]
    conditions = [f"{expression} {beyond} {literal(bound, type_name)}" for bound, beyond in bounds if bound is not None]
    return _count_where(" OR ".join(conditions))


def _not_between(domain: Mapping[str, Any], arguments: Mapping[str, Any], relation: Relation) -> Compiled:
    column = domain["column"]
    return _outside(_value(column, relation), arguments, relation.types[column])


def _length_not_between(domain: Mapping[str, Any], arguments: Mapping[str, Any], relation: Relation) -> Compiled:
    return _outside(f"length({_name(domain['column'])})", arguments, "BIGINT")


def _length_not_equal(domain: Mapping[str, Any], arguments: Mapping[str, Any], relation: Relation) -> Compiled:
    return _count_where(f"length({_name(domain['column'])}) <> {literal(arguments['value'], 'BIGINT')}")


def _not_matching(domain: Mapping[str, Any], arguments: Mapping[str, Any], relation: Relation) -> Compiled:
    return _count_where(f"NOT regexp_matches({_name(domain['column'])}, {literal(str(arguments['regex']), 'VARCHAR')})")


def _duplicated(domain: Mapping[str, Any], arguments: Mapping[str, Any], relation: Relation) -> Compiled:
    value = _value(domain["column"], relation)
    return Compiled(
        aggregate=f"count({value}) - count(DISTINCT {value})",
        query=_repeats_sql([value], f"{value} IS NOT NULL", relation),
    )


def _compound_duplicated(domain: Mapping[str, Any], arguments: Mapping[str, Any], relation: Relation) -> Compiled:
    values = [_value(column, relation) for column in domain["column_list"]]
    return Compiled(query=_repeats_sql(values, _kept(domain, values), relation))


def _repeats_sql(values: list[str], condition: str, relation: Relation) -> str:
    """Rows that share their values with another row."""
    return (
        f"SELECT coalesce(sum(n), 0) FROM (SELECT count(*) AS n FROM {relation.sql} WHERE {condition} "
        f"GROUP BY {', '.join(values)} HAVING count(*) > 1)"
    )


def _kept(domain: Mapping[str, Any], values: list[str]) -> str:
    """The rows that a rule about several columns looks at, by its `ignore_row_if`."""
    some = " OR ".join(f"{value} IS NOT NULL" for value in values)
    every = " AND ".join(f"{value} IS NOT NULL" for value in values)
    kept = {
        "both_values_are_missing": some,
        "all_values_are_missing": some,
        "either_value_is_missing": every,
        "any_value_is_missing": every,
        "neither": "true",
        "never": "true",
    }
    return f"({kept[domain['ignore_row_if']]})"


def _not_greater(domain: Mapping[str, Any], arguments: Mapping[str, Any], relation: Relation) -> Compiled:
    values = [_value(domain["column_A"], relation), _value(domain["column_B"], relation)]
    holds = f"{values[0]} {'>=' if arguments.get('or_equal') else '>'} {values[1]}"
    return _count_where(f"{_kept(domain, values)} AND NOT coalesce({holds}, false)")


def _sum_not_equal(domain: Mapping[str, Any], arguments: Mapping[str, Any], relation: Relation) -> Compiled:
    kept = _kept(domain, [_value(column, relation) for column in domain["column_list"]])
    total = " + ".join(_number(column, relation) for column in domain["column_list"])
    return _count_where(f"{kept} AND NOT coalesce({total} = {literal(arguments['sum_total'], 'DOUBLE')}, false)")


def _pair_rows(domain: Mapping[str, Any], arguments: Mapping[str, Any], relation: Relation) -> Compiled:
    columns = domain.get("column_list") or [domain["column_A"], domain["column_B"]]
    return _count_where(_kept(domain, [_value(column, relation) for column in columns]))


def _mean(domain: Mapping[str, Any], arguments: Mapping[str, Any], relation: Relation) -> Compiled:
    return Compiled(aggregate=f"avg({_number(domain['column'], relation)})")


def _sum(domain: Mapping[str, Any], arguments: Mapping[str, Any], relation: Relation) -> Compiled:
    return Compiled(aggregate=f"coalesce(sum({_number(domain['column'], relation)}), 0)")


def _unique_proportion(domain: Mapping[str, Any], arguments: Mapping[str, Any], relation: Relation) -> Compiled:
    value = _value(domain["column"], relation)
    return Compiled(aggregate=f"coalesce(count(DISTINCT {value}) / nullif(count({value}), 0), 0)")


def _columns(domain: Mapping[str, Any], arguments: Mapping[str, Any], relation: Relation) -> Compiled:
    return Compiled(constant=list(relation.types))


def _row_count(domain: Mapping[str, Any], arguments: Mapping[str, Any], relation: Relation) -> Compiled:
    return Compiled(aggregate="count(*)")


def _unexpected_rows(domain: Mapping[str, Any], arguments: Mapping[str, Any], relation: Relation) -> Compiled:
    template = str(arguments["unexpected_rows_query"])
    condition = _plain_condition(template)
    if condition is not None:
        return _count_where(condition)
    return Compiled(query=f"SELECT count(*) FROM ({template.format(batch=relation.sql)}) AS unexpected")


@lru_cache(maxsize=4096)
def _plain_condition(template: str) -> str | None:
    """The condition of `SELECT * FROM {batch} WHERE condition`, which the shared scan can count; None for another."""
    parts = _PLAIN_QUERY.fullmatch(template)
    if parts is None:
        return None
    condition = parts[1].format(batch="batch")
    try:
        tree = sqlglot.parse_one(f"SELECT * FROM batch WHERE {condition}", dialect="duckdb")
    except SqlglotError:
        return None
    if not isinstance(tree, exp.Select) or {each for each, value in tree.args.items() if value} - _PLAIN_CLAUSES:
        return None
    if len(list(tree.find_all(exp.Query))) > 1 or any(column.table for column in tree.find_all(exp.Column)):
        return None
    return f"({condition}\n)"


def _never_read(domain: Mapping[str, Any], arguments: Mapping[str, Any], relation: Relation) -> Compiled:
    """The unexpected rows themselves: counted, never read."""
    return Compiled(constant=())


COMPILERS: Mapping[str, Callable[[Mapping[str, Any], Mapping[str, Any], Relation], Compiled]] = {
    "table.row_count": _row_count,
    "table.columns": _columns,
    "column_values.nonnull.unexpected_count": _missing,
    "column_values.null.unexpected_count": _present,
    "column_values.in_set.unexpected_count": _not_in_set,
    "column_values.between.unexpected_count": _not_between,
    "column_values.unique.unexpected_count": _duplicated,
    "column_values.match_regex.unexpected_count": _not_matching,
    "column_values.value_length.equals.unexpected_count": _length_not_equal,
    "column_values.value_length.between.unexpected_count": _length_not_between,
    "compound_columns.unique.unexpected_count": _compound_duplicated,
    "compound_columns.unique.filtered_row_count": _pair_rows,
    "column_pair_values.a_greater_than_b.unexpected_count": _not_greater,
    "column_pair_values.a_greater_than_b.filtered_row_count": _pair_rows,
    "multicolumn_sum.equal.unexpected_count": _sum_not_equal,
    "multicolumn_sum.equal.filtered_row_count": _pair_rows,
    "column.mean": _mean,
    "column.sum": _sum,
    "column.unique_proportion": _unique_proportion,
    "unexpected_rows_query.row_count": _unexpected_rows,
    "unexpected_rows_query.table": _never_read,
}
"""By Great Expectations' name of the metric."""
