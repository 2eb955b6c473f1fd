"""The truth about the fictional country (docs/reference/data-schedule.md): read by tests, benchmarks and `verify`."""

from pathlib import Path
from types import TracebackType

import numpy as np
import polars as pl
import pyarrow.parquet as pq

from tf_assets.country.days import Ints
from tf_assets.country.identifiers import references
from tf_assets.country.identities import Scribe
from tf_assets.country.names import VARIANTS, forename_text, surname_text
from tf_assets.country.places import postcode_text
from tf_assets.country.population import Block
from tf_assets.country.potential import WHOLE, WINDOWS, Outcome
from tf_assets.country.quarters import dates
from tf_assets.country.register import Register
from tf_assets.warehouse.calendar import EXTRACTS


def outcome_rows(block: Block, register: Register, outcomes: dict[str, Outcome]) -> pl.DataFrame:
    """person_id, outcome, window, y0, y1 (0 or 1): every register person whom the outcome counts."""
    parts = []
    for outcome in outcomes.values():
        person_id = block.person_id[register.person[outcome.person]]
        for window, without, with_programme in _windows(outcome):
            parts.append(
                pl.DataFrame(
                    {
                        "person_id": person_id,
                        "outcome": pl.Series([outcome.name]).new_from_index(0, len(person_id)),
                        "window": pl.Series([window]).new_from_index(0, len(person_id)),
                        "y0": without.astype(np.int8),
                        "y1": with_programme.astype(np.int8),
                    }
                )
            )
    return pl.concat(parts)


def effect_rows(register: Register, outcomes: dict[str, Outcome]) -> pl.DataFrame:
    """outcome, window, population, programme_rate, counterfactual_rate, effect, among programme people counted."""
    is_programme = register.is_programme[register.family]
    rows = []
    for outcome in outcomes.values():
        measured = is_programme[outcome.person]
        for window, without, with_programme in _windows(outcome):
            rate, otherwise = (float(y[measured].mean()) if measured.any() else 0.0 for y in (with_programme, without))
            rows.append((outcome.name, window, outcome.planted.population, rate, otherwise, rate - otherwise))
    names = ["outcome", "window", "population", "programme_rate", "counterfactual_rate", "effect"]
    return pl.DataFrame(rows, schema=names, orient="row")


def arm_rows(block: Block, register: Register) -> pl.DataFrame:
    """person_id, arm, index_date: on which arm a register person is, and from when the outcomes count."""
    arm = pl.Series(["comparison", "programme"]).gather(register.is_programme[register.family].astype(np.int8))
    return pl.DataFrame(
        {"person_id": block.person_id[register.person], "arm": arm, "index_date": dates(register.index)}
    )


def canary_rows(scribe: Scribe) -> list[tuple[str, str]]:
    """kind and value of the planted identifiers of a block."""
    block, papers = scribe.block, scribe.papers
    lead = np.flatnonzero(block.is_canary)
    family = np.flatnonzero(np.isin(block.household, block.household[lead]))
    born = dates(block.birth[lead])
    values = {
        "forename": forename_text(block.forename[lead] * VARIANTS),
        "surname": surname_text(block.surname[lead] * VARIANTS),
        "postcode": postcode_text(scribe.places, block.homes[lead, 0]),
        "nino": papers.nino.gather(lead),
        "nhs_number": papers.nhs_number.gather(lead),
        "pnc_id": papers.pnc_id.gather(lead),
        "upn": papers.upn.gather(family).drop_nulls(),
        # an adult's whole date stands nowhere else: what was measured is of this century, months of birth are firsts
        "date_of_birth": born.filter(born.dt.day() != 1).dt.to_string("%Y-%m-%d"),
    }
    return [(kind, value) for kind, series in values.items() for value in series]


class RecordsFile:
    """`truth/records.parquet`, grown block by block: extract, record_ref, person_id."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._writer: pq.ParquetWriter | None = None

    def write(self, scribe: Scribe, seen: dict[str, np.ndarray]) -> None:
        """seen: by extract, who of the block stands in one of its files."""
        for extract in EXTRACTS:
            self._add(scribe, extract, np.flatnonzero(seen[extract]))

    def _add(self, scribe: Scribe, extract: str, person: Ints) -> None:
        frame = pl.DataFrame(
            {
                "extract": pl.Series([extract]).new_from_index(0, len(person)),
                "record_ref": references(scribe.numbers(extract, person)),
                "person_id": scribe.block.person_id[person],
            }
        )
        table = frame.to_arrow(compat_level=pl.CompatLevel.oldest())
        if self._writer is None:
            self._writer = pq.ParquetWriter(self._path, table.schema, compression="zstd", compression_level=1)
        self._writer.write_table(table)

    def __enter__(self) -> "RecordsFile":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._writer is not None:
            self._writer.close()


def _windows(outcome: Outcome) -> list[tuple[str, np.ndarray, np.ndarray]]:
    """Name, y0 and y1 of each window, and of the whole 24 months for justice."""
    found = [(name, outcome.without[:, i], outcome.with_programme[:, i]) for i, name in enumerate(WINDOWS)]
    if outcome.planted.is_24_months:
        found.append((WHOLE, np.any(outcome.without, axis=1), np.any(outcome.with_programme, axis=1)))
    return found
