"""The subset of SQL that means the same on DuckDB and on Spark, held on the parsed tree of a model.

sqlglot turns DuckDB SQL into Spark SQL and is silently wrong in places; those are refused here, each with the form to
write instead (measured: docs/reference/sql-portability.md). What would make two runs on the same inputs differ, or
let a model read what is not a table of its environment, is refused too.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from sqlglot import exp


@dataclass(frozen=True)
class Construct:
    """Something that a model may not use: its name, what to write instead, and how to know it on the tree."""

    name: str
    instead: str
    is_used: Callable[[exp.Expr], bool]


def forbidden_constructs(tree: exp.Expr) -> Iterator[Construct]:
    """The forbidden constructs that a model uses, each once, in the order of the list."""
    nodes = list(tree.walk())
    for construct in FORBIDDEN:
        if any(construct.is_used(node) for node in nodes):
            yield construct


_DATE_NAME = re.compile(r".*_date|date_of_birth|birth_month", re.IGNORECASE)
_WEEK_UNITS = {"WEEK", "DOW", "DAYOFWEEK", "WEEKDAY", "ISODOW", "ISOYEAR", "YEARWEEK", "WEEKOFYEAR"}
_UNREPEATABLE = {
    "now",
    "get_current_timestamp",
    "get_current_time",
    "transaction_timestamp",
    "today",
    "gen_random_uuid",
}


def _called(node: exp.Expr, *names: str) -> bool:
    """Whether a node calls a function that sqlglot has no class for, by its name."""
    return isinstance(node, exp.Anonymous) and node.name.lower() in names


def _is_date(node: exp.Expr | None) -> bool:
    """Whether an operand is a date, by the naming rule (`*_date`), a cast or a literal."""
    if isinstance(node, exp.Paren):
        return _is_date(node.this)
    if isinstance(node, exp.Column):
        return bool(_DATE_NAME.fullmatch(node.name))
    if isinstance(node, exp.Cast):
        return node.to.this in (exp.DataType.Type.DATE, exp.DataType.Type.TIMESTAMP)
    return isinstance(node, exp.CurrentDate | exp.DateTrunc | exp.TimestampTrunc)


def _is_never_zero(node: exp.Expr | None) -> bool:
    """Whether a denominator can be seen never to be zero: a number, or NULL in its place."""
    if isinstance(node, exp.Literal):
        return not node.is_string and float(node.this) != 0
    if isinstance(node, exp.Nullif):
        return isinstance(node.expression, exp.Literal) and float(node.expression.this) == 0
    if isinstance(node, exp.Paren | exp.Cast | exp.Neg | exp.Sqrt | exp.Abs):
        return _is_never_zero(node.this)
    if isinstance(node, exp.Mul):
        return _is_never_zero(node.this) and _is_never_zero(node.expression)
    return False


def _is_other_date_diff(node: exp.Expr) -> bool:
    counted = isinstance(node, exp.DateDiff | exp.TimestampDiff | exp.DatetimeDiff)
    return counted and str(node.args.get("unit") or "DAY").strip("'").upper() != "DAY"


def _is_date_minus_date(node: exp.Expr) -> bool:
    return isinstance(node, exp.Sub) and _is_date(node.this) and _is_date(node.expression)


def _is_ordered_aggregate(node: exp.Expr) -> bool:
    return isinstance(node, exp.Order) and isinstance(node.parent, exp.AggFunc | exp.Anonymous)


def _is_week(node: exp.Expr) -> bool:
    if isinstance(node, exp.Week | exp.WeekOfYear | exp.DayOfWeek | exp.DayOfWeekIso):
        return True
    if isinstance(node, exp.Extract):
        return node.name.upper() in _WEEK_UNITS
    if _called(node, "date_part", "datepart"):
        unit = node.expressions[0] if node.expressions else None
        return isinstance(unit, exp.Expr) and unit.name.upper() in _WEEK_UNITS
    return _called(node, "isoyear", "yearweek", "weekday", "dayname")


def _is_other_source(node: exp.Expr) -> bool:
    """Whether a source is a function, a file (DuckDB reads one by its quoted path) or another database's table."""
    if not isinstance(node, exp.Table):
        return False
    is_bare = isinstance(node.this, exp.Identifier) and re.fullmatch(r"[A-Za-z_]\w*", node.name)
    return not is_bare or bool(node.args.get("db"))


def _is_division_by_zero(node: exp.Expr) -> bool:
    return isinstance(node, exp.Div | exp.IntDiv | exp.Mod) and not _is_never_zero(node.expression)


def _is_unrepeatable(node: exp.Expr) -> bool:
    moments = exp.CurrentDate | exp.CurrentTime | exp.CurrentTimestamp | exp.Rand | exp.Uuid
    return isinstance(node, moments) or _called(node, *_UNREPEATABLE)


FORBIDDEN: tuple[Construct, ...] = (
    Construct(
        "date_diff by another unit than the day",
        "DuckDB counts the boundaries crossed, so 98 ages in 200 differ; write age and months by year(), month() and "
        "day() arithmetic",
        _is_other_date_diff,
    ),
    Construct("a date minus a date", "write date_diff('day', earlier, later)", _is_date_minus_date),
    Construct(
        "date_sub with three arguments",
        "write date_diff, or a minus with an interval",
        lambda node: _called(node, "date_sub", "datesub"),
    ),
    Construct(
        "ORDER BY inside an aggregate",
        "Spark loses the order; write list_sort(list(x)), or row_number and a join",
        _is_ordered_aggregate,
    ),
    Construct(
        "a percentile",
        "write row_number and count over the ordered rows, then pick",
        lambda node: (
            isinstance(node, exp.PercentileCont | exp.PercentileDisc | exp.Quantile | exp.ApproxQuantile)
            or _called(node, "quantile_cont", "quantile_disc")
        ),
    ),
    Construct(
        "an ASOF join",
        "write a join and QUALIFY row_number() OVER (...) = 1",
        lambda node: isinstance(node, exp.Join) and node.text("method").upper() == "ASOF",
    ),
    Construct(
        "* REPLACE or * RENAME",
        "write * EXCLUDE (...) and name the column",
        lambda node: isinstance(node, exp.Star) and bool(node.args.get("replace") or node.args.get("rename")),
    ),
    Construct(
        "UNION BY NAME",
        "name the columns of each part in one order",
        lambda node: isinstance(node, exp.SetOperation) and bool(node.args.get("by_name")),
    ),
    Construct(
        "a week or a day of the week",
        "the two count them differently; take date_diff('day', a Monday, x) and divide",
        _is_week,
    ),
    Construct("SIMILAR TO", "write regexp_matches", lambda node: isinstance(node, exp.SimilarTo)),
    Construct(
        "PIVOT or UNPIVOT", "write an aggregate with FILTER, or UNION ALL", lambda node: isinstance(node, exp.Pivot)
    ),
    Construct(
        "a division that may be by zero",
        "one gives NULL where the other fails; write x / nullif(y, 0)",
        _is_division_by_zero,
    ),
    Construct(
        "hash", "it differs between engines and versions; write sha256 or md5", lambda node: _called(node, "hash")
    ),
    Construct(
        "a source that is not a bare table name",
        "a model reads tables of its environment by their bare names only; write numbers as a VALUES list or a "
        "recursive CTE",
        _is_other_source,
    ),
    Construct(
        "the clock or chance",
        "the same inputs must give the same table; pass what is needed as a parameter",
        _is_unrepeatable,
    ),
)
"""In the order in which they are reported."""
