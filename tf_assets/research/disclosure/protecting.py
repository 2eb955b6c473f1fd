"""Disclosure control of any tables of counts, by a declared protocol: rounded, attacked, recorded.

A table has a row a cell: a council, where given a sex, an age band, an arm, an outcome and a window, counts, and beside each
count the sum of its people's rounding keys. What comes out are margins: each council, region and England, for everybody, each
sex and each age band.
"""

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal

import polars as pl
import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from tf_assets.research.disclosure.holding import units_to_hold
from tf_assets.research.disclosure.published import blocks_of, changes_of, parents_of_areas, read_counts
from tf_assets.research.publication.catalogue import AGE_BANDS, ALL, SEXES
from tf_assets.research.publication.counts import RELIABLE_PEOPLE, area_frame, sum_margins
from tf_assets.research.publication.figures import HELD_METHOD, MEASURED
from tf_assets.research.publication.ledger import FIGURE_SCHEMA, UNBOUNDED, Ledger
from tf_assets.research.publication.rounding import METHOD, count_bounds, round_counts
from tf_assets.warehouse.errors import InputRefused
from tf_assets.warehouse.geography import councils

TOPICS = ("arm", "outcome", "outcome_window")

GROUPS = {"sex": SEXES, "age_band": AGE_BANDS}

CountName = Annotated[str, Field(pattern=r"^n_[a-z0-9_]+$")]


TableName = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]+$")]

MOST_COUNTED = 10**9
"""No count of people is greater."""


def _as_text(release: Any) -> Any:
    return release.isoformat() if isinstance(release, date) else release


class _Declared(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Rate(_Declared):
    """A rate per cent of two published counts."""

    of: CountName
    per: CountName


class TableProtocol(_Declared):
    """One table: the counts with the column of each one's keys, the groups and topics that it has, and what is part of what."""

    counts: dict[CountName, str] = Field(min_length=1)
    groups: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()
    rates: dict[str, Rate] = {}
    within: tuple[tuple[CountName, CountName], ...] = ()

    @model_validator(mode="after")
    def _names_are_known(self) -> "TableProtocol":
        strangers = [*set(self.groups) - set(GROUPS), *set(self.topics) - set(TOPICS)]
        named = {name for rate in self.rates.values() for name in (rate.of, rate.per)} | {
            n for p in self.within for n in p
        }
        strangers += sorted(named - set(self.counts))
        if strangers:
            raise ValueError(
                f"{', '.join(strangers)}: groups are of {', '.join(GROUPS)}, topics of {', '.join(TOPICS)}, and rates and "
                "parts are of the table's own counts"
            )
        if any(part == whole for part, whole in self.within):
            raise ValueError("a count is no part of itself")
        columns = [*self.counts, *self.counts.values(), *self.rates, *self.groups, *self.topics]
        twice = sorted({name for name in columns if columns.count(name) > 1})
        if twice:
            raise ValueError(f"{', '.join(twice)}: every count, key, rate, group and topic has a name of its own")
        return self


class DisclosureProtocol(_Declared):
    """What is protected and how; tables by the name of their file without its ending."""

    version: Literal[1]
    release: Annotated[str, BeforeValidator(_as_text), Field(pattern=r"^[A-Za-z0-9._-]+$")]
    tables: dict[TableName, TableProtocol] = Field(min_length=1)

    @model_validator(mode="after")
    def _names_are_free(self) -> "DisclosureProtocol":
        taken = sorted(set(self.tables) & set(MEASURED))
        if taken:
            raise ValueError(f"{', '.join(taken)} is a table of the evaluation's own: give it another name")
        return self


def read_protocol(path: Path) -> DisclosureProtocol:
    """The protocol in a YAML file; an `InputRefused` says what is wrong in it and where."""
    try:
        return DisclosureProtocol.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError):
        raise InputRefused(f"There is no protocol to be read in {path}.") from None
    except yaml.YAMLError as error:
        raise InputRefused(f"{path} is not YAML: {getattr(error, 'problem', None) or 'it cannot be read'}.") from None
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "the whole"
        raise InputRefused(f"{path}: at {where}: {first['msg']}.") from None


