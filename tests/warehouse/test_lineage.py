"""Where the columns of a model come from."""

import pytest

from tf_assets.warehouse.errors import DeclarationError
from tf_assets.warehouse.lineage import column_lineage
from tf_assets.warehouse.models import parse_model
from tf_assets.warehouse.schema import Column, TableSchema


def table(name: str, **types: str) -> TableSchema:
    columns = tuple(Column(column, type_name, "a column", "measure") for column, type_name in types.items())
    return TableSchema("research", "s", name, "python", "d", "g", ("k",), (), None, "team:research", columns)


SCHEMAS = {
    ("research", "a"): table("a", k="VARCHAR", x="BIGINT", start_date="DATE"),
    ("research", "b"): table("b", k="VARCHAR", y="BIGINT"),
}


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        (
            "WITH c AS (SELECT k, x + 1 AS x1 FROM a) SELECT k, x1, 1 AS one FROM c",
            {"k": ["a.k"], "x1": ["a.x"], "one": []},
        ),
        ("WITH a AS (SELECT k, x FROM a) SELECT k, $p + x AS z FROM a", {"k": ["a.k"], "z": ["a.x"]}),
        ("SELECT * FROM a", {"k": ["a.k"], "x": ["a.x"], "start_date": ["a.start_date"]}),
        ("SELECT * EXCLUDE (x) FROM a", {"k": ["a.k"], "start_date": ["a.start_date"]}),
        ("SELECT k, x, y FROM a JOIN b USING (k)", {"k": ["a.k", "b.k"], "x": ["a.x"], "y": ["b.y"]}),
        ("SELECT t.k, sum(u.y) AS s FROM a AS t, b AS u GROUP BY ALL", {"k": ["a.k"], "s": ["b.y"]}),
        ("SELECT k, count(*) AS n, max(x) AS m FROM a GROUP BY ALL", {"k": ["a.k"], "n": [], "m": ["a.x"]}),
        (
            "SELECT a.k, rank() OVER (PARTITION BY a.x ORDER BY b.y) AS r FROM a, b QUALIFY r = 1",
            {"k": ["a.k"], "r": ["a.x", "b.y"]},
        ),
        (
            "SELECT k FROM a QUALIFY row_number() OVER (PARTITION BY k ORDER BY start_date) = 1",
            {"k": ["a.k"]},
        ),
        ("SELECT k, x AS v FROM a UNION ALL SELECT k, y FROM b", {"k": ["a.k", "b.k"], "v": ["a.x", "b.y"]}),
        ("SELECT k, (SELECT max(y) FROM b WHERE b.k = a.k) AS m FROM a", {"k": ["a.k"], "m": ["b.y"]}),
        (
            "SELECT a.k, c.region_name FROM a JOIN councils AS c ON a.k = c.council_code",
            {"k": ["a.k"], "region_name": ["councils.region_name"]},
        ),
        ("SELECT w.months, k FROM a, (VALUES ('01-06', 1)) AS w (months, first_month)", {"months": [], "k": ["a.k"]}),
    ],
)
def test_columns_are_traced_to_tables(sql: str, expected: dict[str, list[str]]) -> None:
    traced = column_lineage(parse_model("research", "s", "made", sql), SCHEMAS)
    assert {column: [".".join(each) for each in sources] for column, sources in traced.items()} == expected


def test_a_table_of_the_other_environment_is_not_declared_here() -> None:
    with pytest.raises(DeclarationError, match=r"made.sql reads people, which no schema.yml of research declares"):
        column_lineage(parse_model("research", "s", "made", "SELECT * FROM people"), SCHEMAS)


def test_a_column_that_is_not_declared_is_refused() -> None:
    with pytest.raises(DeclarationError, match=r"The columns of made.sql cannot be traced"):
        column_lineage(parse_model("research", "s", "made", "SELECT a.nobody FROM a"), SCHEMAS)
