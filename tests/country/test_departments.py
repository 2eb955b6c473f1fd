"""Departments hold everybody, under references that are stable and say nothing, and write names down with slips."""

from typing import Any

import polars as pl
import pytest
from stdnum.gb import upn

from tf_assets.warehouse.calendar import EXTRACTS


@pytest.mark.parametrize(
    ("extract", "is_expected"),
    [
        ("hospital", "true"),
        ("benefits", "birth < DATE '2003-03-01'"),
        ("employment", "birth < DATE '2003-03-01'"),
        ("attendance", "birth BETWEEN DATE '2003-09-01' AND DATE '2008-08-31'"),
    ],
)
def test_departments_hold_the_whole_population_of_their_age(country: Any, extract: str, is_expected: str) -> None:
    n_people, n_held = country.sql.execute(
        f"""
        WITH people AS (
            SELECT person_id, mode(date_of_birth) AS birth
            FROM hospital_identities AS rows
            INNER JOIN records ON records.extract = 'hospital' AND records.record_ref = rows.record_ref
            GROUP BY person_id
        )
        SELECT count(*), count(*) FILTER (person_id IN (SELECT person_id FROM records WHERE extract = '{extract}'))
        FROM people WHERE {is_expected}
        """
    ).fetchone()
    assert n_people > 1_500
    assert n_held / n_people > 0.995


def test_the_whole_population_is_in_the_hospitals_records(country: Any) -> None:
    (n_people,) = country.sql.execute("SELECT count(*) FROM records WHERE extract = 'hospital'").fetchone()
    assert n_people == country.summary.n_people


@pytest.mark.parametrize("extract", EXTRACTS)
def test_every_attribute_row_belongs_to_an_identity_of_the_same_year_and_to_one_person(
    country: Any, extract: str
) -> None:
    (n_orphans,) = country.sql.execute(
        f"""
        SELECT count(*) FROM {extract}_attributes ANTI JOIN {extract}_identities USING (record_ref, year_start)
        """
    ).fetchone()
    n_references, n_people, n_pairs = country.sql.execute(
        f"""
        SELECT count(DISTINCT record_ref), count(DISTINCT person_id), count(*) FROM records WHERE extract = '{extract}'
        """
    ).fetchone()
    assert n_orphans == 0
    assert n_references == n_people == n_pairs


@pytest.mark.parametrize("extract", EXTRACTS)
def test_a_file_is_in_the_order_of_its_references(country: Any, extract: str) -> None:
    suffix = "csv" if extract == "offences" else "parquet"
    path = next((country.root / "landing" / "departments" / extract).glob(f"2015-*/identities.{suffix}"))
    frame = pl.read_csv(path) if suffix == "csv" else pl.read_parquet(path)
    runs = (frame["record_ref"].str.slice(0, 4) < frame["record_ref"].str.slice(0, 4).shift(1)).sum()
    assert frame["record_ref"].n_unique() == len(frame)
    assert runs <= 1


def test_suppliers_slip_in_two_or_three_names_in_a_hundred(country: Any) -> None:
    (mistyped,) = country.sql.execute(
        """
        WITH usual AS (
            SELECT record_ref, mode(forename) AS forename, count(*) AS n FROM attendance_identities GROUP BY ALL
        )
        SELECT avg(CAST(rows.forename <> usual.forename AS INTEGER))
        FROM attendance_identities AS rows INNER JOIN usual USING (record_ref) WHERE n >= 4
        """
    ).fetchone()
    assert 0.01 < mistyped < 0.03


def test_some_numbers_are_missing_wrong_or_temporary(country: Any) -> None:
    numbers = country.sql.execute("SELECT upn FROM attendance_identities").pl()["upn"]
    present = numbers.drop_nulls()
    wrong = sum(not upn.is_valid(number) for number in present)
    temporary = present.str.contains("[A-Z]$").mean()
    assert 0.004 < numbers.null_count() / len(numbers) < 0.02
    assert 0 < wrong / len(present) < 0.01
    assert 0.008 < temporary < 0.025


def test_people_who_marry_are_known_by_both_names(country: Any) -> None:
    (n_renamed,) = country.sql.execute(
        """
        SELECT count(*) FROM (
            SELECT record_ref FROM employment_identities WHERE sex = 'F'
            GROUP BY record_ref HAVING count(DISTINCT surname) FILTER (length(surname) > 3) > 1
        )
        """
    ).fetchone()
    assert n_renamed > 50


def test_canaries_stand_in_departments_files_with_their_own_names(country: Any) -> None:
    listed = pl.read_csv(country.root / "truth" / "canaries.csv")
    surnames = listed.filter(pl.col("kind") == "surname")["value"].to_list()
    found = country.sql.execute(
        "SELECT count(DISTINCT surname) FROM hospital_identities WHERE list_contains($names, surname)",
        {"names": surnames},
    ).fetchone()
    assert len(surnames) == 20
    assert found == (20,)
