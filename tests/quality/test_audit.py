"""What an audit says, what it keeps to itself, and what it refuses to judge."""

import logging
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tf_assets.quality import compile_metrics
from tf_assets.quality.audit import Audit, Outcome, audit
from tf_assets.quality.suites import Suite, make_rule
from tf_assets.warehouse.errors import DeclarationError

NOT_NULL = "expect_column_values_to_not_be_null"
UNIQUE = "expect_column_values_to_be_unique"
IN_SET = "expect_column_values_to_be_in_set"
ROWS = "unexpected_rows_expectation"
SECRET = "QZXVARLOWE"


def suite(*rules: tuple[str, dict[str, Any], str]) -> Suite:
    return Suite("people", tuple(make_rule(*rule) for rule in rules))


@pytest.fixture
def connection() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    connection.execute(
        "CREATE TABLE people AS SELECT * FROM (VALUES (1, 'F', 'SMITH', DATE '2015-01-01'), "
        "(2, 'M', NULL, NULL), (2, 'x', 'QZXVARLOWE', NULL)) AS rows(person, sex, surname, joined)"
    )
    return connection


def test_an_audit_says_what_became_of_each_rule(connection: duckdb.DuckDBPyConnection) -> None:
    rules = suite(
        (NOT_NULL, {"column": "person"}, "Each row has a person"),
        (UNIQUE, {"column": "person"}, "A person stands here once"),
        (IN_SET, {"column": "sex", "value_set": ["F", "M"]}, "Sex is F, M or missing"),
        ("expect_table_row_count_to_be_between", {"min_value": 4}, "There are four rows or more"),
    )
    assert audit(connection, "people", rules) == Audit(
        passed=False,
        n_rows=3,
        outcomes=(
            Outcome(NOT_NULL, "person", True, 0, 3, "Each row has a person"),
            Outcome(UNIQUE, "person", False, 2, 3, "A person stands here once"),
            Outcome(IN_SET, "sex", False, 1, 3, "Sex is F, M or missing"),
            Outcome("expect_table_row_count_to_be_between", None, False, 3, 3, "There are four rows or more"),
        ),
    )


