"""Each type of expectation gives the verdict, and the count, that Great Expectations' own pandas engine gives."""

import datetime
from typing import Any

import duckdb
import great_expectations as gx
import pandas as pd
import pyarrow as pa
import pytest

from tf_assets.quality.audit import Outcome, audit
from tf_assets.quality.suites import TYPES, Suite, make_rule

DAY = datetime.date

GOOD = {
    "key": [1, 2, 3, 4],
    "council": ["a", "a", "b", "b"],
    "person": [1, 2, 1, 2],
    "sex": ["F", "M", None, "F"],
    "postcode": ["AB1 2CD", "AB1 2CD", None, "É1 2CDX"],
    "started": [DAY(2015, 4, 1), DAY(2015, 5, 1), None, DAY(2016, 1, 1)],
    "ended": [DAY(2015, 4, 1), DAY(2016, 5, 1), None, DAY(2016, 1, 2)],
    "seen": [DAY(2015, 4, 1), DAY(2015, 5, 1), None, DAY(2016, 1, 1)],
    "score": [0.0, 0.5, float("nan"), 1.0],
    "yes": [1, 0, 3, 2],
    "no": [2, 3, 0, 1],
    "is_late": [True, False, True, False],
    "empty": [None, None, None, None],
}
"""Meets every rule below."""

BAD = {
    "key": [2, 2, None, None],
    "council": ["a", "a", None, None],
    "person": [1, 1, None, None],
    "sex": ["F", "X", None, "m"],
    "postcode": ["AB12CD", "ab1 2cd", None, "AB1 2CD"],
    "started": [DAY(2015, 4, 1), DAY(1890, 5, 1), DAY(2015, 1, 1), DAY(2016, 1, 1)],
    "ended": [DAY(2015, 3, 31), DAY(2016, 5, 1), None, DAY(2016, 1, 1)],
    "seen": [DAY(2015, 4, 1), DAY(1890, 5, 1), None, DAY(2016, 1, 1)],
    "score": [-0.1, 7.5, float("nan"), 1.0],
    "yes": [2, 0, None, 5],
    "no": [2, 4, 0, 1],
    "is_late": [True, True, True, True],
    "empty": [None, "x", None, None],
}
"""Breaks every rule below."""

TYPES_OF_COLUMNS = pa.schema(
    [
        ("key", pa.int64()),
        ("council", pa.string()),
        ("person", pa.int64()),
        ("sex", pa.string()),
        ("postcode", pa.string()),
        ("started", pa.date32()),
        ("ended", pa.date32()),
        ("seen", pa.date32()),
        ("score", pa.float64()),
        ("yes", pa.int64()),
        ("no", pa.int64()),
        ("is_late", pa.bool_()),
        ("empty", pa.string()),
    ]
)

V = "expect_column_values_to_"
PAIR = "expect_column_pair_values_a_to_be_greater_than_b"
ENDS = {"column_A": "ended", "column_B": "started"}
SPELL = "SELECT * FROM {batch} WHERE ended < started OR key IS NULL"
DOUBLED = "SELECT key FROM {batch} WHERE key IS NOT NULL GROUP BY key HAVING count(*) > 1"

CASES: list[tuple[str, dict[str, Any]]] = [
    ("expect_table_row_count_to_be_between", {"min_value": 4, "max_value": 4}),
    ("expect_table_columns_to_match_set", {"column_set": list(GOOD)}),
    (f"{V}not_be_null", {"column": "key"}),
    (f"{V}not_be_null", {"column": "score", "mostly": 0.75}),
    (f"{V}be_null", {"column": "empty"}),
    (f"{V}be_in_set", {"column": "sex", "value_set": ["F", "M"]}),
    (f"{V}be_in_set", {"column": "yes", "value_set": [0, 1, 2, 3]}),
    (f"{V}be_in_set", {"column": "sex", "value_set": ["F", "M"], "mostly": 0.9}),
    (f"{V}be_between", {"column": "score", "min_value": 0, "max_value": 1}),
    (f"{V}be_between", {"column": "score", "min_value": -0.1, "max_value": 7.5, "strict_min": True}),
    (f"{V}be_between", {"column": "yes", "max_value": 3, "strict_max": False, "mostly": 0.5}),
    (f"{V}be_between", {"column": "seen", "min_value": "1900-01-01"}),
    (f"{V}be_unique", {"column": "key"}),
    ("expect_compound_columns_to_be_unique", {"column_list": ["council", "person"]}),
    ("expect_compound_columns_to_be_unique", {"column_list": ["council", "person"], "ignore_row_if": "never"}),
    (f"{V}match_regex", {"column": "postcode", "regex": "^[A-ZÉ]{1,2}[0-9] [0-9][A-Z]{2,3}$"}),
    ("expect_column_value_lengths_to_equal", {"column": "postcode", "value": 7}),
    ("expect_column_value_lengths_to_be_between", {"column": "postcode", "min_value": 7, "max_value": 8}),
    ("expect_column_value_lengths_to_be_between", {"column": "postcode", "min_value": 6, "strict_min": True}),
    (PAIR, {**ENDS, "or_equal": True}),
    (PAIR, {**ENDS, "or_equal": True, "ignore_row_if": "either_value_is_missing"}),
    (PAIR, {"column_A": "no", "column_B": "yes", "mostly": 0.5}),
    ("expect_column_mean_to_be_between", {"column": "score", "min_value": 0.4, "max_value": 0.6}),
    ("expect_column_mean_to_be_between", {"column": "is_late", "max_value": 0.9}),
    ("expect_column_sum_to_be_between", {"column": "no", "min_value": 6, "strict_min": False, "max_value": 6}),
    ("expect_column_sum_to_be_between", {"column": "score", "min_value": 0, "max_value": 1.5}),
    ("expect_column_proportion_of_unique_values_to_be_between", {"column": "yes", "min_value": 1}),
    ("expect_column_proportion_of_unique_values_to_be_between", {"column": "council", "max_value": 0.5}),
    ("expect_multicolumn_sum_to_equal", {"column_list": ["yes", "no"], "sum_total": 3}),
    ("unexpected_rows_expectation", {"unexpected_rows_query": SPELL}),
    ("unexpected_rows_expectation", {"unexpected_rows_query": DOUBLED}),
]
BREAKS_NOTHING = [
    ("expect_table_row_count_to_be_between", {"min_value": 4, "max_value": 4}),
    ("expect_table_columns_to_match_set", {"column_set": list(GOOD)}),
    (f"{V}not_be_null", {"column": "score", "mostly": 0.75}),
    (f"{V}be_between", {"column": "yes", "max_value": 3, "strict_max": False, "mostly": 0.5}),
    (PAIR, {"column_A": "no", "column_B": "yes", "mostly": 0.5}),
    ("expect_column_proportion_of_unique_values_to_be_between", {"column": "yes", "min_value": 1}),
    ("expect_column_proportion_of_unique_values_to_be_between", {"column": "council", "max_value": 0.5}),
]
"""Cases that the bad table meets too: they are about `mostly` or about the shape of the table."""


