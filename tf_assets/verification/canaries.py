"""Search every byte outside the linkage environment for planted identifiers.

Compressed and columnar files are opened and their values searched; everything else is searched as bytes, in UTF-8 and
UTF-16. The landing area, the truth and the linkage environment's own folder are where identifiers belong.
"""

import re
import sqlite3
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb
import polars as pl

from tf_assets.warehouse.home import Home

BELONGS = ("landing", "truth", "keys")
"""Folders of a home in which identifiers lie by right; `linkage` is searched as bytes, for it is encrypted."""

SHORTEST_IN_PACKED_BYTES = 8
"""Characters: eight of one case each occur by chance once in 10^17 random bytes, five once in 10^11."""

_CHUNK = 1 << 24


@dataclass(frozen=True)
class Search:
    """What was searched and where a canary was found.

    n_canaries: planted values; n_files, n_bytes: searched; found: paths below the home, never the value.
    """

    n_canaries: int
    n_files: int
    n_bytes: int
    found: tuple[str, ...]


def search_home(home: Home) -> Search:
    """Search every file of a home in which no identifier may be readable."""
    values = pl.read_csv(home.truth / "canaries.csv", infer_schema=False)["value"].unique().to_list()
    forms = _forms(values)
    files = [
        path
        for path in sorted(home.root.rglob("*"))
        if path.is_file() and path.relative_to(home.root).parts[0] not in BELONGS
    ]
    found = tuple(str(path.relative_to(home.root)) for path in files if _is_found(path, forms))
    return Search(len(values), len(files), sum(path.stat().st_size for path in files), found)


def _forms(values: list[str]) -> list[str]:
    """Each value as it stands and without spaces, in UTF-8 and UTF-16, as text of one character a byte.

    A form of hexadecimal digits alone, as some postcodes without their space are, stands in keys and hashes by chance.
    """
    texts = {text for value in values for text in (value, value.replace(" ", ""))}
    telling = sorted(text for text in texts if not re.fullmatch(r"[0-9A-Fa-f]{1,8}", text))
    encodings = ("utf-8", "utf-16-le", "utf-16-be")
    return [text.encode(encoding).decode("latin-1") for text in telling for encoding in encodings]


def _is_found(path: Path, forms: list[str]) -> bool:
    """Whether any form stands in the file as it lies on the disk, or in what it unpacks to.

    Compressed and encrypted bytes are as good as random: in gigabytes of them every form of a few characters occurs by
    chance, so short ones are looked for in what such a file unpacks to alone.
    """
    long_forms = [form for form in forms if len(form) >= SHORTEST_IN_PACKED_BYTES]
    as_it_lies = long_forms if _is_packed(path) else forms
    return any(_holds(part, as_it_lies) for part in _chunks(path)) or any(
        _holds(part, forms) for part in _unpacked(path)
    )


def _is_packed(path: Path) -> bool:
    return path.suffix in (".parquet", ".duckdb") or zipfile.is_zipfile(path)


def _holds(part: bytes, forms: list[str]) -> bool:
    """Whether any of the forms, in any case, is among the bytes."""
    text = pl.Series([part.decode("latin-1")])
    return bool(text.str.contains_any(forms, ascii_case_insensitive=True)[0])


def _unpacked(path: Path) -> Iterator[bytes]:
    """The values inside a file, where its format hides them."""
    if path.suffix == ".parquet" and path.read_bytes()[:4] == b"PAR1":
        yield from _table(duckdb.sql(f"SELECT * FROM read_parquet('{path}')").pl())
    elif path.suffix == ".duckdb":
        yield from _duckdb(path)
    elif zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            for name in archive.namelist():
                yield name.encode()
                yield archive.read(name)
    elif path.suffix == ".db":
        yield from _sqlite(path)


def _chunks(path: Path) -> Iterator[bytes]:
    """The file in pieces that overlap, so that no value falls between two."""
    tail = b""
    with path.open("rb") as file:
        while piece := file.read(_CHUNK):
            yield tail + piece
            tail = piece[-256:]


def _table(frame: pl.DataFrame) -> Iterator[bytes]:
    for column in frame.columns:
        if frame[column].dtype == pl.String:
            yield "\n".join(frame[column].drop_nulls().unique().to_list()).encode()


def _duckdb(path: Path) -> Iterator[bytes]:
    try:
        with duckdb.connect(str(path), read_only=True) as connection:
            for (table,) in connection.sql("SELECT table_name FROM duckdb_tables()").fetchall():
                yield from _table(connection.sql(f"SELECT * FROM {table}").pl())
    except duckdb.Error:
        return  # encrypted: its bytes were searched


def _sqlite(path: Path) -> Iterator[bytes]:
    """Values of a SQLite file; long ones are split over pages, which hides them from a search of bytes."""
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as connection:
        tables = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        for table in tables:
            for row in connection.execute(f'SELECT * FROM "{table}"'):
                yield b"\n".join(v if isinstance(v, bytes) else str(v).encode() for v in row if v is not None)
