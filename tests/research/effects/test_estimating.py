"""The table of effects: one row per outcome, window, area and method, and regions from their own matches."""

import polars as pl
import pytest

from benchmarks.effects import simulate
from tf_assets.research.cohorts.matching import match_for_areas
from tf_assets.research.cohorts.propensity import estimate_propensity
from tf_assets.research.effects.estimating import cohort_of, estimate_effects
from tf_assets.warehouse.schema import load_schemas


@pytest.fixture(scope="module")
def cohort():
    simulated = simulate(3, 900, rate=0.2, spared=0.2)
    scores = estimate_propensity(simulated.people, simulated.covariates).scores
    matched, _, _ = match_for_areas(scores, simulated.people)
    return simulated, cohort_of(simulated.people, simulated.covariates, scores, matched)


def _values(simulated, outcome="is_employed"):
    return simulated.people.select(
        "person_pseudonym", outcome=pl.lit(outcome), outcome_window=pl.lit("19-24"), value=pl.Series(simulated.outcome)
    )


def test_england_and_each_region_have_a_row_by_each_method(cohort):
    simulated, arrays = cohort
    effects = estimate_effects(arrays, _values(simulated))
    areas = {"E92000001", *simulated.people["region_code"]}
    assert set(effects.select("area_code", "method").iter_rows()) == {
        (a, m) for a in areas for m in ("matched", "aipw")
    }
    declared = {column.name for column in load_schemas()["research", "treatment_effects"].columns}
    assert set(effects.columns) == declared


def test_the_naive_difference_is_that_of_the_areas_people(cohort):
    simulated, arrays = cohort
    effects = estimate_effects(arrays, _values(simulated))
    people = simulated.people.with_columns(value=pl.Series(simulated.outcome))
    for area, naive in effects.select("area_code", "naive_difference").unique().iter_rows():
        inside = people if area == "E92000001" else people.filter(pl.col("region_code") == area)
        means = dict(inside.group_by("arm").agg(pl.col("value").mean()).iter_rows())
        assert naive == pytest.approx(means["programme"] - means["comparison"])


def test_the_order_of_the_values_does_not_matter(cohort):
    simulated, arrays = cohort
    values = pl.concat([_values(simulated), _values(simulated, "is_on_jsa")])
    shuffled = values.sample(fraction=1.0, shuffle=True, seed=1)
    assert estimate_effects(arrays, values).equals(estimate_effects(arrays, shuffled))


def test_people_without_a_value_do_not_count(cohort):
    simulated, arrays = cohort
    values = _values(simulated)
    half = estimate_effects(arrays, values.filter(pl.Series([i % 2 == 0 for i in range(len(values))])))
    whole = estimate_effects(arrays, values)
    england = (pl.col("area_code") == "E92000001") & (pl.col("method") == "aipw")
    assert half.filter(england)["n_treated"].item() < 0.6 * whole.filter(england)["n_treated"].item()


def test_no_outcome_at_all_gives_an_empty_table_with_its_columns(cohort):
    simulated, arrays = cohort
    empty = estimate_effects(arrays, _values(simulated).clear())
    assert empty.is_empty()
    assert empty.columns == estimate_effects(arrays, _values(simulated)).columns
