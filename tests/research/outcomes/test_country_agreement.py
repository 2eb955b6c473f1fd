"""The fictional country plants potential outcomes; linked perfectly, the tables here must find each of them again."""

from datetime import date

import duckdb
import polars as pl
import pytest

from tf_assets.country.country import clean_register, make_country
from tf_assets.country.scenarios import SCENARIOS
from tf_assets.country.sizes import size_named
from tf_assets.research.cohorts.protocol import SQL_PARAMETERS
from tf_assets.research.extracts.reading import read_attributes
from tf_assets.research.outcomes.reference import reference_tables
from tf_assets.warehouse.calendar import EXTRACTS
from tf_assets.warehouse.geography import councils
from tf_assets.warehouse.models import load_models
from tf_assets.warehouse.record_keys import record_key_sql

SEED, SCENARIO = 5, SCENARIOS["headline"]
SIZE = size_named("demo", families=150, councils=3)

# The latest register of each person, as a release would hold it.
SPELLS = """
SELECT CAST(person_id AS VARCHAR) AS person_pseudonym, CAST(true_family_id AS VARCHAR) AS family_pseudonym, *
FROM register QUALIFY row_number() OVER (PARTITION BY person_id, council_code ORDER BY quarter_date DESC) = 1
"""
PEOPLE = """
SELECT person_pseudonym, any_value(family_pseudonym) AS family_pseudonym, any_value(sex) AS sex,
    CAST(date_trunc('month', any_value(date_of_birth)) AS DATE) AS birth_month
FROM released_programme_spells GROUP BY person_pseudonym
"""
LINKS = f"SELECT extract, {record_key_sql()} AS record_key, CAST(person_id AS VARCHAR) AS person_pseudonym FROM records"


@pytest.fixture(scope="module")
def tables(tmp_path_factory):
    """A connection with every table of this environment up to `outcome_values`, and the truth."""
    home = tmp_path_factory.mktemp("country")
    make_country(SEED, SIZE, SCENARIO, home / "landing", home / "truth")
    with duckdb.connect() as connection:
        connection.register("councils", councils().to_arrow())
        connection.register("register", clean_register(SEED, SIZE, SCENARIO)[0].to_arrow())
        for name in ("records", "outcomes", "arms"):
            connection.register(name, pl.read_parquet(home / "truth" / f"{name}.parquet").to_arrow())
        for extract in EXTRACTS:
            slots = sorted((home / "landing" / "departments" / extract).glob("*/attributes.*"))
            years = [read_attributes(path, extract, "salt", date.fromisoformat(path.parent.name)) for path in slots]
            connection.register(f"{extract}_attributes", pl.concat(years).to_arrow())
        for name, frame in reference_tables().items():
            connection.register(name, frame.to_arrow())
        connection.execute(f"CREATE TABLE released_programme_spells AS {SPELLS}")
        connection.execute(f"CREATE TABLE released_people AS {PEOPLE}")
        connection.execute(f"CREATE TABLE released_record_links AS {LINKS}", {"record_salt": "salt"})
        _run_models(connection, "outcome_values")
        yield connection


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


def test_arms_and_index_dates_are_the_planted_ones(tables):
    found = tables.sql("""
        SELECT count(*) AS n_people, count(*) FILTER (WHERE people.arm <> arms.arm) AS n_wrong_arm,
            count(*) FILTER (WHERE people.index_date <> arms.index_date) AS n_other_index
        FROM eligible_people AS people INNER JOIN arms ON CAST(arms.person_id AS VARCHAR) = people.person_pseudonym
    """).fetchone()
    assert found[0] > 400 and found[1] == 0
    # a child who stands in two families counts from the earlier of two dates
    assert found[2] <= 0.01 * found[0]


def test_every_planted_outcome_is_measured_as_it_was_planted(tables):
    found = tables.sql("""
        SELECT truth.outcome, count(*) AS n_known,
            count(*) FILTER (
                WHERE measured.value <> CASE arms.arm WHEN 'programme' THEN truth.y1 ELSE truth.y0 END
            ) AS n_wrong
        FROM outcomes AS truth
        INNER JOIN arms ON arms.person_id = truth.person_id
        INNER JOIN eligible_people AS people
            ON people.person_pseudonym = CAST(truth.person_id AS VARCHAR) AND people.index_date = arms.index_date
        INNER JOIN outcome_values AS measured
            ON measured.person_pseudonym = people.person_pseudonym
            AND measured.outcome = truth.outcome AND measured.outcome_window = truth."window"
        GROUP BY truth.outcome
    """).pl()
    assert set(found["outcome"]) == set(SCENARIO.outcomes)
    assert found["n_known"].min() > 400
    assert found["n_wrong"].sum() == 0


def test_everybody_of_the_age_is_known_where_the_data_reach(tables):
    missing = tables.sql("""
        SELECT truth.outcome, count(*) FILTER (WHERE measured.value IS NULL) / count(*) AS share
        FROM outcomes AS truth
        LEFT JOIN outcome_values AS measured
            ON measured.person_pseudonym = CAST(truth.person_id AS VARCHAR)
            AND measured.outcome = truth.outcome AND measured.outcome_window = truth."window"
        WHERE truth."window" = '01-06'
        GROUP BY truth.outcome
    """).pl()
    assert missing["share"].max() < 0.01


def test_school_outcomes_lie_in_their_ranges(tables):
    rates = dict(
        tables.sql(
            "SELECT outcome, avg(value) FROM outcome_values WHERE outcome_window = '07-12' GROUP BY outcome"
        ).fetchall()
    )
    assert 0.02 < rates["absence_rate"] < 0.2
    assert 0.05 < rates["is_persistently_absent"] < 0.6
    assert 20 < rates["ks4_attainment8"] < 70
