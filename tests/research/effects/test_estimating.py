"""The table of effects: one row per outcome, window, area and method, and regions from their own matches."""

import numpy as np
import polars as pl
import pytest

from benchmarks.effects import effects_of, simulate
from tf_assets.research.cohorts.matching import match_for_areas
from tf_assets.research.cohorts.propensity import estimate_propensity
from tf_assets.research.cohorts.protocol import PROTOCOL
from tf_assets.research.effects.cohort import cohort_at_baseline, cohort_of
from tf_assets.research.effects.estimating import estimate_effects
from tf_assets.warehouse.schema import load_schemas

METHODS = PROTOCOL.comparison.methods


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
    assert set(effects.select("area_code", "method").iter_rows()) == {(a, m) for a in areas for m in METHODS}
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


def test_the_placebo_is_weighed_by_the_baseline_and_the_rest_by_the_index_date(cohort):
    simulated, _ = cohort
    treated = simulated.people["arm"] == "programme"
    people = simulated.people.with_columns(baseline_date=pl.col("index_date") - pl.duration(days=60))
    # what is under way on the eve of a start is rarer than at an assessment: likeness on it is for later windows alone
    rare = pl.Series(np.random.default_rng(1).random(len(people)) < np.where(treated, 0.2, 0.4))
    covariates = simulated.covariates.with_columns(is_employed_on_eve=rare)
    scores = estimate_propensity(people, covariates).scores
    by_index = cohort_of(people, covariates, scores, match_for_areas(scores, people)[0])
    by_baseline = cohort_at_baseline(people, covariates)
    values = _values(simulated)
    placebo = values.with_columns(outcome_window=pl.lit("before"))
    both = estimate_effects(by_index, pl.concat([values, placebo]), with_regions=False, baseline=by_baseline)
    compared = ["method", "estimate", "standard_error", "largest_smd"]
    for window, by in (("19-24", by_index), ("before", by_baseline)):
        alone = estimate_effects(by, values, with_regions=False)
        assert both.filter(outcome_window=window).select(compared).equals(alone.select(compared))
    assert both["estimate"].n_unique() == 2 * len(METHODS)


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
    england = (pl.col("area_code") == "E92000001") & (pl.col("method") == "doubly-robust")
    assert half.filter(england)["n_treated"].item() < 0.6 * whole.filter(england)["n_treated"].item()


def test_no_outcome_at_all_gives_an_empty_table_with_its_columns(cohort):
    simulated, arrays = cohort
    empty = estimate_effects(arrays, _values(simulated).clear())
    assert empty.is_empty()
    assert empty.columns == estimate_effects(arrays, _values(simulated)).columns


def test_an_arm_too_small_gives_no_estimate(cohort):
    simulated, arrays = cohort
    few = _values(simulated).filter(pl.int_range(pl.len()).over(simulated.people["arm"]) < 19)
    assert estimate_effects(arrays, few).is_empty()


def test_an_outcome_that_nobody_has_gets_no_interval(cohort):
    simulated, arrays = cohort
    effects = estimate_effects(arrays, _values(simulated).with_columns(value=pl.lit(0.0)))
    assert effects["estimate"].abs().max() < 1e-12
    assert (
        effects.select("standard_error", "ci_low", "p_value", "p_adjusted").null_count().row(0) == (len(effects),) * 4
    )
    assert effects["warnings"].str.contains("few events: 0").all()


def test_p_values_are_adjusted_over_an_areas_outcomes_and_windows(cohort):
    simulated, arrays = cohort
    values = pl.concat([_values(simulated), _values(simulated, "is_on_jsa"), _values(simulated, "is_looked_after")])
    england = estimate_effects(arrays, values).filter(area_code="E92000001", method="matching")
    assert england["p_adjusted"].to_list() == pytest.approx((3 * england["p_value"]).clip(upper_bound=1).to_list())


def test_what_is_not_alike_or_too_few_says_why_it_is_not_published(cohort):
    simulated, arrays = cohort
    effects = estimate_effects(arrays, _values(simulated))
    is_fit = (pl.col("largest_smd") <= 0.1) & (pl.col("effective_sample") >= 100)
    assert effects.filter(is_fit != (pl.col("why_not_published") == "")).is_empty()
    assert effects.filter(method="entropy", area_code="E92000001")["largest_smd"].item() < 0.05


def test_intervals_cover_planted_effects_and_the_naive_difference_does_not():
    covered, naive = dict.fromkeys(METHODS, 0), 0
    for seed in range(40):
        cohort = simulate(seed, 500, rate=0.15, spared=0.2)
        effects = effects_of(cohort)
        for method, low, high in effects.select("method", "ci_low", "ci_high").iter_rows():
            covered[method] += low <= cohort.truth <= high
        row = effects.row(0, named=True)
        naive += abs(row["naive_difference"] - cohort.truth) > 1.96 * row["standard_error"]
    # 40 draws of 95%: 34 or more with probability .999
    assert min(covered.values()) >= 34
    assert naive > 10
