"""The storage of one environment: national tables in a DuckDB file, partitioned tables in Parquet files.

A DuckDB writer shuts every other process out, readers too. So everything is computed and staged over read-only
connections, and the only writer is the short transaction that publishes a staged table. Partition files take no lock.

With a storage key everything that this module writes is encrypted: the database, the partition files, what is staged
and what DuckDB spills (`instances.py`).
"""

import fcntl
import os
import time
import uuid
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

import duckdb
import polars as pl
import pyarrow as pa

from tf_assets.warehouse.errors import DeclarationError, EvaluationError, GateFailed, KeysRefused
from tf_assets.warehouse.given import GIVEN_TABLES
from tf_assets.warehouse.home import Environment
from tf_assets.warehouse.instances import ATTACHED, borrowed_instance, shared_instance
from tf_assets.warehouse.schema import TableSchema
from tf_assets.warehouse.standing import MadeOf, Standing, content_of, read_standing, version_of, write_standing

Data: TypeAlias = pl.DataFrame | pa.Table | str
"""What a table may be made of: a frame, an Arrow table, or the text of one SELECT over the zone's tables."""

LOCK_PATIENCE_SECONDS = 120
"""How long a connection waits while another process publishes; publishing takes seconds."""

ROWS_FOR_ONE_THREAD = 122_880
"""A row group of DuckDB, below which no second thread can help: it would only take turns, at twice the time of the
processor (measured)."""


@dataclass(frozen=True)
class Staged:
    """A table that has been made but not published.

    path: its Parquet file; n_rows; version: a hash of its content that does not depend on the order of rows;
    appended_to: of rows that come beside those of a published table, the content that it had when they were staged;
    n_rows and version are then of the table that they make.
    """

    schema: TableSchema
    partition_key: str | None
    path: Path
    n_rows: int
    version: str
    appended_to: str | None = None


