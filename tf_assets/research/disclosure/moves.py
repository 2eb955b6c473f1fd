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
    """Of each cell how far its count can be moved up and down from the centre, up and down against the publication before,
    and how many more and fewer there can be in the cell that it is part of and not in it; (n cells) each."""

    up: Floats
    down: Floats
    rise: Floats
    fall: Floats
    more_outside: Floats
    fewer_outside: Floats


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
        here, above = (self._own.each(np.zeros_like) for _ in range(2))
        for weights in _moves(self._grid, self._own):
            limits, limits_above = _limits(self._own, weights), _limits(self._above, weights)
            beside = _beside(limits, self._grid)
            for share in SHARES_BESIDE:
                extremes = _extremes(_tightest(limits, _scaled_by(limits_above, 1 - share), _scaled_by(beside, share)))
                _extend(here, above, weights, extremes, 1 - share)
        return _of_cells(here, above, self._grid, len(self._centre))

    def nearby(self) -> Iterator[tuple[Ints, System]]:
        """For each series of each area without parts, its cells (the first of the system's) and the system of what they may
        be while all else stays at the centre, but for one area beside it, and the areas above as far as they have slack."""
        for series, leaf in np.ndindex(len(self._grid.cell), len(self._grid.leaves)):
            yield _nearby(self._grid, self._own, self._above, self._centre, series, leaf)


def _nearby(grid: _Grid, own: _Slack, above: _Slack, centre: Floats, series: int, leaf: int) -> tuple[Ints, System]:
    here = _lone(grid, own, centre, series, leaf)
    if not grid.above[leaf]:
        return here.cells, here.system
    beside = _roomiest_beside(grid, own, series, leaf)
    lones = [here] if beside is None else [here, _lone(grid, own, centre, series, beside)]
    offsets = np.cumsum([0, *(lone.system.n_cells for lone in lones)])
    n_sums = np.cumsum([0, *(lone.system.n_sums for lone in lones)])
    together = np.where(here.number >= 0, offsets[-1] + np.arange(here.number.size).reshape(here.number.shape), -1)
    start = np.sum([np.where(lone.number >= 0, centre[lone.cells][lone.number], 0.0) for lone in lones], axis=0)
    limits = above.each(lambda values: values[series, leaf])
    joint = _Orders(together, start, limits.fall)
    parts = np.stack(
        [np.where(lone.number >= 0, lone.number + offset, -1) for lone, offset in zip(lones, offsets, strict=False)],
        axis=-1,
    )
    parts[together < 0] = -1
    part_of = np.where(parts >= 0, n_sums[-1] + np.cumsum(together >= 0).reshape(together.shape)[..., None] - 1, -1)
    pairs = list(zip([lone.system for lone in lones], offsets, n_sums, strict=False))
    return here.cells, System(
        np.concatenate([*(each.lower for each, _, _ in pairs), (start - limits.down).ravel()]),
        np.concatenate([*(each.upper for each, _, _ in pairs), (start + limits.up).ravel()]),
        np.concatenate([*(each.total + offset for each, offset, _ in pairs), together[together >= 0]]),
        np.concatenate([*(each.part + offset for each, offset, _ in pairs), parts[parts >= 0]]),
        np.concatenate([*(each.part_of + n for each, _, n in pairs), part_of[parts >= 0]]),
        np.concatenate([*(each.less + offset for each, offset, _ in pairs), joint.less]),
        np.concatenate([*(each.more + offset for each, offset, _ in pairs), joint.more]),
        np.concatenate([*(each.gap for each, _, _ in pairs), joint.gap]),
    )


class _Orders:
    """By how much counts must grow, at the least, from one publication to the next; number, start, fall: (G, T)."""

    def __init__(self, number: Ints, start: Floats, fall: Floats) -> None:
        less, more = number[:, :-1].ravel(), number[:, 1:].ravel()
        gap = (start[:, 1:] - start[:, :-1] - fall[:, 1:]).ravel()
        is_bound = (less != more) & (less >= 0) & (more >= 0) & np.isfinite(gap)
        self.less, self.more, self.gap = less[is_bound], more[is_bound], gap[is_bound]


