"""Small systems around one area: what its counts may be while nearly everything else stays as it is.

What such a system allows, the whole system allows: one area beside it may make good what it takes, the areas above them move
with both as far as they have slack, and all other counts stay at the centre. A linear program over it is some hundred times as
quick as one over a region.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from tf_assets.research.disclosure.grid import Grid, Slack, above_leaves, before_of, grid_of, of_leaves, slack_of
from tf_assets.research.disclosure.knowledge import Built
from tf_assets.research.disclosure.system import Floats, Ints, System


def nearby(
    built: Built, parents: Mapping[str, str], lower: Floats, upper: Floats, centre: Floats
) -> Iterator[tuple[Ints, System]]:
    """For each series of each area without parts, its cells (the first of the small system's) and the small system.

    parents: of an area the one that it is part of; lower, upper: bounds of each cell; centre: counts that fit.
    """
    grid = grid_of(built, parents)
    slack = slack_of(built, grid, lower, upper, centre)
    own, above = of_leaves(slack, grid), above_leaves(slack, grid)
    for series, leaf in np.ndindex(len(grid.cell), len(grid.leaves)):
        yield _nearby(grid, own, above, centre, series, leaf)


def _nearby(grid: Grid, own: Slack, above: Slack, centre: Floats, series: int, leaf: int) -> tuple[Ints, System]:
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
        less = before_of(number)
        is_bound = (less != number) & (less >= 0) & (number >= 0) & np.isfinite(fall)
        self.less, self.more = less[is_bound], number[is_bound]
        first = np.zeros(number.max() + 1)
        first[number[number >= 0]] = start[number >= 0]
        self.gap = first[self.more] - first[self.less] - fall[is_bound]


@dataclass(frozen=True)
class _Lone:
    """One area's one series: its cells, which of them each group and publication has (G, T), and their system."""

    cells: Ints
    number: Ints
    system: System


def _lone(grid: Grid, own: Slack, centre: Floats, series: int, leaf: int) -> _Lone:
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


def _roomiest_beside(grid: Grid, own: Slack, series: int, leaf: int) -> int | None:
    """The area of the same parent that can make good the most, of those with counts in the same publications."""
    is_there = grid.cell[series, grid.leaves] >= 0
    beside = [
        i
        for i, above in enumerate(grid.above)
        if above[:1] == grid.above[leaf][:1] and i != leaf and np.array_equal(is_there[i], is_there[leaf])
    ]
    if not beside:
        return None
    room = np.minimum(own.up, own.down)[series, beside].sum(axis=(1, 2))
    return beside[int(room.argmax())]
