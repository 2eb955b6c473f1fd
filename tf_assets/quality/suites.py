"""Great Expectations suites: `expectations/<environment>/<table>.json`, one a table, same name as the table.

Read without Great Expectations, whose import takes seconds: a suite that names an unknown type, argument or column,
and a table without a suite, are found when the definitions load.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from string import Formatter
from typing import Any

from tf_assets.warehouse.errors import DeclarationError
from tf_assets.warehouse.project import project_root
from tf_assets.warehouse.schema import TableSchema, load_schemas


@dataclass(frozen=True)
class Rule:
    """One expectation: its Great Expectations type and arguments, and the plain sentence that a reader is shown."""

    type: str
    kwargs: Mapping[str, Any]
    sentence: str

    @property
    def column(self) -> str | None:
        """The column, or columns, that the rule is about; None for a rule about the table."""
        if "column" in self.kwargs:
            return str(self.kwargs["column"])
        several = [self.kwargs[each] for each in ("column_A", "column_B") if each in self.kwargs]
        return ", ".join(several or self.kwargs.get("column_list", [])) or None


@dataclass(frozen=True, eq=False)
class Suite:
    """The rules that a table must meet before it is published; equal only to itself, so that it can be a cache key."""

    name: str
    rules: tuple[Rule, ...]


@dataclass(frozen=True)
class Arguments:
    """The arguments that a type must have and those that it may have."""

    needed: frozenset[str]
    options: frozenset[str]


def _arguments(needed: str, options: str = "") -> Arguments:
    return Arguments(frozenset(needed.split()), frozenset(options.split()))


_BOUNDS = "min_value max_value strict_min strict_max"

TYPES: Mapping[str, Arguments] = {
    "expect_table_row_count_to_be_between": _arguments("", "min_value max_value"),
    "expect_table_columns_to_match_set": _arguments("column_set", "exact_match"),
    "expect_column_values_to_not_be_null": _arguments("column", "mostly"),
    "expect_column_values_to_be_null": _arguments("column", "mostly"),
    "expect_column_values_to_be_in_set": _arguments("column value_set", "mostly"),
    "expect_column_values_to_be_between": _arguments("column", f"{_BOUNDS} mostly"),
    "expect_column_values_to_be_unique": _arguments("column", "mostly"),
    "expect_compound_columns_to_be_unique": _arguments("column_list", "ignore_row_if"),
    "expect_column_values_to_match_regex": _arguments("column regex", "mostly"),
    "expect_column_value_lengths_to_equal": _arguments("column value", "mostly"),
    "expect_column_value_lengths_to_be_between": _arguments("column", f"{_BOUNDS} mostly"),
    "expect_column_pair_values_a_to_be_greater_than_b": _arguments(
        "column_A column_B", "or_equal ignore_row_if mostly"
    ),
    "expect_column_mean_to_be_between": _arguments("column", _BOUNDS),
    "expect_column_sum_to_be_between": _arguments("column", _BOUNDS),
    "expect_column_proportion_of_unique_values_to_be_between": _arguments("column", _BOUNDS),
    "expect_multicolumn_sum_to_equal": _arguments("column_list sum_total", "ignore_row_if"),
    "unexpected_rows_expectation": _arguments("unexpected_rows_query", "description"),
}
"""Every type that the audit can compile; a type that it cannot is refused, never passed."""


def suite_for(environment: str, table: str) -> Suite:
    """The suite of a declared table, read once a process; a `DeclarationError` if it is missing or wrong."""
    return _suite_for(environment, table, project_root() / "expectations")


@cache
def _suite_for(environment: str, table: str, root: Path) -> Suite:
    return load_suite(root / environment / f"{table}.json", load_schemas()[environment, table])


def load_suite(path: Path, schema: TableSchema) -> Suite:
    """Read a suite and hold it against the table's declaration."""
    place = f"{path.parent.name}/{path.name}"
    if not path.exists():
        raise DeclarationError(f"{schema.name} has no suite. Write expectations/{place} with the rules it must meet.")
    try:
        declared = json.loads(path.read_text(encoding="utf-8"))
    except json.JSONDecodeError as error:
        raise DeclarationError(f"expectations/{place} is not valid JSON at line {error.lineno}.") from None
    if not isinstance(declared, dict) or declared.get("name") != schema.name:
        raise DeclarationError(f"expectations/{place} must be a suite with the name {schema.name}.")
    entries = declared.get("expectations")
    if not isinstance(entries, list) or not entries:
        raise DeclarationError(f"expectations/{place} has no expectations. A table without rules passes for nothing.")
    rules = tuple(_rule(f"expectations/{place}, rule {n}", entry) for n, entry in enumerate(entries, start=1))
    columns = {column.name for column in schema.columns}
    for n, rule in enumerate(rules, start=1):
        unknown = sorted(columns_named(rule) - columns)
        if unknown:
            raise DeclarationError(
                f"expectations/{place}, rule {n} names columns that {schema.name} does not declare: "
                f"{', '.join(unknown)}."
            )
    return Suite(schema.name, rules)


