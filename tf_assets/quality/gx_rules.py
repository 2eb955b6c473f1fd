"""Great Expectations itself: a suite's rules as its expectations, and its verdict on metrics that we counted.

Everything that touches the library is here. It is imported when the first table is audited, because that takes
seconds; no context is made, so it writes no files, and no usage statistics leave.
"""

import logging
import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from tf_assets.quality.suites import Rule, Suite, columns_named
from tf_assets.warehouse.errors import DeclarationError

_VERDICT_ONLY = {"result_format": "BOOLEAN_ONLY"}


@dataclass(frozen=True)
class Metric:
    """A metric that an expectation needs: Great Expectations' id for it, what the expectation calls it, its name and
    arguments.
    """

    id: tuple[str, Any, Any]
    label: str
    name: str
    domain: Mapping[str, Any]
    arguments: Mapping[str, Any]


@dataclass(frozen=True)
class GxRule:
    """A rule as an expectation.

    metrics: what it needs; counted: the id of the metric that counts what breaks it, None for a rule about the table
    as a whole; columns: those that must be there.
    """

    rule: Rule
    expectation: Any
    metrics: tuple[Metric, ...]
    counted: tuple[str, Any, Any] | None
    columns: frozenset[str]

    def is_met(self, values: Mapping[Any, Any]) -> bool:
        """Great Expectations' own verdict, from metric values by id; a value that is missing is a `KeyError`.

        `_validate` is where the library's expectations judge. Its caller `metrics_validate` asks again which metrics
        are needed, which takes ten times as long as the verdict.
        """
        verdict = self.expectation._validate(
            metrics={metric.label: values[metric.id] for metric in self.metrics},
            runtime_configuration=dict(_VERDICT_ONLY),
        )
        return bool(verdict["success"])


@cache
def gx_rules(suite: Suite) -> tuple[GxRule, ...]:
    """The rules of a suite as expectations, made once a process."""
    return tuple(_gx_rule(suite.name, rule) for rule in suite.rules)


def _gx_rule(table: str, rule: Rule) -> GxRule:
    expectation = _expectation(table, rule)
    needed = expectation.get_validation_dependencies(
        execution_engine=None, runtime_configuration=dict(_VERDICT_ONLY)
    ).metric_configurations
    metrics = tuple(
        Metric(each.id, label, each.metric_name, each.metric_domain_kwargs, each.metric_value_kwargs or {})
        for label, each in needed.items()
    )
    own = getattr(expectation, "map_metric", None)
    counting = f"{own}.unexpected_count" if own else "unexpected_rows_query.row_count"
    counted = next((each.id for each in metrics if each.name == counting), None)
    columns = columns_named(rule) if rule.type != "expect_table_columns_to_match_set" else set()
    return GxRule(rule, expectation, metrics, counted, frozenset(columns))


@cache
def load_expectations() -> None:
    """Import Great Expectations and register its expectations; 4 s the first time."""
    os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")
    import great_expectations.expectations  # noqa: F401

    logging.captureWarnings(False)  # the import turns it on for the whole process


def _expectation(table: str, rule: Rule) -> Any:
    load_expectations()
    from great_expectations.expectations.registry import get_expectation_impl

    try:
        return get_expectation_impl(rule.type)(**rule.kwargs)
    except ValueError:  # pydantic's, which repeats the arguments
        raise DeclarationError(
            f"{table}: Great Expectations refuses the arguments of {rule.type} in the rule '{rule.sentence}'."
        ) from None
