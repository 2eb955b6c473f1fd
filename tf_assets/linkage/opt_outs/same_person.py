"""Records of the same person as those that are found: the next step of the temporary table `found`."""

from collections.abc import Iterable

import duckdb

from tf_assets.linkage.opt_outs.keyed import NUMBER_PURPOSES, named_sql
from tf_assets.linkage.opt_outs.sources import DEAD_END, REGISTER, rows_sql

MOST_RECORDS_WITH_ONE_NUMBER = 30
"""A number that more records give than this leads nowhere: it is somebody's placeholder. A person has some ten."""

_GIVEN_AGREE = "(a.given = b.given OR a.given = b.first_given OR a.first_given = b.given)"
"""As for hashes: all forenames, or one side gives the first alone."""

_NAMES_AGREE = """
    (a.forename IS NULL OR b.forename IS NULL OR a.first_given = b.first_given
     OR jaro_winkler_similarity(a.forename, b.forename) >= 0.8
     OR starts_with(a.forename, b.forename) OR starts_with(b.forename, a.forename))
"""
"""The least that the register's clusters ask of two records with one number, so that no cluster is torn."""

_SAME_DATE_BUT_A_SLIP = """
    (CAST(year(a.date_of_birth) = year(b.date_of_birth) AS INTEGER)
        + CAST(month(a.date_of_birth) = month(b.date_of_birth) AS INTEGER)
        + CAST(day(a.date_of_birth) = day(b.date_of_birth) AS INTEGER) >= 2)
"""

_TIES: dict[str, str] = {
    **{
        number: f"a.{number} = b.{number} AND {_NAMES_AGREE} "
        f"AND b.{number} NOT IN (SELECT value FROM placeholders WHERE kind = '{number}')"
        for number in NUMBER_PURPOSES
    },
    "name_dob": f"a.first_given = b.first_given AND a.date_of_birth = b.date_of_birth AND a.family = b.family "
    f"AND {_GIVEN_AGREE}",
    "forename_dob_postcode": "a.first_given = b.first_given AND a.date_of_birth = b.date_of_birth "
    f"AND a.postcode = b.postcode AND {_GIVEN_AGREE}",
    "name_postcode": "a.first_given = b.first_given AND a.family = b.family AND a.postcode = b.postcode "
    f"AND {_GIVEN_AGREE} AND {_SAME_DATE_BUT_A_SLIP}",
    "surname_slip": "a.first_given = b.first_given AND a.date_of_birth = b.date_of_birth "
    f"AND {_GIVEN_AGREE} AND length(a.family) >= 5 AND damerau_levenshtein(a.family, b.family) <= 1",
}
"""When two records are taken for one person: a found one (a) and another (b)."""

_UNDATED_TIE = (
    "a.first_given = b.first_given AND a.family = b.family AND a.postcode = b.postcode "
    f"AND {_GIVEN_AGREE} AND a.date_of_birth IS NOT NULL AND b.date_of_birth IS NULL"
)


HOLDERS_OF_A_NAME = 3
"""People on the registers who go by a forename, for it to be a name and not a slip (ours)."""

_FORENAME_SLIPS_SQL = f"""
    WITH slips AS (
        SELECT DISTINCT b.source, b.record, b.forename, b.date_of_birth
        FROM newest AS a JOIN candidates AS b ON a.family = b.family AND a.date_of_birth = b.date_of_birth
        WHERE b.source <> '{REGISTER}' AND length(a.first_given) >= 4
        AND damerau_levenshtein(a.first_given, b.first_given) = 1
    ), holders AS (
        SELECT DISTINCT forename, surname, date_of_birth FROM council_register
        WHERE forename IN (SELECT forename FROM slips)
    )
    SELECT DISTINCT source, record FROM slips
    WHERE forename NOT IN (SELECT forename FROM holders GROUP BY forename HAVING count(*) >= {HOLDERS_OF_A_NAME})
    AND (forename, date_of_birth) NOT IN (SELECT (forename, date_of_birth) FROM holders WHERE date_of_birth IS NOT NULL)
"""
"""Departments' records with one slip in the forename, same surname and date of birth. A twin's name may differ by one
letter: it is a slip only if it is no name on the registers, and nobody of that name and date of birth is on one."""


def find_by_closure(connection: duckdb.DuckDBPyConnection, sources: tuple[str, ...], step: int) -> None:
    """The next step of `found`: records that a tie joins to one of this step."""
    columns = "source, record, forename, date_of_birth, postcode, upn, nino, nhs_number"
    newest = " UNION ALL ".join(
        f"SELECT DISTINCT '{source}' AS source, * FROM ({rows_sql(source)}) "
        f"WHERE record IN (SELECT record FROM found WHERE source = '{source}' AND step = {step})"
        for source in sources
    )
    connection.execute(f"CREATE OR REPLACE TEMP TABLE newest AS {named_sql(f'({newest})', columns)}")
    may_tie = " OR ".join(
        f"{column} IN (SELECT {column} FROM newest WHERE {column} IS NOT NULL)"
        for column in (*NUMBER_PURPOSES, "date_of_birth", "postcode")
    )
    candidates = " UNION ALL ".join(
        f"SELECT DISTINCT '{source}' AS source, * FROM ({rows_sql(source)}) WHERE {may_tie}" for source in sources
    )
    connection.execute(f"CREATE OR REPLACE TEMP TABLE candidates AS {named_sql(f'({candidates})', columns)}")
    counted = " UNION ALL ".join(
        f"SELECT '{number}' AS kind, {number} AS value FROM candidates WHERE {number} IS NOT NULL "
        f"GROUP BY {number} HAVING count(DISTINCT (source, record)) > {MOST_RECORDS_WITH_ONE_NUMBER}"
        for number in NUMBER_PURPOSES
    )
    connection.execute(f"CREATE OR REPLACE TEMP TABLE placeholders AS {counted}")
    _insert_tied(connection, _TIES.values(), step + 1, "step >= 0")
    _insert_tied(connection, [_UNDATED_TIE], DEAD_END, "true")
    connection.execute(
        f"INSERT INTO found SELECT source, record, {step + 1} FROM ({_FORENAME_SLIPS_SQL}) "
        "ANTI JOIN (SELECT source, record FROM found WHERE step >= 0) AS earlier USING (source, record)"
    )


def _insert_tied(connection: duckdb.DuckDBPyConnection, ties: Iterable[str], step: int, not_among: str) -> None:
    tied = " UNION ".join(f"SELECT b.source, b.record FROM newest AS a JOIN candidates AS b ON {tie}" for tie in ties)
    connection.execute(
        f"INSERT INTO found SELECT source, record, {step} FROM ({tied}) "
        f"ANTI JOIN (SELECT source, record FROM found WHERE {not_among}) AS earlier USING (source, record)"
    )
