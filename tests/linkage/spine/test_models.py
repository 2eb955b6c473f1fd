"""The spine's SQL models on small tables, on a bare DuckDB."""

from pathlib import Path

import duckdb
import polars as pl
import pytest

from tf_assets.warehouse.project import project_root

MODELS = project_root() / "dbt_like_sql" / "linkage" / "spine"


NOBODY = {
    "opted_out_records": "SELECT 'E1' AS council_code, 'P1' AS person_ref WHERE false",
    "opted_out_identities": "SELECT 'hospital' AS extract, 'R1' AS record_ref WHERE false",
}


def run(model: str, **tables: str) -> pl.DataFrame:
    """A model's result, sorted, over tables that are given as SQL; nobody has opted out unless that is given."""
    with duckdb.connect() as connection:
        for name, sql in (NOBODY | tables).items():
            connection.execute(f"CREATE TABLE {name} AS {sql}")
        return connection.sql(Path(MODELS / f"{model}.sql").read_text()).pl()


REGISTER = """
    SELECT 'E1' AS council_code, ref AS person_ref, family AS family_ref, 'AMIRA' AS forename, 'KHAN' AS surname,
           DATE '2004-03-02' AS date_of_birth, 'F' AS sex, postcode, NULL AS address, upn, NULL AS nino, 'child' AS role,
           CAST(quarter AS DATE) AS quarter_date, line AS row_number, grp AS programme_group,
           DATE '2015-04-20' AS assessment_date, CAST(started AS DATE) AS start_date, NULL AS end_date,
           NULL AS end_reason, true AS is_problem_crime, false AS is_problem_attendance, true AS is_problem_child_help,
           false AS is_problem_worklessness, false AS is_problem_domestic_abuse, false AS is_problem_health,
           CAST(received AS TIMESTAMP) AS received_at
    FROM (VALUES
        ('P1', 'F1', 'LS1 4AP', 'U1', '2015-04-01', 2, 'awaiting',  NULL,         '2015-08-20'),
        ('P1', 'F1', 'LS9 9ZZ', NULL, '2015-07-01', 2, 'programme', '2015-08-01', '2015-10-08'),
        ('P2', 'F1', 'LS9 9ZZ', 'U2', '2015-07-01', 3, 'programme', '2015-08-01', '2015-10-08'),
        ('P2', 'F2', 'LS9 9ZZ', 'U2', '2015-07-01', 7, 'programme', '2015-09-01', '2015-10-08')
    ) AS rows(ref, family, postcode, upn, quarter, line, grp, started, received)
"""
RECEIPTS = """
    SELECT 'E1' AS council_code, CAST(quarter AS DATE) AS quarter_date, CAST(received AS TIMESTAMP) AS received_at, verdict
    FROM (VALUES
        ('2015-04-01', '2015-07-09', 'superseded'),
        ('2015-04-01', '2015-08-20', 'current'),
        ('2015-04-01', '2015-07-01', 'refused'),
        ('2015-07-01', '2015-10-08', 'current')
    ) AS rows(quarter, received, verdict)
"""


def test_register_people_takes_the_latest_return_and_keeps_a_number_it_leaves_blank() -> None:
    people = run("register_people", council_register=REGISTER, return_receipts=RECEIPTS).sort("person_ref")
    assert people.select("person_ref", "family_ref", "postcode", "upn").rows() == [
        ("P1", "F1", "LS9 9ZZ", "U1"),
        ("P2", "F2", "LS9 9ZZ", "U2"),
    ]


def test_a_correction_does_not_change_when_a_person_was_first_received() -> None:
    """The return of April was refused on 1 July, received on the 9th and corrected in August: the 9th counts."""
    people = run("register_people", council_register=REGISTER, return_receipts=RECEIPTS).sort("person_ref")
    first = people.select(pl.col("first_received_at").dt.date().cast(pl.String), pl.col("first_quarter_date").cast(str))
    assert first.rows() == [("2015-07-09", "2015-04-01"), ("2015-10-08", "2015-07-01")]


def test_register_programme_follows_a_person_from_awaiting_to_the_programme() -> None:
    programme = run("register_programme", council_register=REGISTER).sort("person_ref")
    assert programme.select("person_ref", "programme_group", pl.col("start_date").cast(str)).rows() == [
        ("P1", "programme", "2015-08-01"),
        ("P2", "programme", "2015-09-01"),
    ]


