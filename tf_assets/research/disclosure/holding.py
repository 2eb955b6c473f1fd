"""Holding figures back: an update that would let an intruder find a small group is not made.

Before a publication, its figures are attacked together with all that was published before. Where a small group would be
found, the figures of an area, arm, outcome and window stay as they were published last, all groups of them and both counts;
then they say nothing of the new truth, and the attack is made again. If holding an area does not help, the areas that it is
part of are held too. What was found before cannot be unsaid and holds nothing.

A whole unit is held and not one number, since a hold tells by itself that the update would have been unsafe: of one number
that would leave few possibilities, of all numbers of a unit it leaves many.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import polars as pl

from tf_assets.research.disclosure.attack import FINDING_SCHEMA, Block, attack_block, worked
from tf_assets.research.disclosure.knowledge import CELL, changes_upwards
from tf_assets.research.publication.ledger import UNBOUNDED
from tf_assets.warehouse.errors import EvaluationError

MOST_ROUNDS = 8

UNIT_SCHEMA = pl.Schema([(name, pl.String()) for name in ("block", "window", "area")])
"""What is held as one: an area's figures of one block (arm and outcome), and of one window where there are windows."""

_TARGET = ["target", *CELL, "step"]


class Unsafe(EvaluationError):
    """A small group would be found, and nothing that can be held prevents it."""


@dataclass(frozen=True)
class Held:
    """What must stay as it was (`UNIT_SCHEMA`), and what an intruder then finds (`attack.FINDING_SCHEMA`)."""

    units: pl.DataFrame
    found: pl.DataFrame


def units_to_hold(
    blocks: Iterable[Block], parents: Mapping[str, str], changes: pl.DataFrame, holdable: tuple[str, ...]
) -> Held:
    """The units of the last publication that must stay as they were.

    holdable: what the names of series that can be held begin with. An `Unsafe` if holding does not help.
    """
    changes = changes_upwards(changes, parents)
    units, found = [], [pl.DataFrame(schema=FINDING_SCHEMA)]
    for block, (held, findings) in worked(lambda block: _held_in(block, parents, changes, holdable), blocks):
        units += [(block.name, window, area) for window, area in sorted(held)]
        found.append(findings)
    return Held(pl.DataFrame(units, schema=UNIT_SCHEMA, orient="row"), pl.concat(found))


def _held_in(
    block: Block, parents: Mapping[str, str], changes: pl.DataFrame, holdable: tuple[str, ...]
) -> tuple[set[tuple[str, str]], pl.DataFrame]:
    last = int(block.figures["step"].to_numpy().max())
    held: set[tuple[str, str]] = set()
    earlier: pl.DataFrame | None = None
    for _ in range(MOST_ROUNDS):
        attacked = Block(block.name, hold(block.figures, held, last), block.relations, block.splits)
        found = attack_block(attacked, parents, changes)
        breaches = found.filter("is_breach")
        if breaches.is_empty():
            return held, found
        if earlier is None:
            earlier = _found_before(block, parents, changes, last)
        breaches = breaches.join(earlier, on=_TARGET, how="anti")
        if breaches.is_empty():
            return held, found
        wanted = _wanted(breaches, held, block, parents, last, holdable)
        if wanted <= held:
            break
        held |= wanted
    first = breaches.row(0, named=True)
    raise Unsafe(
        f"These figures would let an intruder find {breaches.height:,} small groups, such as one of {block.name} in area "
        f"{first['area']} ({first['group']}), and no earlier figure can be kept instead. Nothing was published. Publish "
        "with the next release, or leave this outcome out."
    )


def hold(figures: pl.DataFrame, held: set[tuple[str, str]], last: int) -> pl.DataFrame:
    """The figures with those of held units saying nothing of the last publication's truth; held: windows and areas."""
    units = pl.DataFrame(sorted(held), schema={"window": pl.String, "area": pl.String}, orient="row")
    marked = figures.with_columns(window=_window(), is_last=pl.col("step") == last).join(
        units.with_columns(is_held=pl.lit(True)), on=["window", "area"], how="left", maintain_order="left"
    )
    is_held = pl.col("is_last") & pl.col("is_held").fill_null(False)
    return marked.with_columns(
        published=pl.when(is_held).then(None).otherwise("published"),
        lower=pl.when(is_held).then(0.0).otherwise("lower"),
        upper=pl.when(is_held).then(UNBOUNDED).otherwise("upper"),
    ).select(figures.columns)


def _window() -> pl.Expr:
    return pl.col("series").str.split("|").list.get(1, null_on_oob=True).fill_null("")


def _is_one_of(beginnings: tuple[str, ...]) -> pl.Expr:
    return pl.any_horizontal(pl.col("series").str.starts_with(each) for each in beginnings)


def _found_before(block: Block, parents: Mapping[str, str], changes: pl.DataFrame, last: int) -> pl.DataFrame:
    """The targets that the earlier publications give away by themselves."""
    before = block.figures.filter(pl.col("step") < last)
    if before.is_empty():
        return pl.DataFrame(schema={name: pl.Int64 if name == "step" else pl.String for name in _TARGET})
    found = attack_block(Block(block.name, before, block.relations, block.splits), parents, changes)
    return found.filter("is_breach").select(_TARGET)


def _wanted(
    breaches: pl.DataFrame,
    held: set[tuple[str, str]],
    block: Block,
    parents: Mapping[str, str],
    last: int,
    holdable: tuple[str, ...],
) -> set[tuple[str, str]]:
    """The units whose holding may help: the area's own, then those of the areas above."""
    before = block.figures.filter((pl.col("step") < last) & _is_one_of(holdable))
    can_be_held = set(before.select(_window(), "area").unique().iter_rows())
    windows = sorted({window for window, _ in can_be_held})
    wanted: set[tuple[str, str]] = set()
    for window, area in breaches.select(_window(), "area").unique().iter_rows():
        for each in [window] if window in windows else windows:
            unit, place = (each, area), area
            while unit in held and place in parents:
                place = parents[place]
                unit = (each, place)
            wanted.add(unit)
    return wanted & can_be_held
