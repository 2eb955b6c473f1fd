"""Hybrid score intervals: published figures, rare outcomes, and a p-value that agrees with the interval."""

import pytest
from statsmodels.stats.proportion import proportion_confint

from tf_assets.research.estimation.intervals import ArmMean, difference_interval, wilson

Z95 = 1.959963984540054


def _arm(yes, n):
    share = yes / n
    return ArmMean(share, share * (1 - share) / n, n)


@pytest.mark.parametrize(("yes", "n"), [(0, 20), (3, 40), (20, 40), (40, 40)])
def test_wilsons_interval_equals_that_of_statsmodels(yes, n):
    assert wilson(_arm(yes, n), Z95) == pytest.approx(proportion_confint(yes, n, method="wilson"))


@pytest.mark.parametrize(
    ("first", "second", "low", "high"),
    [
        ((56, 70), (48, 80), 0.0524, 0.3339),
        ((9, 10), (3, 10), 0.1705, 0.8090),
    ],
)
def test_the_difference_has_newcombes_published_limits(first, second, low, high):
    """Newcombe 1998, table II, method 10, contrasts (a) and (b)."""
    found = difference_interval(_arm(*first), _arm(*second), is_share=True)
    assert (found.low, found.high) == (pytest.approx(low, abs=5e-5), pytest.approx(high, abs=5e-5))


def test_an_arm_without_events_still_has_an_upper_bound():
    found = difference_interval(ArmMean(0.0, 0.0, 200), _arm(2, 200), is_share=True)
    assert found.low < -0.01 < found.high
    assert found.high > 0


@pytest.mark.parametrize("yes", [4, 10, 12, 15, 18, 25, 40])
def test_the_p_value_agrees_with_the_interval(yes):
    found = difference_interval(_arm(yes, 100), _arm(10, 100), is_share=True)
    assert (found.p_value < 0.05) == (found.low > 0 or found.high < 0)
    assert 0 < found.p_value <= 1


def test_a_mean_has_the_normal_interval():
    found = difference_interval(ArmMean(48.0, 0.09, 50), ArmMean(47.0, 0.16, 50), is_share=False)
    assert found.standard_error == pytest.approx(0.5)
    assert (found.low, found.high) == (pytest.approx(1 - Z95 / 2), pytest.approx(1 + Z95 / 2))
    assert found.p_value == pytest.approx(0.0455, abs=1e-4)