def read_tables(folder: Path, protocol: DisclosureProtocol) -> dict[str, pl.DataFrame]:
    """The declared tables of a folder, CSV or Parquet; an `InputRefused` names the file and column that is wrong."""
    return {name: _checked(_read(folder, name), name, table) for name, table in protocol.tables.items()}


def _read(folder: Path, name: str) -> pl.DataFrame:
    for path in (folder / f"{name}.parquet", folder / f"{name}.csv"):
        if path.is_file():
            try:
                read = pl.read_parquet if path.suffix == ".parquet" else _read_csv
                return read(path)
            except (pl.exceptions.PolarsError, OSError):
                raise InputRefused(f"{path} cannot be read as a table.") from None
    raise InputRefused(f"There is no {name}.parquet or {name}.csv in {folder}, and the protocol declares it.")


def _read_csv(path: Path) -> pl.DataFrame:
    return pl.read_csv(path, infer_schema=False)


def _checked(cells: pl.DataFrame, name: str, table: TableProtocol) -> pl.DataFrame:
    """Cells with their declared columns and types."""
    texts = ["council_code", *table.groups, *table.topics]
    wanted = [*texts, *table.counts, *table.counts.values()]
    missing = [column for column in wanted if column not in cells.columns]
    if missing:
        raise InputRefused(f"{name} has no column {missing[0]}, which the protocol declares.")
    typed = cells.select(
        pl.col(texts).cast(pl.String),
        pl.col(list(table.counts)).cast(pl.Int64, strict=False),
        pl.col(list(table.counts.values())).cast(pl.UInt64, strict=False),
    )
    for column in wanted:
        n_wrong = typed.filter(
            pl.col(column).is_null()
            | (~pl.col(column).is_between(0, MOST_COUNTED) if column in table.counts else False)
        ).height
        if n_wrong:
            what = "a count of 0 or more" if column in table.counts else "given, a key from 0 to 2^64 - 1"
            raise InputRefused(
                f"{name}: column {column} is not {what if column not in texts else 'given'} in {n_wrong:,} rows."
            )
    for part, whole in table.within:
        n_beyond = typed.filter(pl.col(part) > pl.col(whole)).height
        if n_beyond:
            raise InputRefused(f"{name}: {part} is greater than {whole}, which it is part of, in {n_beyond:,} rows.")
    if typed.is_empty():
        raise InputRefused(f"{name} has no row, so there is nothing to protect.")
    if typed.select(texts).is_duplicated().any():
        raise InputRefused(f"{name} has two rows of the same {', '.join(texts)}. A cell has one row.")
    known = {"council_code": councils()["council_code"].to_list()}
    known |= {group: [*GROUPS[group], "U", "unknown"] for group in table.groups}
    for column, values in known.items():
        n_strange = typed.filter(~pl.col(column).is_in(values)).height
        if n_strange:
            raise InputRefused(f"{name}: column {column} holds what is not declared in {n_strange:,} rows.")
    return typed


def protect(cells: pl.DataFrame, table: TableProtocol) -> pl.DataFrame:
    """Rounded margins of one table: area_type, area_code, area_name, sex, age_band, topics and counts."""
    regions = councils().select("council_code", "region_code")
    blank = [pl.lit(ALL).alias(group) for group in GROUPS if group not in table.groups]
    located = cells.join(regions, on="council_code").with_columns(blank)
    topics = list(table.topics)
    margins = sum_margins(located, topics, [*table.counts, *table.counts.values()], table.groups)
    key = ["area_type", "area_code", *GROUPS, *topics]
    rounded = margins.select(*key, *(round_counts(margins[n], margins[k]).alias(n) for n, k in table.counts.items()))
    areas = area_frame(councils(), cells["council_code"])
    shown = rounded.filter(pl.col("area_type") == "england").select(*GROUPS, *topics).unique()
    return (
        areas.join(shown, how="cross")  # a missing row would tell that nobody is there
        .join(rounded, on=key, how="left")
        .with_columns(pl.col(list(table.counts)).fill_null(0))
        .sort(key)
    )


