"""What a SQL model is, and what it reads."""

from pathlib import Path

import duckdb
import pytest

from tf_assets.warehouse.errors import DeclarationError
from tf_assets.warehouse.models import SqlModel, load_models, parse_model


def model(sql: str) -> SqlModel:
    return parse_model("research", "cohorts", "made", sql)


def test_a_model_is_its_text_description_and_names() -> None:
    sql = "-- Who counts.\nSELECT p.person FROM people AS p JOIN windows USING (person) WHERE p.age >= $age"
    assert model(sql) == SqlModel(
        "research", "cohorts", "made", sql, "Who counts.", dependencies=("people", "windows"), parameters=("age",)
    )


@pytest.mark.parametrize(
    ("sql", "dependencies"),
    [
        ("WITH adults AS (SELECT * FROM people) SELECT * FROM adults", ("people",)),
        ("WITH people AS (SELECT * FROM people) SELECT * FROM people", ("people",)),
        ("SELECT * FROM a WHERE x IN (SELECT x FROM b)", ("a", "b")),
        ("SELECT (SELECT max(x) FROM b WHERE b.k = a.k) AS m FROM a", ("a", "b")),
        ("SELECT x FROM a UNION ALL SELECT x FROM b", ("a", "b")),
        ("SELECT x FROM (SELECT x FROM a) AS inner_one", ("a",)),
        (
            "WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 AS i FROM n WHERE i < 3) SELECT i, x FROM n, a",
            ("a",),
        ),
        ("SELECT * FROM (VALUES ('01-06', 1), ('07-12', 7)) AS w (name, first_month)", ()),
        ("SELECT a.k FROM a LEFT JOIN b ON a.k = b.k ANTI JOIN c ON a.k = c.k", ("a", "b", "c")),
    ],
)
def test_dependencies_are_the_tables_read(sql: str, dependencies: tuple[str, ...]) -> None:
    assert model(sql).dependencies == dependencies


@pytest.mark.parametrize(
    ("sql", "sentence"),
    [
        ("SELECT 1 AS one; SELECT 2 AS two", "must hold exactly one SELECT"),
        ("", "must hold exactly one SELECT"),
        ("DELETE FROM people", "must hold exactly one SELECT"),
        ("CREATE TABLE made AS SELECT 1 AS one", "must hold exactly one SELECT"),
        ("SELECT FROM WHERE", "is not SQL that can be read"),
        ("SELECT 'x", "is not SQL that can be read"),
        ("SELECT * FROM made", "reads the table that it makes"),
        ("SELECT * FROM read_parquet('people.parquet')", "not a bare table name"),
        ("SELECT * FROM linkage.people", "not a bare table name"),
        ("SELECT * FROM 'people.parquet'", "not a bare table name"),
    ],
)
def test_what_is_not_one_select_over_bare_tables_is_refused(sql: str, sentence: str) -> None:
    with pytest.raises(DeclarationError, match=sentence) as refused:
        model(sql)
    assert "research/cohorts/made.sql" in str(refused.value)


def test_a_model_runs_as_it_stands_on_a_bare_connection() -> None:
    made = model("-- Adults.\nSELECT person FROM people WHERE age >= $age")
    connection = duckdb.connect()
    connection.execute("CREATE TABLE people AS SELECT * FROM (VALUES ('a', 17), ('b', 18)) AS rows(person, age)")
    assert connection.execute(made.sql, {"age": 18}).fetchall() == [("b",)]


def test_a_table_that_its_environment_does_not_declare_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "research" / "cohorts"
    folder.mkdir(parents=True)
    (folder / "made.sql").write_text("-- Made.\nSELECT council_code FROM councils JOIN peopel USING (council_code)")
    (folder / "schema.yml").write_text(
        "{stage: cohorts, owner: 'team:research', tables: [{name: made, kind: sql, grain: one row a council,"
        " key: [council_code], columns:"
        " [{name: council_code, type: VARCHAR, description: GSS code, classification: measure}]}]}"
    )
    with pytest.raises(DeclarationError, match=r"made.sql reads what no schema.yml of research declares: peopel\."):
        load_models("research", tmp_path)


@pytest.mark.parametrize("environment", ["linkage", "research"])
def test_every_model_of_the_project_loads(environment: str) -> None:
    for each in load_models(environment).values():
        assert each.description
