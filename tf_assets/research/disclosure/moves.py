"""Proof by example that a count is not found: how far people can be moved about without breaking anything that is known.

From one set of counts that fits all that is known (`intruder.centre`, well inside), other sets that fit as well are reached by
*moves*: in one area, some groups grow and others of the same dimension shrink, or the whole grows with some of the groups of
each dimension; the areas above take the move too. How far a move is taken may differ from publication to publication, as far
as counts still grow where they are known to: so many upper and lower bounds of a number at each publication and of its
differences, whose extremes two passes over the publications give exactly.

What moves reach, an intruder cannot exclude. A target that they take far enough up and down is safe, and needs no linear
program of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl

from tf_assets.research.disclosure.knowledge import WHOLE, Built
from tf_assets.research.disclosure.system import Floats, Ints, System

LEAST_SHARE = 0.02
"""A group takes part in a shared move with at least this weight before scaling; none is left out entirely."""


SHARES_BESIDE = (0.0, 0.5, 1.0)
"""How much of a move other areas make good, the areas above taking the rest."""


@dataclass(frozen=True)
class Reach:
    """Of each cell how far its count can be moved up and down from the centre, and up and down against the publication
    before; (n cells) each."""

    up: Floats
    down: Floats
    rise: Floats
    fall: Floats


class Moves:
    """The moves from the centre of one system.

    parents: of an area the one that it is part of; lower, upper: bounds of each cell; centre: counts that fit.
    """

    def __init__(self, built: Built, parents: Mapping[str, str], lower: Floats, upper: Floats, centre: Floats) -> None:
        self._grid = _grid(built, parents)
        self._centre = centre
        self._slack = _slack(built, self._grid, lower, upper, centre)
        self._own = _of_leaves(self._slack, self._grid)
        self._above = _above_leaves(self._slack, self._grid)

    def reach(self) -> Reach:
        """How far moves take each cell."""
        reached = Reach(*(np.zeros(len(self._centre)) for _ in range(4)))
        for weights in _moves(self._grid, self._own):
            limits, limits_above = _limits(self._own, weights), _limits(self._above, weights)
            beside = _beside(limits, self._grid)
            for share in SHARES_BESIDE:
                extremes = _extremes(_tightest(limits, _scaled_by(limits_above, 1 - share), _scaled_by(beside, share)))
                _extend(reached, self._grid, weights, extremes, 1 - share)
        return reached

    def nearby(self) -> Iterator[tuple[Ints, System]]:
        """For each series of each area without parts, its cells (the first of the system's) and the system of what they may
        be while all else stays at the centre, but for one area beside it, and the areas above as far as they have slack."""
        for series, leaf in np.ndindex(len(self._grid.cell), len(self._grid.leaves)):
            yield _nearby(self._grid, self._own, self._above, self._centre, series, leaf)


def _nearby(
    grid: _Grid, own: _Slack, above: _Slack, centre: Floats, series: int, leaf: int
) -> tuple[Ints, System]:
    here = _lone(grid, own, centre, series, leaf)
    if not grid.above[leaf]:
        return here.cells, here.system
    beside = _roomiest_beside(grid, own, series, leaf)
    lones = [here] if beside is None else [here, _lone(grid, own, centre, series, beside)]
    n_parts = sum(lone.system.n_cells for lone in lones)
    together = n_parts + np.arange(here.number.size).reshape(here.number.shape)
    start = np.sum([centre[lone.cells][lone.number] for lone in lones], axis=0)
    limits = above.each(lambda values: values[series, leaf])
    joint = _Orders(together, start, limits.fall)
    offsets = np.cumsum([0, *(lone.system.n_cells for lone in lones)])
    parts = np.stack([lone.number + offset for lone, offset in zip(lones, offsets, strict=False)], axis=-1)
    n_sums = np.cumsum([0, *(lone.system.n_sums for lone in lones)])
    pairs = list(zip([lone.system for lone in lones], offsets, n_sums, strict=False))
    return here.cells, System(
        np.concatenate([*(each.lower for each, _, _ in pairs), (start - limits.down).ravel()]),
        np.concatenate([*(each.upper for each, _, _ in pairs), (start + limits.up).ravel()]),
        np.concatenate([*(each.total + offset for each, offset, _ in pairs), together.ravel()]),
        np.concatenate([*(each.part + offset for each, offset, _ in pairs), parts.ravel()]),
        np.concatenate(
            [
                *(each.part_of + n for each, _, n in pairs),
                np.repeat(n_sums[-1] + np.arange(together.size), len(lones)),
            ]
        ),
        np.concatenate([*(each.less + offset for each, offset, _ in pairs), joint.less]),
        np.concatenate([*(each.more + offset for each, offset, _ in pairs), joint.more]),
        np.concatenate([*(each.gap for each, _, _ in pairs), joint.gap]),
    )


class _Orders:
    """By how much counts must grow, at the least, from one publication to the next; number, start, fall: (G, T)."""

    def __init__(self, number: Ints, start: Floats, fall: Floats) -> None:
        less, more = number[:, :-1].ravel(), number[:, 1:].ravel()
        gap = (start[:, 1:] - start[:, :-1] - fall[:, 1:]).ravel()
        is_bound = (less != more) & np.isfinite(gap)
        self.less, self.more, self.gap = less[is_bound], more[is_bound], gap[is_bound]


@dataclass(frozen=True)
class _Lone:
    """One area's one series: its cells, which of them each group and publication has (G, T), and their system."""

    cells: Ints
    number: Ints
    system: System


def _lone(grid: _Grid, own: _Slack, centre: Floats, series: int, leaf: int) -> _Lone:
    there = grid.cell[series, grid.leaves[leaf]]
    cells, number = np.unique(there, return_inverse=True)
    number = number.reshape(there.shape)
    slack = own.each(lambda values: values[series, leaf])
    room_up, room_down = np.full(len(cells), np.inf), np.full(len(cells), np.inf)
    np.minimum.at(room_up, number, slack.up)
    np.minimum.at(room_down, number, slack.down)
    start = centre[cells]
    orders = _Orders(number, start[number], slack.fall)
    whole = [] if grid.whole is None else [number[grid.whole]] * len(grid.dimensions)
    groups = [number[groups] for groups in grid.dimensions] if whole else []
    total = np.array(whole, dtype=np.int64).ravel()
    part = np.concatenate([np.empty(0, dtype=np.int64), *(each.T.ravel() for each in groups)])
    part_of = np.repeat(np.arange(len(total)), np.repeat([len(each) for each in groups], number.shape[1]))
    return _Lone(
        cells,
        number,
        System(start - room_down, start + room_up, total, part, part_of, orders.less, orders.more, orders.gap),
    )


def _roomiest_beside(grid: _Grid, own: _Slack, series: int, leaf: int) -> int | None:
    """The area of the same parent that can make good the most."""
    beside = [i for i, above in enumerate(grid.above) if above[:1] == grid.above[leaf][:1] and i != leaf]
    if not beside:
        return None
    room = np.minimum(own.up, own.down)[series, beside].sum(axis=(1, 2))
    return beside[int(room.argmax())]


@dataclass(frozen=True)
class _Grid:
    """A system's cells by series, area, group and publication: `cell` is (S, A, G, T), -1 where there is none.

    leaves: the areas that have no parts. above: of each leaf the areas that it is part of. dimensions: the groups of each.
    """

    cell: Ints
    leaves: list[int]
    above: list[list[int]]
    whole: int | None
    dimensions: list[list[int]]


@dataclass(frozen=True)
class _Slack:
    """How far each cell by itself can move: up and down, and up and down against the publication before (S, A, G, T)."""

    up: Floats
    down: Floats
    rise: Floats
    fall: Floats

    def each(self, change: Callable[[Floats], Floats]) -> "_Slack":
        return _Slack(change(self.up), change(self.down), change(self.rise), change(self.fall))


def _grid(built: Built, parents: Mapping[str, str]) -> _Grid:
    cells = built.cells
    names = {name: cells[name].unique().sort().to_list() for name in ("series", "area", "group")}
    number = {name: {value: i for i, value in enumerate(values)} for name, values in names.items()}
    grid = np.full((*(len(values) for values in names.values()), int(cells["step"].to_numpy().max()) + 1), -1)
    index = tuple(
        cells[name].replace_strict(number[name], return_dtype=pl.Int64).to_numpy()
        for name in ("series", "area", "group")
    )
    grid[(*index, cells["step"].to_numpy())] = cells["cell"].to_numpy()
    for step in range(1, grid.shape[-1]):
        grid[..., step] = np.where(grid[..., step] < 0, grid[..., step - 1], grid[..., step])
    dimensions: dict[str, list[int]] = {}
    for name, group in number["group"].items():
        if name != WHOLE:
            dimensions.setdefault(name.split(":")[0], []).append(group)
    wholes = set(parents.values())
    leaves = [area for area in names["area"] if area not in wholes]
    return _Grid(
        grid,
        [number["area"][area] for area in leaves],
        [_above(area, parents, number["area"]) for area in leaves],
        number["group"].get(WHOLE),
        list(dimensions.values()),
    )


def _above(area: str, parents: Mapping[str, str], number: Mapping[str, int]) -> list[int]:
    above = []
    while (area := parents.get(area, "")) in number:
        above.append(number[area])
    return above


def _slack(built: Built, grid: _Grid, lower: Floats, upper: Floats, centre: Floats) -> _Slack:
    up, down = upper - centre, centre - lower
    part, whole = built.within["part"].to_numpy(), built.within["whole"].to_numpy()
    np.minimum.at(up, part, centre[whole] - centre[part])
    np.minimum.at(down, whole, centre[whole] - centre[part])
    growth = np.full(len(centre), np.inf)
    after, before = built.grown["after"].to_numpy(), built.grown["before"].to_numpy()
    growth[after] = centre[after] - centre[before] - built.grown["gap"].to_numpy()
    up, down, growth = (np.maximum(each, 0) for each in (up, down, growth))
    cell, is_there = grid.cell, grid.cell >= 0
    is_same = np.zeros_like(is_there)
    is_same[..., 1:] = cell[..., 1:] == cell[..., :-1]
    return _Slack(
        np.where(is_there, up[cell], 0.0),
        np.where(is_there, down[cell], 0.0),
        np.where(is_same, 0.0, np.inf),
        np.where(is_same, 0.0, np.where(is_there, growth[cell], np.inf)),
    )


def _of_leaves(slack: _Slack, grid: _Grid) -> _Slack:
    """The slack of each leaf: (S, leaves, G, T)."""
    return slack.each(lambda values: values[:, grid.leaves])


def _above_leaves(slack: _Slack, grid: _Grid) -> _Slack:
    """The least slack of the areas above each leaf: (S, leaves, G, T)."""
    return slack.each(
        lambda values: np.stack(
            [
                values[:, above].min(axis=1) if above else np.full_like(values[:, 0], np.inf)
                for above in grid.above
            ],
            axis=1,
        )
    )


def _beside(limits: _Slack, grid: _Grid) -> _Slack:
    """How far a leaf can move if all areas of the same parent make it good, sharing the move taken backwards among them."""
    backwards = _Slack(limits.down, limits.up, limits.fall, limits.rise)
    parents = np.array([above[0] if above else -1 for above in grid.above])
    room = np.minimum(np.minimum(limits.up, limits.down).min(axis=-1), 9.0) + LEAST_SHARE
    made_good = backwards.each(np.zeros_like)
    for parent in np.unique(parents[parents >= 0]):
        them = np.flatnonzero(parents == parent)
        shares = _scaled(room[:, them, None], axis=1)
        for name in ("up", "down", "rise", "fall"):
            together = (getattr(backwards, name)[:, them] / shares).min(axis=1, keepdims=True)
            getattr(made_good, name)[:, them] = together
    return made_good


def _scaled_by(limits: _Slack, share: float) -> _Slack:
    """The limits of a move of which so large a share is taken; none if it is nothing."""
    return limits.each(lambda values: values / share if share else np.full_like(values, np.inf))


def _tightest(*limits: _Slack) -> _Slack:
    return _Slack(*(np.minimum.reduce([getattr(each, name) for each in limits]) for name in ("up", "down", "rise", "fall")))


def _moves(grid: _Grid, slack: _Slack) -> Iterator[Floats]:
    """Moves as weights of the groups: (S, leaves, G), or (G) where all areas have the same.

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


def _shares(grid: _Grid, slack: _Slack) -> list[Floats]:
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


def _limits(slack: _Slack, weights: Floats) -> _Slack:
    """How far a move can be taken up and down, and up and down against the publication before, each by itself."""
    return _Slack(
        _most(slack.up, slack.down, weights),
        _most(slack.down, slack.up, weights),
        _most(slack.rise, slack.fall, weights),
        _most(slack.fall, slack.rise, weights),
    )


def _extremes(limits: _Slack) -> _Slack:
    """The same, all publications taken together: (S, leaves, T)."""
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
    return _Slack(most, least, rise, fall)


def _most(along: Floats, against: Floats, weights: Floats) -> Floats:
    """How far a move goes until one of its groups can no further: (S, leaves, T)."""
    weights = np.broadcast_to(weights, along.shape[:-1])[..., None]
    with np.errstate(divide="ignore", invalid="ignore"):
        limits = np.where(weights > 0, along, against) / np.abs(weights)
    return np.asarray(np.where(weights == 0, np.inf, limits).min(axis=2))


def _extend(reached: Reach, grid: _Grid, weights: Floats, extremes: _Slack, share_above: float) -> None:
    """Note how far a move takes the cells of its groups, in each leaf and, by its share, in the areas above it."""
    weights = np.broadcast_to(weights, (*extremes.up.shape[:2], grid.cell.shape[2]))
    for group in np.flatnonzero((weights != 0).any(axis=(0, 1))):
        weight = weights[:, :, group, None]
        up, down = _along(weight, extremes.up, extremes.down)
        rise, fall = _along(weight, extremes.rise, extremes.fall)
        for level in range(1 + max(map(len, grid.above))):
            area = [([leaf, *above] + [-1] * 9)[level] for leaf, above in zip(grid.leaves, grid.above, strict=True)]
            has_area = np.array(area) >= 0
            cells = grid.cell[:, np.array(area)[has_area], group]
            is_there = cells >= 0
            for best, values in ((reached.up, up), (reached.down, down), (reached.rise, rise), (reached.fall, fall)):
                np.maximum.at(best, cells[is_there], values[:, has_area][is_there] * (share_above if level else 1.0))


def _along(weight: Floats, up: Floats, down: Floats) -> tuple[Floats, Floats]:
    return np.where(weight > 0, up, down) * np.abs(weight), np.where(weight > 0, down, up) * np.abs(weight)
