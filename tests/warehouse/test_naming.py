"""The naming rule, held over every declared table: a name says what a column is."""

import pytest

from tf_assets.warehouse.given import GIVEN_TABLES
from tf_assets.warehouse.lineage import column_lineage
from tf_assets.warehouse.models import load_models
from tf_assets.warehouse.schema import Column, TableSchema, load_schemas

SCHEMAS = load_schemas()
COLUMNS = [(schema.name, column) for schema in SCHEMAS.values() for column in schema.columns]
WHOLE_NUMBERS = {"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT"}
DATES_BY_OTHER_NAMES = {"date_of_birth", "birth_month"}


def described(columns: list[tuple[str, Column]]) -> list[str]:
    return [f"{table}.{column.name} {column.type}" for table, column in columns]


def test_is_means_a_boolean_and_a_boolean_is_called_is() -> None:
    assert described([each for each in COLUMNS if each[1].name.startswith("is_") != (each[1].type == "BOOLEAN")]) == []


def test_n_means_a_whole_number() -> None:
    named = [each for each in COLUMNS if each[1].name.startswith("n_")]
    assert described([each for each in named if each[1].type not in WHOLE_NUMBERS]) == []


def test_date_means_a_date_and_a_date_is_called_date() -> None:
    def is_named(name: str) -> bool:
        return (name.endswith("_date") and not name.startswith("is_")) or name in DATES_BY_OTHER_NAMES

    assert described([each for each in COLUMNS if is_named(each[1].name) != (each[1].type == "DATE")]) == []


def test_a_moment_is_called_at() -> None:
    assert described([each for each in COLUMNS if each[1].name.endswith("_at") != (each[1].type == "TIMESTAMP")]) == []


@pytest.mark.parametrize("suffix", ["_id", "_ref", "_pseudonym", "_code"])
def test_ids_are_text(suffix: str) -> None:
    named = [each for each in COLUMNS if each[1].name.endswith(suffix)]
    assert named
    assert described([each for each in named if each[1].type != "VARCHAR"]) == []


def test_a_key_is_text_or_64_bits_to_be_added_up() -> None:
    named = [each for each in COLUMNS if each[1].name.endswith("_key")]
    assert described([each for each in named if each[1].type not in ("VARCHAR", "UBIGINT")]) == []


@pytest.mark.parametrize("schema", SCHEMAS.values(), ids=lambda schema: schema.name)
def test_foreign_keys_refer_to_declared_columns(schema: TableSchema) -> None:
    for key in schema.foreign_keys:
        if key.table in GIVEN_TABLES:
            columns = set(GIVEN_TABLES[key.table]().columns)
        else:
            columns = {column.name for column in SCHEMAS[schema.environment, key.table].columns}
        assert set(key.references) <= columns


def test_no_column_of_research_is_an_identifier_or_a_reference_of_a_supplier_to_a_person() -> None:
    def of(environment: str) -> list[Column]:
        return [column for schema in SCHEMAS.values() if schema.environment == environment for column in schema.columns]

    identifiers = {column.name for column in of("linkage") if column.classification == "identifier"}
    assert identifiers >= {"forename", "surname", "upn", "nino", "nhs_number"}
    withheld = identifiers | {"record_ref", "person_ref", "family_ref", "person_id", "date_of_birth", "postcode"}
    of_persons = ("identifier", "reference")
    assert [each.name for each in of("research") if each.name in withheld or each.classification in of_persons] == []


@pytest.mark.parametrize("environment", ["linkage", "research"])
def test_a_model_makes_the_columns_that_are_declared(environment: str) -> None:
    for name, model in load_models(environment).items():
        declared = {column.name for column in SCHEMAS[environment, name].columns}
        assert set(column_lineage(model, SCHEMAS)) == declared, name
