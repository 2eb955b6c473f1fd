"""What each publication was made of: the returns of its release, and each year of each department's extract.

    ledger/sources/<publication id>.json

Written whole before the publication's part of the ledger, and never changed once that part is there. Each file holds
the hash of the one before it, so that none can be changed or dropped without a later one telling. Nothing in it counts
anybody.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from tf_assets.research.publication.ledger import GENESIS, Ledger, LedgerBroken
from tf_assets.warehouse.calendar import EXTRACTS
from tf_assets.warehouse.project import project_root
from tf_assets.warehouse.whole_files import write_whole
from tf_assets.warehouse.zone import Zone

RETURN_SCHEMA = pl.Schema(
    [
        ("council_code", pl.String()),
        ("quarter_date", pl.Date()),
        ("content_key", pl.String()),
        ("received_at", pl.Datetime("us")),
    ]
)


@dataclass(frozen=True)
class Sources:
    """What one publication was made of.

    returns: `RETURN_SCHEMA`, one row a council and quarter; extracts: a hash of each year of each extract, by
    `<extract>|<first day of the year>`; software: a hash of the code of both environments.
    """

    returns: pl.DataFrame
    extracts: Mapping[str, str]
    software: str


def sources_of(zone: Zone, manifest: Mapping[str, Any]) -> Sources:
    """What the tables of a zone are made of. manifest: of the release that they were made from."""
    identities = {
        name.replace("_identities|", "|"): digest
        for name, digest in manifest.get("inputs", {}).items()
        if "_identities|" in name
    }
    attributes = {
        f"{extract}|{path.stem}": _file_hash(path)
        for extract in EXTRACTS
        for path in zone.partition_files(f"{extract}_attributes")
    }
    extracts = {
        name: _hash(f"{identities.get(name)}|{attributes.get(name)}") for name in sorted({*identities, *attributes})
    }
    returns = zone.read("released_returns").select(RETURN_SCHEMA.names()).sort("council_code", "quarter_date")
    return Sources(_typed(returns), extracts, _hash(f"{manifest.get('code_version')}|{_code()}"))


def record_sources(ledger: Ledger, publication_id: str, sources: Sources) -> None:
    """Write down what a publication is made of, before the ledger records it; one that is recorded stays as it is."""
    recorded = ledger.publications()
    if publication_id in recorded:
        return
    body = {
        "publication_id": publication_id,
        "previous_hash": next((_file_hash(path) for path in reversed(_files(ledger, recorded))), GENESIS),
        "software": sources.software,
        "extracts": dict(sources.extracts),
        "returns": [[str(value) for value in row] for row in sources.returns.rows()],
    }
    write_whole(_file(ledger, publication_id), json.dumps(body, indent=0, sort_keys=True) + "\n")


def read_sources(ledger: Ledger) -> dict[str, Sources]:
    """What each publication was made of; one from before this was recorded is left out."""
    sources, last_hash = {}, GENESIS
    for path in _files(ledger, ledger.publications()):
        body = json.loads(path.read_text())
        if body["previous_hash"] != last_hash:
            raise LedgerBroken(
                f"sources/{path.name} of the ledger does not follow the one before it: one of them was changed or "
                "removed. Restore the ledger from a backup."
            )
        last_hash = _file_hash(path)
        returns = pl.DataFrame(
            body["returns"], schema=dict.fromkeys(RETURN_SCHEMA.names(), pl.String), orient="row"
        ).with_columns(pl.col("quarter_date").str.to_date(), pl.col("received_at").str.to_datetime(time_unit="us"))
        sources[body["publication_id"]] = Sources(_typed(returns), body["extracts"], body["software"])
    return sources


def source_hashes(ledger: Ledger) -> dict[str, str]:
    """The hash of what is written of each publication's sources, where anything is."""
    files = {each: _file(ledger, each) for each in ledger.publications()}
    return {each: _file_hash(path) for each, path in files.items() if path.exists()}


def _typed(returns: pl.DataFrame) -> pl.DataFrame:
    return returns.cast(RETURN_SCHEMA)  # type: ignore[arg-type]


def _file(ledger: Ledger, publication_id: str) -> Path:
    return ledger.root / "sources" / f"{publication_id}.json"


def _files(ledger: Ledger, publication_ids: Iterable[str]) -> list[Path]:
    return [path for each in publication_ids if (path := _file(ledger, each)).exists()]


def _code() -> str:
    """A hash of the research environment's code and SQL."""
    root = project_root()
    digest = hashlib.sha256()
    for folder, pattern in (("tf_assets/research", "*.py"), ("dbt_like_sql/research", "*.sql")):
        for path in sorted((root / folder).rglob(pattern)):
            digest.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _file_hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
