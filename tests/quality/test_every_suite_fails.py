"""Every suite of the project judges: it holds on an empty table, and fails when its table's key is broken."""

from dataclasses import dataclass

import duckdb
import pytest

from tf_assets.quality.audit import Audit, audit
from tf_assets.quality.gx_rules import gx_rules
from tf_assets.quality.suites import suite_for
from tf_assets.warehouse.schema import TableSchema, load_schemas

TABLES = {f"{environment}.{name}": schema for (environment, name), schema in load_schemas().items()}
SUPPLIERS_ROWS = {
    *("social_care_attributes", "offences_attributes", "benefits_attributes"),
    *("employment_attributes", "hospital_attributes", "released_programme_spells", "person_timeline"),
}
"""Events and spells as suppliers sent them, where a row may stand twice: no rule holds their declared key."""

EMPTINESS_IS_WRONG = ("expect_table_row_count", "_mean_", "_proportion_", "_sum_to_be")
"""Types whose rules may fail on an empty table, by design of the suite."""

NEVER_EMPTY = {"spine_release"}
"""Tables with a query that asks for a row."""


@dataclass(frozen=True)
class Staged:
    connection: duckdb.DuckDBPyConnection
    schema: TableSchema

    def audit(self, rows_sql: str) -> Audit:
        self.connection.execute(f"CREATE OR REPLACE TABLE {self.schema.name} AS {rows_sql}")
        return audit(self.connection, self.schema.name, suite_for(self.schema.environment, self.schema.name))

    def row_sql(self, **values: str) -> str:
        """One row: 1, the first day of 2015 or 'a' in each column, unless a value is given."""
        first = {"DATE": "'2015-01-01'", "TIMESTAMP": "'2015-01-01'", "BOOLEAN": "true", "VARCHAR": "'a'"}
        cells = [
            f"CAST({values.get(column.name, first.get(column.type, '1' if '[' not in column.type else '[]'))} "
            f"AS {column.type}) AS {column.name}"
            for column in self.schema.columns
        ]
        return f"SELECT {', '.join(cells)}"


@pytest.fixture(params=TABLES, scope="module")
def staged(request: pytest.FixtureRequest) -> Staged:
    return Staged(duckdb.connect(config={"threads": 1}), TABLES[request.param])


def test_great_expectations_accepts_every_rule(staged: Staged) -> None:
    suite = suite_for(staged.schema.environment, staged.schema.name)
    assert len(gx_rules(suite)) == len(suite.rules)


def test_an_empty_table_breaks_no_rule_but_one_against_emptiness(staged: Staged) -> None:
    verdict = staged.audit(f"{staged.row_sql()} LIMIT 0")
    broken = [outcome for outcome in verdict.outcomes if not outcome.passed]
    found = [each for each in broken if not any(type_name in each.type for type_name in EMPTINESS_IS_WRONG)]
    assert bool(found) == (staged.schema.name in NEVER_EMPTY)


def key_held(schema: TableSchema) -> tuple[str, ...]:
    """The columns of the key that the suite answers for."""
    if schema.name not in SUPPLIERS_ROWS:
        return schema.key
    rules = suite_for(schema.environment, schema.name).rules
    return tuple(rule.kwargs["column"] for rule in rules if rule.type == "expect_column_values_to_not_be_null")


def test_a_missing_key_fails(staged: Staged) -> None:
    for column in key_held(staged.schema):
        verdict = staged.audit(staged.row_sql(**{column: "NULL"}))
        accused = [outcome for outcome in verdict.outcomes if not outcome.passed and outcome.column == column]
        assert "expect_column_values_to_not_be_null" in {outcome.type for outcome in accused}, column


def test_a_doubled_key_fails(staged: Staged) -> None:
    if staged.schema.name in SUPPLIERS_ROWS:
        pytest.skip("a supplier may send a row twice")
    verdict = staged.audit(f"{staged.row_sql()} UNION ALL {staged.row_sql()}")
    unique = [outcome for outcome in verdict.outcomes if "unique" in outcome.type and "proportion" not in outcome.type]
    key = set(staged.schema.key)
    accused = [outcome for outcome in unique if set((outcome.column or "").split(", ")) <= key]
    assert accused and not any(outcome.passed for outcome in accused)


def test_another_column_fails(staged: Staged) -> None:
    verdict = staged.audit(f"{staged.row_sql()}, 1 AS stray")
    outcomes = {outcome.type: outcome.passed for outcome in verdict.outcomes}
    assert outcomes.get("expect_table_columns_to_match_set") is False
