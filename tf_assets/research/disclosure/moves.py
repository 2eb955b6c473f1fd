"""Proof by example that a count is not found: how far people can be moved about without breaking anything that is known.

From one set of counts that fits all that is known (`intruder.centre`, well inside), other sets that fit as well are reached by
*moves*: in one area, some groups grow and others of the same dimension shrink, or the whole grows with some of the groups of
each dimension; the areas above take the move too. How far a move is taken may differ from publication to publication, as far
as counts still grow where they are known to: so many upper and lower bounds of a number at each publication and of its
differences, whose extremes two passes over the publications give exactly.

What moves reach, an intruder cannot exclude. A target that they take far enough up and down is safe, and needs no linear
program of its own.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from tf_assets.research.disclosure.grid import Grid, Slack, above_leaves, grid_of, of_leaves, slack_of
from tf_assets.research.disclosure.knowledge import Built
from tf_assets.research.disclosure.system import Floats, Ints

LEAST_SHARE = 0.02
"""A group takes part in a shared move with at least this weight before scaling; none is left out entirely."""

SHARES_BESIDE = (0.0, 0.5, 1.0)
"""How much of a move other areas make good, the areas above taking the rest."""


@dataclass(frozen=True)
class Reach:
    """Of each cell how far its count can be moved up and down from the centre, up and down against the publication before,
    and how many more and fewer there can be in the cell that it is part of and not in it; (n cells) each."""

    up: Floats
    down: Floats
    rise: Floats
    fall: Floats
    more_outside: Floats
    fewer_outside: Floats


def reach(built: Built, parents: Mapping[str, str], lower: Floats, upper: Floats, centre: Floats) -> Reach:
    """How far moves take each cell.

    parents: of an area the one that it is part of; lower, upper: bounds of each cell; centre: counts that fit.
    """
    grid = grid_of(built, parents)
    slack = slack_of(built, grid, lower, upper, centre)
    own, over = of_leaves(slack, grid), above_leaves(slack, grid)
    here, above = (own.each(np.zeros_like) for _ in range(2))
    for weights in _moves(grid, own):
        limits, limits_above = _limits(own, weights), _limits(over, weights)
        beside, own_share = _beside(limits, grid)
        for share in SHARES_BESIDE:
            extremes = _extremes(_tightest(limits, _scaled_by(limits_above, 1 - share), _scaled_by(beside, share)))
            _extend(here, above, weights, extremes, 1 - share * own_share, 1 - share)
    return _of_cells(here, above, grid, len(centre))


def _beside(limits: Slack, grid: Grid) -> tuple[Slack, Floats]:
    """How far a leaf can move if all areas of the same parent make it good, sharing the move taken backwards among them; and
    the leaf's own share, by which it moves less (B, leaves)."""
    backwards = Slack(limits.down, limits.up, limits.fall, limits.rise)
    parents = np.array([above[0] if above else -1 for above in grid.above])
    room = np.minimum(np.minimum(limits.up, limits.down).min(axis=-1), 9.0) + LEAST_SHARE
    made_good, own_share = backwards.each(np.zeros_like), np.ones_like(room)
    for parent in np.unique(parents[parents >= 0]):
        them = np.flatnonzero(parents == parent)
        shares = _scaled(room[:, them, None], axis=1)
        own_share[:, them] = shares[..., 0]
        for name in ("up", "down", "rise", "fall"):
            together = (getattr(backwards, name)[:, them] / shares).min(axis=1, keepdims=True)
            getattr(made_good, name)[:, them] = together
    return made_good, own_share


def _scaled_by(limits: Slack, share: float) -> Slack:
    """The limits of a move of which so large a share is taken; none if it is nothing."""
    return limits.each(lambda values: values / share if share else np.full_like(values, np.inf))


def _tightest(*limits: Slack) -> Slack:
    return Slack(
        *(np.minimum.reduce([getattr(each, name) for each in limits]) for name in ("up", "down", "rise", "fall"))
    )


def _moves(grid: Grid, slack: Slack) -> Iterator[Floats]:
    """Moves as weights of the groups: (B, leaves, G), or (G) where all areas have the same.

    Swaps of two groups; a group against all others of its dimension; the whole with one group of each dimension or all of
    it; and a group that grows half from the whole and half from the others.
    """
    ones = np.eye(grid.cell.shape[2])
    shared = _shares(grid, slack)
    for number, groups in enumerate(grid.dimensions):
        for group in groups:
            yield from (ones[group] - ones[other] for other in groups if group < other)
            if len(groups) < 2:
                continue
            others = _scaled(np.where(ones[group] > 0, 0.0, shared[number]))
            yield ones[group] - others
            if grid.whole is not None:
                elsewhere = sum(share for i, share in enumerate(shared) if i != number)
                yield ones[group] - others / 2 + (ones[grid.whole] + elsewhere) / 2
    if grid.whole is not None:
        totals = [ones[grid.whole]]
        for groups, share in zip(grid.dimensions, shared, strict=True):
            totals = [total + each for total in totals for each in [*ones[groups], share]]
        yield from totals