@dataclass(frozen=True)
class _Lone:
    """One area's one series: its cells, which of them each group and publication has (G, T), and their system."""

    cells: Ints
    number: Ints
    system: System


def _lone(grid: _Grid, own: _Slack, centre: Floats, series: int, leaf: int) -> _Lone:
    there = grid.cell[series, grid.leaves[leaf]]
    cells = np.unique(there[there >= 0])
    number = np.where(there >= 0, np.searchsorted(cells, there), -1)
    slack = own.each(lambda values: values[series, leaf])
    room_up, room_down = np.full(len(cells), np.inf), np.full(len(cells), np.inf)
    np.minimum.at(room_up, number[number >= 0], slack.up[number >= 0])
    np.minimum.at(room_down, number[number >= 0], slack.down[number >= 0])
    start = centre[cells]
    orders = _Orders(number, start[number], slack.fall)
    dimensions = [] if grid.whole is None else grid.dimensions
    total, part = (
        [np.broadcast_to(number[grid.whole], (len(groups), number.shape[1])) for groups in dimensions],
        [number[groups] for groups in dimensions],
    )
    sums = [
        i * number.shape[1] + np.broadcast_to(np.arange(number.shape[1]), each.shape) for i, each in enumerate(part)
    ]
    known = [(whole >= 0) & (each >= 0) for whole, each in zip(total, part, strict=True)]
    flat_total, flat_part, flat_sum = (
        np.concatenate([np.empty(0, dtype=np.int64), *(each[where] for each, where in zip(values, known, strict=True))])
        for values in (total, part, sums)
    )
    _, first, part_of = np.unique(flat_sum, return_index=True, return_inverse=True)
    return _Lone(
        cells,
        number,
        System(
            start - room_down,
            start + room_up,
            flat_total[first],
            flat_part,
            part_of,
            orders.less,
            orders.more,
            orders.gap,
        ),
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
    within: of a series the one of whose people it counts some. bundles: series that are moved together; first each alone.
    """

    cell: Ints
    within: list[tuple[int, int]]
    bundles: list[list[int]]
    leaves: list[int]
    above: list[list[int]]
    whole: int | None
    dimensions: list[list[int]]


@dataclass(frozen=True)
class _Slack:
    """How far each bundle's cells by themselves can move: up and down, and up and down against the publication before
    (B, A, G, T)."""

    up: Floats
    down: Floats
    rise: Floats
    fall: Floats

    def each(self, change: Callable[[Floats], Floats]) -> _Slack:
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
    within = _series_within(built, number["series"])
    return _Grid(
        grid,
        within,
        _bundles(len(number["series"]), within),
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


def _series_within(built: Built, number: Mapping[str, int]) -> list[tuple[int, int]]:
    series = built.cells["series"]
    pairs = pl.DataFrame({"part": series.gather(built.within["part"]), "whole": series.gather(built.within["whole"])})
    return [(number[part], number[whole]) for part, whole in pairs.unique().sort("part", "whole").iter_rows()]


def _bundles(n_series: int, within: list[tuple[int, int]]) -> list[list[int]]:
    """Each series alone; each with those that it is part of; each with its parts."""
    bundles = [[series] for series in range(n_series)]
    for pairs in (within, [(whole, part) for part, whole in within]):
        for series in range(n_series):
            together = {series}
            for _ in within:
                together |= {other for one, other in pairs if one in together}
            if sorted(together) not in bundles:
                bundles.append(sorted(together))
    return bundles


def _slack(built: Built, grid: _Grid, lower: Floats, upper: Floats, centre: Floats) -> _Slack:
    growth = np.full(len(centre), np.inf)
    after, before = built.grown["after"].to_numpy(), built.grown["before"].to_numpy()
    growth[after] = centre[after] - centre[before] - built.grown["gap"].to_numpy()
    cell, is_there = grid.cell, grid.cell >= 0
    up, down, growth = (
        np.where(is_there, np.maximum(each, 0)[cell], np.inf) for each in (upper - centre, centre - lower, growth)
    )
    is_same = np.zeros_like(is_there)
    is_same[..., 1:] = is_there[..., 1:] & (cell[..., 1:] == cell[..., :-1])
    outside = {
        (part, whole): np.where(
            is_there[part] & is_there[whole], np.maximum(centre[cell[whole]] - centre[cell[part]], 0), np.inf
        )
        for part, whole in grid.within
    }
    slacks = []
    for bundle in grid.bundles:
        bound_up = [room for (part, whole), room in outside.items() if part in bundle and whole not in bundle]
        bound_down = [room for (part, whole), room in outside.items() if whole in bundle and part not in bundle]
        stays = is_same[bundle].any(axis=0)
        is_nowhere = ~is_there[bundle].any(axis=0)
        slacks.append(
            _Slack(
                np.where(is_nowhere, 0.0, np.minimum.reduce([*up[bundle], *bound_up])),
                np.where(is_nowhere, 0.0, np.minimum.reduce([*down[bundle], *bound_down])),
                np.where(stays, 0.0, np.inf),
                np.where(stays, 0.0, growth[bundle].min(axis=0)),
            )
        )
    return _Slack(*(np.stack([getattr(each, name) for each in slacks]) for name in ("up", "down", "rise", "fall")))


def _of_leaves(slack: _Slack, grid: _Grid) -> _Slack:
    """The slack of each leaf: (B, leaves, G, T)."""
    return slack.each(lambda values: values[:, grid.leaves])


def _above_leaves(slack: _Slack, grid: _Grid) -> _Slack:
    """The least slack of the areas above each leaf: (B, leaves, G, T)."""
    return slack.each(
        lambda values: np.stack(
            [values[:, above].min(axis=1) if above else np.full_like(values[:, 0], np.inf) for above in grid.above],
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
    return _Slack(
        *(np.minimum.reduce([getattr(each, name) for each in limits]) for name in ("up", "down", "rise", "fall"))
    )


def _moves(grid: _Grid, slack: _Slack) -> Iterator[Floats]:
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
    return _Slack(most, least, rise, fall)


def _most(along: Floats, against: Floats, weights: Floats) -> Floats:
    """How far a move goes until one of its groups can no further: (B, leaves, T)."""
    weights = np.broadcast_to(weights, along.shape[:-1])[..., None]
    with np.errstate(divide="ignore", invalid="ignore"):
        limits = np.where(weights > 0, along, against) / np.abs(weights)
    return np.asarray(np.where(weights == 0, np.inf, limits).min(axis=2))


def _extend(here: _Slack, above: _Slack, weights: Floats, extremes: _Slack, share_above: float) -> None:
    """Note how far a move takes the groups of each leaf and, by its share, those of the areas above: (B, leaves, G, T)."""
    weights = np.broadcast_to(weights, here.up.shape[:-1])[..., None]
    size, is_along = np.abs(weights), weights > 0
    pairs = (("up", "down"), ("down", "up"), ("rise", "fall"), ("fall", "rise"))
    for name, other in pairs:
        far = np.where(is_along, getattr(extremes, name)[:, :, None], getattr(extremes, other)[:, :, None])
        far = np.where(size > 0, far, 0.0) * size
        np.maximum(getattr(here, name), far, out=getattr(here, name))
        if share_above:
            np.maximum(getattr(above, name), far * share_above, out=getattr(above, name))


def _of_cells(here: _Slack, above: _Slack, grid: _Grid, n_cells: int) -> Reach:
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


def _note(best: Floats, grid: _Grid, series: int, here: Floats, above: Floats) -> None:
    """Note of a series' cells how far they go, in the leaves and above each: (leaves, G, T)."""
    _raise(best, grid.cell[series, grid.leaves], here)
    for leaf, areas in enumerate(grid.above):
        for area in areas:
            _raise(best, grid.cell[series, area], above[leaf])


def _raise(best: Floats, cells: Ints, values: Floats) -> None:
    there = cells >= 0
    np.maximum.at(best, cells[there], values[there])
