"""LaLonde's people: known figures exactly, R's figures to 1e-6, and each interval reaches the experiment's result.

R's figures: `python -m benchmarks.lalonde --people PEOPLE.csv`, then `Rscript benchmarks/r/lalonde.R PEOPLE.csv`.
"""

import json
from pathlib import Path

import pytest

from benchmarks.lalonde import COVARIATES, EXPERIMENT, experiment, observed
from tf_assets.research.estimation.design import read_design
from tf_assets.research.estimation.estimate import estimate, naive_difference
from tf_assets.research.estimation.propensity import fit_propensity
from tf_assets.research.estimation.weighting import METHODS, Settings

IN_R = json.loads((Path(__file__).parent / "lalonde_in_r.json").read_text())


@pytest.fixture(scope="module")
def people():
    return observed()


@pytest.fixture(scope="module")
def cohort(people):
    return read_design(people, "treat", "re78", COVARIATES)


def test_the_experiment_and_the_naive_comparison_have_their_known_figures(cohort):
    randomised, earned = read_design(experiment(), "treat", "re78", COVARIATES)
    assert naive_difference(randomised.treated, earned) == pytest.approx(1794.34, abs=0.01)
    design, earned = cohort
    assert naive_difference(design.treated, earned) == pytest.approx(-8497.5, abs=0.1)


def test_the_propensity_is_rs(cohort):
    design, _ = cohort
    logit = fit_propensity(design.covariates, design.treated).logit
    constant, *slopes = IN_R["coefficients"]
    assert logit == pytest.approx(constant + design.covariates @ slopes, abs=1e-8)


@pytest.mark.parametrize(
    ("method", "in_r"), [("weighting", "weighting"), ("doubly-robust", "doubly_robust"), ("entropy", "entropy")]
)
def test_weighted_estimates_are_rs(cohort, method, in_r):
    assert estimate(*cohort, "re78", method).estimate == pytest.approx(IN_R[in_r], abs=1e-6)


@pytest.mark.parametrize(
    ("neighbours", "replace", "exact", "in_r"),
    [
        (1, False, [], "nearest"),
        (1, False, ["black"], "nearest_exact_black"),
        (2, False, [], "nearest_two"),
        (5, True, [], "nearest_five_with_replacement"),
    ],
)
def test_matched_estimates_are_rs(people, neighbours, replace, exact, in_r):
    design, earned = read_design(people, "treat", "re78", COVARIATES, exact)
    settings = Settings(caliper_sd=None, neighbours=neighbours, replace=replace, is_adjusted=False)
    found = estimate(design, earned, "re78", "matching", settings)
    n_people, expected = IN_R[in_r]
    assert found.estimate == pytest.approx(expected, abs=1e-6)
    assert found.n_treated + found.n_comparison == n_people


@pytest.mark.parametrize("method", METHODS)
def test_each_interval_reaches_the_experiments_result(cohort, method):
    found = estimate(*cohort, "re78", method)
    assert found.ci_low < EXPERIMENT < found.ci_high
    assert found.naive_difference < 0
