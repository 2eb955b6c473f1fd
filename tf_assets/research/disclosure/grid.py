"""A system's cells by series, area, group and publication, and how far each can move from counts that fit."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl

from tf_assets.research.disclosure.knowledge import WHOLE, Built
from tf_assets.research.disclosure.system import Floats, Ints


@dataclass(frozen=True)
class Grid:
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
class Slack:
    """How far each bundle's cells by themselves can move: up and down, and up and down against the publication before
    (B, A, G, T)."""

    up: Floats
    down: Floats
    rise: Floats
    fall: Floats

    def each(self, change: Callable[[Floats], Floats]) -> Slack:
        return Slack(change(self.up), change(self.down), change(self.rise), change(self.fall))


def grid_of(built: Built, parents: Mapping[str, str]) -> Grid:
    """The grid of a system; parents: of an area the one that it is part of."""
    placed = built.placed
    names = {name: placed[name].unique().sort().to_list() for name in ("series", "area", "group")}
    number = {name: {value: i for i, value in enumerate(values)} for name, values in names.items()}
    grid = np.full((*(len(values) for values in names.values()), int(placed["step"].to_numpy().max()) + 1), -1)
    index = tuple(
        placed[name].replace_strict(number[name], return_dtype=pl.Int64).to_numpy()
        for name in ("series", "area", "group")
    )
    grid[(*index, placed["step"].to_numpy())] = placed["cell"].to_numpy()
    dimensions: dict[str, list[int]] = {}
    for name, group in number["group"].items():
        if name != WHOLE:
            dimensions.setdefault(name.split(":")[0], []).append(group)
    wholes = set(parents.values())
    leaves = [area for area in names["area"] if area not in wholes]
    within = _series_within(built, number["series"])
    return Grid(
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


def slack_of(built: Built, grid: Grid, lower: Floats, upper: Floats, centre: Floats) -> Slack:
    """The slack of counts that fit (`centre`); lower, upper: bounds of each cell."""
    growth = np.full(len(centre), np.inf)
    after, before = built.grown["after"].to_numpy(), built.grown["before"].to_numpy()
    growth[after] = centre[after] - centre[before] - built.grown["gap"].to_numpy()
    cell, is_there = grid.cell, grid.cell >= 0
    up, down, growth = (
        np.where(is_there, np.maximum(each, 0)[cell], np.inf) for each in (upper - centre, centre - lower, growth)
    )
    earlier = before_of(cell)
    # where a count is missing for a while, what comes after is not moved against what came before
    stays_put = (is_there & (cell == earlier)) | (~is_there & is_there.any(axis=-1, keepdims=True))
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
        stays = stays_put[bundle].any(axis=0)
        is_nowhere = ~is_there[bundle].any(axis=0)
        slacks.append(
            Slack(
                np.where(is_nowhere, 0.0, np.minimum.reduce([*up[bundle], *bound_up])),
                np.where(is_nowhere, 0.0, np.minimum.reduce([*down[bundle], *bound_down])),
                np.where(stays, 0.0, np.inf),
                np.where(stays, 0.0, growth[bundle].min(axis=0)),
            )
        )
    return Slack(*(np.stack([getattr(each, name) for each in slacks]) for name in ("up", "down", "rise", "fall")))


def before_of(cell: Ints) -> Ints:
    """Of each cell (..., T) the one that was there last before it; -1 where none was."""
    earlier = np.full_like(cell, -1)
    for step in range(1, cell.shape[-1]):
        earlier[..., step] = np.where(cell[..., step - 1] >= 0, cell[..., step - 1], earlier[..., step - 1])
    return earlier


def of_leaves(slack: Slack, grid: Grid) -> Slack:
    """The slack of each leaf: (B, leaves, G, T)."""
    return slack.each(lambda values: values[:, grid.leaves])


def above_leaves(slack: Slack, grid: Grid) -> Slack:
    """The least slack of the areas above each leaf: (B, leaves, G, T)."""
    return slack.each(
        lambda values: np.stack(
            [values[:, above].min(axis=1) if above else np.full_like(values[:, 0], np.inf) for above in grid.above],
            axis=1,
        )
    )
