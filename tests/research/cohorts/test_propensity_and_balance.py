"""Propensity scores order people as the planted selection does, and matching makes the arms alike."""

import polars as pl
import pytest

from benchmarks.effects import simulate
from tf_assets.research.cohorts.balance import covariate_balance
from tf_assets.research.cohorts.features import COVARIATES
from tf_assets.research.cohorts.matching import match
from tf_assets.research.cohorts.propensity import estimate_propensity
from tf_assets.warehouse.errors import InputRefused


@pytest.fixture(scope="module")
def cohort():
    return simulate(seed=5, n_families=1500, rate=0.1, spared=0.0)


def test_scores_are_calibrated_and_within_strata(cohort):
    scores = estimate_propensity(cohort.people, cohort.covariates).scores
    assert scores.height == cohort.people.height
    mean = scores.select(pl.col("propensity").mean(), (pl.col("arm") == "programme").mean().alias("share"))
    assert mean["propensity"].item() == pytest.approx(mean["share"].item(), abs=1e-6)
    assert scores["stratum"].n_unique() == 3 * 2


def test_matching_balances_what_selection_unbalanced(cohort):
    scores = estimate_propensity(cohort.people, cohort.covariates).scores
    table = covariate_balance(cohort.people, cohort.covariates, match(scores).people)
    by_name = {row["covariate"]: row for row in table.to_dicts()}
    assert by_name["n_problems"]["smd_before"] > 0.3
    assert abs(by_name["n_problems"]["smd_after"]) < 0.1
    assert table["covariate"].to_list() == list(COVARIATES)


def test_balance_of_a_literal_cohort():
    people = pl.DataFrame({"person_pseudonym": list("abcd"), "arm": ["programme"] * 2 + ["comparison"] * 2})
    covariates = pl.DataFrame(
        {"person_pseudonym": list("abcd"), **{name: [0, 0, 0, 0] for name in COVARIATES}}
    ).with_columns(n_problems=pl.Series([2, 4, 1, 3]))
    matched = pl.DataFrame({"person_pseudonym": list("abd"), "weight": [1.0, 1.0, 2.0]})
    row = covariate_balance(people, covariates, matched).row(
        by_predicate=pl.col("covariate") == "n_problems", named=True
    )
    assert row == {
        **{"covariate": "n_problems", "programme_mean": 3.0},
        **{"comparison_mean_before": 2.0, "comparison_mean_after": 3.0},
        **{"smd_before": 1.0, "smd_after": 0.0, "variance_ratio_before": 1.0, "variance_ratio_after": None},
        **{"overlap_before": 0.0, "overlap_after": 0.0},
    }


def test_a_cohort_of_one_arm_is_refused(cohort):
    people = cohort.people.filter(pl.col("arm") == "programme")
    with pytest.raises(InputRefused, match="one arm only"):
        estimate_propensity(people, cohort.covariates)


def test_equal_inputs_give_equal_scores_whatever_their_order(cohort):
    once = estimate_propensity(cohort.people, cohort.covariates).scores
    again = estimate_propensity(cohort.people.reverse(), cohort.covariates.sample(fraction=1.0, shuffle=True, seed=2))
    assert once.equals(again.scores)
