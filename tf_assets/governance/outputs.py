"""What research let out: the current publication, the ledger's end, and the years of attributes that it was made of."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from tf_assets.governance.seen import is_visible, read_json
from tf_assets.warehouse.calendar import EXTRACTS
from tf_assets.warehouse.home import Home


@dataclass(frozen=True)
class Publication:
    """The current publication: of which release, how many figures and files, protected by which method and version."""

    publication_id: str
    release_id: str
    n_figures: int
    n_files: int
    method: str


@dataclass(frozen=True)
class Outputs:
    """What left, and what is recorded of it.

    publication: None where nothing is published; n_publications, n_records, last_hash: of the ledger, None where it cannot be
    seen; n_attributes: years of each extract's attributes that research holds, None where they cannot be seen.
    """

    publication: Publication | None
    n_publications: int | None
    n_records: int | None
    last_hash: str | None
    n_attributes: Mapping[str, int] | None

    def is_of(self, release_id: str) -> bool:
        """Whether the current publication was made of this release."""
        return self.publication is not None and self.publication.release_id == release_id


def read_outputs(home: Home) -> Outputs:
    """What door 2 and the ledger say."""
    return Outputs(_publication(home), *_ledger(home), _attributes(home))


def _publication(home: Home) -> Publication | None:
    pointer = home.published / "current.json"
    if not pointer.exists():
        return None
    name = str(read_json(pointer, "Publish again.")["publication_id"])
    said = read_json(home.published / name / "manifest.json", "Restore it from a copy: a publication is never edited.")
    return Publication(name, said["release_id"], int(said["n_figures"]), int(said["n_files"]), said["method"])


def _ledger(home: Home) -> tuple[int | None, int | None, str | None]:
    """Publications, records and the last hash."""
    ledger = home.zone("research") / "ledger"
    if not is_visible(ledger) or not (ledger / "head.json").exists():
        return None, None, None
    head = read_json(ledger / "head.json", "Restore the ledger from a backup.")
    n_parts = sum(bool(re.match(r"\d+-", path.name)) for path in ledger.glob("*.jsonl"))
    return n_parts, int(head["n_records"]), str(head["last_hash"])


def _attributes(home: Home) -> dict[str, int] | None:
    partitions = home.zone("research") / "partitions"
    if not is_visible(partitions):
        return None
    return {name: sum(1 for _ in partitions.glob(f"{name}_attributes/*.parquet")) for name in EXTRACTS}
