"""From published figures to the system of all that an intruder knows of the counts behind them.

What is taken as known, beside each figure's own bounds:

- the groups of a dimension (the sexes, the age bands) are everybody, so their counts add up; so do councils to their
  region and regions to England;
- one count is part of another where the tables' notes say so: those with an outcome are among those observed;
- which councils' figures could change between two publications, since the page of revisions names the returns. Where
  nothing changed the count is the same; where a return was only added, nobody was taken away, and a figure that moved
  tells of at least one person; where one was corrected, nothing follows.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import polars as pl

from tf_assets.research.disclosure.system import System

WHOLE = "all"
"""The group that holds everybody; other groups are called <dimension>:<name>."""

SAME, ADDED, REVISED = "same", "added", "revised"
"""How an area's counts can have changed from one publication to the next."""

CELL = ["series", "area", "group"]

CELL_SCHEMA = pl.Schema(
    [
        *((name, pl.String()) for name in CELL),
        ("step", pl.Int64()),
        *((name, pl.Float64()) for name in ("published", "lower", "upper")),
    ]
)
"""A published count: what it counts, in the how-manieth publication, what was published, and the bounds of the truth."""

CHANGE_SCHEMA = pl.Schema([("area", pl.String()), ("step", pl.Int64()), ("kind", pl.String())])
"""How an area's counts changed on the way to a publication; where nothing is said, they were added to."""


@dataclass(frozen=True)
class Relations:
    """Which series of counts are related, cell by cell. A series is one kind of count: of whom, of what, when.

    within: (part, whole), the people of the one are among those of the other; adding: (total, its parts).
    """

    within: Sequence[tuple[str, str]] = ()
    adding: Sequence[tuple[str, Sequence[str]]] = ()

    def among(self, series: set[str]) -> "Relations":
        """The relations that concern only these series."""
        return Relations(
            [pair for pair in self.within if set(pair) <= series],
            [(total, parts) for total, parts in self.adding if {total, *parts} <= series],
        )


@dataclass(frozen=True)
class Built:
    """A system and what its cells are.

    cells: `CELL`, version, step (the first publication of that version), published, lower, upper, cell (its number).
    placed: `CELL`, step, version, cell: which cell each figure is of.
    within: part, whole; grown: before, after (numbers of cells): what is more in the latter is a group of people.
    """

    system: System
    cells: pl.DataFrame
    placed: pl.DataFrame
    within: pl.DataFrame
    grown: pl.DataFrame
    not_grown: frozenset[tuple[str, str]] = field(default_factory=frozenset)


def build(
    figures: pl.DataFrame,
    parents: Mapping[str, str],
    changes: pl.DataFrame,
    relations: Relations,
    not_grown: frozenset[tuple[str, str]] = frozenset(),
) -> Built:
    """The system of these figures (`CELL_SCHEMA`).

    parents: of an area the one whose part it is. changes: `CHANGE_SCHEMA`. not_grown: series and areas whose figures
    contradict that people were only added.
    """
    versioned = figures.join(_versions(figures, changes), on=["area", "step"]).sort(*CELL, "step")
    cells = (
        versioned.group_by(*CELL, "version", maintain_order=True)
        .agg(
            pl.col("step").first(),
            pl.col("era").first(),
            pl.col("published").last(),
            pl.col("lower").max(),
            pl.col("upper").min(),
        )
        .with_row_index("cell")
        .with_columns(pl.col("cell").cast(pl.Int64))
    )
    numbered = versioned.join(cells.select(*CELL, "version", "cell"), on=[*CELL, "version"]).select(
        *CELL, "step", "version", "cell"
    )
    grown = _grown(cells, not_grown)
    within = _within(numbered, relations)
    sums = _numbered_sums([_group_sums(numbered), _area_sums(numbered, parents), _series_sums(numbered, relations)])
    orders = pl.concat(
        [grown.rename({"before": "less", "after": "more"}), within.select(less="part", more="whole", gap=pl.lit(0.0))]
    )
    system = System(
        lower=cells["lower"].to_numpy().copy(),
        upper=cells["upper"].to_numpy().copy(),
        total=sums.unique("sum", maintain_order=True)["total"].to_numpy(),
        part=sums["part"].to_numpy(),
        part_of=sums["sum"].to_numpy(),
        less=orders["less"].to_numpy(),
        more=orders["more"].to_numpy(),
        gap=orders["gap"].to_numpy(),
    )
    return Built(system, cells, numbered, within, grown, not_grown)


def changes_upwards(changes: pl.DataFrame, parents: Mapping[str, str]) -> pl.DataFrame:
    """The changes of councils, and of the areas that they are part of: the strongest of any part's."""
    frame, made = changes.filter(~pl.col("area").is_in(list(parents.values()))), []
    while frame.height:
        made.append(frame)
        frame = (
            frame.with_columns(area=pl.col("area").replace_strict(parents, default=None, return_dtype=pl.String))
            .drop_nulls("area")
            .group_by("area", "step")
            .agg(kind=strongest(pl.col("kind")))
        )
    return pl.concat(made).group_by("area", "step").agg(kind=strongest(pl.col("kind"))) if made else changes


