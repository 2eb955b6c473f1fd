"""How tables are declared, and what is refused."""

from pathlib import Path

import pytest

from tf_assets.warehouse.errors import DeclarationError
from tf_assets.warehouse.schema import Column, ForeignKey, TableSchema, leading_comment, load_schemas

SCHEMA = """
stage: spine
owner: team:linkage
tables:
  - name: people
    kind: sql
    grain: one row a person
    key: [person_id]
    columns:
      - {name: person_id, type: VARCHAR, description: "Id of a person", classification: pseudonym}
  - name: record_links
    kind: python
    description: >
      Who is
      whom.
    grain: one row a record
    key: [record_ref]
    foreign_keys: [{columns: [person_id], references: people.person_id}]
    partitions: academic_year
    columns:
      - {name: record_ref, type: VARCHAR, description: "The supplier's", classification: reference}
      - {name: person_id, type: VARCHAR, description: "Id", classification: pseudonym, derived_from: [people.person_id]}
"""
SQL = "-- Each person,\n-- once.\n--\n-- Founded on the first record.\nSELECT 'a' AS person_id -- not this\n"


def written(root: Path, schema: str = SCHEMA, sql: str | None = SQL, stage: str = "spine") -> Path:
    folder = root / "linkage" / stage
    folder.mkdir(parents=True)
    (folder / "schema.yml").write_text(schema)
    if sql is not None:
        (folder / "people.sql").write_text(sql)
    return root


def test_a_declared_table_is_loaded_whole(tmp_path: Path) -> None:
    schemas = load_schemas(written(tmp_path))
    assert list(schemas) == [("linkage", "people"), ("linkage", "record_links")]
    assert schemas["linkage", "record_links"] == TableSchema(
        environment="linkage",
        stage="spine",
        name="record_links",
        kind="python",
        description="Who is whom.",
        grain="one row a record",
        key=("record_ref",),
        foreign_keys=(ForeignKey(("person_id",), "people", ("person_id",)),),
        partitions="academic_year",
        owner="team:linkage",
        columns=(
            Column("record_ref", "VARCHAR", "The supplier's", "reference"),
            Column("person_id", "VARCHAR", "Id", "pseudonym", (("people", "person_id"),)),
        ),
    )


def test_a_sql_table_is_described_by_its_leading_comment(tmp_path: Path) -> None:
    people = load_schemas(written(tmp_path))["linkage", "people"]
    assert people.description == "Each person, once.\n\nFounded on the first record."


def test_a_file_without_a_leading_comment_has_no_description() -> None:
    assert leading_comment("SELECT 1 -- one") == ""


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("grain: one row a person", "grain:", "people has no grain"),
        ("key: [person_id]", "key: [nobody]", "people has no key, or a key with a column"),
        ("description: >\n      Who is\n      whom.", "x: 1", "record_links has unknown fields: x"),
        ("description: >\n      Who is\n      whom.\n", "description: ' '\n", "record_links has no description"),
        ('description: "Id of a person", ', "", "people.person_id has no description"),
        ("classification: reference", "classification: secret", "record_ref has an unknown classification"),
        ("kind: python", "kind: python\n    step: hidden", "record_links has an unknown step"),
        (
            "classification: reference",
            "classification: reference, step: x",
            "record_links.record_ref has an unknown step",
        ),
        ("kind: python", "kind: python\n    rows_decided_by: [x]", "record_links refers to something that is not of"),
        ('type: VARCHAR, description: "The', 'type: text, description: "The', "record_ref has an unknown type"),
        ("name: record_ref", "name: person_id", "declares its column person_id twice"),
        ("name: record_links", "name: people", "people is of kind python, but people.sql exists"),
        ("name: record_links", "name: recordLinks", "recordLinks is not a name in snake_case"),
        ("kind: python", "kind: spark", "record_links has an unknown kind"),
        ("kind: python\n    description: >\n      Who is\n      whom.", "kind: sql", "record_links.sql does not exist"),
        ("kind: sql", "kind: sql\n    description: Two", "people is described twice"),
        ("partitions: academic_year", "partitions: decade", "record_links has unknown partitions"),
        ("references: people.person_id", "references: people", "not of the form table.column"),
        ("columns: [person_id], references", "columns: [nobody], references", "foreign key whose columns do not match"),
        ("stage: spine", "stage: bone", "calls its stage otherwise than its folder"),
        ("owner: team:linkage", "owner: me", "has no known owner"),
        ("owner: team:linkage", "", "must say exactly three things"),
        ("grain: one row a person", "grain: [", "is not valid YAML at line"),
    ],
)
def test_what_is_missing_unknown_or_said_twice_is_refused(tmp_path: Path, old: str, new: str, sentence: str) -> None:
    assert old in SCHEMA
    with pytest.raises(DeclarationError, match=sentence) as refused:
        load_schemas(written(tmp_path, SCHEMA.replace(old, new, 1)))
    assert "linkage/spine/schema.yml" in str(refused.value)


def test_sql_without_a_comment_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DeclarationError, match=r"people has no description; begin people.sql with a comment"):
        load_schemas(written(tmp_path, sql="SELECT 'a' AS person_id"))


def test_sql_without_an_entry_is_refused(tmp_path: Path) -> None:
    (written(tmp_path) / "linkage" / "spine" / "stray.sql").write_text("-- Stray.\nSELECT 1 AS one")
    with pytest.raises(DeclarationError, match="stray has a SQL file but no entry"):
        load_schemas(tmp_path)


def test_sql_without_a_schema_file_is_refused(tmp_path: Path) -> None:
    (written(tmp_path) / "linkage" / "spine" / "schema.yml").unlink()
    with pytest.raises(DeclarationError, match=r"schema.yml does not exist, but 1 SQL files stand"):
        load_schemas(tmp_path)


def test_a_table_declared_in_two_stages_is_refused(tmp_path: Path) -> None:
    written(tmp_path)
    written(tmp_path, SCHEMA.replace("stage: spine", "stage: release"), stage="release")
    with pytest.raises(DeclarationError, match=r"people is declared in .* as well"):
        load_schemas(tmp_path)
