"""Nearest-neighbour matching on the logit of the propensity, within strata, with a caliper.

With replacement by sorting: in one dimension the k nearest of a sorted list lie in the 2k places around the point of
insertion. Without replacement greedily, the treated with the largest propensity first, as they have the fewest
counterparts: each takes the nearest that is left (Rosenbaum and Rubin, American Statistician 39 (1985) 33-38). That is
a sequence by nature; the places that are left are kept in two forests of pointers, so that it takes a few steps each.
"""

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from tf_assets.research.estimation.design import Codes, Rows, Vector

_DECIMALS = 9
"""Of a distance in logits; what differs later is the arithmetic's."""


def pooled_deviation(logit: Vector, treated: Rows, stratum: Codes | None = None) -> float:
    """The square root of the mean of both arms' variances of the logit (within strata, if they are given)."""
    variances = []
    for arm in (treated, ~treated):
        values = logit[arm]
        if stratum is not None:
            codes = stratum[arm]
            means = np.bincount(codes, values) / np.maximum(np.bincount(codes), 1)
            values = values - means[codes]
        variances.append(values.var(ddof=1) if len(values) > 1 else 0.0)
    return float(np.mean(variances)) ** 0.5


def matching_weights(
    logit: Vector, treated: Rows, stratum: Codes, neighbours: int, caliper: float, replace: bool
) -> Vector:
    """Weights, n: 1 for each matched treated person, 1 / (its matches) handed to each of them, 0 for everybody else.

    logit, treated, stratum: n; caliper: farthest distance in logits; neighbours: at most so many matches for each
    treated person. Equal distances go to whoever comes first in the arrays.
    """
    weights = np.zeros(len(logit))
    order = np.lexsort((np.arange(len(logit)), logit, stratum))
    bounds = np.flatnonzero(np.r_[True, np.diff(stratum[order]) != 0, True])
    find = nearest_within if replace else _nearest_left
    for start, end in pairwise(bounds):
        people = order[start:end]
        targets, pool = people[treated[people]], people[~treated[people]]
        if not len(targets) or not len(pool):
            continue
        places, is_inside = find(logit[targets], logit[pool], neighbours, caliper)
        n_matches = is_inside.sum(axis=1)
        weights[targets] = n_matches > 0
        shares = is_inside / np.maximum(n_matches, 1)[:, None]
        weights[pool] = np.bincount(places[is_inside], shares[is_inside], len(pool))
    return weights


def nearest_within(
    targets: Vector, pool: Vector, neighbours: int, caliper: float
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """For each target the nearest of a *sorted* pool, with replacement: (places in the pool, whether inside caliper).

    Both of shape targets x neighbours. Of equal distances the lower value comes first, of equal values the lower place,
    so that the answer depends on the data alone.
    """
    if not len(pool):
        return np.zeros((len(targets), neighbours), np.int64), np.zeros((len(targets), neighbours), np.bool_)
    above = np.searchsorted(pool, targets)[:, None]
    steps = np.arange(neighbours)[None, :]
    # downwards, equal values in the order in which they stand
    downwards = np.lexsort((-np.arange(len(pool)), pool))
    candidates = [(downwards, above - 1 - steps), (np.arange(len(pool)), above + steps)]
    places = np.hstack([way[step.clip(0, len(pool) - 1)] for way, step in candidates])
    is_there = np.hstack([(step >= 0) & (step < len(pool)) for _, step in candidates])
    # whole years apart on either side are equally far, whatever the last bits say
    distances = np.where(is_there, np.abs(pool[places] - targets[:, None]).round(_DECIMALS), np.inf)
    nearest = np.argsort(distances, axis=1, kind="stable")[:, :neighbours]
    chosen = np.take_along_axis(places, nearest, axis=1)
    reached = np.take_along_axis(distances, nearest, axis=1)
    return chosen, np.isfinite(reached) & (reached <= caliper)


def _nearest_left(
    targets: Vector, pool: Vector, neighbours: int, caliper: float
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """As `nearest_within`, each place of the pool taken once: all first matches, largest target first, then all second."""
    values, first = np.unique(pool, return_index=True)
    free = _FreeValues(values.tolist(), first.tolist(), len(pool))
    places = np.zeros((len(targets), neighbours), np.int64)
    is_inside = np.zeros((len(targets), neighbours), np.bool_)
    turns = np.lexsort((np.arange(len(targets)), -targets))
    above = np.searchsorted(values, targets)
    for match in range(neighbours):
        for turn in turns.tolist():
            place = free.take_nearest(float(targets[turn]), int(above[turn]), caliper)
            if place is not None:
                places[turn, match], is_inside[turn, match] = place, True
    return places, is_inside


class _FreeValues:
    """The pool's different values, sorted, and who still has each; pointers jump over values that are used up."""

    def __init__(self, values: list[float], first: list[int], n_pool: int) -> None:
        self._values = values
        self._next = first
        self._end = [*first[1:], n_pool]
        # place p of `_up` leads to the first free value at p or above, place p of `_down` to the last free below p
        self._up = list(range(len(values) + 1))
        self._down = list(range(len(values) + 1))

    def take_nearest(self, target: float, above: int, caliper: float) -> int | None:
        """The place in the pool of the nearest free value, which is then taken; None outside the caliper.

        above: how many values lie below the target.
        """
        up, down = _root(self._up, above), _root(self._down, above) - 1
        rise = self._values[up] - target if up < len(self._values) else float("inf")
        fall = target - self._values[down] if down >= 0 else float("inf")
        if min(rise, fall) > caliper or min(rise, fall) == float("inf"):
            return None
        value = up if round(fall - rise, _DECIMALS) > 0 else down
        place = self._next[value]
        self._next[value] += 1
        if self._next[value] == self._end[value]:
            self._up[value], self._down[value + 1] = value + 1, value
        return place


def _root(pointers: list[int], place: int) -> int:
    """Follow pointers to the one that points at itself, halving the way for the next."""
    while pointers[place] != place:
        pointers[place] = pointers[pointers[place]]
        place = pointers[place]
    return place
