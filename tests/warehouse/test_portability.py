"""SQL that means the same on DuckDB and on Spark: what is refused, and that the advised form is not."""

import pytest
import sqlglot

from tf_assets.warehouse.portability import FORBIDDEN, forbidden_constructs
from tf_assets.warehouse.project import project_root

CASES = [
    ("date_diff by another unit than the day", "date_diff('year', a, b)", "date_diff('day', a, b)"),
    ("date_diff by another unit than the day", "datediff('month', a, b)", "date_diff('DAY', a, b)"),
    ("a date minus a date", "end_date - start_date", "end_date - INTERVAL 1 DAY"),
    ("a date minus a date", "(a)::DATE - (date_of_birth)", "n_end - n_start"),
    ("date_sub with three arguments", "date_sub('month', a, b)", "a - INTERVAL 6 MONTH"),
    ("ORDER BY inside an aggregate", "list(a ORDER BY b)", "list_sort(list(a))"),
    ("ORDER BY inside an aggregate", "string_agg(a, ',' ORDER BY a)", "row_number() OVER (ORDER BY a)"),
    ("ORDER BY inside an aggregate", "first(a ORDER BY b)", "arg_min(a, b)"),
    ("a percentile", "quantile_cont(a, 0.5)", "avg(a)"),
    ("a percentile", "percentile_cont(0.5) WITHIN GROUP (ORDER BY a)", "max(a)"),
    ("a week or a day of the week", "week(a)", "month(a)"),
    ("a week or a day of the week", "isodow(a)", "year(a)"),
    ("a week or a day of the week", "extract(week FROM a)", "extract(year FROM a)"),
    ("a week or a day of the week", "date_part('dow', a)", "date_part('month', a)"),
    ("SIMILAR TO", "a SIMILAR TO 'b'", "regexp_matches(a, 'b')"),
    ("a division that may be by zero", "a / b", "a / nullif(b, 0)"),
    ("a division that may be by zero", "a / count(*)", "a / 2"),
    ("a division that may be by zero", "a % b", "a % 12"),
    ("a division that may be by zero", "a / (b * nullif(c, 0))", "a / (2 * nullif(c, 0))"),
    ("a division that may be by zero", "a / 0", "a / sqrt(nullif(b, 0))"),
    ("a division that may be by zero", "a / nullif(b, 1)", "a / CAST(nullif(b, 0) AS DOUBLE)"),
    ("hash", "hash(a)", "sha256(a)"),
    ("the clock or chance", "now()", "$today"),
    ("the clock or chance", "current_date", "max(a_date)"),
    ("the clock or chance", "random()", "md5(a)"),
    ("the clock or chance", "uuid()", "CAST(a AS VARCHAR)"),
]

WHOLE = [
    ("an ASOF join", "SELECT * FROM a ASOF JOIN b ON a.k = b.k AND a.d >= b.d", "SELECT * FROM a JOIN b ON a.d >= b.d"),
    ("* REPLACE or * RENAME", "SELECT * REPLACE (1 AS x) FROM a", "SELECT * EXCLUDE (x), 1 AS x FROM a"),
    ("* REPLACE or * RENAME", "SELECT * RENAME (x AS y) FROM a", "SELECT * EXCLUDE (x), x AS y FROM a"),
    ("UNION BY NAME", "SELECT 1 AS x UNION ALL BY NAME SELECT 2 AS x", "SELECT 1 AS x UNION ALL SELECT 2 AS x"),
    ("PIVOT or UNPIVOT", "SELECT * FROM (PIVOT a ON x USING sum(y))", "SELECT sum(y) FILTER (WHERE x) AS s FROM a"),
    (
        "a source that is not a bare table name",
        "SELECT * FROM generate_series(1, 3)",
        "SELECT * FROM (VALUES (1)) AS v (i)",
    ),
    ("a source that is not a bare table name", "SELECT * FROM range(3) AS r (i)", "SELECT * FROM numbers"),
]

ALL = [(name, f"SELECT {bad} AS x FROM t", f"SELECT {good} AS x FROM t") for name, bad, good in CASES] + WHOLE


def found(sql: str) -> list[str]:
    return [each.name for each in forbidden_constructs(sqlglot.parse_one(sql, dialect="duckdb"))]


@pytest.mark.parametrize(("name", "refused", "advised"), ALL)
def test_the_construct_is_found_and_the_advised_form_is_free_of_it(name: str, refused: str, advised: str) -> None:
    assert found(refused) == [name]
    assert found(advised) == []


def test_every_construct_has_a_case() -> None:
    assert {name for name, _, _ in ALL} == {construct.name for construct in FORBIDDEN}


def test_what_means_the_same_is_free() -> None:
    sql = """
    WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 AS i FROM n WHERE i < 4)
    SELECT a.* EXCLUDE (k), count(*) FILTER (WHERE a.x > 1) OVER (PARTITION BY a.k) AS n_rows,
        try_cast(a.y AS INTEGER) AS y, sha256(a.k) AS key, date_diff('day', a.start_date, a.end_date) AS n_days
    FROM a JOIN b ON a.d BETWEEN b.start_date AND b.end_date
    QUALIFY row_number() OVER (PARTITION BY a.k ORDER BY b.start_date DESC) = 1
    """
    assert found(sql) == []


def test_the_reference_names_every_construct() -> None:
    reference = (project_root() / "docs" / "reference" / "sql-portability.md").read_text(encoding="utf-8")
    assert [each.name for each in FORBIDDEN if f"| {each.name} |" not in reference] == []
