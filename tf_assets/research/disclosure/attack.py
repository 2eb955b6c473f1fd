"""The attack: of every count that publications bear on, the tightest bounds that an intruder can reach.

Counts are attacked block by block: one arm's one outcome, or one table. Within a block, bounds are tightened over all of it
(`propagation.py`), and then each region with its councils is given to the linear program (`intruder.py`), the rest of
England being one area of its own. A large block falls apart by window too; from one window to another only tightened bounds
are carried.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np
import polars as pl

from tf_assets.research.disclosure.intruder import Contradiction, Reached, centre, search
from tf_assets.research.disclosure.knowledge import (
    CELL,
    CELL_SCHEMA,
    REVISED,
    SAME,
    WHOLE,
    Built,
    Relations,
    build,
    changes_upwards,
    strongest,
)
from tf_assets.research.disclosure.moves import reach
from tf_assets.research.disclosure.nearby import nearby
from tf_assets.research.disclosure.propagation import tighten
from tf_assets.research.disclosure.system import System, Targets

Result = TypeVar("Result")

THREADS = 2

SMALL = 9
"""Groups of one to this many people are protected."""

NARROW = 5
"""A group is found when its count is bounded within fewer than this."""

COUNT, ADDED_TO, OUTSIDE = "count", "added", "outside"
"""What is protected: a group; those who came to it from one publication to the next; those of a group who are not in a part of
it that is counted too."""

LARGE = 600
"""A block of more counts than this is attacked split by split."""

VERY_LARGE = 800
"""A split of more figures than this is attacked region by region, and moves come before linear programs."""

REST = "rest"
"""The area that stands for all others of a whole."""

FINDING_SCHEMA = pl.Schema(
    [
        *((name, pl.String()) for name in ("block", "target", *CELL)),
        ("step", pl.Int64()),
        *((name, pl.Float64()) for name in ("least", "most")),
        *((name, pl.Boolean()) for name in ("is_tight", "is_breach")),
    ]
)
"""What was found of a target: how few and how many people it may be."""


@dataclass(frozen=True)
class Block:
    """Figures that are attacked together: `CELL_SCHEMA`, and how their series are related.

    splits: sets of series that are given to the linear program apart when the block is large.
    """

    name: str
    figures: pl.DataFrame
    relations: Relations
    splits: tuple[frozenset[str], ...] = ()


def attack_blocks(
    blocks: Iterable[Block],
    parents: Mapping[str, str],
    changes: pl.DataFrame,
    tell: Callable[[Block], None] = lambda block: None,
    n_threads: int = THREADS,
) -> pl.DataFrame:
    """What an intruder finds of every target that may be a small group (`FINDING_SCHEMA`).

    parents: of an area the one that it is part of. changes: `CHANGE_SCHEMA` for the smallest areas and every step.
    tell: called after each block.
    """
    changes = changes_upwards(changes, parents)
    found = [pl.DataFrame(schema=FINDING_SCHEMA)]
    for block, findings in worked(lambda block: attack_block(block, parents, changes), blocks, n_threads):
        found.append(findings)
        tell(block)
    return pl.concat(found)


def summarised(found: pl.DataFrame) -> pl.DataFrame:
    """Of each kind of target: n_targets, n_exact, n_narrow (counts) and narrowest (people); found: `FINDING_SCHEMA`."""
    width = pl.col("most") - pl.col("least")
    return (
        found.group_by("target")
        .agg(n_targets=pl.len(), n_exact=(width == 0).sum(), n_narrow=pl.col("is_breach").sum(), narrowest=width.min())
        .sort("target")
    )


def worked(
    work: Callable[[Block], Result], blocks: Iterable[Block], n_threads: int = THREADS
) -> Iterator[tuple[Block, Result]]:
    """Each block and what the work makes of it, in order; a few blocks ahead and no more, for a block takes memory."""
    waiting: list[tuple[Block, Future[Result]]] = []
    with ThreadPoolExecutor(n_threads) as threads:  # the solver and polars let other threads run
        for block in blocks:
            waiting.append((block, threads.submit(work, block)))
            if len(waiting) > n_threads:
                first, result = waiting.pop(0)
                yield first, result.result()
        for first, result in waiting:
            yield first, result.result()


def attack_block(block: Block, parents: Mapping[str, str], changes: pl.DataFrame) -> pl.DataFrame:
    """What an intruder finds in one block (`FINDING_SCHEMA`); changes: of all areas.

    Where the figures contradict what is taken as known, as little of it is let go as makes them agree: first that all groups
    are published, then that people were only added, then that some counts stayed as they were. A `Contradiction` if a
    publication contradicts itself.
    """
    loose = changes.with_columns(kind=pl.when(pl.col("kind") == SAME).then(pl.lit(SAME)).otherwise(pl.lit(REVISED)))
    free = changes.with_columns(kind=pl.lit(REVISED))
    wider = replace(block, figures=with_unpublished_groups(block.figures))
    for known in (changes, loose, free):
        for attempt in (block, wider):
            try:
                return _attacked(attempt, parents, known)
            except Contradiction:
                continue
    raise Contradiction(
        f"The figures of {block.name} contradict one another within one publication: a total and its parts cannot both hold. "
        "See whether every figure in the ledger has its right bounds and area."
    )


def _attacked(block: Block, parents: Mapping[str, str], changes: pl.DataFrame) -> pl.DataFrame:
    built, lower, upper = _agreed(block.figures, parents, changes, block.relations)
    if built.system.n_cells <= LARGE:
        return _searched(block.name, built, parents, lower, upper, built.cells["area"].unique())
    known = _all_steps(block.figures, built, lower, upper)
    found = []
    for series in block.splits or (frozenset(known["series"]),):
        figures, relations = known.filter(pl.col("series").is_in(series)), block.relations.among(set(series))
        whole = pl.Series(figures["area"].unique()), figures, parents, changes
        parts = _by_region(figures, parents, changes) if figures.height > VERY_LARGE else [whole]
        for areas, figures_there, parents_there, changes_there in parts:
            part, lower, upper = _agreed(figures_there, parents_there, changes_there, relations, built.not_grown)
            found.append(_searched(block.name, part, parents_there, lower, upper, areas))
    return pl.concat(found)


def _agreed(
    figures: pl.DataFrame,
    parents: Mapping[str, str],
    changes: pl.DataFrame,
    relations: Relations,
    not_grown: frozenset[tuple[str, str]] = frozenset(),
) -> tuple[Built, np.ndarray, np.ndarray]:
    """The system with its tightened bounds; where figures contradict that people were only added, that is let go."""
    for _ in range(5):
        built = build(figures, parents, changes, relations, not_grown)
        lower, upper = tighten(built.system)
        crossed = built.cells.filter(pl.Series(lower > upper))
        if crossed.is_empty():
            return built, lower, upper
        not_grown |= frozenset(crossed.select("series", "area").iter_rows())
    raise Contradiction("What the intruder takes as known cannot all be true.")


def with_unpublished_groups(figures: pl.DataFrame) -> pl.DataFrame:
    """With people who are in the whole and in no published group of a dimension."""
    dimension = pl.col("group").str.split(":").list.first()
    split = figures.filter(pl.col("group") != WHOLE).select("series", "area", "step", dimension=dimension).unique()
    others = (
        figures.filter(pl.col("group") == WHOLE)
        .join(split, on=["series", "area", "step"], maintain_order="left")
        .sort("series", "area", "step", "dimension")
        .select(
            *("series", "area"),
            group=pl.format("{}:not published", "dimension"),
            step="step",
            published=pl.lit(None, dtype=pl.Float64),
            lower=pl.lit(0.0),
            upper="upper",
        )
    )
    return pl.concat([figures, others])


def _all_steps(figures: pl.DataFrame, built: Built, lower: np.ndarray, upper: np.ndarray) -> pl.DataFrame:
    """The figures with the bounds of their cells as tightened."""
    bounds = pl.DataFrame({"lower": lower, "upper": upper}).with_row_index("cell")
    cells = built.placed.join(bounds.with_columns(pl.col("cell").cast(pl.Int64)), on="cell")
    return (
        figures.drop("lower", "upper")
        .join(cells, on=[*CELL, "step"], maintain_order="left")
        .select(CELL_SCHEMA.names())
    )


def _by_region(
    figures: pl.DataFrame, parents: Mapping[str, str], changes: pl.DataFrame
) -> Iterator[tuple[pl.Series, pl.DataFrame, Mapping[str, str], pl.DataFrame]]:
    """Parts that are searched apart: which areas' targets, the figures, the tree and the changes that bear on them.

    First the top with its own parts, then each of these with what is below it, the rest of the top as one area.
    """
    top = next(iter(set(parents.values()) - set(parents)), None)
    middle = sorted({area for area, parent in parents.items() if parent == top} & set(figures["area"]))
    upper = pl.Series([top, *middle])
    yield upper, figures.filter(pl.col("area").is_in(upper)), {area: str(top) for area in middle}, changes
    for area in middle:
        below = sorted({child for child, parent in parents.items() if parent == area} & set(figures["area"]))
        if not below:
            continue
        rest_areas = [other for other in middle if other != area]
        rest = (
            figures.filter(pl.col("area").is_in(rest_areas))
            .group_by("series", "group", "step", maintain_order=True)
            .agg(pl.col("published", "lower", "upper").sum())
            .with_columns(area=pl.lit(REST))
        )
        rest_changes = (
            changes.filter(pl.col("area").is_in(rest_areas))
            .group_by("step")
            .agg(kind=strongest(pl.col("kind")))
            .with_columns(area=pl.lit(REST))
        )
        here = pl.Series([str(top), area, *below])
        tree = {**dict.fromkeys(below, area), area: str(top), **({REST: str(top)} if rest.height else {})}
        yield (
            pl.Series(below),
            pl.concat([figures.filter(pl.col("area").is_in(here)), rest.select(CELL_SCHEMA.names())]),
            tree,
            pl.concat([changes, rest_changes.select(changes.columns)]),
        )


def _searched(
    name: str, built: Built, parents: Mapping[str, str], lower: np.ndarray, upper: np.ndarray, areas: pl.Series
) -> pl.DataFrame:
    """What is found of the targets in these areas: with pencil and paper, by moves, then by linear programs."""
    described = _described_targets(built).filter(pl.col("area").is_in(areas.to_list()))
    targets = Targets(described["plus"].to_numpy(), described["minus"].to_numpy())
    least, most = targets.bounds(lower, upper)
    least = np.maximum(least, described["gap"].to_numpy())
    may_be_small = least <= SMALL
    described, targets = described.filter(pl.Series(may_be_small)), targets.take(may_be_small)
    least, most = least[may_be_small], most[may_be_small]
    is_tight = most - least < NARROW
    still = np.flatnonzero(~is_tight)
    if len(still):
        reached = Reached.nothing(len(still))
        sought, kinds = targets.take(still), described["target"].to_numpy()[still]
        system = replace(built.system, lower=lower, upper=upper)
        if built.system.n_cells > VERY_LARGE:
            _search_nearby(built, parents, system, sought, kinds, reached)
        is_tight[still] = ~reached.is_apart(NARROW)
        search(system, sought, reached, NARROW)
        least[still], most[still] = reached.whole()
    return described.select(
        pl.lit(name).alias("block"),
        *("target", *CELL, "step"),
        least=pl.Series(least),
        most=pl.Series(most),
        is_tight=pl.Series(is_tight),
        is_breach=pl.Series(most - least < NARROW),
    )


def _search_nearby(
    built: Built, parents: Mapping[str, str], system: System, targets: Targets, kinds: np.ndarray, reached: Reached
) -> None:
    """What moves reach, and linear programs of one area while the others stay as they are."""
    middle = centre(system)
    far, values = reach(built, parents, system.lower, system.upper, middle), targets.of(middle)
    plus, minus = targets.plus, targets.minus
    is_count, is_added = kinds == COUNT, kinds == ADDED_TO
    up = np.select([is_count, is_added], [far.up[plus], far.rise[plus]], far.more_outside[minus])
    down = np.select([is_count, is_added], [far.down[plus], far.fall[plus]], far.fewer_outside[minus])
    reached.widen(values - down, values + up)
    is_open = ~reached.is_apart(NARROW)
    for cells, near in nearby(built, parents, system.lower, system.upper, middle):
        number = np.full(system.n_cells, -1)
        number[cells] = np.arange(len(cells))
        here = np.flatnonzero(is_open & (number[plus] >= 0) & ((minus < 0) | (number[minus] >= 0)))
        if not len(here):
            continue
        sought = Targets(number[plus[here]], np.where(minus[here] >= 0, number[minus[here]], -1))
        reached_here = Reached(reached.least[here], reached.most[here])
        search(near, sought, reached_here, NARROW)
        reached.widen(reached_here.least, reached_here.most, here)


def _described_targets(built: Built) -> pl.DataFrame:
    """All targets: target (count, added, outside), plus, minus, gap, and the cell that each is about."""
    about = built.cells.select("cell", *CELL, "step")
    counts = built.cells.select(target=pl.lit(COUNT), plus="cell", minus=pl.lit(-1, dtype=pl.Int64), gap=pl.lit(0.0))
    added = built.grown.select(target=pl.lit(ADDED_TO), plus="after", minus="before", gap="gap")
    outside = built.within.select(target=pl.lit(OUTSIDE), plus="whole", minus="part", gap=pl.lit(0.0))
    return pl.concat([counts, added, outside]).join(
        about.with_columns(of=pl.col("cell")),
        left_on=pl.when(pl.col("target") == OUTSIDE).then("minus").otherwise("plus"),
        right_on="of",
        maintain_order="left",
    )
