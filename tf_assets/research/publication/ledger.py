"""The ledger: everything that was ever let out, append-only and hash-chained.

A later publication is judged by what an attacker can combine, so every figure that leaves is recorded first: what it
counts, what was published, and between which values the truth must then lie. One publication is one part, a file of
JSON lines; each line carries the hash of the one before it, over all parts, so that no line can be changed, dropped or
put in without breaking the chain. `head.json` holds the number of lines and the last hash, so that a cut tail shows.

    ledger/000001-<publication id>.jsonl    ledger/head.json    ledger/truth/<publication id>.parquet
    ledger/sources/<publication id>.json    (sources.py)

A part is written apart, synced and renamed, then the head is replaced: after a crash between the two, the complete and
rightly chained part is taken up. The head seals each part: the hash of its bytes, where its chain begins and where it
ends. A part whose bytes and beginning are those of its seal was followed line by line when it was sealed and need not be
again; any other is followed line by line, and the first line that does not hold is named.

The truth beside the ledger is for tests and for attacks on our own figures; it is unprotected and stays inside
`research`.
"""

import hashlib
import io
import json
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from pathlib import Path

import polars as pl

from tf_assets.warehouse.errors import EvaluationError
from tf_assets.warehouse.whole_files import write_whole

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

UNBOUNDED = 1e9
"""The upper bound of a figure that tells nothing of the truth, since it was kept from an earlier publication."""


class LedgerBroken(EvaluationError):
    """The ledger was changed, or is not whole: nothing may be published until that is explained."""


@dataclass(frozen=True)
class Seal:
    """What a part was when its chain was followed: the hash of its bytes, the hash that its first record follows, how many
    records it has, and the hash of its last."""

    sha256: str
    previous_hash: str
    n_records: int
    last_hash: str


@dataclass(frozen=True)
class Head:
    """The end of the chain: how many records there are, and the hash of the last; and the seal of each part by its name."""

    n_records: int
    last_hash: str
    seals: Mapping[str, Seal] = field(default_factory=dict)

    @property
    def end(self) -> tuple[int, str]:
        """Where the chain ends."""
        return self.n_records, self.last_hash


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
        lines, last_hash = _chained(figures, head.last_hash)
        part = self.root / f"{len(self._parts()) + 1:06d}-{publication_id}.jsonl"
        if truth is not None:
            (self.root / "truth").mkdir(parents=True, exist_ok=True)
            truth.write_parquet(self.root / "truth" / f"{publication_id}.parquet")
        write_whole(part, lines)
        seal = Seal(hashlib.sha256(lines).hexdigest(), head.last_hash, figures.height, last_hash)
        new_head = Head(head.n_records + figures.height, last_hash, {**head.seals, part.name: seal})
        self._write_head(new_head)
        return new_head

    def holds(self, publication_id: str, figures: pl.DataFrame) -> bool:
        """Whether the ledger holds exactly these figures of a publication."""
        recorded = self.read_publication(publication_id).select(FIGURE_SCHEMA.names())
        return bool(recorded.equals(figures.select(FIGURE_SCHEMA.names()), null_equal=True))

    def publications(self) -> list[str]:
        """The recorded publications, first to last."""
        return [_publication_of(part) for part in self._parts()]

    def read(self, from_part: int = 0) -> pl.DataFrame:
        """All records, first to last (`RECORD_SCHEMA`), without those of so many first parts."""
        parts = [_read_part(part) for part in self._parts()[from_part:]]
        return pl.concat(parts) if parts else pl.DataFrame(schema=RECORD_SCHEMA)

    def read_publication(self, publication_id: str) -> pl.DataFrame:
        """The records of one publication (`RECORD_SCHEMA`); none if it is not recorded."""
        parts = [_read_part(part) for part in self._parts() if _publication_of(part) == publication_id]
        return pl.concat([pl.DataFrame(schema=RECORD_SCHEMA), *parts])

    def seals(self) -> dict[str, Seal]:
        """The seal of each publication's part, first to last."""
        seals = self._read_head().seals
        if any(part.name not in seals for part in self._parts()):
            seals = self.verify().seals
        return {_publication_of(part): seals[part.name] for part in self._parts()}

    def read_parts(self) -> Iterator[pl.DataFrame]:
        """The records of each publication, first to last, one at a time."""
        return (_read_part(part) for part in self._parts() if part.stat().st_size)

    def n_figures(self) -> dict[str, int]:
        """How many figures each publication has, first to last."""
        return {publication_id: seal.n_records for publication_id, seal in self.seals().items()}

    def verify(self) -> Head:
        """Follow the chain from its first record to its head; raise `LedgerBroken` where it does not hold."""
        recorded = self._read_head()
        parts = self._parts()
        with ThreadPoolExecutor() as threads:  # hashing lets other threads run
            hashes = list(threads.map(_file_sha256, parts))
        n_records, last_hash, reached, seals = 0, GENESIS, recorded.end == (0, GENESIS), {}
        for part, sha256 in zip(parts, hashes, strict=True):
            seal = _followed(part, sha256, last_hash, recorded.seals.get(part.name))
            seals[part.name] = seal
            n_records, last_hash = n_records + seal.n_records, seal.last_hash
            reached = reached or recorded.end == (n_records, last_hash)
        if not reached:
            raise LedgerBroken(
                f"The ledger should reach record {recorded.n_records} but its parts do not: records were cut off "
                f"or changed, or head.json was. Restore {self.root.name} from a backup."
            )
        head = Head(n_records, last_hash, seals)
        if head != recorded:
            # a part was complete when the process ended and the head was not yet written, or a part was not sealed
            self._write_head(head)
        return head

    def _parts(self) -> list[Path]:
        return sorted(self.root.glob("[0-9]*-*.jsonl"))

    def _read_head(self) -> Head:
        path = self.root / "head.json"
        if not path.exists():
            if len(self._parts()) > 1:  # one part may be there if the process ended within the first recording
                raise LedgerBroken("The ledger has parts but no head.json. Restore it from a backup.")
            return Head(0, GENESIS)
        told = json.loads(path.read_text())
        seals = {name: Seal(**seal) for name, seal in told.get("seals", {}).items()}  # an older head has none
        return Head(told["n_records"], told["last_hash"], seals)

    def _write_head(self, head: Head) -> None:
        write_whole(self.root / "head.json", json.dumps(asdict(head)) + "\n")


