"""How suites are declared, and what is refused."""

import json
from pathlib import Path
from typing import Any

import pytest

from tf_assets.quality.suites import Rule, load_suite, make_rule, suite_for
from tf_assets.warehouse.errors import DeclarationError
from tf_assets.warehouse.schema import Column, TableSchema

SCHEMA = TableSchema(
    environment="linkage",
    stage="spine",
    name="people",
    kind="python",
    description="People.",
    grain="one row a person",
    key=("person_id",),
    foreign_keys=(),
    partitions=None,
    owner="team:linkage",
    columns=(Column("person_id", "VARCHAR", "Id", "pseudonym"), Column("sex", "VARCHAR", "Sex", "measure")),
)
NOT_NULL = "expect_column_values_to_not_be_null"
ENTRY: dict[str, Any] = {"type": NOT_NULL, "kwargs": {"column": "person_id"}, "meta": {"rule": "Each has an id."}}


def written(folder: Path, *entries: Any, name: str = "people") -> Path:
    path = folder / "people.json"
    path.write_text(json.dumps({"name": name, "expectations": list(entries), "meta": {}}))
    return path


def test_a_suite_is_its_rules_in_order(tmp_path: Path) -> None:
    suite = load_suite(written(tmp_path, ENTRY), SCHEMA)
    assert (suite.name, suite.rules) == ("people", (Rule(NOT_NULL, {"column": "person_id"}, "Each has an id"),))


@pytest.mark.parametrize(
    ("entry", "sentence"),
    [
        ({**ENTRY, "type": "expect_column_stdev_to_be_between"}, "rule 1: expect_column_stdev.* cannot be audited"),
        ({**ENTRY, "kwargs": {"column": "nino"}}, "rule 1 names columns that people does not declare: nino"),
        ({**ENTRY, "kwargs": {}}, "wrong arguments; missing: column"),
        ({**ENTRY, "kwargs": {"column": "sex", "mosty": 0.9}}, "wrong arguments; unknown: mosty"),
        ({**ENTRY, "kwargs": {"column": "sex", "row_condition": "x"}}, "wrong arguments; unknown: row_condition"),
        ({**ENTRY, "kwargs": {"column": "sex", "mostly": 0}}, "`mostly` that is not above 0"),
        ({**ENTRY, "meta": {}}, "has no sentence"),
        ({**ENTRY, "expectation_type": "x"}, "must say type, kwargs and meta, and nothing else"),
        ("expect nothing", "must say type, kwargs and meta"),
        ({**ENTRY, "type": "expect_table_row_count_to_be_between", "kwargs": {}}, "no bound, so it can never fail"),
    ],
)
def test_a_rule_that_cannot_be_held_is_refused(tmp_path: Path, entry: Any, sentence: str) -> None:
    with pytest.raises(DeclarationError, match=sentence) as refused:
        load_suite(written(tmp_path, entry), SCHEMA)
    assert "people.json" in str(refused.value)


@pytest.mark.parametrize("query", ["SELECT * FROM people", "SELECT '{' FROM {batch}", "SELECT {x} FROM {batch}"])
def test_a_query_reads_the_batch_and_nothing_else(query: str) -> None:
    with pytest.raises(DeclarationError, match=r"must read \{batch\}"):
        make_rule("unexpected_rows_expectation", {"unexpected_rows_query": query}, "r")


def test_a_suite_without_rules_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DeclarationError, match="has no expectations"):
        load_suite(written(tmp_path), SCHEMA)


def test_a_suite_of_another_name_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DeclarationError, match="must be a suite with the name people"):
        load_suite(written(tmp_path, ENTRY, name="persons"), SCHEMA)


def test_a_suite_that_is_not_json_is_refused(tmp_path: Path) -> None:
    (tmp_path / "people.json").write_text('{"name":\n people}')
    with pytest.raises(DeclarationError, match="is not valid JSON at line 2"):
        load_suite(tmp_path / "people.json", SCHEMA)


def test_a_table_without_a_suite_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DeclarationError, match="people has no suite"):
        load_suite(tmp_path / "people.json", SCHEMA)


def test_a_suite_is_read_once_a_process() -> None:
    assert suite_for("linkage", "people") is suite_for("linkage", "people")