def make_rule(type_name: str, kwargs: Mapping[str, Any], sentence: str) -> Rule:
    """A rule that has the arguments its type needs and no others; else a `DeclarationError`."""
    arguments = TYPES.get(type_name)
    if arguments is None:
        raise DeclarationError(f"{type_name} cannot be audited. Use one of {', '.join(sorted(TYPES))}.")
    missing, unknown = arguments.needed - set(kwargs), set(kwargs) - arguments.needed - arguments.options
    if missing or unknown:
        raise DeclarationError(
            f"{type_name} is given the wrong arguments"
            + (f"; missing: {', '.join(sorted(missing))}" if missing else "")
            + (f"; unknown: {', '.join(sorted(unknown))}" if unknown else "")
            + "."
        )
    if not arguments.needed and not kwargs:
        raise DeclarationError(f"{type_name} is given no bound, so it can never fail.")
    mostly = kwargs.get("mostly", 1)
    if isinstance(mostly, bool) or not isinstance(mostly, int | float) or not 0 < mostly <= 1:
        raise DeclarationError(f"{type_name} has a `mostly` that is not above 0 and at most 1.")
    if type_name == "unexpected_rows_expectation":
        _refuse_query(str(kwargs["unexpected_rows_query"]))
    return Rule(type_name, dict(kwargs), sentence)


def columns_named(rule: Rule) -> set[str]:
    """The columns that a rule's arguments name (those inside the SQL of a query are not looked for)."""
    single = {rule.kwargs[each] for each in ("column", "column_A", "column_B") if each in rule.kwargs}
    return single | set(rule.kwargs.get("column_list", [])) | set(rule.kwargs.get("column_set", []))


def _rule(place: str, entry: Any) -> Rule:
    if not isinstance(entry, dict) or set(entry) - {"type", "kwargs", "meta"} or "type" not in entry:
        raise DeclarationError(f"{place} must say type, kwargs and meta, and nothing else.")
    sentence = str((entry.get("meta") or {}).get("rule") or "").strip().rstrip(".")
    if not sentence:
        raise DeclarationError(f"{place} has no sentence. Say in meta.rule what the rule is, for its reader.")
    try:
        return make_rule(str(entry["type"]), entry.get("kwargs") or {}, sentence)
    except DeclarationError as error:
        raise DeclarationError(f"{place}: {error}") from None


def _refuse_query(query: str) -> None:
    try:
        fields = {field for _, field, _, _ in Formatter().parse(query) if field is not None}
    except ValueError:
        fields = set()
    if fields != {"batch"}:
        raise DeclarationError(
            "unexpected_rows_query must read {batch} and hold no other single brace (double those of a pattern)."
        )
