"""Matches against every pair tried one by one."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tf_assets.research.estimation.matching import matching_weights, nearest_within, pooled_deviation

LOGITS = st.lists(st.integers(-12, 12).map(lambda n: n / 4), min_size=1, max_size=12)


def _greedy(targets, pool, caliper):
    """Largest target first, each the nearest that is left; lower values first, then lower places."""
    left, found = list(range(len(pool))), {}
    for turn in sorted(range(len(targets)), key=lambda place: (-targets[place], place)):
        near = [place for place in left if abs(pool[place] - targets[turn]) <= caliper]
        if near:
            found[turn] = min(near, key=lambda place: (abs(pool[place] - targets[turn]), pool[place], place))
            left.remove(found[turn])
    return found


@given(LOGITS, LOGITS, st.sampled_from([0.25, 1.0, np.inf]))
def test_without_replacement_each_takes_the_nearest_that_is_left(targets, pool, caliper):
    logit = np.array([*targets, *pool])
    treated = np.arange(len(logit)) < len(targets)
    weights = matching_weights(logit, treated, np.zeros(len(logit), int), 1, caliper, replace=False)
    expected = _greedy(targets, pool, caliper)
    assert {place for place in range(len(targets)) if weights[place]} == set(expected)
    assert {place for place in range(len(pool)) if weights[len(targets) + place]} == set(expected.values())


@given(LOGITS, LOGITS, st.integers(1, 4), st.sampled_from([0.25, 1.0, np.inf]))
def test_with_replacement_each_takes_the_nearest(targets, pool, neighbours, caliper):
    pool = sorted(pool)
    places, is_inside = nearest_within(np.array(targets), np.array(pool), neighbours, caliper)
    for target, found, inside in zip(targets, places, is_inside, strict=True):
        near = sorted(range(len(pool)), key=lambda place: (abs(pool[place] - target), pool[place], place))
        expected = [place for place in near[:neighbours] if abs(pool[place] - target) <= caliper]
        assert found[inside].tolist() == expected


@given(LOGITS, LOGITS, st.integers(1, 3), st.booleans())
def test_both_arms_weigh_the_same_and_nobody_is_taken_twice_without_replacement(targets, pool, neighbours, replace):
    logit = np.array([*targets, *pool])
    treated = np.arange(len(logit)) < len(targets)
    weights = matching_weights(logit, treated, np.zeros(len(logit), int), neighbours, 1.0, replace)
    assert weights[treated].sum() == pytest.approx(weights[~treated].sum())
    if not replace:
        assert weights.max() <= 1


def test_nobody_is_matched_across_strata():
    logit, treated = np.zeros(4), np.array([True, False, True, False])
    weights = matching_weights(logit, treated, np.array([0, 0, 1, 2]), 1, np.inf, replace=True)
    assert weights.tolist() == [1, 1, 0, 0]


def test_the_scale_of_the_caliper_is_that_of_both_arms_within_strata():
    logit = np.array([0.0, 2.0, 10.0, 12.0, 1.0, 3.0])
    treated = np.array([True, True, True, True, False, False])
    stratum = np.array([0, 0, 1, 1, 0, 0])
    assert pooled_deviation(logit, treated, stratum) == pytest.approx(((4 / 3 + 2) / 2) ** 0.5)
