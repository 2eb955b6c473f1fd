"""Which figures stay as they were published last, since their update would let an intruder find a small group."""

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from tf_assets.research.disclosure.attack import summarised
from tf_assets.research.disclosure.holding import units_to_hold
from tf_assets.research.disclosure.published import (
    OUTCOMES,
    PEOPLE,
    PROGRAMME,
    blocks_of,
    changes_of,
    parents_of_areas,
    read_counts,
)
from tf_assets.research.publication.catalogue import ALL
from tf_assets.research.publication.counts import with_rates
from tf_assets.research.publication.figures import figures_of, publication_id
from tf_assets.research.publication.ledger import Ledger
from tf_assets.research.publication.sources import Sources, read_sources

Tables = Mapping[str, pl.DataFrame]

HELD = "held_updates"

_UNIT = ["area_code", "arm", "outcome", "outcome_window"]

HELD_SCHEMA = pl.Schema([(name, pl.String()) for name in ("table_name", *_UNIT, "kept_from")])
"""A held unit: of which table, area, arm, outcome and window, and the publication whose figures are kept. Where a table has no
outcome it is `all`, as for all outcomes."""


@dataclass(frozen=True)
class History:
    """What was published before, of other sources than a new publication's: the ids and the sources of each."""

    ledger: Ledger
    publication_ids: list[str]
    sources: Mapping[str, Sources]


def history_before(ledger: Ledger, sources: Sources) -> History:
    """The publications before one of these sources; what was published of the same sources was the same publication."""
    recorded, ids = read_sources(ledger), ledger.publications()
    while ids and ids[-1] in recorded and _is_same(recorded[ids[-1]], sources):
        ids = ids[:-1]
    return History(ledger, ids, recorded)


def _is_same(one: Sources, other: Sources) -> bool:
    content = ["council_code", "quarter_date", "content_key"]
    is_same_returns = one.returns.select(content).equals(other.returns.select(content))
    return is_same_returns and (one.extracts, one.software) == (other.extracts, other.software)


@dataclass(frozen=True)
class Gate:
    """The units to be held (`HELD_SCHEMA`), how many counts were attacked, and what was found of each kind of target
    (`attack.summarised`)."""

    held: pl.DataFrame
    n_figures: int
    summary: pl.DataFrame

    def told(self) -> dict[str, object]:
        return {"n_figures": self.n_figures, "targets": self.summary.to_dicts()}


def attack_update(tables: Tables, release_id: str, sources: Sources, history: History) -> Gate:
    """Attack the new figures together with all earlier ones, and say which must stay as they were.

    An `Unsafe` if a small group would be found all the same.
    """
    identity = publication_id(release_id, tables)
    earlier = (history.ledger.read_publication(each) for each in history.publication_ids)
    counts = read_counts([*earlier, figures_of(tables, release_id)])
    publications = [*history.publication_ids, identity]
    changes = changes_of(counts, publications, {**history.sources, identity: sources})
    gate = units_to_hold(blocks_of(counts), parents_of_areas(), changes, holdable=("n_yes", "n_people|", PEOPLE))
    outcome, arm = (pl.col("block").str.split("|").list.get(i) for i in (0, 1))
    is_programme = outcome == "programme"
    held = gate.units.select(
        table_name=pl.when(is_programme).then(pl.lit(PROGRAMME)).otherwise(pl.lit(OUTCOMES)),
        area_code="area",
        arm=arm,
        outcome=pl.when(is_programme).then(pl.lit(ALL)).otherwise(outcome),
        outcome_window=pl.when(is_programme).then(pl.lit(ALL)).otherwise("window"),
        kept_from=pl.lit(history.publication_ids[-1] if history.publication_ids else None, dtype=pl.String),
    ).sort(HELD_SCHEMA.names())
    return Gate(held, counts.height, summarised(gate.found))


def keep_earlier(tables: Tables, ledger: Ledger) -> dict[str, pl.DataFrame]:
    """The tables with the figures of held units as they were published before; tables: with `held_updates`."""
    held = tables[HELD]
    if held.is_empty():
        return dict(tables)
    before = pl.concat([ledger.read_publication(each) for each in held["kept_from"].unique().sort()])
    outcomes = _kept(
        tables[OUTCOMES], _units(held, OUTCOMES), before, OUTCOMES, {"n_yes": "n_yes", "n_people": "n_people"}
    )
    programme = tables[PROGRAMME].with_columns(outcome=pl.lit(ALL), outcome_window=pl.lit(ALL))
    of_programme = before.with_columns(pl.col("outcome", "outcome_window").fill_null(ALL))
    people, families = (
        _kept(
            programme.filter(pl.col("unit") == unit),
            _units(held, PROGRAMME),
            of_programme,
            PROGRAMME,
            {f"n_counted|{unit}": "n_counted"},
        )
        for unit in ("people", "families")
    )
    return {
        **tables,
        OUTCOMES: with_rates(outcomes).select(tables[OUTCOMES].columns),
        PROGRAMME: pl.concat([people, families])
        .select(tables[PROGRAMME].columns)
        .sort("area_code", "unit", "sex", "age_band", "arm"),
    }


def _units(held: pl.DataFrame, table: str) -> pl.DataFrame:
    return held.filter(pl.col("table_name") == table).select(_UNIT)


def _kept(
    table: pl.DataFrame, units: pl.DataFrame, before: pl.DataFrame, name: str, columns: Mapping[str, str]
) -> pl.DataFrame:
    """The table with these columns of held units as published before, null where nothing was. columns: by measure of the
    ledger."""
    row = [*_UNIT, "sex", "age_band"]
    there = before.filter(pl.col("table_name") == name).join(units, on=_UNIT)
    table = table.join(units.with_columns(is_held=pl.lit(True)), on=_UNIT, how="left", maintain_order="left")
    for measure, column in columns.items():
        kept = there.filter(pl.col("measure") == measure).select(*row, kept=pl.col("published").cast(pl.Int64))
        table = (
            table.join(kept, on=row, how="left", maintain_order="left")
            .with_columns(pl.when(pl.col("is_held").is_null()).then(column).otherwise("kept").alias(column))
            .drop("kept")
        )
    return table.drop("is_held")
