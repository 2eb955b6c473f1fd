"""A fictional country as research would see it if no return were dirty and no link missed or wrong, and its truth.

What is wrong with an effect here is wrong with the comparison itself: covariates, windows, estimators or the country.
Families are those of the registers' references: some have split, or been joined, or share a child with another.
"""

from dataclasses import dataclass
from datetime import date

import duckdb
import polars as pl

from tf_assets.country.attributes import as_recorded, attributes
from tf_assets.country.country import CANDIDATES, PLACES, Candidates, make_candidates, stream
from tf_assets.country.identifiers import references
from tf_assets.country.identities import Scribe, salts_of
from tf_assets.country.places import Places, make_places
from tf_assets.country.potential import Outcome, plan_outcomes
from tf_assets.country.quarters import clean_rows, enrol
from tf_assets.country.scenarios import Scenario
from tf_assets.country.sizes import Size
from tf_assets.country.slots import slot_date
from tf_assets.country.truth import arm_rows, effect_rows, outcome_rows
from tf_assets.country.unfolding import unfold
from tf_assets.research.cohorts.protocol import SQL_PARAMETERS
from tf_assets.research.outcomes.reference import reference_tables
from tf_assets.warehouse.calendar import EXTRACTS
from tf_assets.warehouse.given import GIVEN_TABLES
from tf_assets.warehouse.models import load_models

SPELLS = """
SELECT CAST(person_id AS VARCHAR) AS person_pseudonym, concat(council_code, '|', family_ref) AS family_pseudonym, *
FROM register
"""
PEOPLE = """
SELECT person_pseudonym, min(family_pseudonym) AS family_pseudonym, min(sex) AS sex,
    CAST(date_trunc('month', min(date_of_birth)) AS DATE) AS birth_month
FROM released_programme_spells GROUP BY person_pseudonym
"""


@dataclass(frozen=True)
class LinkedCountry:
    """connection: the tables of the research environment, made as they are asked for; outcomes, effects, arms: the
    truth's tables of these names (docs/reference/data-schedule.md)."""

    connection: duckdb.DuckDBPyConnection
    outcomes: pl.DataFrame
    effects: pl.DataFrame
    arms: pl.DataFrame

    def read(self, table: str) -> pl.DataFrame:
        """A table of the research environment."""
        _run_models(self.connection, table)
        return self.connection.table(table).pl()


def make_linked_country(seed: int, size: Size, scenario: Scenario) -> LinkedCountry:
    """The candidates of a country of this seed, size and scenario: the same people and lives as `tf-eval country` makes."""
    places = make_places(stream(seed, PLACES), size)
    who = make_candidates(seed, size, scenario, places)
    planned = plan_outcomes(who.rng, who.block, who.lives, who.register, scenario)
    connection = duckdb.connect()
    for name, frame in reference_tables().items():
        connection.register(name, frame.to_arrow())
    for name, given in GIVEN_TABLES.items():
        connection.register(name, given().to_arrow())
    _write_records(connection, seed, size, places, who, planned)
    connection.register("register", _register(seed, size, places, who).to_arrow())
    connection.execute(f"CREATE TABLE released_programme_spells AS {SPELLS}")
    connection.execute(f"CREATE TABLE released_people AS {PEOPLE}")
    return LinkedCountry(
        connection,
        outcome_rows(who.block, who.register, planned),
        effect_rows(who.register, planned),
        arm_rows(who.block, who.register),
    )


def _write_records(
    connection: duckdb.DuckDBPyConnection,
    seed: int,
    size: Size,
    places: Places,
    who: Candidates,
    planned: dict[str, Outcome],
) -> None:
    """The attributes of every extract, and links of everybody on a register to their records in each."""
    scribe = Scribe(places, who.block, who.papers, salts_of(seed, list(EXTRACTS)))
    lives = unfold(who.rng, who.block, who.lives, who.register, planned)
    records = as_recorded(scribe, lives, who.pupils, who.register)
    person = who.register.person
    links = [
        pl.DataFrame(
            {
                "extract": pl.Series([extract]).new_from_index(0, len(person)),
                "record_key": references(scribe.numbers(extract, person)),
                "person_pseudonym": pl.Series(who.block.person_id[person]).cast(pl.String),
            }
        )
        for extract in EXTRACTS
    ]
    connection.register("released_record_links", pl.concat(links).to_arrow())
    years: dict[str, list[pl.DataFrame]] = {extract: [] for extract in EXTRACTS}
    for year in size.years:
        for extract, _, frame in attributes(scribe, records, year):
            start: date = slot_date(extract, year)
            years[extract].append(frame.rename({"record_ref": "record_key"}).with_columns(year_start_date=start))
    for extract, frames in years.items():
        connection.register(f"{extract}_attributes", pl.concat(frames).to_arrow())


def _register(seed: int, size: Size, places: Places, who: Candidates) -> pl.DataFrame:
    """The registers as the last quarter shows them."""
    membership = enrol(stream(seed, CANDIDATES, 1), places, who.block, who.register, size.quarters)
    return clean_rows(seed, places, who.block, who.register, membership, who.papers, size.quarters[-1:])


def _run_models(connection: duckdb.DuckDBPyConnection, table: str) -> None:
    """Make a table, and what it is made of before it."""
    model = load_models("research").get(table)
    present = {row[0] for row in connection.execute("SHOW TABLES").fetchall()}
    if model is None or table in present:
        return
    for dependency in model.dependencies:
        _run_models(connection, dependency)
    bound = {name: SQL_PARAMETERS[name] for name in model.parameters}
    connection.execute(f"CREATE TABLE {table} AS {model.sql}", bound)
