"""The gate of `held_updates`: a kept unit passes, and each way in which it could be wrong is found."""

from typing import Any

import duckdb
import polars as pl
import pytest

from tf_assets.quality.audit import audit
from tf_assets.quality.suites import suite_for
from tf_assets.research.publication.holds import HELD_SCHEMA

KEPT = {
    "table_name": "protected_outcome_counts",
    "area_code": "E06000001",
    "arm": "programme",
    "outcome": "is_on_jsa",
    "outcome_window": "19-24",
    "kept_from": "r1-a",
}


def broken_rules(*rows: dict[str, Any]) -> list[str]:
    made = pl.DataFrame(list(rows), schema=HELD_SCHEMA)
    with duckdb.connect(config={"threads": 1}) as connection:
        connection.register("made", made.to_arrow())
        connection.execute("CREATE TABLE held_updates AS SELECT * FROM made")
        outcomes = audit(connection, "held_updates", suite_for("research", "held_updates")).outcomes
    return [outcome.rule for outcome in outcomes if not outcome.passed]


def test_a_kept_unit_passes() -> None:
    assert broken_rules(KEPT) == []
    everything = {"table_name": "protected_programme_counts", "outcome": "all", "outcome_window": "all"}
    assert broken_rules(KEPT, {**KEPT, **everything}) == []


@pytest.mark.parametrize(
    ("changed", "rule"),
    [
        ({"table_name": "protected_effects"}, "only counts of outcomes and of the programme are kept"),
        ({"area_code": "Hartlepool"}, "area_code is a GSS code"),
        ({"arm": "both"}, "arm is programme or comparison"),
        ({"kept_from": None}, "kept_from is given"),
        (
            {"outcome": "all", "outcome_window": "all"},
            "a kept figure names its outcome and window where its table has them",
        ),
        ({"outcome_window": "all"}, "a kept figure names its outcome and window where its table has them"),
    ],
)
def test_a_wrong_row_is_found(changed: dict[str, Any], rule: str) -> None:
    assert broken_rules({**KEPT, **changed}) == [rule]


def test_a_unit_that_is_kept_twice_is_found() -> None:
    assert broken_rules(KEPT, {**KEPT, "kept_from": "r2-b"}) == [
        "table_name, area_code, arm, outcome, outcome_window is unique"
    ]