def strongest(kind: pl.Expr) -> pl.Expr:
    """How a whole changed, of which these are the parts' changes."""
    return (
        pl.when((kind == REVISED).any())
        .then(pl.lit(REVISED))
        .when((kind == ADDED).any())
        .then(pl.lit(ADDED))
        .otherwise(pl.lit(SAME))
    )


def _versions(figures: pl.DataFrame, changes: pl.DataFrame) -> pl.DataFrame:
    """Of each area and step, the how-manieth state of its counts it shows; within an era people were only added.

    Changes on the way to publications without any of these figures count too. Of an area that was not published for a while,
    when others were, nothing is known to have stayed.
    """
    shown = (
        figures.select("area", "step").unique().with_columns(turn=pl.col("step").rank("dense"), is_shown=pl.lit(True))
    )
    areas = shown["area"].unique().to_list()
    return (
        changes.filter(pl.col("area").is_in(areas))
        .join(shown, on=["area", "step"], how="full", coalesce=True)
        .sort("area", "step")
        .with_columns(
            is_gap=pl.col("turn") > pl.col("turn").forward_fill().shift().over("area") + 1,
            kind=pl.col("kind").fill_null(ADDED),
        )
        .with_columns(kind=pl.when("is_gap").then(pl.lit(REVISED)).otherwise("kind"))
        .with_columns(
            version=(pl.col("kind") != SAME).cast(pl.Int64).cum_sum().over("area"),
            era=(pl.col("kind") == REVISED).cast(pl.Int64).cum_sum().over("area"),
        )
        .filter(pl.col("is_shown"))
        .select("area", "step", "version", "era")
    )


def _grown(cells: pl.DataFrame, not_grown: frozenset[tuple[str, str]]) -> pl.DataFrame:
    """before, after, gap: the states of a count to which people were only added, and how many at the least."""
    unsure = pl.DataFrame(list(not_grown), schema={"series": pl.String, "area": pl.String}, orient="row")
    return (
        cells.join(unsure, on=["series", "area"], how="anti", maintain_order="left")
        .with_columns(
            before=pl.col("cell").shift().over(*CELL, "era"),
            has_moved=(pl.col("published") != pl.col("published").shift().over(CELL)).fill_null(False),
        )
        .drop_nulls("before")
        .select("before", after="cell", gap=pl.col("has_moved").cast(pl.Float64))
    )


def _within(numbered: pl.DataFrame, relations: Relations) -> pl.DataFrame:
    """part, whole: cells of which the one counts some of the people of the other."""
    pairs = pl.DataFrame(list(relations.within), schema={"series": pl.String, "of": pl.String}, orient="row")
    wholes = numbered.select("area", "group", "step", of="series", whole="cell")
    return (
        numbered.join(pairs, on="series")
        .join(wholes, on=["of", "area", "group", "step"])
        .select(part="cell", whole="whole")
        .unique(maintain_order=True)
    )


def _group_sums(numbered: pl.DataFrame) -> pl.DataFrame:
    """key, total, part: everybody is the sum of the groups of each dimension."""
    wholes = numbered.filter(pl.col("group") == WHOLE).select("series", "area", "step", "version", total="cell")
    parts = numbered.filter(pl.col("group") != WHOLE).select(
        "series", "area", "step", dimension=pl.col("group").str.split(":").list.first(), part="cell"
    )
    return (
        wholes.unique(["series", "area", "version"], keep="first", maintain_order=True)
        .join(parts, on=["series", "area", "step"])
        .select(key=pl.concat_str("total", "dimension", separator="|"), total="total", part="part")
    )


def _area_sums(numbered: pl.DataFrame, parents: Mapping[str, str]) -> pl.DataFrame:
    """key, total, part: an area is the sum of the areas that it is made of, as far as they are published."""
    parts = numbered.with_columns(
        parent=pl.col("area").replace_strict(parents, default=None, return_dtype=pl.String)
    ).drop_nulls("parent")
    return (
        numbered.unique([*CELL, "version"], keep="first", maintain_order=True)
        .select("series", "group", "step", parent="area", total="cell")
        .join(
            parts.select("series", "group", "step", "parent", part="cell"),
            on=["series", "group", "step", "parent"],
        )
        .select(key=pl.format("{}|areas", "total"), total="total", part="part")
    )


def _series_sums(numbered: pl.DataFrame, relations: Relations) -> pl.DataFrame:
    """key, total, part: a series that is the sum of others, cell by cell."""
    pairs = pl.DataFrame(
        [(str(number), total, part) for number, (total, parts) in enumerate(relations.adding) for part in parts],
        schema={"rule": pl.String, "series": pl.String, "of": pl.String},
        orient="row",
    )
    parts = numbered.select("area", "group", "step", of="series", part="cell")
    return (
        numbered.unique([*CELL, "version"], keep="first", maintain_order=True)
        .join(pairs, on="series")
        .join(parts, on=["of", "area", "group", "step"])
        .select(key=pl.concat_str("cell", pl.lit("rule"), "rule", separator="|"), total="cell", part="part")
    )


def _numbered_sums(sums: list[pl.DataFrame]) -> pl.DataFrame:
    """sum (0, 1, ...), total, part; in the order of the sums' numbers."""
    return (
        pl.concat(sums)
        .with_columns(sum=(pl.col("key").rank("dense") - 1).cast(pl.Int64))
        .sort("sum", "part")
        .select("sum", "total", "part")
    )
