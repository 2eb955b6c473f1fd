"""A published effect with its interval leaves the count behind it as uncertain as a rounded count is."""

import numpy as np
import polars as pl
import pytest

from tf_assets.research.publication.estimates import FINEST_EFFECT, NORMAL_975
from tf_assets.research.publication.rounding import BASE, grain


@pytest.mark.parametrize("n_people", [100, 500, 3_000, 20_000, 300_000])
def test_the_width_of_an_interval_does_not_give_a_small_count_away(n_people: int) -> None:
    """The worst case for us: the intruder knows the group's size and that nothing but this one rate has any variance.

    The half width is then a function of the count alone, sqrt(p (1 - p) / n), rounded up to the grain: how many counts
    share each published half width?
    """
    counts = np.arange(1, min(n_people // 2, 2_000))
    share = counts / n_people
    step = pl.select(grain(pl.lit(n_people), 100.0, FINEST_EFFECT)).item()
    assert step >= 100 * BASE / n_people * (1 - 1e-6)
    spread = 100 * np.sqrt(share * (1 - share) / n_people)
    half_width = np.ceil(np.sqrt((NORMAL_975 * spread) ** 2 + (NORMAL_975 * step) ** 2 / 6) / step)
    for count in range(1, 10):
        alike = counts[half_width == half_width[count - 1]]
        assert alike.max() - alike.min() >= 5


def test_an_effect_moves_by_less_than_a_step_for_nine_people() -> None:
    """So the count that an effect implies is open by at least ten people on each side."""
    for n_people in (100, 777, 40_000):
        step = pl.select(grain(pl.lit(n_people), 100.0, FINEST_EFFECT)).item()
        assert 100 * (BASE - 1) / n_people < step
