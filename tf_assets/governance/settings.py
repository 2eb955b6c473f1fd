"""What the file system itself shows of the settings: who may open which folder, and that what names people is encrypted.

Only modes, owners and the first bytes of files are looked at, so no key is needed. A folder that is closed to whoever writes
the record gives None: unseen, which is not the same as in order.
"""

import stat
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from tf_assets.governance.seen import is_visible
from tf_assets.warehouse.home import Home

PARQUET_ENCRYPTED = b"PARE"
"""How a Parquet file with an encrypted footer begins: https://parquet.apache.org/docs/file-format/data-pages/encryption/."""

ORIGINAL_ENCRYPTED = b"TFO1"
"""How a kept original begins: AES-256-GCM in chunks (linkage/originals.py)."""

DUCKDB_MARK, DUCKDB_MARK_AT, DUCKDB_FLAGS_AT = b"DUCK", 8, 20
"""DuckDB's main header: a checksum of 8 bytes, the mark, a version of 8 bytes, flags; bit 0 of these says encrypted."""


@dataclass(frozen=True)
class Closed:
    """A folder that nobody but its owner may look into, or may; mode: its permission bits."""

    name: str
    mode: int

    @property
    def is_closed(self) -> bool:
        """Whether others may do nothing in it."""
        return self.mode & 0o077 == 0


@dataclass(frozen=True)
class Encrypted:
    """Files of one kind: how many there are, and how many of them begin as encrypted ones do."""

    what: str
    n_files: int
    n_encrypted: int


@dataclass(frozen=True)
class Settings:
    """What was seen. closed: the linkage environment's folders; encrypted: its files, None where they cannot be seen."""

    closed: tuple[Closed, ...]
    encrypted: tuple[Encrypted, ...] | None


def look_at_settings(home: Home) -> Settings:
    """The folders and files of the linkage environment as they lie."""
    folders = [folder for folder in (home.zone("linkage"), home.keys) if folder.exists()]
    closed = tuple(Closed(f"{folder.name}/", stat.S_IMODE(folder.stat().st_mode)) for folder in folders)
    zone = home.zone("linkage")
    return Settings(closed, _encrypted(zone) if is_visible(zone) else None)


def _encrypted(zone: Path) -> tuple[Encrypted, ...]:
    return (
        _counted("databases", zone.glob("*.duckdb"), _is_encrypted_database),
        _counted("table files", zone.rglob("*.parquet"), _is_encrypted_parquet),
        _counted("originals as received", zone.glob("originals/*/[!.]*"), _is_encrypted_original),
    )


def _counted(what: str, paths: Iterable[Path], is_encrypted: Callable[[Path], bool]) -> Encrypted:
    found = [is_encrypted(path) for path in paths if path.is_file()]
    return Encrypted(what, len(found), sum(found))


def _is_encrypted_parquet(path: Path) -> bool:
    return _start(path, len(PARQUET_ENCRYPTED)) == PARQUET_ENCRYPTED


def _is_encrypted_original(path: Path) -> bool:
    return _start(path, len(ORIGINAL_ENCRYPTED)) == ORIGINAL_ENCRYPTED


def _is_encrypted_database(path: Path) -> bool:
    start = _start(path, DUCKDB_FLAGS_AT + 1)
    is_database = start[DUCKDB_MARK_AT : DUCKDB_MARK_AT + len(DUCKDB_MARK)] == DUCKDB_MARK
    return is_database and bool(start[DUCKDB_FLAGS_AT] & 1)


def _start(path: Path, n_bytes: int) -> bytes:
    with path.open("rb") as file:
        return file.read(n_bytes)
