"""Which columns decide the rows of a model."""

import pytest

from tests.warehouse.test_lineage import SCHEMAS
from tf_assets.warehouse.errors import DeclarationError
from tf_assets.warehouse.models import parse_model
from tf_assets.warehouse.row_lineage import deciding_columns


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("SELECT x FROM a", []),
        ("SELECT x FROM a WHERE k = 'one' OR $p > 1", ["a.k"]),
        ("SELECT a.x FROM a JOIN b ON a.k = b.k", ["a.k", "b.k"]),
        ("SELECT a.x FROM a JOIN b USING (k)", ["a.k", "b.k"]),
        ("SELECT a.x FROM a, b WHERE a.k = b.k AND b.y > 1", ["a.k", "b.k", "b.y"]),
        ("SELECT x FROM a WHERE k IN (SELECT k FROM b WHERE y > 1)", ["a.k", "b.k", "b.y"]),
        ("SELECT x FROM a WHERE EXISTS (SELECT 1 FROM b WHERE b.k = a.k)", ["a.k", "b.k"]),
        ("SELECT x, (SELECT max(y) FROM b WHERE b.k = a.k) AS m FROM a", ["a.k", "b.k"]),
        ("SELECT a.x FROM a SEMI JOIN b ON a.k = b.k", ["a.k", "b.k"]),
        ("SELECT count(*) AS n FROM a GROUP BY start_date HAVING max(x) > 1", ["a.start_date", "a.x"]),
        # by what it shows, which column lineage tells
        ("SELECT k, count(*) AS n FROM a GROUP BY ALL", []),
        ("SELECT k FROM a ORDER BY start_date LIMIT 1", ["a.start_date"]),
        ("SELECT DISTINCT ON (k) x FROM a", ["a.k"]),
        ("SELECT x FROM a QUALIFY row_number() OVER (PARTITION BY k ORDER BY start_date) = 1", ["a.k", "a.start_date"]),
        # through CTEs, subqueries and unions, to the tables
        ("WITH c AS (SELECT x, k AS name FROM a) SELECT x FROM c WHERE name = 'one'", ["a.k"]),
        (
            "WITH c AS (SELECT x, upper(k) AS name FROM a), d AS (SELECT * FROM c) SELECT x FROM d WHERE name = ''",
            ["a.k"],
        ),
        ("SELECT x FROM (SELECT x, k IS NULL AS is_one FROM a) AS c WHERE is_one", ["a.k"]),
        ("WITH c AS (SELECT k, x FROM a UNION ALL SELECT k, y FROM b) SELECT k FROM c WHERE x > 1", ["a.x", "b.y"]),
        (
            "WITH r AS (SELECT x, row_number() OVER (PARTITION BY k) AS n FROM a) SELECT x FROM r WHERE n = 1",
            ["a.k"],
        ),
        ("WITH a AS (SELECT k AS x FROM b) SELECT x FROM a WHERE x = 'one'", ["b.k"]),
        ("SELECT k FROM a, (VALUES (1), (2)) AS w (m) WHERE w.m = x", ["a.x"]),
    ],
)
def test_joins_filters_groups_and_orders_are_traced_to_tables(sql: str, expected: list[str]) -> None:
    found = deciding_columns(parse_model("research", "s", "made", sql), SCHEMAS)
    assert [".".join(each) for each in found] == expected


def test_a_column_that_is_not_declared_is_refused() -> None:
    with pytest.raises(DeclarationError, match=r"The columns of made.sql cannot be traced"):
        deciding_columns(parse_model("research", "s", "made", "SELECT a.x FROM a WHERE a.nobody = 1"), SCHEMAS)
