"""The revisions page: the history of all publications, and of each what moved and why; from published figures only."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import polars as pl

from tf_assets.research.publication.causes import CAUSES, Changes, changes_between
from tf_assets.research.publication.charts import moves_svg
from tf_assets.research.publication.report import page_template
from tf_assets.research.publication.revision_words import TABLE_WORDS, Move, move_in_words
from tf_assets.research.publication.sources import Sources

MOST_MOVES, MOST_EARLIER_MOVES = 200, 10
"""So many moved figures of the newest publication stand in the page, and of each earlier one; all are in the CSV file."""

MOST_SOURCES = 30
"""So many changed returns are listed for a publication; of the others their number is given."""

FARTHEST = 6
"""Moves of so many rounding steps or more are one bar of the plot."""

_STEPS = pl.col("change") / pl.col("step")


@dataclass(frozen=True)
class Published:
    """One publication of the history.

    number: its place in the ledger, from 1; n_figures; sources: what it was made of, if known; changes: what differs
    from the one before, if both are known; moved: its rows of `revisions`.
    """

    number: int
    publication_id: str
    n_figures: int
    sources: Sources | None
    changes: Changes | None
    moved: pl.DataFrame

    @property
    def is_first(self) -> bool:
        """Whether there is none before it."""
        return self.number == 1

    @property
    def newest_return(self) -> str:
        """The day on which the newest of its returns arrived."""
        if self.sources is None or self.sources.returns.is_empty():
            return "not recorded"
        return self.sources.returns.select(pl.col("received_at").max().dt.strftime("%-d %B %Y")).item()

    @property
    def changed_returns(self) -> list[str]:
        """The returns that differ from the publication before, by name."""
        return self.changes.returns["label"].to_list() if self.changes else []

    @property
    def changed_extracts(self) -> list[str]:
        """The years of extracts that differ."""
        return list(self.changes.extracts.values()) if self.changes else []

    @cached_property
    def by_cause(self) -> list[dict[str, Any]]:
        """How many figures moved by cause, in the order of `CAUSES`, with the commonest account."""
        accounts = self.moved.group_by("cause", "because_of").len().sort("len", "because_of", descending=[True, False])
        return (
            accounts.group_by("cause", maintain_order=True)
            .agg(n=pl.col("len").sum(), because_of=pl.col("because_of").first(), n_accounts=pl.len())
            .sort(pl.col("cause").replace_strict({cause: place for place, cause in enumerate(CAUSES)}))
            .to_dicts()
        )

    @cached_property
    def by_table(self) -> list[dict[str, Any]]:
        """How many figures changed, appeared and were withdrawn by published table."""
        counted = self.moved.group_by("table_name").agg(
            pl.len().alias("n"),
            *((pl.col("kind") == kind).sum().alias(kind) for kind in ("changed", "appeared", "withdrawn")),
        )
        found = {row["table_name"]: row for row in counted.iter_rows(named=True)}
        return [{**found[name], "words": words} for name, words in TABLE_WORDS.items() if name in found]

    def largest(self, most: int) -> list[Move]:
        """The figures that moved most, in rounding steps, England first; then what appeared or was withdrawn, then ends
        of intervals."""
        ordered = self.moved.sort(
            *(_STEPS.abs(), pl.col("change").is_not_null(), pl.col("area_type") == "council"),
            *(pl.col("area_type") == "region", "figure"),
            descending=[True, False, False, False, False],
            nulls_last=[True, False, False, False, False],
        )
        return [move_in_words(row) for row in ordered.head(most).iter_rows(named=True)]


def history_of(figures: Mapping[str, int], moved: pl.DataFrame, sources: Mapping[str, Sources]) -> list[Published]:
    """All publications, newest first. figures: how many each has, first to last; moved: `revisions`."""
    parts = {name: part for (name,), part in moved.group_by("publication_id", maintain_order=True)}
    made, before = [], None
    for number, (publication_id, n_figures) in enumerate(figures.items(), start=1):
        known = sources.get(publication_id)
        changes = changes_between(before, known) if number > 1 else None
        moves = parts.get(publication_id, moved.clear())
        made.append(Published(number, publication_id, n_figures, known, changes, moves))
        before = known
    return made[::-1]


def revisions_html(history: Sequence[Published], current: str, is_fictional: bool) -> str:
    """The page. history: newest first; current: the publication that is current, the newest unless one came back."""
    newest = history[0]
    return page_template("revisions.html.jinja").render(
        history=history,
        newest=newest,
        current=next((each for each in history if each.publication_id == current), newest),
        is_fictional=is_fictional,
        moves_svg=_plot(newest.moved),
        moves_alt=_alt(newest.moved),
        most_moves=MOST_MOVES,
        most_earlier_moves=MOST_EARLIER_MOVES,
        most_sources=MOST_SOURCES,
    )


def _plotted(moved: pl.DataFrame) -> pl.DataFrame:
    """Changed figures counted by rounding steps and cause; no ends of intervals, which have no step of their own."""
    return (
        moved.filter(pl.col("change").is_not_null() & pl.col("step").is_not_null())
        .with_columns(steps=_STEPS.round(0).cast(pl.Int64).clip(-FARTHEST, FARTHEST))
        .filter(pl.col("steps") != 0)
        .group_by("steps", "cause")
        .agg(n=pl.len())
        .sort("steps", "cause")
    )


def _plot(moved: pl.DataFrame) -> str | None:
    counted = _plotted(moved)
    return moves_svg(counted, CAUSES, FARTHEST) if len(counted) else None


def _alt(moved: pl.DataFrame) -> str:
    """The plot in words."""
    counted = _plotted(moved)
    total, up, by_one = (
        sum(counted.filter(which)["n"]) for which in (pl.lit(True), pl.col("steps") > 0, pl.col("steps").abs() == 1)
    )
    return (
        f"Of {total:,} figures that changed, {up:,} rose and {total - up:,} fell; {by_one:,} moved by a single rounding "
        "step. The figures are in the table that follows and in the CSV file."
    )