@dataclass(frozen=True)
class Zone:
    """Tables of one environment below `root`; encrypted where there is a storage key."""

    environment: Environment
    root: Path
    schemas: Mapping[str, TableSchema]
    storage_key: str | None = field(default=None, repr=False)
    """32 bytes as hexadecimal text."""
    readable: frozenset[str] | None = None
    """The tables that `read` gives; None for all."""

    @property
    def database(self) -> Path:
        """The DuckDB file of the national tables."""
        return self.root / f"{self.environment}.duckdb"

    def partition_files(self, table: str) -> list[Path]:
        """The published partition files of a table, in the order of their keys."""
        return sorted((self.root / "partitions" / table).glob("*.parquet"))

    def partition_file(self, table: str, partition_key: str) -> Path:
        """Where one partition is, or will be, published."""
        return self.root / "partitions" / table / f"{partition_key.replace('|', '_')}.parquet"

    @contextmanager
    def connect(self, tables: Iterable[str] | None = None) -> Iterator[duckdb.DuckDBPyConnection]:
        """A read-only connection in which each published table stands under its bare name; closed in every case.

        A table that was never published stands there too, empty and typed. tables: which are needed, if that is known:
        to look for the partition files of all takes longer than to read a small table.
        """
        with self._connection() as connection:
            if self.database.exists():
                self._attach(connection, read_only=True)
                connection.execute("USE zone")
            self._create_views(connection, self.schemas if tables is None else tables)
            yield connection

    @contextmanager
    def _connection(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """A DuckDB that nobody else uses meanwhile, to which the database may be attached."""
        self.root.mkdir(parents=True, exist_ok=True)
        with borrowed_instance(self.root / "spill", self.storage_key) as connection:
            yield connection

    def read(self, table: str) -> pl.DataFrame:
        """A whole published table."""
        if self.readable is not None and table not in self.readable:
            raise DeclarationError(
                f"{table} is read by what does not name it among its deps. Name it there: a change of it would not be seen."
            )
        with self.connect([table]) as connection:
            return connection.sql(f"SELECT * FROM {table}").pl()

    def n_rows(self, table: str) -> int:
        """How many rows a published table has."""
        with self.connect([table]) as connection:
            row = connection.sql(f"SELECT count(*) FROM {table}").fetchone()
            return int(row[0]) if row else 0

    def read_partition(self, table: str, partition_key: str) -> pl.DataFrame:
        """One published partition; an `EvaluationError` if it was never published."""
        path = self.partition_file(table, partition_key)
        if not path.exists():
            raise EvaluationError(f"{table} has no published partition {partition_key}. Materialise it first.")
        with self.bare_connection() as connection:
            return connection.sql(f"SELECT * FROM {self.parquet_sql([path])}").pl()

    def read_partitions(self, table: str, prefix: str) -> pl.DataFrame:
        """The published partitions whose keys begin so, in the order of their keys; empty and typed if there is none."""
        paths = [path for path in self.partition_files(table) if path.name.startswith(prefix)]
        source = self.parquet_sql(paths) if paths else f"(SELECT {_empty_sql(self.schemas[table])} WHERE false)"
        with self.bare_connection() as connection:
            return connection.sql(f"SELECT * FROM {source}").pl()

    @contextmanager
    def lock(self, name: str) -> Iterator[None]:
        """Hold a name against every other process: of two that make one table, the second waits and sees what is new.

        The lock ends with the process that holds it.
        """
        path = self.root / "locks" / name.replace("|", "_")
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def stage(
        self,
        table: str,
        data: Data,
        partition_key: str | None = None,
        parameters: Mapping[str, object] | None = None,
        appended_to: str | None = None,
    ) -> Staged:
        """Write `data`, cast to the table's declared types, to a file that nobody reads until it is published.

        appended_to: the content of the standing national table whose rows stay beside these.
        """
        schema = self.schemas[table]
        path = self.root / "staging" / f"{table}-{uuid.uuid4().hex}.parquet"
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            # a frame needs none of the zone's tables, so it takes no lock
            with self.connect() if isinstance(data, str) else self.bare_connection(len(data)) as connection:
                if isinstance(data, str):
                    source, columns = f"({data.rstrip().rstrip(';')}\n)", None
                else:
                    made = data.to_arrow() if isinstance(data, pl.DataFrame) else data
                    connection.register("made_data", made)
                    source, columns = "made_data", made.column_names
                n_rows, content = self._write(connection, schema, source, path, dict(parameters or {}), columns)
        except BaseException:
            path.unlink(missing_ok=True)
            raise
        n_rows, version = version_of(n_rows, content, appended_to)
        return Staged(schema, partition_key, path, n_rows, version, appended_to)

    def _write(
        self,
        connection: duckdb.DuckDBPyConnection,
        schema: TableSchema,
        source: str,
        path: Path,
        parameters: dict[str, object],
        columns: list[str] | None,
    ) -> tuple[int, int]:
        """Write a source, whose columns may be known, to a Parquet file; its number of rows and its content's hash."""
        _refuse_other_columns(schema, columns or _columns_of(connection, source, parameters))
        try:
            self.write_parquet(connection, f"SELECT {_cast_sql(schema)} FROM {source} AS made", path, parameters)
        except (duckdb.DataError, duckdb.ConversionException) as unfit:
            # DuckDB repeats the value that it could not convert
            raise GateFailed(
                f"{schema.name} holds a value that does not fit its declared type ({type(unfit).__name__}). "
                "Compare the types in schema.yml with what the table is made of."
            ) from None
        found = connection.sql(
            f"SELECT count(*), coalesce(sum(hash(staged)) % (1::HUGEINT << 64), 0) FROM {self.parquet_sql([path])} AS staged"
        ).fetchone()
        return found if found else (0, 0)

    def write_parquet(
        self,
        connection: duckdb.DuckDBPyConnection,
        select: str,
        path: Path,
        parameters: dict[str, object] | None = None,
    ) -> None:
        """Write what a SELECT gives to a Parquet file, encrypted where the zone is."""
        encryption = ", ENCRYPTION_CONFIG {footer_key: 'storage'}" if self.storage_key else ""
        connection.execute(f"COPY ({select}) TO '{_quoted(str(path))}' (FORMAT parquet{encryption})", parameters or {})

    def discard(self, staged: Staged) -> None:
        """Forget what was staged."""
        staged.path.unlink(missing_ok=True)

    def standing(self) -> dict[str, Standing]:
        """What stands of each published national table."""
        if not self.database.exists():
            return {}
        with self._connection() as connection:
            self._attach(connection, read_only=True)
            return read_standing(connection)

    def publish(self, *made_together: Staged, made_of: MadeOf | None = None) -> None:
        """Put staged tables in the place of the published ones: a partition file, or all national tables, or nothing.

        made_of: of national tables, what they follow from. One of the same content stays as it stands.
        """
        for staged in made_together:
            if staged.partition_key is not None:
                target = self.partition_file(staged.schema.name, staged.partition_key)
                target.parent.mkdir(parents=True, exist_ok=True)
                _sync(staged.path)
                staged.path.replace(target)
                _sync(target.parent)
        national = [staged for staged in made_together if staged.partition_key is None]
        if not national:
            return
        with self._connection() as connection:
            self._attach(connection, read_only=False)
            standing = read_standing(connection)
            basis = made_of(standing) if made_of else None
            connection.execute("BEGIN")
            for staged in national:
                content, stood = content_of(staged.schema, staged.version), standing.get(staged.schema.name)
                if staged.appended_to is not None:
                    self._append(connection, staged, stood)
                elif stood is None or stood.content != content:
                    connection.execute(";\n".join(self._replacing(staged)))
                write_standing(connection, staged.schema.name, Standing(content, basis))
            connection.execute("COMMIT")
        for staged in national:
            staged.path.unlink(missing_ok=True)

    def _append(self, connection: duckdb.DuckDBPyConnection, staged: Staged, stood: Standing | None) -> None:
        """Put rows beside those of a table, if it is still the one that they were staged for."""
        if stood is None or stood.content != staged.appended_to:
            raise EvaluationError(
                f"{staged.schema.name} has changed while rows for it were made. Materialise it again."
            )
        connection.execute(f"INSERT INTO zone.{staged.schema.name} SELECT * FROM {self.parquet_sql([staged.path])}")

    def _replacing(self, staged: Staged) -> list[str]:
        """The statements that replace a national table and describe it."""
        table = f"zone.{staged.schema.name}"
        return [
            f"CREATE OR REPLACE TABLE {table} AS SELECT * FROM {self.parquet_sql([staged.path])}",
            f"COMMENT ON TABLE {table} IS '{_quoted(staged.schema.description)}'",
            *(
                f"COMMENT ON COLUMN {table}.{column.name} IS '{_quoted(column.description)}'"
                for column in staged.schema.columns
            ),
        ]

    @contextmanager
    def staged_connection(self, staged: Staged) -> Iterator[tuple[duckdb.DuckDBPyConnection, str]]:
        """A connection in which the staged table is a relation, and the name of that relation."""
        with self.bare_connection(staged.n_rows) as connection:
            connection.execute(
                f"CREATE TEMP VIEW {staged.schema.name} AS SELECT * FROM {self.parquet_sql([staged.path])}"
            )
            yield connection, staged.schema.name

    def parquet_sql(self, paths: list[Path], with_filename: bool = False) -> str:
        """The table function that reads Parquet files of this zone; with the column `filename`, if asked."""
        files = ", ".join(f"'{_quoted(str(path))}'" for path in paths)
        encryption = ", encryption_config = {footer_key: 'storage'}" if self.storage_key else ""
        filename = ", filename = true" if with_filename else ""
        return f"read_parquet([{files}]{encryption}{filename}, hive_partitioning = false)"

    @contextmanager
    def bare_connection(self, n_rows: int | None = None) -> Iterator[duckdb.DuckDBPyConnection]:
        """A connection without the zone's tables, for so many rows where that is known; what is made in it ends with it."""
        n_threads = 1 if n_rows is not None and n_rows <= ROWS_FOR_ONE_THREAD else None
        connection = shared_instance(self.root / "spill", self.storage_key, n_threads).cursor()
        try:
            yield connection
        finally:
            connection.close()

    def _attach(self, connection: duckdb.DuckDBPyConnection, read_only: bool) -> None:
        options = [
            *(["READ_ONLY"] if read_only else []),
            *(["ENCRYPTION_KEY $key"] if self.storage_key else []),
        ]
        statement = f"ATTACH '{_quoted(str(self.database))}' AS {ATTACHED}" + (
            f" ({', '.join(options)})" if options else ""
        )
        parameters = {"key": self.storage_key} if self.storage_key else {}
        deadline = time.monotonic() + LOCK_PATIENCE_SECONDS
        while True:
            try:
                connection.execute(statement, parameters)
                return
            except duckdb.InvalidInputException:
                raise KeysRefused(
                    f"{self.database.name} was not written with this storage key. Restore the key it was written with."
                ) from None
            except duckdb.IOException as locked:
                if "lock" not in str(locked) or time.monotonic() > deadline:
                    raise EvaluationError(
                        f"{self.database.name} could not be opened. Another process has held it for "
                        f"{LOCK_PATIENCE_SECONDS} seconds, or it is damaged: end that process, or restore the file."
                    ) from None
                time.sleep(0.05)

    def _create_views(self, connection: duckdb.DuckDBPyConnection, tables: Iterable[str]) -> None:
        for name, given in GIVEN_TABLES.items():
            connection.register(name, given().to_arrow())
        present = {row[0] for row in connection.sql("SELECT table_name FROM duckdb_tables()").fetchall()}
        views = []
        for schema in (self.schemas[table] for table in tables if table in self.schemas):
            if schema.partitions is None and schema.name in present:
                continue
            files = self.partition_files(schema.name) if schema.partitions else []
            source = self.parquet_sql(files) if files else None
            body = f"SELECT * FROM {source}" if source else f"SELECT {_empty_sql(schema)} WHERE false"
            views.append(f"CREATE TEMP VIEW {schema.name} AS {body}")
        if views:
            connection.execute(";\n".join(views))


def _columns_of(connection: duckdb.DuckDBPyConnection, source: str, parameters: dict[str, object]) -> list[str]:
    described = connection.execute(f"SELECT * FROM {source} AS made LIMIT 0", parameters).description or []
    return [column[0] for column in described]


def _refuse_other_columns(schema: TableSchema, found: list[str]) -> None:
    declared = [column.name for column in schema.columns]
    missing, extra = sorted(set(declared) - set(found)), sorted(set(found) - set(declared))
    if missing or extra:
        raise GateFailed(
            f"{schema.name} was made with other columns than schema.yml declares"
            + (f"; missing: {', '.join(missing)}" if missing else "")
            + (f"; not declared: {', '.join(extra)}" if extra else "")
            + "."
        )


def _cast_sql(schema: TableSchema) -> str:
    return ", ".join(f"CAST(made.{column.name} AS {column.type}) AS {column.name}" for column in schema.columns)


def _empty_sql(schema: TableSchema) -> str:
    return ", ".join(f"CAST(NULL AS {column.type}) AS {column.name}" for column in schema.columns)


def _quoted(text: str) -> str:
    return text.replace("'", "''")


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
