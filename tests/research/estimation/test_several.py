"""Many tests and many places, by hand and against planted truth."""

import numpy as np
import pytest
from statsmodels.stats.multitest import multipletests

from tf_assets.research.estimation.several import adjusted_p_values, shrink


def test_holms_p_values_by_hand():
    found = adjusted_p_values(np.array([0.01, np.nan, 0.04, 0.03]))
    assert found[[0, 2, 3]] == pytest.approx([0.03, 0.06, 0.06])
    assert np.isnan(found[1])


def test_p_values_are_those_of_statsmodels():
    p_values = np.random.default_rng(2).random(40) ** 3
    assert adjusted_p_values(p_values) == pytest.approx(multipletests(p_values, method="holm")[1])


def test_places_that_do_not_differ_are_drawn_together():
    found = shrink(np.array([1.0, 1.01, 0.99]), np.array([0.5, 0.5, 0.5]))
    assert found.deviation == 0
    assert found.estimates == pytest.approx(1.0, abs=0.01)


def test_places_that_differ_by_far_more_than_chance_stay():
    found = shrink(np.array([-3.0, 0.0, 3.0]), np.array([0.01, 0.01, 0.01]))
    assert found.estimates == pytest.approx([-3, 0, 3], abs=1e-3)


def test_one_place_stays_as_it_is():
    assert shrink(np.array([0.4]), np.array([0.1])).estimates.tolist() == [0.4]


def test_drawn_estimates_are_nearer_to_the_truth_and_their_intervals_cover_it():
    rng = np.random.default_rng(6)
    errors, drawn, covered = [], [], []
    for _ in range(200):
        truth = rng.normal(-0.02, 0.01, 150)
        standard_errors = rng.uniform(0.005, 0.05, 150)
        estimates = truth + standard_errors * rng.normal(size=150)
        found = shrink(estimates, standard_errors)
        errors.append(((estimates - truth) ** 2).mean())
        drawn.append(((found.estimates - truth) ** 2).mean())
        covered.append((np.abs(found.estimates - truth) <= 1.96 * found.standard_errors).mean())
    assert np.mean(drawn) < 0.3 * np.mean(errors)
    assert 0.93 < np.mean(covered) < 0.97
