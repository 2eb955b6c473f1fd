"""What a zone knows of each national table that stands in its database: its content, and what it was made of.

Kept in the database itself and written in the transaction that publishes the table, so that the two cannot disagree.
"""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

import duckdb

from tf_assets.warehouse.schema import TableSchema

STANDING_TABLES = "standing_tables"


@dataclass(frozen=True)
class Standing:
    """One published national table.

    content: a hash of its rows and of its declaration; made_of: a hash of all that it follows from, None where that is
    not known.
    """

    content: str
    made_of: str | None


MadeOf: TypeAlias = Callable[[Mapping[str, Standing]], str | None]
"""Asked while a table is being published, with what then stands: the hash of all that the table follows from, or None."""


def version_of(n_rows: int, hash_sum: int, appended_to: str | None = None) -> tuple[int, str]:
    """The number of rows and the version of a table from the sum of its rows' hashes, with those that it is appended to."""
    if appended_to is not None:
        n_standing, sum_standing, _ = appended_to.split("-")
        n_rows, hash_sum = n_rows + int(n_standing), (hash_sum + int(sum_standing, 16)) % 2**64
    return n_rows, f"{n_rows}-{hash_sum:016x}"


def content_of(schema: TableSchema, version: str) -> str:
    """The content of a table of this declaration whose rows have this version."""
    return f"{version}-{_declaration(schema)}"


def is_declared_so(schema: TableSchema, content: str) -> bool:
    """Whether the table of this content has this declaration."""
    return content.endswith(f"-{_declaration(schema)}")


def _declaration(schema: TableSchema) -> str:
    return hashlib.sha256(repr(schema).encode()).hexdigest()[:16]


def read_standing(connection: duckdb.DuckDBPyConnection) -> dict[str, Standing]:
    """What stands in the database that is attached as `zone`; empty where an earlier version wrote it."""
    known = connection.execute(
        "SELECT count(*) FROM duckdb_tables() WHERE database_name = 'zone' AND table_name = ?", [STANDING_TABLES]
    ).fetchone()
    if not known or not known[0]:
        return {}
    rows = connection.execute(f"SELECT table_name, content, made_of FROM zone.{STANDING_TABLES}").fetchall()
    return {name: Standing(content, made_of) for name, content, made_of in rows}


def write_standing(connection: duckdb.DuckDBPyConnection, table: str, standing: Standing) -> None:
    """Say of a table what it is now, inside the transaction that makes it so."""
    connection.execute(
        f"CREATE TABLE IF NOT EXISTS zone.{STANDING_TABLES} (table_name VARCHAR, content VARCHAR, made_of VARCHAR)"
    )
    connection.execute(f"DELETE FROM zone.{STANDING_TABLES} WHERE table_name = ?", [table])
    connection.execute(
        f"INSERT INTO zone.{STANDING_TABLES} VALUES (?, ?, ?)", [table, standing.content, standing.made_of]
    )
