"""Records that have a keyed hash of an opt-out: step 0 of the temporary table `found` (source, record, step)."""

import duckdb

from tf_assets.linkage.opt_outs.keyed import (
    NAME_PURPOSES,
    NUMBER_PURPOSES,
    TAG_DIGITS,
    Pads,
    hmac_sql,
    name_text_sql,
    named_sql,
    record_variants_sql,
    tag_sql,
)
from tf_assets.linkage.opt_outs.sources import DEAD_END, REGISTER, rows_sql
from tf_assets.linkage.opt_outs.store import OptOuts

UNDATED = "name_postcode_undated"


def find_by_hash(
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
            connection, source, f"SELECT record, 0 AS step FROM ({rows_sql(source)}) WHERE {column} IN (FROM matched)"
        )


def _distinct_sql(column: str, sources: tuple[str, ...]) -> str:
    values = " UNION ".join(f"SELECT {column} AS value FROM ({rows_sql(source)})" for source in sources)
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
            FROM ({rows_sql(source)}) WHERE forename IS NOT NULL
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
