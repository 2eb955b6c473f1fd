"""Weights make the arms alike, or say that they cannot."""

import numpy as np
import polars as pl
import pytest

from tf_assets.research.estimation.balance import balance
from tf_assets.research.estimation.design import read_design
from tf_assets.research.estimation.entropy_balancing import entropy_weights
from tf_assets.research.estimation.estimate import estimate
from tf_assets.research.estimation.propensity import fit_propensity
from tf_assets.research.estimation.result import why_not_published
from tf_assets.research.estimation.weighting import METHODS, Settings, weigh
from tf_assets.warehouse.errors import InputRefused


def _table(n=2000, seed=5, slope=1.0):
    rng = np.random.default_rng(seed)
    a, b = rng.normal(size=n), (rng.random(n) < 0.4).astype(float)
    treated = rng.random(n) < 1 / (1 + np.exp(0.5 - slope * (a + b)))
    return pl.DataFrame(
        {"t": treated, "y": a + b + treated * 0.5 + rng.normal(size=n), "a": a, "b": b, "area": rng.integers(0, 3, n)}
    )


@pytest.fixture(scope="module")
def cohort():
    return read_design(_table(), "t", "y", ["a", "b"], ["area"])


@pytest.mark.parametrize("method", METHODS)
def test_every_method_balances_what_selection_unbalanced_and_finds_the_effect(cohort, method):
    found = estimate(*cohort, "y", method)
    assert max(abs(row.smd_before) for row in found.balance) > 0.4
    assert max(abs(row.smd_after) for row in found.balance) < 0.1
    assert found.ci_low < 0.5 < found.ci_high
    assert found.naive_difference > 1.0
    assert found.is_publishable


def test_entropy_weights_balance_every_mean_exactly_and_strata_too(cohort):
    design, _ = cohort
    weighted = weigh(design, "entropy")
    found = balance(np.column_stack([design.covariates, design.strata_columns]), design.treated, weighted.weights)
    assert found.smd_after == pytest.approx(0, abs=1e-9)


def test_entropy_weights_of_a_literal_arm():
    # means 0 and 1 with the treated's 1/4: weights 3/4 and 1/4
    weights = entropy_weights(np.array([[0.25], [0.0], [1.0]]), np.array([True, False, False]))
    assert weights == pytest.approx([0.75, 0.25])


def test_what_no_weights_can_balance_is_refused():
    with pytest.raises(InputRefused, match="No weights make"):
        entropy_weights(np.array([[2.0], [0.0], [1.0]]), np.array([True, False, False]))
    with pytest.raises(InputRefused, match="No weights make"):
        entropy_weights(np.array([[2.0], [1.0], [1.0]]), np.array([True, False, False]))


def test_arms_that_the_covariates_tell_apart_are_refused():
    covariates = np.arange(20.0)[:, None]
    with pytest.raises(InputRefused, match="tell the arms apart"):
        fit_propensity(covariates, np.arange(20) > 9)


def test_trimming_leaves_out_whom_nobody_matches_and_says_so():
    cohort = read_design(_table(slope=2.5), "t", "y", ["a", "b"])
    plain, trimmed = (estimate(*cohort, "y", "weighting", Settings(trim=trim)) for trim in (0.0, 0.1))
    assert trimmed.n_treated < plain.n_treated
    assert "their probability of being treated is above 0.9" in trimmed.warnings[0]
    assert trimmed.estimand == "ATT, treated with a counterpart"
    with pytest.raises(InputRefused, match="Trimming leaves nobody"):
        estimate(*cohort, "y", "weighting", Settings(trim=0.999999))


def test_treated_without_a_match_are_told(cohort):
    found = estimate(*cohort, "y", "matching", Settings(caliper_sd=1e-3))
    assert "have no match: the effect is not about them" in found.warnings[0]
    assert found.estimand == "ATT, matched treated"


def test_an_outcome_known_for_some_is_estimated_on_them():
    table = _table().with_columns(y=pl.when(pl.col("area") == 0).then(None).otherwise("y"))
    found = estimate(*read_design(table, "t", "y", ["a", "b"]), "y", "doubly-robust")
    assert found.n_treated + found.n_comparison == table["y"].drop_nulls().len()


def test_an_outcome_that_does_not_vary_has_no_interval():
    found = estimate(*read_design(_table().with_columns(y=pl.lit(0.0)), "t", "y", ["a"]), "y", "matching")
    assert (found.estimate, found.standard_error, found.ci_low, found.p_value) == (0, None, None, None)
    assert "few events: 0" in found.warnings


@pytest.mark.parametrize(
    ("smds", "effective", "n_reasons"), [([0.1, -0.1], 100, 0), ([0.02, -0.11], 100, 1), ([0.2], 99.9, 2), ([], 100, 0)]
)
def test_an_effect_is_published_only_where_the_arms_are_alike(smds, effective, n_reasons):
    assert len(why_not_published(smds, effective)) == n_reasons


def test_rows_in_another_order_give_the_same_effect():
    table = _table(n=500)
    for method in METHODS:
        one, other = (
            estimate(*read_design(rows, "t", "y", ["a", "b"], cluster="area"), "y", method).estimate
            for rows in (table, table.sample(fraction=1.0, shuffle=True, seed=2))
        )
        assert one == pytest.approx(other, abs=1e-9)
