"""The three ciphers that a storage key has, each with the same four deeds: open, copy, compare, prove.

A copy is compared with what it was made of, row by row in their order, before it may take the other's place.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import duckdb

from tf_assets.linkage.originals import Originals
from tf_assets.linkage.rotation.encrypted_files import EncryptedFile
from tf_assets.warehouse.errors import EvaluationError, KeysRefused
from tf_assets.warehouse.instances import add_parquet_key, prepare_instance

OLD = "old_storage"
"""The name under which an instance that has both keys knows the old one."""


class Cipher(Protocol):
    """How files of one kind are encrypted."""

    def is_opened_by(self, path: Path, storage_key: str) -> bool:
        """Whether this key opens the file."""

    def copy(self, file: EncryptedFile) -> None:
        """Write the file's content under the new key to its draft, and compare the two; `EvaluationError` if they differ."""

    def prove(self, path: Path) -> None:
        """Read the whole file with the new key alone; `KeysRefused` when it does not open."""


@dataclass(frozen=True)
class Tables:
    """Parquet files."""

    both: duckdb.DuckDBPyConnection
    """An instance that knows the new key, and the old one as `OLD`."""
    new: duckdb.DuckDBPyConnection
    """An instance that knows the new key alone."""
    old_key: str = field(repr=False)

    @classmethod
    def between(cls, spill: Path, old_key: str, new_key: str) -> "Tables":
        """The cipher that goes from one key to the other."""
        both = prepare_instance(spill, new_key)
        add_parquet_key(both, OLD, old_key)
        return cls(both, prepare_instance(spill, new_key), old_key)

    def is_opened_by(self, path: Path, storage_key: str) -> bool:
        """Whether this key opens the file's footer."""
        name = OLD if storage_key == self.old_key else "storage"
        try:
            self.both.execute(f"SELECT * FROM {_parquet_sql(path, name)} LIMIT 0")
        except duckdb.Error:
            return False
        return True

    def copy(self, file: EncryptedFile) -> None:
        """Rows in their order, columns with their types."""
        source = _parquet_sql(file.path, OLD)
        file.draft.unlink(missing_ok=True)
        self.both.execute(
            f"COPY (SELECT * FROM {source}) TO '{_quoted(file.draft)}' "
            "(FORMAT parquet, ENCRYPTION_CONFIG {footer_key: 'storage'})"
        )
        if _digest(self.both, source) != _digest(self.new, _parquet_sql(file.draft, "storage")):
            raise _differs(file)

    def prove(self, path: Path) -> None:
        """Every row is decrypted."""
        try:
            _digest(self.new, _parquet_sql(path, "storage"))
        except duckdb.Error:
            raise _does_not_open(path) from None


@dataclass(frozen=True)
class Databases:
    """DuckDB databases, in an instance whose spilled rows are encrypted."""

    instance: duckdb.DuckDBPyConnection
    old_key: str = field(repr=False)
    new_key: str = field(repr=False)

    def is_opened_by(self, path: Path, storage_key: str) -> bool:
        """Whether the database attaches with this key; what a killed writer left in its log is settled first."""
        try:
            with self._attached(path, storage_key, "probed", read_only=not _log_of(path).exists()):
                return True
        except duckdb.Error as error:
            if "lock on file" in str(error):
                raise EvaluationError(
                    f"{path.name} is held by a process that is none of this system's. End it, and begin again."
                ) from None
            return False

    def copy(self, file: EncryptedFile) -> None:
        """Tables, rows in their order, views and comments."""
        for left in (file.draft, _log_of(file.draft)):
            left.unlink(missing_ok=True)
        with (
            self._attached(file.path, self.old_key, "old_zone", read_only=True),
            self._attached(file.draft, self.new_key, "new_zone", read_only=False),
        ):
            self.instance.execute("COPY FROM DATABASE old_zone TO new_zone")
        with (
            self._attached(file.path, self.old_key, "old_zone", read_only=True),
            self._attached(file.draft, self.new_key, "new_zone", read_only=True),
        ):
            if self._content("old_zone") != self._content("new_zone"):
                raise _differs(file)

    def prove(self, path: Path) -> None:
        """Every row of every table is decrypted."""
        try:
            with self._attached(path, self.new_key, "proved", read_only=True):
                self._content("proved")
        except duckdb.Error:
            raise _does_not_open(path) from None

    @contextmanager
    def _attached(self, path: Path, key: str, name: str, read_only: bool) -> Iterator[None]:
        mode = "READ_ONLY, " if read_only else ""
        self.instance.execute(f"ATTACH '{_quoted(path)}' AS {name} ({mode}ENCRYPTION_KEY $key)", {"key": key})
        try:
            yield
        finally:
            self.instance.execute(f"DETACH {name}")

    def _content(self, name: str) -> list[object]:
        """What a database declares, and a digest of each of its tables."""
        declared = {
            catalogue: self.instance.execute(
                f"SELECT {said} FROM {catalogue}() WHERE database_name = ? AND NOT internal ORDER BY ALL", [name]
            ).fetchall()
            for catalogue, said in _DECLARED.items()
        }
        digests = [
            _digest(self.instance, f'{name}."{schema}"."{table}"') for schema, table, _ in declared["duckdb_tables"]
        ]
        return [declared, digests]


_DECLARED = {
    "duckdb_tables": "schema_name, table_name, comment",
    "duckdb_columns": "schema_name, table_name, column_index, column_name, data_type, is_nullable, comment",
    "duckdb_views": "schema_name, view_name, sql, comment",
}


@dataclass(frozen=True)
class SealedOriginals:
    """Files as they were received."""

    old: Originals
    new: Originals

    def is_opened_by(self, path: Path, storage_key: str) -> bool:
        """Whether this key opens the file's first chunk."""
        store = self.old if storage_key == self.old.storage_key else self.new
        return store.opens(path)

    def copy(self, file: EncryptedFile) -> None:
        """The same bytes, whose hash is the file's name."""
        self.old.reseal(file.path, self.new, file.draft)
        self.new.prove(file.draft, file.path.stem)

    def prove(self, path: Path) -> None:
        """Every byte is decrypted and hashed."""
        self.new.prove(path, path.stem)


def _parquet_sql(path: Path, key_name: str) -> str:
    return f"read_parquet(['{_quoted(path)}'], encryption_config = {{footer_key: '{key_name}'}}, hive_partitioning = false)"


def _digest(connection: duckdb.DuckDBPyConnection, relation: str) -> tuple[object, ...]:
    """Columns with their types, the number of rows, and a sum of hashes that depends on each row's place."""
    columns = connection.execute(f"DESCRIBE SELECT * FROM {relation}").fetchall()
    rows = connection.execute(
        f"SELECT count(*), sum(hash(held, place)) FROM (SELECT held, row_number() OVER () AS place FROM {relation} AS held)"
    ).fetchall()
    return tuple((name, kind) for name, kind, *_ in columns), *rows


def _log_of(path: Path) -> Path:
    return path.with_name(f"{path.name}.wal")


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")


def _differs(file: EncryptedFile) -> EvaluationError:
    return EvaluationError(
        f"{file.name} was encrypted anew and then read otherwise than before, so it was left as it is. See whether the disk "
        "is sound and has room, and go on with `tf-eval keys rotate`."
    )


def _does_not_open(path: Path) -> KeysRefused:
    return KeysRefused(
        f"{path.parent.name}/{path.name} does not open with the new storage key, so the old one was kept. Restore that file "
        "from a copy, and go on with `tf-eval keys rotate`."
    )