def with_rates(protected: pl.DataFrame, table: TableProtocol) -> pl.DataFrame:
    """The table with its rates per cent, from published numbers alone; null where fewer than 100 people are published."""
    return protected.with_columns(
        pl.when((pl.col(rate.per) >= RELIABLE_PEOPLE) & (pl.col(rate.of) > 0) & (pl.col(rate.of) <= pl.col(rate.per)))
        .then((100 * pl.col(rate.of) / pl.col(rate.per)).round(1))
        .alias(name)
        for name, rate in table.rates.items()
    )


def figures(tables: Mapping[str, pl.DataFrame], protocol: DisclosureProtocol, publication_id: str) -> pl.DataFrame:
    """What the tables tell of the truth, as the ledger records it (`FIGURE_SCHEMA`); kept rows bound nothing."""
    parts = []
    for name, table in protocol.tables.items():
        for count in table.counts:
            lower, upper = count_bounds(pl.col(count))
            is_kept = pl.col("is_kept") if "is_kept" in tables[name].columns else pl.lit(False)
            parts.append(
                tables[name]
                .filter(pl.col(count).is_not_null())
                .select(
                    publication_id=pl.lit(publication_id),
                    release_id=pl.lit(protocol.release),
                    table_name=pl.lit(name),
                    measure=pl.lit(count),
                    **{column: pl.col(column) for column in ("area_type", "area_code", *GROUPS)},
                    **{
                        column: pl.col(column) if column in table.topics else pl.lit(None, dtype=pl.String)
                        for column in TOPICS
                    },
                    as_of=pl.lit(protocol.release),
                    published=pl.col(count),
                    lower=pl.when(is_kept).then(0).otherwise(lower),
                    upper=pl.when(is_kept).then(UNBOUNDED).otherwise(upper),
                    method=pl.when(is_kept).then(pl.lit(HELD_METHOD)).otherwise(pl.lit(METHOD)),
                )
            )
    return pl.concat(parts).select(FIGURE_SCHEMA.names()).cast(FIGURE_SCHEMA)  # type: ignore[arg-type]


def keep_unsafe(
    tables: Mapping[str, pl.DataFrame], protocol: DisclosureProtocol, ledger: Ledger, within: Mapping[str, Any]
) -> dict[str, pl.DataFrame]:
    """The tables, of which what would let a small group be found stays as the ledger has it (is_kept).

    within: of each table of the ledger which counts are part of which. An `Unsafe` if that does not help.
    """
    recorded = ledger.publications()
    counts = read_counts([*ledger.read_parts(), figures(tables, protocol, "new")])
    changes = changes_of(counts, [*recorded, "new"], {})
    held = units_to_hold(blocks_of(counts, within), parents_of_areas(), changes, ("n_",))
    units = held.units.select(
        pl.col("block").str.split("|").list.get(0).alias("table_name"),
        pl.col("block").str.split("|").list.get(1).alias("outcome"),
        pl.col("block").str.split("|").list.get(2).alias("arm"),
        outcome_window="window",
        area_code="area",
    ).with_columns(is_kept=pl.lit(True))
    return {
        name: _kept(tables[name], name, table, units, _published_last(ledger, name))
        for name, table in protocol.tables.items()
    }


def _published_last(ledger: Ledger, table: str) -> pl.DataFrame:
    """The figures of the last publication that held a table; none where none did."""
    for publication_id in reversed(ledger.publications()):
        there = ledger.read_publication(publication_id).filter(pl.col("table_name") == table)
        if there.height:
            return there
    return pl.DataFrame(schema=FIGURE_SCHEMA)


def _kept(
    protected: pl.DataFrame, name: str, table: TableProtocol, units: pl.DataFrame, before: pl.DataFrame
) -> pl.DataFrame:
    unit = ["area_code", *table.topics]
    here = units.filter(pl.col("table_name") == name).select(*unit, "is_kept").unique()
    marked = protected.join(here, on=unit, how="left", maintain_order="left").with_columns(
        pl.col("is_kept").fill_null(False)
    )
    row = [*unit, *GROUPS]
    for count in table.counts:
        earlier = before.filter((pl.col("table_name") == name) & (pl.col("measure") == count))
        marked = (
            marked.join(
                earlier.select(*row, earlier=pl.col("published").cast(pl.Int64)),
                on=row,
                how="left",
                maintain_order="left",
            )
            .with_columns(pl.when("is_kept").then("earlier").otherwise(count).alias(count))
            .drop("earlier")
        )
    return marked
