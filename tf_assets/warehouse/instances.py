"""DuckDB instances of one process, made ready for a zone's files and used again.

To make one ready costs more than to read a small table: DuckDB checks the signature of the extension that encrypts. With a
storage key everything is encrypted: Parquet files, and what is spilled. The key is bound, never part of a statement, so
that it stands in no query log.
"""

import base64
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import duckdb
import duckdb_extension_httpfs

_HTTPFS = next(Path(duckdb_extension_httpfs.__file__).parent.rglob("httpfs.duckdb_extension"))

ATTACHED = "zone"
"""The name under which a borrower attaches a database."""


@contextmanager
def borrowed_instance(spill: Path, storage_key: str | None) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection to an instance that nobody else uses meanwhile, to which a database may be attached as `zone`.

    Afterwards the database is detached, which writes what is due and lets its lock go, and what was made in the connection
    is gone. An instance from which it cannot be detached is not used again.
    """
    idle = _idle(spill, storage_key)
    try:
        instance = idle.pop()
    except IndexError:
        instance = prepare_instance(spill, storage_key)
    try:
        connection = instance.cursor()
        try:
            yield connection
        finally:
            connection.close()  # a transaction that is still open is rolled back
            instance.execute(f"DETACH DATABASE IF EXISTS {ATTACHED}")
    except duckdb.Error:
        instance.close()
        raise
    except BaseException:
        idle.append(instance)
        raise
    idle.append(instance)


@cache
def shared_instance(spill: Path, storage_key: str | None, n_threads: int | None) -> duckdb.DuckDBPyConnection:
    """The instance for what needs no database: files that are read and written; for so many threads, if that is said."""
    instance = prepare_instance(spill, storage_key)
    if n_threads is not None:
        instance.execute(f"SET threads = {n_threads}")
    return instance


def prepare_instance(spill: Path, storage_key: str | None) -> duckdb.DuckDBPyConnection:
    """A DuckDB that spills into `spill` and, with a key, reads and writes encrypted files."""
    connection = duckdb.connect()
    connection.execute(f"SET temp_directory = '{_quoted(spill)}'")
    # what DuckDB keeps of files that it has read would grow with every return that one process takes in
    connection.execute("SET enable_external_file_cache = false")
    if storage_key is not None:
        connection.execute(f"LOAD '{_quoted(_HTTPFS)}'")
        connection.execute("SET temp_file_encryption = true")
        add_parquet_key(connection, "storage", storage_key)
    return connection


def add_parquet_key(connection: duckdb.DuckDBPyConnection, name: str, storage_key: str) -> None:
    """Let an instance know a key for Parquet files by a name; the key stands in no statement."""
    connection.execute("SET VARIABLE storage_key = $key", {"key": _parquet_key(storage_key)})
    connection.execute(f"PRAGMA add_parquet_key('{name}', getvariable('storage_key'))")
    connection.execute("RESET VARIABLE storage_key")


@cache
def _idle(spill: Path, storage_key: str | None) -> "deque[duckdb.DuckDBPyConnection]":
    """Instances that wait to be borrowed; as many as were ever in use at one time."""
    return deque()


def _parquet_key(storage_key: str) -> str:
    """The key as DuckDB takes it for Parquet: base64 of 32 bytes."""
    return base64.b64encode(bytes.fromhex(storage_key)).decode()


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")
