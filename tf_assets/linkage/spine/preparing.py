"""Two frames of records become two tables that can be compared, with a row for each identity a record goes by."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import duckdb
import polars as pl

from tf_assets.linkage.spine.comparisons import NUMBERS
from tf_assets.linkage.spine.nicknames import forename_roots
from tf_assets.warehouse.errors import InputRefused

IDENTITY_COLUMNS = ("forename", "surname", "date_of_birth", "sex", "postcode", "address", *NUMBERS)
"""What two records can be compared by, where both sides have it."""

REQUIRED_COLUMNS = ("record_id", "forename", "surname", "date_of_birth")
NAMES = ("forename", "surname", "aliases")
ROOT_COLUMN = "forename_root"
"""The name that the forename is a form of; in both tables besides the identity columns."""

SIDES = ("left", "right")


@dataclass(frozen=True)
class Workspace:
    """An in-memory DuckDB with the tables of one linkage.

    left_rows, right_rows: row_id, record (a number in the order of record ids), is_latest (the last row given of its
    record), and the identity columns as text, dates as `YYYY-MM-DD`; left_records, right_records: record, record_id.
    columns: the identity columns that both sides have.
    """

    connection: duckdb.DuckDBPyConnection
    columns: tuple[str, ...]
    n_left: int
    n_right: int


@contextmanager
def workspace(left: pl.DataFrame, right: pl.DataFrame, threads: int = 2) -> Iterator[Workspace]:
    """A workspace of two frames, gone when it is left; nothing in it is ever written to a disk.

    `record_id`, forename, surname and date_of_birth must be there; a record may have several rows (identities over the
    years, moves), of which the last given is the latest; `aliases`, `FORENAME SURNAME` joined by `|`, make further
    rows. `InputRefused` names a missing column.
    """
    connection = duckdb.connect()
    try:
        connection.execute("SET temp_directory = ''")
        connection.execute(f"SET threads = {threads}")
        frames = {"left": _with_text(left, "left"), "right": _with_text(right, "right")}
        columns = tuple(
            column
            for column in IDENTITY_COLUMNS
            if column in REQUIRED_COLUMNS or all(_is_given(frame, column) for frame in frames.values())
        )
        for side, frame in frames.items():
            _load(connection, side, frame, columns)
        yield Workspace(connection, columns, left["record_id"].n_unique(), right["record_id"].n_unique())
    finally:
        connection.close()


def _is_given(frame: pl.DataFrame, column: str) -> bool:
    return column in frame.columns and frame[column].null_count() < frame.height


def _with_text(frame: pl.DataFrame, side: str) -> pl.DataFrame:
    missing = [column for column in REQUIRED_COLUMNS if column not in frame.columns]
    if missing:
        raise InputRefused(f"The {side} table has no column {', '.join(missing)}. Rename its columns and try again.")
    present = [column for column in (*IDENTITY_COLUMNS, "aliases") if column in frame.columns]
    trimmed = [pl.col(column).cast(pl.String).str.strip_chars().alias(column) for column in present]
    # a double name is the same with a hyphen and without
    trimmed = [
        text.str.replace_all("-", " ") if column in NAMES else text
        for column, text in zip(present, trimmed, strict=True)
    ]
    frame = frame.select(pl.col("record_id").cast(pl.String), *trimmed)
    blank_to_null = [pl.when(pl.col(column) != "").then(pl.col(column)).alias(column) for column in present]
    if frame["record_id"].null_count():
        raise InputRefused(f"The {side} table has rows without a record_id. Give each record one and try again.")
    _refuse_odd_dates(frame, side)
    return frame.with_columns(blank_to_null).with_row_index("given_order")


def _refuse_odd_dates(frame: pl.DataFrame, side: str) -> None:
    is_odd = ~pl.col("date_of_birth").str.contains(r"^(\d{4}-\d{2}-\d{2})?$")
    n_odd = frame.select(is_odd.fill_null(False).sum()).item()
    if n_odd:
        raise InputRefused(
            f"{n_odd} rows of the {side} table have a date_of_birth that is neither empty nor YYYY-MM-DD. "
            "Write dates of birth as YYYY-MM-DD and try again."
        )


def _load(connection: duckdb.DuckDBPyConnection, side: str, frame: pl.DataFrame, columns: tuple[str, ...]) -> None:
    """Make `<side>_records` and `<side>_rows` of a frame."""
    connection.register("given", frame.to_arrow())
    connection.register("forename_roots", forename_roots().to_arrow())
    connection.execute(
        f"CREATE TABLE {side}_records AS SELECT record_id, row_number() OVER (ORDER BY record_id) AS record "
        "FROM (SELECT DISTINCT record_id FROM given)"
    )
    given = {"forename", "surname"}
    others = "".join(f", {column}" for column in columns if column not in given)
    aliases = _alias_rows_sql(others) if "aliases" in frame.columns else ""
    connection.execute(
        f"""
        CREATE TABLE {side}_rows AS
        WITH identities AS (
            SELECT record_id, given_order, false AS is_alias, forename, surname{others} FROM given
            {aliases}
        ), distinct_identities AS (
            SELECT record_id, max(given_order) AS given_order, bool_and(is_alias) AS is_alias, forename, surname{others}
            FROM identities GROUP BY ALL
        )
        SELECT row_number() OVER (ORDER BY record, is_alias DESC, given_order) AS row_id, record,
               row_number() OVER (PARTITION BY record ORDER BY is_alias, given_order DESC) = 1 AS is_latest,
               {", ".join(columns)}, coalesce(root, forename) AS {ROOT_COLUMN}
        FROM distinct_identities JOIN {side}_records USING (record_id)
        LEFT JOIN (SELECT forename, root FROM forename_roots) USING (forename)
        ORDER BY row_id
        """
    )
    connection.unregister("given")


def _alias_rows_sql(others: str) -> str:
    """Further identities from `aliases`: the last word is the surname."""
    return f"""
            UNION ALL
            SELECT record_id, given_order, true AS is_alias,
                   nullif(trim(regexp_replace(alias, '[^ ]+$', '')), '') AS forename,
                   regexp_extract(alias, '[^ ]+$') AS surname{others}
            FROM (SELECT *, unnest(string_split(aliases, '|')) AS alias FROM given WHERE aliases IS NOT NULL)
            WHERE trim(alias) <> ''
    """
