"""E-values as published."""

import math

import pytest

from tf_assets.research.estimation.sensitivity import e_value, e_values_of_mean, e_values_of_share


def test_the_e_value_of_the_papers_example():
    """VanderWeele and Ding 2017: a risk ratio of 3.9 (1.8 to 8.7) has the E-values 7.26 and 3.0."""
    assert e_value(3.9) == pytest.approx(7.26, abs=0.005)
    assert e_value(1.8) == pytest.approx(3.0, abs=0.005)


def test_a_protective_ratio_counts_as_its_inverse():
    assert e_value(0.5) == pytest.approx(e_value(2.0))


def test_an_interval_that_reaches_nothing_needs_nothing_unseen():
    assert e_values_of_share(0.2, -0.01, 0.04, 0.09)[1] == 1
    assert e_values_of_share(0.2, 0.02, 0.04, 0.06) == (pytest.approx(e_value(1.2)), pytest.approx(e_value(1.1)))
    assert e_values_of_mean(2.0, -1.5, -1.0, -0.5)[1] == pytest.approx(e_value(math.exp(-0.91 * 0.25)))


def test_an_outcome_that_the_comparison_never_has_cannot_be_explained():
    assert e_values_of_share(0.0, 0.01, 0.02, 0.03)[0] == math.inf
