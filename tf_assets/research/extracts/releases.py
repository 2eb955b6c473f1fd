"""Read the current release: what came through door 1.

A release is refused unless it belongs to this project and every file is, byte for byte, what its manifest says.
"""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from tf_assets.warehouse.errors import InputRefused
from tf_assets.warehouse.home import Home, Project

FILES = {
    "released_people": "people.parquet",
    "released_programme_spells": "programme_spells.parquet",
    "released_record_links": "record_links.parquet",
    "released_link_quality": "link_quality.parquet",
    "released_returns": "returns.parquet",
}
"""Tables and the files of a release that they are read from."""

FLAGS = ("crime", "attendance", "child_help", "worklessness", "domestic_abuse", "health")

COLUMNS: dict[str, tuple[str, ...]] = {
    "released_people": (
        *("person_pseudonym", "family_pseudonym", "rounding_key"),
        *("birth_month", "sex", "role", "council_code"),
    ),
    "released_programme_spells": (
        *("person_pseudonym", "family_pseudonym", "council_code", "programme_group"),
        *("assessment_date", "start_date", "end_date", "end_reason"),
        *(f"is_problem_{flag}" for flag in FLAGS),
    ),
    "released_record_links": ("extract", "record_key", "person_pseudonym", "stage", "match_probability"),
    "released_link_quality": (*("extract", "stage", "n_left", "n_links", "estimated_precision", "estimated_recall"),),
    "released_returns": ("council_code", "quarter_date", "content_key", "received_at"),
}
"""The columns of each table (docs/reference/data-schedule.md, Door 1)."""


@dataclass(frozen=True)
class Release:
    """A release whose files were checked against its manifest.

    release_id; folder: where its files lie; manifest: as written by the linkage environment.
    """

    release_id: str
    folder: Path
    manifest: dict[str, Any]

    def read(self, table: str) -> pl.DataFrame:
        """One table, with the declared columns; `InputRefused` if it lacks any of them or has others."""
        frame = pl.read_parquet(self.folder / FILES[table])
        missing = sorted(set(COLUMNS[table]) - set(frame.columns))
        n_other = len(set(frame.columns) - set(COLUMNS[table]))
        if missing or n_other:
            raise InputRefused(
                f"{FILES[table]} of release {self.release_id} has other columns than the data schedule lists "
                f"({len(missing)} missing, {n_other} too many). Make the release again."
            )
        return frame.select(COLUMNS[table])


def current_release(home: Home, project: Project) -> Release:
    """The release that `releases/current.json` names, checked; `InputRefused` says what is wrong with it."""
    pointer = home.releases / "current.json"
    pointed = _json(pointer, "Make one in the linkage environment.")
    release_id = str(pointed.get("release_id", ""))
    folder = home.releases / release_id
    manifest = _json(folder / "manifest.json", "Make the release again.")
    if pointed.get("manifest_sha256") != _sha256(folder / "manifest.json"):
        raise InputRefused(
            f"manifest.json of release {release_id} is not the one that current.json points to. Make the release "
            "again; a release is never edited."
        )
    salt = manifest.get("record_salt_sha256", salt_fingerprint(project))
    if manifest.get("project") != project.name or salt != salt_fingerprint(project):
        raise InputRefused(
            f"Release {release_id} belongs to another project than this home. Its record keys would match none of "
            "the extracts here; fetch the release of this project."
        )
    for file in FILES.values():
        if not (folder / file).is_file() or _sha256(folder / file) != manifest.get("files", {}).get(file):
            raise InputRefused(
                f"{file} of release {release_id} is not what its manifest says. Make the release again; a release "
                "is never edited."
            )
    return Release(release_id, folder, manifest)


def salt_fingerprint(project: Project) -> str:
    """The hash of a project's record salt, by which a release says whose it is."""
    return hashlib.sha256(project.record_salt.encode()).hexdigest()


def _json(path: Path, remedy: str) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text())
    except FileNotFoundError:
        raise InputRefused(f"There is no {path.parent.name}/{path.name}. {remedy}") from None
    except ValueError:
        raise InputRefused(f"{path.parent.name}/{path.name} is damaged. {remedy}") from None
    if not isinstance(found, dict):
        raise InputRefused(f"{path.parent.name}/{path.name} is damaged. {remedy}")
    return found


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
