"""What can be read out of a file: its bytes as they lie, and the values that its format hides from a search of bytes.

A format is known by its first bytes, not by the file's name: zip (with it xlsx and ods), gzip, zlib, SQLite, DuckDB and
Parquet, also one within another. What is encrypted has nothing to unpack; its bytes are there as they lie.
"""

import gzip
import io
import sqlite3
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb

CHUNK = 1 << 24
OVERLAP = 1 << 10
"""Bytes read at a time, and of them those that are read again with the next, so that no value falls between two."""

DEEPEST = 5
"""Formats within one another that are unpacked (ours): a bomb of archives ends there."""

_MOST_UNPACKED = 1 << 31
"""Bytes of one compressed stream; what is longer is no file of a home."""

_ZLIB_HEADERS = (b"\x78\x01", b"\x78\x5e", b"\x78\x9c", b"\x78\xda")


@dataclass(frozen=True)
class Part:
    """Bytes out of a file; is_packed: as good as random, because they are compressed or encrypted."""

    content: bytes
    is_packed: bool


def parts_of(path: Path) -> Iterator[Part]:
    """Everything that can be read out of a file, in pieces that overlap.

    `is_packed` of the bytes as they lie follows from the format; what a format hides comes after them.
    """
    packed = _is_packed(path)
    for chunk in _chunks(path):
        yield Part(chunk, packed)
    yield from (Part(content, False) for content in _unpacked(path, DEEPEST))


def _is_packed(path: Path) -> bool:
    first = _first_bytes(path)
    known = first.startswith((b"PAR1", b"PARE", b"\x1f\x8b", *_ZLIB_HEADERS)) or first[8:12] == b"DUCK"
    # what linkage encrypts for itself has no first bytes of its own
    return known or path.suffix in (".parquet", ".duckdb", ".aesgcm") or zipfile.is_zipfile(path)


def _first_bytes(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(16)


def _chunks(path: Path) -> Iterator[bytes]:
    tail = b""
    with path.open("rb") as file:
        while piece := file.read(CHUNK):
            yield tail + piece
            tail = piece[-OVERLAP:]


def _unpacked(path: Path, depth: int) -> Iterator[bytes]:
    """The values inside a file, and inside what is in it."""
    first = _first_bytes(path)
    if first.startswith(b"PAR1"):
        yield from _parquet(path)
    elif first[8:12] == b"DUCK":
        yield from _duckdb(path)
    elif first.startswith(b"SQLite format 3\0"):
        yield from _sqlite(path, depth)
    elif first.startswith(b"\x1f\x8b"):
        with path.open("rb") as file:
            yield from _within(_read_gzip(file), depth)
    elif first.startswith(_ZLIB_HEADERS):
        yield from _within(_inflated(path.read_bytes()), depth)
    elif zipfile.is_zipfile(path):
        yield from _zip(path, depth)


def _within(content: bytes, depth: int) -> Iterator[bytes]:
    """Some bytes, and what is in them if they are of a format themselves."""
    if not content:
        return
    yield content
    if depth and _has_format(content):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "part"
            path.write_bytes(content)
            yield from _unpacked(path, depth - 1)


def _has_format(content: bytes) -> bool:
    return (
        content.startswith((b"PAR1", b"\x1f\x8b", b"SQLite format 3\0", b"PK", *_ZLIB_HEADERS))
        or content[8:12] == b"DUCK"
        or zipfile.is_zipfile(io.BytesIO(content))
    )


def _zip(path: Path, depth: int) -> Iterator[bytes]:
    with zipfile.ZipFile(path) as archive:
        for member in archive.infolist():
            yield member.filename.encode()
            yield member.comment
            if not member.flag_bits & 1:  # encrypted
                yield from _within(archive.read(member), depth)


def _read_gzip(file: io.BufferedReader) -> bytes:
    try:
        with gzip.GzipFile(fileobj=file) as stream:
            return stream.read(_MOST_UNPACKED)
    except (OSError, EOFError, zlib.error):
        return b""  # only looked like it


def _inflated(content: bytes) -> bytes:
    try:
        return zlib.decompressobj().decompress(content, _MOST_UNPACKED)
    except zlib.error:
        return b""  # only looked like it


def _parquet(path: Path) -> Iterator[bytes]:
    with duckdb.connect() as connection:
        source = f"read_parquet('{str(path).replace(chr(39), chr(39) * 2)}', hive_partitioning = false)"
        try:
            yield from _table(connection, source)
        except duckdb.Error:
            return  # encrypted, or torn while it was written: its bytes were searched


def _duckdb(path: Path) -> Iterator[bytes]:
    try:
        with duckdb.connect(str(path), read_only=True) as connection:
            for text, *_ in connection.sql(
                "SELECT sql FROM duckdb_tables() UNION SELECT sql FROM duckdb_views()"
            ).fetchall():
                yield str(text).encode()
            for schema, table in connection.sql("SELECT schema_name, table_name FROM duckdb_tables()").fetchall():
                yield from _table(connection, f'"{schema}"."{table}"')
    except duckdb.Error:
        return  # encrypted: its bytes were searched


def _table(connection: duckdb.DuckDBPyConnection, source: str) -> Iterator[bytes]:
    """The distinct values of each column as text: names, and dates and numbers as they would be written."""
    for column in connection.sql(f"SELECT * FROM {source} LIMIT 0").columns:
        quoted = column.replace('"', '""')
        yield column.encode()
        values = connection.sql(f'SELECT DISTINCT CAST("{quoted}" AS VARCHAR) AS text FROM {source}').pl()["text"]
        yield "\n".join(values.drop_nulls().to_list()).encode()


def _sqlite(path: Path, depth: int) -> Iterator[bytes]:
    """Values of a SQLite file; long ones are split over pages, which hides them from a search of bytes."""
    try:
        with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as connection:
            connection.text_factory = bytes
            tables = [
                row[0].decode() for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
            ]
            for table in tables:
                for row in connection.execute(f'SELECT * FROM "{table}"'):
                    values = [
                        each if isinstance(each, bytes) else str(each).encode() for each in row if each is not None
                    ]
                    yield b"\n".join(values)
                    for value in values:
                        if _has_format(value):
                            yield from _within(value, depth)
    except sqlite3.DatabaseError:
        return  # torn while it was written: its bytes were searched