def test_a_relation_may_be_a_table_function(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    connection.execute(f"COPY people TO '{tmp_path}/people.parquet'")
    verdict = audit(connection, f"read_parquet('{tmp_path}/people.parquet')", suite((UNIQUE, {"column": "sex"}, "r")))
    assert verdict.passed and verdict.n_rows == 3


def test_a_rule_about_an_absent_column_is_broken(connection: duckdb.DuckDBPyConnection) -> None:
    verdict = audit(
        connection, "people", suite((NOT_NULL, {"column": "nino"}, "r"), (NOT_NULL, {"column": "sex"}, "s"))
    )
    assert [outcome.passed for outcome in verdict.outcomes] == [False, True]


def test_a_metric_that_is_missing_is_never_a_pass(
    connection: duckdb.DuckDBPyConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    without = {name: each for name, each in compile_metrics.COMPILERS.items() if "in_set" not in name}
    monkeypatch.setattr(compile_metrics, "COMPILERS", without)
    with pytest.raises(DeclarationError, match=r"the rule 'Sex' cannot be computed.*in_set.* has no compiler"):
        audit(connection, "people", suite((IN_SET, {"column": "sex", "value_set": ["F"]}, "Sex")))


def test_great_expectations_refuses_to_judge_without_a_metric() -> None:
    from tf_assets.quality.gx_rules import gx_rules

    rule = gx_rules(suite((UNIQUE, {"column": "sex"}, "r")))[0]
    values = {metric.id: 0 for metric in rule.metrics}
    assert rule.is_met(values)
    values.pop(rule.counted)
    with pytest.raises(Exception, match="unique"):
        rule.is_met(values)


@pytest.mark.parametrize(
    ("type_name", "kwargs"),
    [
        (ROWS, {"unexpected_rows_query": "SELECT * FROM {batch} WHERE CAST(surname AS INTEGER) > 3"}),
        (ROWS, {"unexpected_rows_query": "SELECT surname::DATE AS d FROM {batch} GROUP BY d"}),
        (IN_SET, {"column": "surname", "value_set": [1]}),
        (IN_SET, {"column": "person", "value_set": ["F"]}),
        ("expect_column_values_to_match_regex", {"column": "surname", "regex": "(?=A)"}),
        ("expect_column_mean_to_be_between", {"column": "surname", "min_value": 1}),
        ("expect_column_mean_to_be_between", {"column": "joined", "min_value": 1}),
    ],
)
def test_a_rule_that_cannot_be_computed_is_named_without_a_value(
    connection: duckdb.DuckDBPyConnection, type_name: str, kwargs: dict[str, Any]
) -> None:
    rules = suite((NOT_NULL, {"column": "person"}, "Fine"), (type_name, kwargs, "The faulty rule"))
    with pytest.raises(DeclarationError, match=r"people: the rule 'The faulty rule' cannot be computed") as refused:
        audit(connection, "people", rules)
    assert SECRET not in str(refused.value) and "SMITH" not in str(refused.value)
    assert refused.value.__suppress_context__


@pytest.mark.parametrize(
    ("value", "type_name"),
    [(1, "VARCHAR"), (1, "DATE"), (1, "BOOLEAN"), (True, "BIGINT"), ("1", "BIGINT"), ("a", "DOUBLE")],
)
def test_a_value_of_another_kind_than_its_column_is_refused(value: Any, type_name: str) -> None:
    with pytest.raises(DeclarationError, match=f"compared with a column of the type {type_name}"):
        compile_metrics.literal(value, type_name)


def test_no_value_reaches_the_outcomes_or_the_log(
    connection: duckdb.DuckDBPyConnection, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    rules = suite(
        (IN_SET, {"column": "surname", "value_set": ["JONES"]}, "r"),
        (UNIQUE, {"column": "surname"}, "s"),
        (ROWS, {"unexpected_rows_query": "SELECT * FROM {batch} WHERE surname IS NOT NULL"}, "t"),
        (ROWS, {"unexpected_rows_query": "SELECT surname FROM {batch} GROUP BY surname"}, "u"),
    )
    with caplog.at_level(logging.DEBUG):
        verdict = audit(connection, "people", rules)
    assert not verdict.passed
    out, err = capfd.readouterr()
    assert all(SECRET not in text for text in (repr(verdict), caplog.text, out, err))


def test_an_audit_writes_no_file(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    audit(connection, "people", suite((NOT_NULL, {"column": "person"}, "r")))
    assert list(tmp_path.iterdir()) == []


def test_nan_is_a_missing_value(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute("CREATE TABLE scores AS SELECT unnest([1.0, 'nan'::DOUBLE, 'nan'::DOUBLE]) AS score")
    rules = suite(
        (NOT_NULL, {"column": "score"}, "r"),
        (UNIQUE, {"column": "score"}, "s"),
        ("expect_column_values_to_be_between", {"column": "score", "max_value": 1}, "t"),
    )
    assert [outcome.n_unexpected for outcome in audit(connection, "scores", rules).outcomes] == [2, 0, 0]


PLAIN = "SELECT * FROM {batch} WHERE "


@pytest.mark.parametrize(
    ("query", "n_unexpected"),
    [
        (f"{PLAIN}person = 2", 2),
        (f"{PLAIN}person = 1 OR sex = 'x'", 2),
        (f"{PLAIN}person = 2 -- a comment", 2),
        (f"{PLAIN}person = 2 LIMIT 1", 1),
        (f"{PLAIN}regexp_matches(surname, '^[A-Z]{{{{5}}}}$')", 1),
        (f"{PLAIN}person = (SELECT max(person) FROM {{batch}})", 2),
        (f"{PLAIN}person = 1 UNION ALL {PLAIN}person = 2", 3),
        (f"{PLAIN}true QUALIFY row_number() OVER (PARTITION BY person ORDER BY sex) = 1", 2),
        ("SELECT * FROM {batch} b WHERE b.person = 2", 2),
        ("SELECT * FROM {batch} AS a JOIN {batch} AS b USING (person) WHERE a.sex < b.sex", 1),
        ("WITH once AS (SELECT DISTINCT person FROM {batch}) SELECT * FROM once", 2),
    ],
)
def test_a_query_is_counted_the_same_with_the_shared_scan_and_alone(
    connection: duckdb.DuckDBPyConnection, query: str, n_unexpected: int
) -> None:
    outcome = audit(connection, "people", suite((ROWS, {"unexpected_rows_query": query}, "r"))).outcomes[0]
    assert (outcome.n_unexpected, outcome.passed) == (n_unexpected, False)