TABLES = {"good": GOOD, "bad": BAD, "none": {column: [] for column in GOOD}}
SUITE = Suite("staged", tuple(make_rule(type_name, kwargs, "a rule") for type_name, kwargs in CASES))
ON_PANDAS = [case for case in CASES if case[0] != "unexpected_rows_expectation"]
"""Great Expectations has queries for SQL only; their counts are tested below."""


def judged(rows: str) -> dict[int, Outcome]:
    """Our outcome of each case on a table."""
    connection = duckdb.connect()
    connection.register("staged", pa.table(TABLES[rows], schema=TYPES_OF_COLUMNS))
    return dict(enumerate(audit(connection, "staged", SUITE).outcomes))


@pytest.fixture(scope="module")
def ours() -> dict[str, dict[int, Outcome]]:
    return {rows: judged(rows) for rows in TABLES}


@pytest.fixture(scope="module")
def theirs() -> dict[str, list[Any]]:
    """Great Expectations' results on its pandas engine, in the order of ON_PANDAS, by table."""
    from great_expectations.expectations.registry import get_expectation_impl

    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}
    source = context.data_sources.add_pandas("pandas")
    results = {}
    for name, table in TABLES.items():
        whole = source.add_dataframe_asset(name).add_batch_definition_whole_dataframe("whole")
        batch = whole.get_batch({"dataframe": frame_of(table)})
        results[name] = [batch.validate(get_expectation_impl(each)(**kwargs)) for each, kwargs in ON_PANDAS]
    return results


def frame_of(table: dict[str, list[Any]]) -> pd.DataFrame:
    """A table in the dtypes with which the pandas engine can compare; `seen` keeps dates as objects."""
    frame = pd.DataFrame({column: pd.Series(values, dtype=object) for column, values in table.items()})
    frame = frame.astype({"score": float, "yes": float, "no": float, "key": float, "person": float, "is_late": bool})
    for column in ("started", "ended"):
        frame[column] = pd.to_datetime(frame[column]).astype("datetime64[ns]")
    return frame


def ids(cases: list[tuple[str, dict[str, Any]]]) -> list[str]:
    return [f"{type_name}-{kwargs.get('column', '')}" for type_name, kwargs in cases]


@pytest.mark.parametrize("rows", TABLES)
@pytest.mark.parametrize("case", ON_PANDAS, ids=ids(ON_PANDAS))
def test_verdict_and_count_are_those_of_great_expectations_on_pandas(
    ours: dict[str, dict[int, Outcome]], theirs: dict[str, list[Any]], rows: str, case: tuple[str, dict[str, Any]]
) -> None:
    result, outcome = theirs[rows][ON_PANDAS.index(case)], ours[rows][CASES.index(case)]
    assert not result.exception_info.get("raised_exception"), result.exception_info
    assert outcome.passed == result.success
    if "unexpected_count" in result.result:
        assert outcome.n_unexpected == result.result["unexpected_count"]


@pytest.mark.parametrize("case", CASES, ids=ids(CASES))
def test_the_good_table_meets_each_rule(ours: dict[str, dict[int, Outcome]], case: tuple[str, dict[str, Any]]) -> None:
    assert ours["good"][CASES.index(case)].passed


BROKEN = [case for case in CASES if case not in BREAKS_NOTHING]


@pytest.mark.parametrize("case", BROKEN, ids=ids(BROKEN))
def test_the_bad_table_breaks_each_rule(ours: dict[str, dict[int, Outcome]], case: tuple[str, dict[str, Any]]) -> None:
    outcome = ours["bad"][CASES.index(case)]
    assert not outcome.passed
    assert outcome.n_unexpected > 0


@pytest.mark.parametrize(("query", "n_unexpected"), [(SPELL, 3), (DOUBLED, 1)])
def test_rows_of_a_query_are_counted(ours: dict[str, dict[int, Outcome]], query: str, n_unexpected: int) -> None:
    case = ("unexpected_rows_expectation", {"unexpected_rows_query": query})
    assert ours["bad"][CASES.index(case)].n_unexpected == n_unexpected


def test_every_type_is_among_the_cases() -> None:
    assert {type_name for type_name, _ in CASES} == set(TYPES)
