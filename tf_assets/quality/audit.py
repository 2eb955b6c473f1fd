"""Audit a staged table by its suite: one scan of DuckDB counts, Great Expectations gives the verdict.

Great Expectations asks for metrics; they are compiled to SQL and counted together (compile_metrics); each expectation
then judges its metrics itself (gx_rules). What comes out are verdicts and counts, never a value of the table.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import duckdb

from tf_assets.quality.compile_metrics import Compiled, Relation, compile_metric
from tf_assets.quality.gx_rules import GxRule, gx_rules
from tf_assets.quality.suites import Suite
from tf_assets.warehouse.errors import DeclarationError


@dataclass(frozen=True)
class Outcome:
    """What became of one rule.

    type: Great Expectations' name; column: what it is about, None for the table; n_unexpected: rows that break it
    (all or none for a rule about the table as a whole); n_rows: rows of the table; rule: its plain sentence.
    """

    type: str
    column: str | None
    passed: bool
    n_unexpected: int
    n_rows: int
    rule: str


@dataclass(frozen=True)
class Audit:
    """The verdict on a table: passed if every outcome did."""

    passed: bool
    n_rows: int
    outcomes: tuple[Outcome, ...]


def audit(connection: duckdb.DuckDBPyConnection, relation: str, suite: Suite) -> Audit:
    """Judge `relation` (a table, a view or a table function) by the rules of `suite`.

    A rule about a column that is not there is broken. A rule that cannot be computed is a `DeclarationError`.
    """
    found = connection.execute(f"SELECT * FROM {relation} LIMIT 0").description or []
    audited = Relation(relation, {column[0]: str(column[1]) for column in found})
    rules = gx_rules(suite)
    computable = [rule for rule in rules if rule.columns <= set(audited.types)]
    values = _count(connection, suite, audited, computable)
    n_rows = _n_rows(connection, relation, values)
    judged = {id(rule): _judge(suite, rule, values) for rule in computable}
    outcomes = tuple(_outcome(rule, judged.get(id(rule), False), values, n_rows) for rule in rules)
    return Audit(all(outcome.passed for outcome in outcomes), n_rows, outcomes)


def _count(
    connection: duckdb.DuckDBPyConnection, suite: Suite, relation: Relation, rules: Iterable[GxRule]
) -> dict[Any, Any]:
    """The value of every metric that the rules need, by Great Expectations' id."""
    compiled: dict[Any, Compiled] = {}
    for rule in rules:
        try:
            for metric in rule.metrics:
                if metric.id not in compiled:
                    compiled[metric.id] = compile_metric(metric.name, metric.domain, metric.arguments, relation)
        except (DeclarationError, ValueError) as error:
            raise _uncomputable(suite, rule, str(error) if isinstance(error, DeclarationError) else "") from None
    try:
        return _values(connection, relation, compiled)
    except duckdb.Error:
        raise _blamed(connection, suite, relation, rules, compiled) from None


def _values(
    connection: duckdb.DuckDBPyConnection, relation: Relation, compiled: Mapping[Any, Compiled]
) -> dict[Any, Any]:
    aggregates = list(dict.fromkeys(each.aggregate for each in compiled.values() if each.aggregate is not None))
    scanned: dict[str, Any] = {}
    if aggregates:
        row = connection.execute(f"SELECT {', '.join(aggregates)} FROM {relation.sql}").fetchone()
        scanned = dict(zip(aggregates, row or (), strict=True))
    values: dict[Any, Any] = {}
    for key, each in compiled.items():
        if each.aggregate is None and each.query is None:
            values[key] = each.constant
        elif each.query is None:
            values[key] = scanned[str(each.aggregate)]
        elif each.aggregate is not None and scanned[each.aggregate] == 0:
            values[key] = 0
        else:
            row = connection.execute(each.query).fetchone()
            values[key] = int(row[0]) if row else None
    return values


def _judge(suite: Suite, rule: GxRule, values: Mapping[Any, Any]) -> bool:
    try:
        return rule.is_met(values)
    except Exception as error:  # whatever the library raises, its message may repeat an observed value
        raise _uncomputable(suite, rule, f"Great Expectations says {type(error).__name__}.") from None


def _n_rows(connection: duckdb.DuckDBPyConnection, relation: str, values: Mapping[Any, Any]) -> int:
    for key, value in values.items():
        if key[0] == "table.row_count":
            return int(value)
    row = connection.execute(f"SELECT count(*) FROM {relation}").fetchone()
    return int(row[0]) if row else 0


def _outcome(rule: GxRule, is_met: bool, values: Mapping[Any, Any], n_rows: int) -> Outcome:
    counted = values.get(rule.counted) if rule.counted is not None else None
    n_unexpected = int(counted) if counted is not None else (0 if is_met else n_rows)
    return Outcome(rule.rule.type, rule.rule.column, is_met, n_unexpected, n_rows, rule.rule.sentence)


def _blamed(
    connection: duckdb.DuckDBPyConnection,
    suite: Suite,
    relation: Relation,
    rules: Iterable[GxRule],
    compiled: Mapping[Any, Compiled],
) -> DeclarationError:
    """The error that names the rule whose SQL fails; DuckDB's own message may hold a value and is left out."""
    for rule in rules:
        try:
            _values(connection, relation, {metric.id: compiled[metric.id] for metric in rule.metrics})
        except duckdb.Error as error:
            return _uncomputable(suite, rule, f"DuckDB says {type(error).__name__}.")
    return DeclarationError(f"The rules of {suite.name} cannot be computed together, though each alone can.")


def _uncomputable(suite: Suite, rule: GxRule, why: str) -> DeclarationError:
    return DeclarationError(f"{suite.name}: the rule '{rule.rule.sentence}' cannot be computed. {why}".strip())
