"""A short simulation: intervals cover planted effects, and what no covariate shows is caught by the placebo."""

import polars as pl
import pytest

from benchmarks.scenarios import SCENARIOS
from benchmarks.simulate import markdown, one, table_of

COHORTS = 60
FAMILIES = 400


@pytest.fixture(scope="module")
def table():
    rows = [row for place in range(len(SCENARIOS)) for seed in range(COHORTS) for row in one((place, seed, FAMILIES))]
    return table_of(pl.DataFrame(rows, infer_schema_length=None))


def test_every_scenario_is_there_for_every_method(table):
    assert table.height == len(SCENARIOS) * 4


def test_intervals_cover_where_the_effect_is_identified(table):
    identified = table.filter(pl.col("scenario") != "unobserved-confounder")
    # 60 draws of 95%: 51 or more with probability .9995
    assert identified.filter(pl.col("coverage") < 51 / 60).is_empty()
    assert identified.filter(pl.col("bias_in_se").abs() > 0.6).is_empty()


def test_the_naive_comparison_is_far_off(table):
    assert table.filter(pl.col("scenario") == "headline")["naive_bias_in_se"].min() > 1.5


def test_an_unseen_confounder_is_caught_by_the_placebo(table):
    flagged = table.filter(pl.col("scenario") == "unobserved-confounder")["placebo_rejected"]
    assert flagged.min() > 0.9


def test_the_table_is_markdown(table):
    assert markdown(table).count("\n") == table.height + 2
