"""What the gate costs: the audit beside the same checks written by hand as one SQL scan, in one run.

    python -m benchmarks.gate [rows]

Both sides answer the same twenty questions of the same table, in turns; the ratio is of the fastest turns. The last
line is the cost of one small partition (50 rows, ten rules), of which a demo has about two hundred.
"""

import sys
import time
from collections.abc import Callable

import duckdb

from tf_assets.quality.audit import audit
from tf_assets.quality.suites import Suite, make_rule

ROWS = 10_000_000
TURNS = 5
BAR = 1.5
"""The largest ratio to plain SQL that we accept."""

PEOPLE = """
CREATE TABLE people AS
SELECT
    i AS person,
    'E0' || lpad((i % 152)::VARCHAR, 7, '0') AS council_code,
    i // 152 AS person_ref,
    CASE WHEN i % 50 = 0 THEN NULL WHEN i % 2 = 0 THEN 'F' ELSE 'M' END AS sex,
    DATE '1950-01-01' + (i % 20000)::INTEGER AS date_of_birth,
    'AB' || (i % 9 + 1) || ' ' || (i % 10) || 'XY' AS postcode,
    CASE WHEN i % 3 = 0 THEN 'A' || lpad((i % 1000000)::VARCHAR, 12, '0') END AS upn,
    DATE '2015-01-01' + (i % 700)::INTEGER AS start_date,
    CASE WHEN i % 4 > 0 THEN DATE '2017-01-01' + (i % 700)::INTEGER END AS end_date,
    i % 7 = 0 AS is_problem_crime,
    (i * 7919 % 1000) / 1000 AS score,
    i % 5 AS n_children
FROM range($rows) AS r(i)
"""

_COLUMNS = [
    *["person", "council_code", "person_ref", "sex", "date_of_birth", "postcode", "upn", "start_date", "end_date"],
    *["is_problem_crime", "score", "n_children"],
]
_VALUES = "expect_column_values_to_"
RULES: tuple[tuple[str, dict[str, object]], ...] = (
    ("expect_table_row_count_to_be_between", {"min_value": 1}),
    ("expect_table_columns_to_match_set", {"column_set": _COLUMNS}),
    (f"{_VALUES}not_be_null", {"column": "person"}),
    (f"{_VALUES}not_be_null", {"column": "council_code"}),
    (f"{_VALUES}not_be_null", {"column": "date_of_birth"}),
    (f"{_VALUES}not_be_null", {"column": "sex", "mostly": 0.9}),
    (f"{_VALUES}be_unique", {"column": "person"}),
    ("expect_compound_columns_to_be_unique", {"column_list": ["council_code", "person_ref"]}),
    (f"{_VALUES}be_in_set", {"column": "sex", "value_set": ["F", "M"]}),
    (f"{_VALUES}be_in_set", {"column": "n_children", "value_set": [0, 1, 2, 3, 4]}),
    (f"{_VALUES}be_between", {"column": "date_of_birth", "min_value": "1900-01-01", "max_value": "2020-12-31"}),
    (f"{_VALUES}be_between", {"column": "score", "min_value": 0, "max_value": 1}),
    (f"{_VALUES}be_between", {"column": "start_date", "min_value": "2012-04-01"}),
    (f"{_VALUES}match_regex", {"column": "postcode", "regex": "^[A-Z]{1,2}[0-9]{1,2} [0-9][A-Z]{2}$"}),
    ("expect_column_value_lengths_to_equal", {"column": "upn", "value": 13}),
    ("expect_column_value_lengths_to_be_between", {"column": "postcode", "min_value": 6, "max_value": 8}),
    (
        "expect_column_pair_values_a_to_be_greater_than_b",
        {
            "column_A": "end_date",
            "column_B": "start_date",
            "or_equal": True,
            "ignore_row_if": "either_value_is_missing",
        },
    ),
    ("expect_column_mean_to_be_between", {"column": "score", "min_value": 0.3, "max_value": 0.7}),
    ("expect_column_sum_to_be_between", {"column": "is_problem_crime", "min_value": 1}),
    (
        "unexpected_rows_expectation",
        {"unexpected_rows_query": "SELECT * FROM {batch} WHERE start_date < date_of_birth"},
    ),
)

PLAIN = """
SELECT
    count(*), count(person), count(council_code), count(date_of_birth), count(sex),
    count(DISTINCT person),
    count(*) FILTER (WHERE sex NOT IN ('F', 'M')),
    count(*) FILTER (WHERE n_children NOT IN (0, 1, 2, 3, 4)),
    count(*) FILTER (WHERE date_of_birth NOT BETWEEN DATE '1900-01-01' AND DATE '2020-12-31'),
    count(*) FILTER (WHERE score NOT BETWEEN 0 AND 1),
    count(*) FILTER (WHERE start_date < DATE '2012-04-01'),
    count(*) FILTER (WHERE NOT regexp_matches(postcode, '^[A-Z]{1,2}[0-9]{1,2} [0-9][A-Z]{2}$')),
    count(*) FILTER (WHERE length(upn) <> 13),
    count(*) FILTER (WHERE length(postcode) NOT BETWEEN 6 AND 8),
    count(*) FILTER (WHERE end_date < start_date),
    avg(score), sum(is_problem_crime::INTEGER),
    count(*) FILTER (WHERE start_date < date_of_birth),
    (SELECT count(*) FROM (SELECT 1 FROM people GROUP BY council_code, person_ref HAVING count(*) > 1))
FROM people
"""


def main(rows: int = ROWS) -> None:
    """Measure and print."""
    connection = duckdb.connect(config={"threads": 2})
    connection.execute(PEOPLE, {"rows": rows})
    connection.execute("CREATE TABLE few AS SELECT * FROM people LIMIT 50")
    suite = Suite("people", tuple(make_rule(name, kwargs, name) for name, kwargs in RULES))
    small = Suite("few", suite.rules[:10])
    audit(connection, "few", suite)  # the import of Great Expectations, once a process
    audit(connection, "few", small)
    plain, gate = [], []
    for _ in range(TURNS):
        plain.append(_cost(lambda: connection.execute(PLAIN).fetchone()))
        gate.append(_cost(lambda: _passed(audit(connection, "people", suite).passed)))
    partition = min(_cost(lambda: audit(connection, "few", small)) for _ in range(10))
    print(f"{len(RULES)} checks on {rows:,} rows, fastest of {TURNS}   wall    processor")
    for name, (wall, processor) in {"one SQL scan by hand": min(plain), "the gate's audit": min(gate)}.items():
        print(f"  {name:<40}{wall:6.2f} s {processor:6.2f} s")
    ratios = [min(gate)[each] / min(plain)[each] for each in (0, 1)]
    print(f"  {f'ratio (accepted: {BAR})':<40}{ratios[0]:6.2f}   {ratios[1]:6.2f}")
    print(f"10 rules on 50 rows                       {partition[0] * 1000:6.1f} ms")


def _cost(run: Callable[[], object]) -> tuple[float, float]:
    """Seconds on the wall and of the processors; the second says more on a busy machine."""
    wall, processor = time.perf_counter(), time.process_time()
    run()
    return time.perf_counter() - wall, time.process_time() - processor


def _passed(passed: bool) -> None:
    if not passed:
        raise SystemExit("The benchmark's table does not pass its own suite.")


if __name__ == "__main__":
    main(*(int(argument) for argument in sys.argv[1:2]))
