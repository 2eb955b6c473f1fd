"""Estimators on literal samples, against an independent implementation, and against planted truth."""

import numpy as np
import pytest
import statsmodels.api as sm

from benchmarks.effects import sample_of, simulate
from tf_assets.research.effects.clustered import fit_clustered
from tf_assets.research.effects.doubly_robust import aipw_effect
from tf_assets.research.effects.effect import Sample
from tf_assets.research.effects.estimating import estimate_effect
from tf_assets.research.effects.matched import matched_effect


def _sample(outcome, arm, weight=None, family=None):
    n = len(outcome)
    return Sample(
        np.array(outcome, float),
        np.array([a == "p" for a in arm]),
        np.arange(n) if family is None else np.array(family),
        np.ones(n) if weight is None else np.array(weight, float),
        np.zeros(n),
        np.ones(n, bool),
        np.zeros((n, 0)),
    )


def test_the_matched_effect_is_the_weighted_difference_of_means():
    effect = matched_effect(_sample([1, 0, 1, 1, 0, 0], "pppccc", [1, 1, 1, 2, 1, 0]))
    assert effect.programme_rate == pytest.approx(2 / 3)
    assert effect.comparison_rate == pytest.approx(2 / 3)
    assert effect.estimate == pytest.approx(0)
    assert effect.naive_difference == pytest.approx(1 / 3)
    assert (effect.n_treated, effect.n_comparison) == (3, 2)
    assert effect.effective_sample == pytest.approx(9 / 5)


@pytest.mark.parametrize("n_families", [40, 400])
def test_clustered_variance_equals_that_of_statsmodels(n_families):
    rng = np.random.default_rng(n_families)
    n = 900
    family = rng.integers(0, n_families, n)
    design = np.column_stack([np.ones(n), rng.random((n, 3))])
    weight = rng.random(n) * (rng.random(n) > 0.1)
    outcome = design @ [1, 2, 0, -1] + rng.normal(size=n_families)[family] + rng.normal(size=n)
    used = weight > 0
    theirs = sm.WLS(outcome[used], design[used], weights=weight[used]).fit(
        cov_type="cluster", cov_kwds={"groups": family[used]}
    )
    ours = fit_clustered(outcome, design, weight, family)
    assert np.allclose(ours.coefficients, theirs.params, rtol=0, atol=1e-8)
    assert np.allclose(ours.covariance, theirs.cov_params(), rtol=0, atol=1e-8)


def test_alike_families_widen_the_interval():
    rng = np.random.default_rng(2)
    outcome = np.repeat(rng.normal(size=100), 5)
    arm = ["p"] * 250 + ["c"] * 250
    alone = matched_effect(_sample(outcome, arm))
    alike = matched_effect(_sample(outcome, arm, family=np.repeat(np.arange(100), 5)))
    assert alike.standard_error > 2 * alone.standard_error
    assert alike.estimate == alone.estimate


@pytest.mark.parametrize("estimator", [matched_effect, aipw_effect])
def test_an_outcome_that_nobody_has_gets_no_interval(estimator):
    effect = estimator(_sample([0] * 8, "ppppcccc"))
    assert (effect.estimate, effect.standard_error, effect.ci_low, effect.p_value) == (0.0, None, None, None)
    assert "few events" in effect.warnings


def test_an_arm_too_small_gives_no_estimate():
    few = _sample([1] * 30 + [0] * 19, ["p"] * 30 + ["c"] * 19)
    enough = _sample([1] * 30 + [0] * 20, ["p"] * 30 + ["c"] * 20)
    assert estimate_effect(few, "matched") is None
    assert estimate_effect(enough, "matched") is not None


def test_programme_people_without_a_match_are_told():
    outcome, arm = [1, 0] * 10, ["p"] * 10 + ["c"] * 10
    assert matched_effect(_sample(outcome, arm)).warnings == ()
    one_lost = matched_effect(_sample(outcome, arm, [0] + [1] * 19))
    assert one_lost.warnings[-1] == "10% of programme people without a match"


def test_weighting_by_the_odds_recovers_a_known_confounder():
    # four groups of logit +-ln 3: the outcome is 1 exactly where the logit is high; the programme does nothing
    high, low = np.log(3), -np.log(3)
    logit = np.array([high] * 75 + [low] * 25 + [high] * 25 + [low] * 75)
    arm = np.array([True] * 100 + [False] * 100)
    sample = Sample(
        (logit > 0).astype(float), arm, np.arange(200), np.ones(200), logit, np.ones(200, bool), np.zeros((200, 0))
    )
    effect = aipw_effect(sample)
    assert effect.naive_difference == pytest.approx(0.5)
    assert effect.estimate == pytest.approx(0, abs=1e-9)


def test_intervals_cover_planted_effects_and_the_naive_difference_does_not():
    covered, naive = {"matched": 0, "aipw": 0}, 0
    for seed in range(40):
        cohort = simulate(seed, 500, rate=0.15, spared=0.2)
        sample = sample_of(cohort)
        for method in covered:
            effect = estimate_effect(sample, method)
            covered[method] += effect.ci_low <= cohort.truth <= effect.ci_high
        naive += abs(effect.naive_difference - cohort.truth) > 1.96 * effect.standard_error
    # 40 draws of 95%: 34 or more with probability .999
    assert min(covered.values()) >= 34
    assert naive > 10
