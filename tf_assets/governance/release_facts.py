"""What a release says of itself: of what it was made, what passes door 1, and what the door examined."""

import hashlib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any

import polars as pl

from tf_assets.governance.declaration import Governance
from tf_assets.governance.seen import read_json
from tf_assets.warehouse.errors import EvaluationError
from tf_assets.warehouse.home import Home
from tf_assets.warehouse.schema import load_schemas

BANDS: tuple[tuple[int, str], ...] = (
    (1_000_000, "1,000,000 or more"),
    (100_000, "100,000 to 999,999"),
    (10_000, "10,000 to 99,999"),
    (1_000, "1,000 to 9,999"),
    (100, "100 to 999"),
    (10, "10 to 99"),
)
FEWER = "fewer than 10, or none"
"""As a published 0 stands for 0 to 9 people, none is not told from a few. Bands of a power of ten are wide, so that one
opt-out more shows only where it crosses into the next (ours)."""


@dataclass(frozen=True)
class DoorRule:
    """A rule of door 1, and how many rows broke it."""

    file: str
    rule: str
    n_unexpected: int


@dataclass(frozen=True)
class ReleaseFacts:
    """A release.

    returns, councils: of how many it was made; first_quarter, last_quarter: of them; newest: when the last of them was
    received (UTC); n_inputs: deliveries by source; opt_outs: a band; columns: of each file that passes door 1.
    """

    release_id: str
    project: str
    code_version: str
    manifest_sha256: str
    n_returns: int
    n_councils: int
    first_quarter: date | None
    last_quarter: date | None
    newest: datetime | None
    n_inputs: Mapping[str, int]
    opt_outs: str | None
    columns: Mapping[str, tuple[str, ...]]
    rules: tuple[DoorRule, ...]

    @property
    def forbidden(self) -> tuple[str, ...]:
        """Columns that pass the door although they are called as an identifier or a sender's reference is."""
        named = {name for columns in self.columns.values() for name in columns}
        return tuple(sorted(named & _withheld()))

    @property
    def n_broken(self) -> int:
        """Rules of the door that were broken."""
        return sum(rule.n_unexpected > 0 for rule in self.rules)


@cache
def _withheld() -> frozenset[str]:
    """Names of the linkage environment's columns that say who a person is, or what a sender calls one."""
    columns = [
        column for schema in load_schemas().values() if schema.environment == "linkage" for column in schema.columns
    ]
    return frozenset(
        column.name for column in columns if column.classification == "identifier" or column.name.endswith("_ref")
    )


def has_release(home: Home) -> bool:
    """Whether any release was made."""
    return (home.releases / "current.json").exists()


def read_release(home: Home, governance: Governance) -> ReleaseFacts:
    """The current release; `EvaluationError` where there is none or its manifest was changed, `DeclarationError` where it is
    made of something that no source declares."""
    if not has_release(home):
        raise EvaluationError(f"There is no release in {home.root} to make a record of. Run `tf-eval run` first.")
    pointer = read_json(home.releases / "current.json", "Make the release again.")
    folder = home.releases / str(pointer.get("release_id"))
    path = folder / "manifest.json"
    if not path.exists() or _sha256(path) != pointer.get("manifest_sha256"):
        raise EvaluationError(
            f"manifest.json of release {folder.name} is not the one that current.json points to. Make the release again; "
            "a release is never edited."
        )
    manifest = read_json(path, "Make the release again.")
    columns = {each.name: tuple(pl.read_parquet_schema(each)) for each in sorted(folder.glob("*.parquet"))}
    n_opt_outs = manifest["parameters"].get("n_opt_outs")
    return ReleaseFacts(
        release_id=folder.name,
        project=str(manifest["project"]),
        code_version=str(manifest["code_version"]),
        manifest_sha256=_sha256(path),
        **_returns(folder / "returns.parquet"),
        n_inputs=dict(Counter(governance.source_of(name) for name in manifest["inputs"])),
        opt_outs=None if n_opt_outs is None else band(int(n_opt_outs)),
        columns=columns,
        rules=tuple(DoorRule(each["file"], each["rule"], int(each["n_unexpected"])) for each in manifest["gate"]),
    )


def band(n_people: int) -> str:
    """A number of people as a band that tells of no few."""
    return next((words for least, words in BANDS if n_people >= least), FEWER)


def _returns(path: Path) -> dict[str, Any]:
    """Returns, councils and dates of the release's returns: deliveries, not people."""
    if not path.exists():  # a release of an earlier version
        names = ("first_quarter", "last_quarter", "newest")
        return {"n_returns": 0, "n_councils": 0, **dict.fromkeys(names)}
    return (
        pl.read_parquet(path)
        .select(
            n_returns=pl.len(),
            n_councils=pl.col("council_code").n_unique(),
            first_quarter=pl.col("quarter_date").min(),
            last_quarter=pl.col("quarter_date").max(),
            newest=pl.col("received_at").max(),
        )
        .row(0, named=True)
    )


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
