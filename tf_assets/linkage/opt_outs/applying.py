"""Which register records and which departments' records belong to people who have opted out.

First by keyed hash: records whose distinct identities give a hash that an opt-out has. Then by closure: whatever else the
same person stands in, by a shared number, by name and date of birth, or by name and place, until nothing more is found;
so a person who gave one number is out of every register and extract that the number leads to. It errs towards leaving
out (ours): that two strangers share a name and a date of birth costs the evaluation a record, and missing the person
costs a promise.

Everything is set-based over a few scans of each table, and nothing is computed where there are no opt-outs.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import duckdb
import polars as pl

from tf_assets.linkage.opt_outs.keyed import (
    NAME_PURPOSES,
    NUMBER_PURPOSES,
    TAG_DIGITS,
    Pads,
    hmac_sql,
    name_text_sql,
    named_sql,
    record_variants_sql,
    register_roots,
    tag_sql,
)
from tf_assets.linkage.opt_outs.store import OptOuts
from tf_assets.warehouse.calendar import EXTRACTS
from tf_assets.warehouse.errors import GateFailed

REGISTER = "register"
UNDATED = "name_postcode_undated"
DEAD_END = -1
"""The step of a record without a date of birth that is out for its name and postcode alone. It leads no further: it may
be another's of the name, and would join a father to his son."""

MOST_RECORDS_WITH_ONE_NUMBER = 30
"""A number that more records give than this leads nowhere: it is somebody's placeholder. A person has some ten."""

MOST_RECORDS_OF_AN_OPT_OUT = 200
"""On average; more would mean that a placeholder has joined strangers, and then nothing is published (ours)."""

_IDENTITY = "forename, surname, date_of_birth, postcode, upn, nino, nhs_number"


@dataclass(frozen=True)
class OptedOut:
    """Records that are out.

    records: council_code, person_ref; identities: extract, record_ref; each sorted, each record once.
    """

    records: pl.DataFrame
    identities: pl.DataFrame


def find_opted_out(
    connection: duckdb.DuckDBPyConnection, opt_outs: OptOuts, key: str, extracts: Iterable[str] = EXTRACTS
) -> OptedOut:
    """Find the records in `council_register` and the `*_identities` of a connection, which gets temporary tables.

    key: the opt-out key. `GateFailed` when so many records are found that something must have joined strangers.
    """
    sources = (REGISTER, *extracts)
    # a record may be found twice: as a dead end, and then for good
    connection.execute("CREATE OR REPLACE TEMP TABLE found (source VARCHAR, record VARCHAR, step INTEGER)")
    if opt_outs.n:
        register_roots(connection)
        _find_by_hash(connection, opt_outs, Pads.of(key), sources)
        step = 0
        while _count(connection, f"found WHERE step = {step}"):
            _refuse_runaway(connection, opt_outs.n)
            _find_by_closure(connection, sources, step)
            step += 1
    return OptedOut(
        records=connection.sql(
            "SELECT DISTINCT split_part(record, '|', 1) AS council_code, substr(record, strpos(record, '|') + 1) AS person_ref "
            f"FROM found WHERE source = '{REGISTER}' ORDER BY ALL"
        ).pl(),
        identities=connection.sql(
            f"SELECT DISTINCT source AS extract, record AS record_ref FROM found WHERE source <> '{REGISTER}' ORDER BY ALL"
        ).pl(),
    )


def _rows_sql(source: str) -> str:
    """The identities of one source: record and `_IDENTITY`, one row a mention; an alias is a mention too."""
    if source == REGISTER:
        return (
            "SELECT concat(council_code, '|', person_ref) AS record, forename, surname, date_of_birth, postcode, upn, "
            "nino, CAST(NULL AS VARCHAR) AS nhs_number FROM council_register"
        )
    return f"""
        SELECT record_ref AS record, {_IDENTITY} FROM {source}_identities
        UNION ALL
        SELECT record_ref, nullif(trim(regexp_replace(alias, '[^ ]+$', '')), ''), regexp_extract(alias, '[^ ]+$'),
               date_of_birth, postcode, NULL, NULL, NULL
        FROM (SELECT *, unnest(string_split(aliases, '|')) AS alias FROM {source}_identities WHERE aliases IS NOT NULL)
    """


def _find_by_hash(
    connection: duckdb.DuckDBPyConnection, opt_outs: OptOuts, pads: Pads, sources: tuple[str, ...]
) -> None:
    """Step 0 of `found`: records that have a hash of an opt-out."""
    connection.register("opt_out_hashes", opt_outs.hashes.to_arrow())
    purposes = set(opt_outs.hashes["purpose"])
    if "register_ref" in purposes:
        _find_by_value(connection, "register_ref", "record", pads, (REGISTER,))
    for number in NUMBER_PURPOSES:
        if number in purposes:
            _find_by_value(connection, number, number, pads, sources)
    names = [purpose for purpose in NAME_PURPOSES if purpose in purposes]
    if names:
        for column in TAG_DIGITS:
            _find_worth_hashing(connection, column, pads, sources)
        for source in sources:
            _find_by_name(connection, source, names, pads)


