"""The ledger: everything that was ever let out, append-only and hash-chained.

A later publication is judged by what an attacker can combine, so every figure that leaves is recorded first: what it
counts, what was published, and between which values the truth must then lie. One publication is one part, a file of
JSON lines; each line carries the hash of the one before it, over all parts, so that no line can be changed, dropped or
put in without breaking the chain. `head.json` holds the number of lines and the last hash, so that a cut tail shows.

    ledger/000001-<publication id>.jsonl    ledger/head.json    ledger/truth/<publication id>.parquet
    ledger/sources/<publication id>.json    (sources.py)

A part is written apart, synced and renamed, then the head is replaced: after a crash between the two, the complete and
rightly chained part is taken up. The truth beside the ledger is for tests and for attacks on our own figures; it is
unprotected and stays inside `research`.
"""

import hashlib
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from tf_assets.warehouse.errors import EvaluationError

PREDICATE = ["area_type", "area_code", "sex", "age_band", "arm", "outcome", "outcome_window", "as_of"]
"""Of whom and what a figure tells; null where a table has no such column."""

FIGURE_SCHEMA = pl.Schema(
    [
        *((name, pl.String()) for name in ("publication_id", "release_id", "table_name", "measure", *PREDICATE)),
        *((name, pl.Float64()) for name in ("published", "lower", "upper")),
        ("method", pl.String()),
    ]
)
"""A figure before it is in the chain; `lower` and `upper` bound the truth, both included."""

RECORD_SCHEMA = pl.Schema([*FIGURE_SCHEMA.items(), ("previous_hash", pl.String()), ("record_hash", pl.String())])

GENESIS = "0" * 64
"""What the first record has for the hash of the one before it."""

HASH_CHARACTERS = 64


class LedgerBroken(EvaluationError):
    """The ledger was changed, or is not whole: nothing may be published until that is explained."""


@dataclass(frozen=True)
class Head:
    """The end of the chain: how many records there are, and the hash of the last."""

    n_records: int
    last_hash: str


