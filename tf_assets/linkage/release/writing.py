"""A release on disk: a folder that appears whole, never changes, and has the same bytes whenever it is made again.

releases/<release id>/people.parquet  programme_spells.parquet  record_links.parquet  link_quality.parquet
                      returns.parquet  manifest.json
releases/current.json                 the release that research reads
releases/purged/<release id>.json     the manifest of one whose retention was over
"""

import hashlib
import json
import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import polars as pl
import pyarrow.parquet as pq

from tf_assets.linkage.release.door import DoorCheck, examine
from tf_assets.warehouse.errors import EvaluationError

MANIFEST = "manifest.json"
CURRENT = "current.json"
PURGED = "purged"
RELEASE_ID_DIGITS = 16
ROWS_IN_A_GROUP = 131_072


@dataclass(frozen=True)
class Provenance:
    """Where a release comes from: project, version of the code, parameters, and the content hash of each input."""

    project: str
    code_version: str
    parameters: Mapping[str, object]
    inputs: Mapping[str, str]


@dataclass(frozen=True)
class Release:
    """A release that was written: its id, its folder, its rows by file and its manifest's hash."""

    release_id: str
    folder: Path
    n_rows: Mapping[str, int]
    manifest_sha256: str


def write_release(releases: Path, tables: Mapping[str, pl.DataFrame], provenance: Provenance) -> Release:
    """Examine, write and point to a release; the same tables and provenance give the same id and the same bytes.

    `GateFailed` when the tables may not pass the door; then nothing is written.
    """
    checks = examine(tables)
    releases.mkdir(parents=True, exist_ok=True)
    draft = releases / f".draft-{os.getpid()}"
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir()
    try:
        hashes = {f"{name}.parquet": _write_table(draft / f"{name}.parquet", table) for name, table in tables.items()}
        manifest = _manifest(tables, hashes, checks, provenance)
        release_id = str(manifest["release_id"])
        _write_text(draft / MANIFEST, _as_json(manifest))
        folder = releases / release_id
        _put_in_place(draft, folder)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    manifest_sha256 = _sha256(folder / MANIFEST)
    _point_to(releases, {"release_id": release_id, "manifest_sha256": manifest_sha256})
    return Release(release_id, folder, {name: table.height for name, table in tables.items()}, manifest_sha256)


def _manifest(
    tables: Mapping[str, pl.DataFrame],
    hashes: Mapping[str, str],
    checks: Sequence[DoorCheck],
    provenance: Provenance,
) -> dict[str, object]:
    body: dict[str, object] = {
        **asdict(provenance),
        "row_counts": {name: table.height for name, table in tables.items()},
        "files": dict(hashes),
        "gate": [asdict(check) for check in checks],
    }
    release_id = hashlib.sha256(_as_json(body).encode()).hexdigest()[:RELEASE_ID_DIGITS]
    return {"release_id": release_id, **body}


def _write_table(path: Path, table: pl.DataFrame) -> str:
    """Write a table so that its bytes depend on nothing but its rows; its hash."""
    pq.write_table(
        table.to_arrow(compat_level=pl.CompatLevel.oldest()).replace_schema_metadata(None),
        path,
        row_group_size=ROWS_IN_A_GROUP,
        compression="zstd",
        store_schema=False,
    )
    _settle(path)
    return _sha256(path)


def _write_text(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")
    _settle(path)


def _settle(path: Path) -> None:
    """Read-only, for its user and group, and on the disk."""
    path.chmod(0o440)
    _sync(path)


def _put_in_place(draft: Path, folder: Path) -> None:
    """Rename a finished draft; a release of this id that is already there must be whole, and then it stays."""
    if folder.exists():
        changed = sorted(path.name for path in draft.iterdir() if not _is_same(path, folder / path.name))
        if changed:
            raise EvaluationError(
                f"The release {folder.name} was changed after it was written ({', '.join(changed)}). A release never "
                "changes: restore the folder from a copy, or remove it whole and release again."
            )
        return
    _sync(draft)
    draft.rename(folder)
    _sync(folder.parent)


def _is_same(path: Path, other: Path) -> bool:
    return other.exists() and _sha256(path) == _sha256(other)


def _point_to(releases: Path, current: Mapping[str, str]) -> None:
    draft = releases / f".{CURRENT}-{os.getpid()}"
    draft.write_text(_as_json(current), encoding="utf-8")
    _sync(draft)
    draft.replace(releases / CURRENT)
    _sync(releases)


def _as_json(content: Mapping[str, object]) -> str:
    return json.dumps(content, indent=1, sort_keys=True) + "\n"


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