def _find_by_value(
    connection: duckdb.DuckDBPyConnection, purpose: str, column: str, pads: Pads, sources: tuple[str, ...]
) -> None:
    """Insert records whose value has an opt-out's hash; each value is hashed once, whatever number of records has it."""
    connection.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE matched AS
        SELECT value FROM ({_distinct_sql(column, sources)})
        WHERE {hmac_sql(f"concat('{purpose}|', value)")} IN (SELECT hash FROM opt_out_hashes WHERE purpose = '{purpose}')
        """,
        pads.parameters,
    )
    for source in sources:
        _insert(
            connection, source, f"SELECT record, 0 AS step FROM ({_rows_sql(source)}) WHERE {column} IN (FROM matched)"
        )


def _distinct_sql(column: str, sources: tuple[str, ...]) -> str:
    values = " UNION ".join(f"SELECT {column} AS value FROM ({_rows_sql(source)})" for source in sources)
    return f"SELECT DISTINCT value FROM ({values}) WHERE value IS NOT NULL"


def _insert(
    connection: duckdb.DuckDBPyConnection, source: str, records: str, parameters: dict[str, bytes] | None = None
) -> None:
    """Insert records (record, step) of one source, but those that are there with their step."""
    connection.execute(
        f"INSERT INTO found SELECT DISTINCT '{source}', record, step FROM ({records}) "
        f"ANTI JOIN (SELECT record, step FROM found WHERE source = '{source}') AS earlier USING (record, step)",
        parameters or {},
    )


def _find_worth_hashing(
    connection: duckdb.DuckDBPyConnection, column: str, pads: Pads, sources: tuple[str, ...]
) -> None:
    """`<column>_worth_hashing`: the values whose tag an opt-out has."""
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE {column}_worth_hashing AS "
        f"SELECT {column} FROM (SELECT value AS {column} FROM ({_distinct_sql(column, sources)})) "
        f"WHERE {tag_sql(column)} IN (SELECT hash FROM opt_out_hashes WHERE purpose = 'tag|{column}')",
        pads.parameters,
    )


def _find_by_name(connection: duckdb.DuckDBPyConnection, source: str, purposes: list[str], pads: Pads) -> None:
    """Insert records by name with date of birth or postcode, hashing only what the tags of both leave."""
    worth = {
        column: f"coalesce({column} IN (FROM {column}_worth_hashing), false) AS is_{column}_worth"
        for column in TAG_DIGITS
    }
    rows = f"""
        (SELECT * FROM (
            SELECT record, forename, surname, date_of_birth, postcode, {", ".join(worth.values())}
            FROM ({_rows_sql(source)}) WHERE forename IS NOT NULL
            GROUP BY ALL
        ) WHERE {" OR ".join(f"is_{column}_worth" for column in TAG_DIGITS)})
    """
    columns = ", ".join(["record", "date_of_birth", "postcode", *(f"is_{column}_worth" for column in TAG_DIGITS)])
    texts = " UNION ALL ".join(
        f"SELECT record, '{purpose}' AS purpose, {name_text_sql(purpose)} AS text FROM variants "
        f"WHERE {' AND '.join(f'is_{column}_worth' for column in NAME_PURPOSES[purpose].tagged)}"
        for purpose in purposes
    )
    hashed = f"""
        WITH named AS MATERIALIZED ({named_sql(rows, columns)}), variants AS ({record_variants_sql("named")})
        SELECT record, purpose, {hmac_sql("text")} AS hash FROM ({texts}) WHERE text IS NOT NULL
    """
    _insert(
        connection,
        source,
        f"SELECT record, CASE purpose WHEN '{UNDATED}' THEN {DEAD_END} ELSE 0 END AS step "
        f"FROM ({hashed}) SEMI JOIN opt_out_hashes USING (purpose, hash)",
        pads.parameters,
    )


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


def _find_by_closure(connection: duckdb.DuckDBPyConnection, sources: tuple[str, ...], step: int) -> None:
    """The next step of `found`: records that a tie joins to one of this step."""
    columns = "source, record, forename, date_of_birth, postcode, upn, nino, nhs_number"
    newest = " UNION ALL ".join(
        f"SELECT DISTINCT '{source}' AS source, * FROM ({_rows_sql(source)}) "
        f"WHERE record IN (SELECT record FROM found WHERE source = '{source}' AND step = {step})"
        for source in sources
    )
    connection.execute(f"CREATE OR REPLACE TEMP TABLE newest AS {named_sql(f'({newest})', columns)}")
    may_tie = " OR ".join(
        f"{column} IN (SELECT {column} FROM newest WHERE {column} IS NOT NULL)"
        for column in (*NUMBER_PURPOSES, "date_of_birth", "postcode")
    )
    candidates = " UNION ALL ".join(
        f"SELECT DISTINCT '{source}' AS source, * FROM ({_rows_sql(source)}) WHERE {may_tie}" for source in sources
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


def _refuse_runaway(connection: duckdb.DuckDBPyConnection, n_opt_outs: int) -> None:
    n_found = _count(connection, "found")
    if n_found > MOST_RECORDS_OF_AN_OPT_OUT * n_opt_outs:
        raise GateFailed(
            f"The opt-outs in force would leave out more than {MOST_RECORDS_OF_AN_OPT_OUT} records each, so a number or "
            "a name in them must be a placeholder that many records share. Nothing was left out and what was published "
            "stands: find the opt-out that was recorded last, and record it again with better evidence."
        )


def _count(connection: duckdb.DuckDBPyConnection, from_sql: str) -> int:
    counted = connection.execute(f"SELECT count(*) FROM {from_sql}").fetchone()
    return int(counted[0]) if counted else 0