def _shares(grid: Grid, slack: Slack) -> list[Floats]:
    """Of each dimension how a change of the whole is shared among its groups, by how much they may change."""
    room = np.minimum(slack.up, slack.down).min(axis=-1) + np.minimum(slack.fall, 9.0).mean(axis=-1)
    shares = []
    for groups in grid.dimensions:
        mask = np.zeros(grid.cell.shape[2])
        mask[groups] = 1
        shares.append(_scaled((room + LEAST_SHARE) * mask))
    return shares


def _scaled(shares: Floats, axis: int = -1) -> Floats:
    return np.asarray(shares / np.maximum(shares.sum(axis=axis, keepdims=True), 1e-12))


def _limits(slack: Slack, weights: Floats) -> Slack:
    """How far a move can be taken up and down, and up and down against the publication before, each by itself."""
    return Slack(
        _most(slack.up, slack.down, weights),
        _most(slack.down, slack.up, weights),
        _most(slack.rise, slack.fall, weights),
        _most(slack.fall, slack.rise, weights),
    )


def _extremes(limits: Slack) -> Slack:
    """The same, all publications taken together: (B, leaves, T)."""
    most, least, rise, fall = (each.copy() for each in (limits.up, limits.down, limits.rise, limits.fall))
    n_steps = most.shape[-1]
    for step in range(1, n_steps):
        most[..., step] = np.minimum(most[..., step], most[..., step - 1] + rise[..., step])
        least[..., step] = np.minimum(least[..., step], least[..., step - 1] + fall[..., step])
    for step in range(n_steps - 2, -1, -1):
        most[..., step] = np.minimum(most[..., step], most[..., step + 1] + fall[..., step + 1])
        least[..., step] = np.minimum(least[..., step], least[..., step + 1] + rise[..., step + 1])
    both = most[..., 1:] + least[..., :-1], least[..., 1:] + most[..., :-1]
    rise[..., 1:], fall[..., 1:] = np.minimum(rise[..., 1:], both[0]), np.minimum(fall[..., 1:], both[1])
    rise[..., 0], fall[..., 0] = most[..., 0], least[..., 0]
    return Slack(most, least, rise, fall)


def _most(along: Floats, against: Floats, weights: Floats) -> Floats:
    """How far a move goes until one of its groups can no further: (B, leaves, T)."""
    weights = np.broadcast_to(weights, along.shape[:-1])[..., None]
    with np.errstate(divide="ignore", invalid="ignore"):
        limits = np.where(weights > 0, along, against) / np.abs(weights)
    return np.asarray(np.where(weights == 0, np.inf, limits).min(axis=2))


def _extend(
    here: Slack, above: Slack, weights: Floats, extremes: Slack, share_here: Floats, share_above: float
) -> None:
    """Note how far a move takes the groups of each leaf and those of the areas above, each by its share: (B, leaves, G, T)."""
    weights = np.broadcast_to(weights, here.up.shape[:-1])[..., None]
    size, is_along = np.abs(weights), weights > 0
    pairs = (("up", "down"), ("down", "up"), ("rise", "fall"), ("fall", "rise"))
    for name, other in pairs:
        far = np.where(is_along, getattr(extremes, name)[:, :, None], getattr(extremes, other)[:, :, None])
        far = np.where(size > 0, far, 0.0) * size
        np.maximum(getattr(here, name), far * share_here[..., None, None], out=getattr(here, name))
        if share_above:
            np.maximum(getattr(above, name), far * share_above, out=getattr(above, name))


def _of_cells(here: Slack, above: Slack, grid: Grid, n_cells: int) -> Reach:
    """What was noted of leaves and of the areas above them, of each cell the most."""
    reached = Reach(*(np.zeros(n_cells) for _ in range(6)))
    for name in ("up", "down", "rise", "fall"):
        for number, bundle in enumerate(grid.bundles):
            for series in bundle:
                _note(getattr(reached, name), grid, series, getattr(here, name)[number], getattr(above, name)[number])
    for part, whole in grid.within:
        for number, bundle in enumerate(grid.bundles):
            if (part in bundle) == (whole in bundle):
                continue
            more, fewer = ("up", "down") if whole in bundle else ("down", "up")
            for best, name in ((reached.more_outside, more), (reached.fewer_outside, fewer)):
                _note(best, grid, part, getattr(here, name)[number], getattr(above, name)[number])
    return reached


def _note(best: Floats, grid: Grid, series: int, here: Floats, above: Floats) -> None:
    """Note of a series' cells how far they go, in the leaves and above each: (leaves, G, T)."""
    _raise(best, grid.cell[series, grid.leaves], here)
    for leaf, areas in enumerate(grid.above):
        for area in areas:
            _raise(best, grid.cell[series, area], above[leaf])


def _raise(best: Floats, cells: Ints, values: Floats) -> None:
    there = cells >= 0
    np.maximum.at(best, cells[there], values[there])