def test_whoever_has_opted_out_is_in_no_register_table() -> None:
    out = "SELECT 'E1' AS council_code, 'P1' AS person_ref"
    people = run("register_people", council_register=REGISTER, return_receipts=RECEIPTS, opted_out_records=out)
    programme = run("register_programme", council_register=REGISTER, opted_out_records=out)
    assert (people["person_ref"].to_list(), programme["person_ref"].to_list()) == (["P2"], ["P2"])
    elsewhere = "SELECT 'E2' AS council_code, 'P1' AS person_ref"
    assert run("register_programme", council_register=REGISTER, opted_out_records=elsewhere).height == 2


def test_department_people_counts_identities_oldest_first() -> None:
    people = run("department_people", **_attendance()).sort("record_ref", "identity_number")
    assert people.select("extract", "record_ref", "identity_number", "postcode").rows() == [
        ("attendance", "R1", 1, "LS1 4AP"),
        ("attendance", "R1", 2, "LS9 9ZZ"),
        ("attendance", "R2", 1, "BD1 1AA"),
    ]
    years = people.select(pl.col("first_year_date", "last_year_date").cast(str))
    assert years.row(0) == ("2013-09-01", "2014-09-01")


def test_a_departments_record_of_somebody_who_has_opted_out_is_not_there_to_be_linked() -> None:
    out = "SELECT * FROM (VALUES ('attendance', 'R1'), ('hospital', 'R2')) AS rows(extract, record_ref)"
    people = run("department_people", **_attendance(), opted_out_identities=out)
    assert people["record_ref"].to_list() == ["R2"]


def _attendance() -> dict[str, str]:
    columns = "NULL AS aliases, NULL AS date_of_birth, 'F' AS sex, NULL AS upn, NULL AS nino, NULL AS nhs_number"
    empty = f"SELECT 'R' AS record_ref, 'A' AS forename, 'B' AS surname, {columns}, 'LS1 1AA' AS postcode, DATE '2013-09-01' AS year_start_date WHERE false"  # noqa: E501
    attendance = f"""
        SELECT record_ref, 'AMIRA' AS forename, surname, {columns}, postcode, CAST(year AS DATE) AS year_start_date
        FROM (VALUES
            ('R1', 'KHAN', 'LS9 9ZZ', '2015-09-01'), ('R1', 'KHAN', 'LS1 4AP', '2013-09-01'),
            ('R1', 'KHAN', 'LS1 4AP', '2014-09-01'), ('R2', 'SHAH', 'BD1 1AA', '2014-09-01')
        ) AS rows(record_ref, surname, postcode, year)
    """
    extracts = ("attainment", "social_care", "offences", "benefits", "employment", "hospital")
    return {"attendance_identities": attendance, **{f"{extract}_identities": empty for extract in extracts}}


CLUSTERS = """
    SELECT * FROM (VALUES
        ('E1', 'P1', 'id1', 'fam1', 'founding', true), ('E2', 'Q9', 'id1', 'fam2', 'upn', false),
        ('E1', 'P2', 'id2', 'fam1', 'founding', true)
    ) AS rows(council_code, person_ref, person_id, family_id, stage, is_founding_record)
"""


def test_people_takes_what_the_latest_return_says_that_says_anything() -> None:
    records = """
        SELECT council_code, person_ref, CAST(dob AS DATE) AS date_of_birth, sex, role,
               CAST(quarter AS DATE) AS quarter_date
        FROM (VALUES
            ('E1', 'P1', '2004-03-02', 'F', 'child', '2015-04-01'), ('E2', 'Q9', NULL, NULL, 'adult', '2016-01-01'),
            ('E1', 'P2', NULL, NULL, 'child', '2015-04-01')
        ) AS rows(council_code, person_ref, dob, sex, role, quarter)
    """
    people = run("people", register_clusters=CLUSTERS, register_people=records).sort("person_id")
    assert people.with_columns(pl.col("birth_month").cast(str)).rows() == [
        ("id1", "fam1", "2004-03-01", "F", "adult", "E2", 2),
        ("id2", "fam1", None, None, "child", "E1", 1),
    ]


def test_linked_spine_holds_register_and_department_records() -> None:
    links = "SELECT 'hospital' AS extract, 'R7' AS record_ref, 'id2' AS person_id, 'upn' AS stage, 9.0 AS match_weight, .99 AS probability"  # noqa: E501
    spine = run("linked_spine", register_clusters=CLUSTERS, record_links=links).sort("source", "source_ref")
    assert spine.select("source", "source_ref", "person_id", "stage").rows() == [
        ("hospital", "R7", "id2", "upn"),
        ("register", "E1|P1", "id1", "founding"),
        ("register", "E1|P2", "id2", "founding"),
        ("register", "E2|Q9", "id1", "upn"),
    ]
    assert spine["probability"].to_list() == [pytest.approx(0.99), None, None, None]