@dataclass(frozen=True)
class Ledger:
    """The ledger in one folder."""

    root: Path

    def append(self, publication_id: str, figures: pl.DataFrame, truth: pl.DataFrame | None = None) -> Head:
        """Record a publication's figures; recording the same publication twice changes nothing.

        figures: `FIGURE_SCHEMA`. A publication that is recorded with other figures is refused.
        """
        if figures.is_empty():
            raise EvaluationError(
                "There is no figure to record, so nothing can be published. See whether eligible_people has any row."
            )
        head = self.verify()
        figures = figures.select(FIGURE_SCHEMA.names()).cast(FIGURE_SCHEMA)  # type: ignore[arg-type]
        if publication_id in self.publications():
            if not self.holds(publication_id, figures):
                raise LedgerBroken(
                    f"Publication {publication_id} is in the ledger with other figures. A publication is never "
                    "changed: make a new one."
                )
            return head
        lines, new_head = _chained(figures, head)
        number = len(self._parts()) + 1
        if truth is not None:
            (self.root / "truth").mkdir(parents=True, exist_ok=True)
            truth.write_parquet(self.root / "truth" / f"{publication_id}.parquet")
        write_whole(self.root / f"{number:06d}-{publication_id}.jsonl", "".join(lines))
        self._write_head(new_head)
        return new_head

    def holds(self, publication_id: str, figures: pl.DataFrame) -> bool:
        """Whether the ledger holds exactly these figures of a publication."""
        recorded = self.read().filter(pl.col("publication_id") == publication_id).select(FIGURE_SCHEMA.names())
        return bool(recorded.equals(figures.select(FIGURE_SCHEMA.names()), null_equal=True))

    def publications(self) -> list[str]:
        """The recorded publications, first to last."""
        return [part.stem.split("-", 1)[1] for part in self._parts()]

    def read(self) -> pl.DataFrame:
        """All records, first to last (`RECORD_SCHEMA`)."""
        parts = list(self.read_parts())
        return pl.concat(parts) if parts else pl.DataFrame(schema=RECORD_SCHEMA)

    def read_parts(self) -> Iterator[pl.DataFrame]:
        """The records of each publication, first to last, one at a time."""
        return (pl.read_ndjson(part, schema=RECORD_SCHEMA) for part in self._parts() if part.stat().st_size)

    def n_figures(self) -> dict[str, int]:
        """How many figures each publication has, first to last."""
        return {part.stem.split("-", 1)[1]: sum(1 for _ in _lines(part)) for part in self._parts()}

    def verify(self) -> Head:
        """Follow the chain from its first record to its head; raise `LedgerBroken` where it does not hold."""
        recorded = self._read_head()
        last_hash, n_records, reached = GENESIS, 0, recorded == Head(0, GENESIS)
        for part in self._parts():
            for line in _lines(part):
                n_records += 1
                last_hash = _checked(line, last_hash, f"{part.name} line {n_records}")
            reached = reached or recorded == Head(n_records, last_hash)
        if not reached:
            raise LedgerBroken(
                f"The ledger should reach record {recorded.n_records} but its parts do not: records were cut off "
                f"or changed, or head.json was. Restore {self.root.name} from a backup."
            )
        head = Head(n_records, last_hash)
        if head != recorded:
            self._write_head(head)  # a part was complete when the process ended, and the head was not yet written
        return head

    def _parts(self) -> list[Path]:
        return sorted(self.root.glob("[0-9]*-*.jsonl"))

    def _read_head(self) -> Head:
        path = self.root / "head.json"
        if not path.exists():
            if len(self._parts()) > 1:  # one part may be there if the process ended within the first recording
                raise LedgerBroken("The ledger has parts but no head.json. Restore it from a backup.")
            return Head(0, GENESIS)
        return Head(**json.loads(path.read_text()))

    def _write_head(self, head: Head) -> None:
        write_whole(self.root / "head.json", json.dumps(head.__dict__) + "\n")


def _chained(figures: pl.DataFrame, head: Head) -> tuple[list[str], Head]:
    lines, last_hash = [], head.last_hash
    for figure in figures.iter_rows(named=True):
        body = _canonical({**figure, "previous_hash": last_hash})
        last_hash = hashlib.sha256(body.encode()).hexdigest()
        lines.append(f'{body[:-1]},"record_hash":"{last_hash}"}}\n')
    return lines, Head(head.n_records + len(lines), last_hash)


def _checked(line: str, previous_hash: str, where: str) -> str:
    """The hash of a line that follows `previous_hash` and hashes to what it says."""
    body, mark, rest = line.rpartition(',"record_hash":"')
    record_hash = rest[:HASH_CHARACTERS]
    follows = f'"previous_hash":"{previous_hash}"' in body
    if not mark or not follows or hashlib.sha256((body + "}").encode()).hexdigest() != record_hash:
        raise LedgerBroken(
            f"The ledger's chain breaks at {where}: a record was changed, dropped, put in or torn. Restore the "
            "ledger from a backup; nothing can be published until then."
        )
    return record_hash


def _lines(part: Path) -> Iterator[str]:
    """The whole lines of a part; a tail without an end is a torn record."""
    with part.open(encoding="utf-8") as lines:
        for line in lines:
            if not line.endswith("\n"):
                raise LedgerBroken(
                    f"{part.name} ends within a record: it was torn. Restore the ledger from a backup; nothing can "
                    "be published until then."
                )
            yield line[:-1]


def _canonical(record: dict[str, Any]) -> str:
    return json.dumps(record, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def write_whole(path: Path, text: str) -> None:
    """Write a file so that it is there wholly or not at all, after a crash too."""
    path.parent.mkdir(parents=True, exist_ok=True)
    staged = path.with_name(f".{path.name}.staged")
    with staged.open("w", encoding="utf-8") as stream:
        stream.write(text)
        stream.flush()
        os.fsync(stream.fileno())
    staged.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
