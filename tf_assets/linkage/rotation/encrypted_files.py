"""Every file that the storage key encrypts, and what killed processes left of such files."""

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from tf_assets.warehouse.home import Home

Kind = Literal["database", "table", "original"]

DRAFT_PREFIX = ".rotating-"
"""Of a file that is being encrypted anew."""

KNOWN_FOLDERS = ("partitions", "kept", "originals", "staging", "spill", "arrivals", "opt_outs", "locks", "purges")


@dataclass(frozen=True)
class EncryptedFile:
    """One file: the DuckDB database, a Parquet file of a table, or an original.

    name: its path below the zone; is_derived: it can be worked out again, so it may be dropped.
    """

    kind: Kind
    path: Path
    name: str
    is_derived: bool

    @property
    def draft(self) -> Path:
        """Where it is made anew before it takes its place."""
        return self.path.with_name(f"{DRAFT_PREFIX}{self.path.name}")


def encrypted_files(home: Home) -> list[EncryptedFile]:
    """All of a home, in the order of their paths."""
    zone = home.zone("linkage")
    found: list[tuple[Kind, Path]] = [
        *(("database", path) for path in zone.glob("linkage.duckdb")),
        *(("table", path) for path in zone.glob("partitions/*/[!.]*.parquet")),
        *(("table", path) for path in zone.glob("kept/[!.]*.parquet")),
        *(("original", path) for path in zone.glob("originals/*/[!.]*.aesgcm")),
    ]
    return [
        EncryptedFile(kind, path, str(path.relative_to(zone)), path.parent.name == "kept")
        for kind, path in sorted(found, key=lambda each: each[1])
    ]


def remove_unfinished(home: Home) -> int:
    """Remove what no process will finish, for whoever is alone with the keys; how many files and folders it was.

    Staged tables that were never published, spilled rows, drafts, homes of rebuilds: all under the old key, none of them
    ever read.
    """
    zone = home.zone("linkage")
    abandoned = [
        *zone.glob("staging/*"),
        *zone.glob("spill/*"),
        *zone.glob("partitions/*/.*"),
        *zone.glob("kept/.*"),
        *zone.glob("originals/*/.*"),
        *zone.glob(f"{DRAFT_PREFIX}*"),
        *home.root.glob(".rebuild-*"),
    ]
    for path in abandoned:
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
    return len(abandoned)


def unknown_files(home: Home) -> list[str]:
    """Files of the zone that are of no kind that a rotation knows, by their paths below it: a person's copies, perhaps."""
    zone = home.zone("linkage")
    known = {each.path for each in encrypted_files(home)}
    return sorted(
        str(path.relative_to(zone))
        for path in zone.rglob("*")
        if path.is_file()
        and path not in known
        and (path.parent == zone or path.relative_to(zone).parts[0] not in KNOWN_FOLDERS)
        and path.name != "linkage.duckdb.wal"
    )