def _publication_of(part: Path) -> str:
    return part.stem.split("-", 1)[1]


def _read_part(part: Path) -> pl.DataFrame:
    return pl.read_ndjson(part, schema=RECORD_SCHEMA)


def _chained(figures: pl.DataFrame, last_hash: str) -> tuple[bytes, str]:
    """The lines of figures that follow a hash, and the hash of the last."""
    canonical = _canonical(figures)
    previous, sha256 = [last_hash], hashlib.sha256
    for figure in canonical.to_list():
        previous.append(sha256(f'{figure},"previous_hash":"{previous[-1]}"}}'.encode()).hexdigest())
    hashes = pl.Series(previous, dtype=pl.String)
    lines = pl.select(
        line=pl.format('{},"previous_hash":"{}","record_hash":"{}"}}', canonical, hashes[:-1], hashes[1:])
    )
    written = io.BytesIO()
    lines.write_csv(written, include_header=False, quote_style="never")  # one column: each line as it is
    return written.getvalue(), previous[-1]


def _followed(part: Path, sha256: str, previous_hash: str, seal: Seal | None) -> Seal:
    """The seal of a part that follows `previous_hash`: the one that it has, if that holds, else after every line.

    sha256: of the part's bytes.
    """
    if seal is not None and (seal.sha256, seal.previous_hash) == (sha256, previous_hash):
        return seal
    n_records, last_hash = 0, previous_hash
    for line in _lines(part):
        n_records += 1
        last_hash = _checked(line, last_hash, f"{part.name} line {n_records}")
    return Seal(sha256, previous_hash, n_records, last_hash)


def _file_sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


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


def _canonical(figures: pl.DataFrame) -> pl.Series:
    """Each figure as JSON without its closing brace, in the bytes of Python's own JSON, which the chain is over."""
    fields = [
        pl.concat_str(pl.lit(f'"{column.name}":'), _as_json(column)).alias(column.name)
        for column in figures.iter_columns()
    ]
    return figures.select(pl.concat_str(pl.lit("{"), pl.concat_str(fields, separator=","))).to_series()


def _as_json(values: pl.Series) -> pl.Series:
    """Each value as JSON; one that many records share is written once. A number is known by its shortest text, for as
    numbers 0 and -0 are one."""
    encode = json.JSONEncoder(ensure_ascii=False, allow_nan=False).encode
    read = str if values.dtype == pl.String else float
    texts = values.cast(pl.String)
    distinct = texts.drop_nulls().unique()
    written = pl.Series([encode(read(text)) for text in distinct.to_list()], dtype=pl.String)
    return texts.replace_strict(distinct, written, default=None, return_dtype=pl.String).fill_null("null")
