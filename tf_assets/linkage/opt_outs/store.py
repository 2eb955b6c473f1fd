"""Opt-outs on a disk: one small file each, hashes and moments only, written once and never changed.

`<zone>/opt_outs/<digest>.json` holds when the objection was received and when it was recorded (UTC), the kinds of its
evidence and the keyed hashes. The digest is keyed and made of the hashes, so the same opt-out twice is one file. A keyed
seal over the whole shows a file that was changed, and another key, with which no opt-out would ever match.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import polars as pl

from tf_assets.linkage.keys import keyed_digest
from tf_assets.linkage.opt_outs.evidence import KINDS, holds
from tf_assets.linkage.opt_outs.keyed import hash_evidence
from tf_assets.warehouse.errors import KeysRefused
from tf_assets.warehouse.whole_files import write_whole

FOLDER = "opt_outs"
OPT_OUT_SCHEMA = pl.Schema(
    {
        "opt_out_number": pl.Int32(),
        "received_at": pl.Datetime("us"),
        "known_at": pl.Datetime("us"),
        "evidence": pl.String(),
        "n_hashes": pl.Int32(),
    }
)
HASH_SCHEMA = pl.Schema({"purpose": pl.String(), "hash": pl.String()})


@dataclass(frozen=True)
class OptOut:
    """One objection.

    digest: keyed, of the hashes; received_at, known_at: when it came and from when on it counts as known, UTC without
    a zone; evidence: the kinds it applies by; hashes: purpose -> hashes, with tags under `tag|<column>`; is_landed: it
    came as a file in the transfer area, not by the command.
    """

    digest: str
    received_at: datetime
    known_at: datetime
    evidence: tuple[str, ...]
    hashes: Mapping[str, tuple[str, ...]] = field(repr=False)
    is_landed: bool


@dataclass(frozen=True)
class OptOuts:
    """The opt-outs that are in force, in the order in which they became known."""

    opt_outs: tuple[OptOut, ...]

    @property
    def n(self) -> int:
        """How many."""
        return len(self.opt_outs)

    @property
    def fingerprint(self) -> str:
        """Changes when the set does, and tells nothing else: a hash of keyed digests."""
        return sha256("\n".join(sorted(each.digest for each in self.opt_outs)).encode()).hexdigest()

    @property
    def hashes(self) -> pl.DataFrame:
        """HASH_SCHEMA, each purpose and hash once; tags have the purpose `tag|<column>`."""
        rows = {(purpose, each) for one in self.opt_outs for purpose, hashes in one.hashes.items() for each in hashes}
        return pl.DataFrame(sorted(rows), schema=HASH_SCHEMA, orient="row")

    @property
    def table(self) -> pl.DataFrame:
        """OPT_OUT_SCHEMA: when, and by what kinds of evidence; never who, nor a hash."""
        rows = [
            (
                number,
                each.received_at,
                each.known_at,
                ", ".join(each.evidence),
                sum(len(hashes) for purpose, hashes in each.hashes.items() if not purpose.startswith("tag|")),
            )
            for number, each in enumerate(self.opt_outs, start=1)
        ]
        return pl.DataFrame(rows, schema=OPT_OUT_SCHEMA, orient="row")


def opt_outs_in_force(zone_root: Path, as_of: datetime | None = None, key: str | None = None) -> OptOuts:
    """The opt-outs recorded below a zone's root; with `as_of` (UTC) those that were known then.

    key: the opt-out key, to check that each file is as it was recorded and was recorded with this key; `KeysRefused`
    when not. Whoever applies opt-outs must give it: with another key they would match nobody, in silence.
    """
    read = [_read(path, key) for path in sorted((zone_root / FOLDER).glob("*.json"))]
    known = [each for each in read if as_of is None or each.known_at <= _without_zone(as_of)]
    return OptOuts(tuple(sorted(known, key=lambda each: (each.known_at, each.digest))))


def copy_opt_outs(zone_root: Path, target_root: Path, as_of: datetime) -> None:
    """Copy the opt-outs that were known at a moment (UTC) to below another zone's root, as they are."""
    for opt_out in opt_outs_in_force(zone_root, as_of).opt_outs:
        name = f"{opt_out.digest}.json"
        write_whole(target_root / FOLDER / name, (zone_root / FOLDER / name).read_bytes(), 0o600)


def record_opt_outs(
    zone_root: Path, evidence: pl.DataFrame, key: str, received_at: datetime, known_at: datetime, is_landed: bool
) -> int:
    """Record each row of usable evidence (EVIDENCE_COLUMNS) unless it is on record; the number that is on record now.

    Each file is written whole or not at all; after a crash the same call finishes what is missing.
    """
    hashes = hash_evidence(evidence, key)
    kinds = evidence.select("row_number", *(holds(kind).alias(kind) for kind in KINDS))
    grouped = hashes.group_by("row_number", "purpose").agg(pl.col("hash").unique().sort()).sort("purpose")
    by_row = grouped.partition_by("row_number", as_dict=True, include_key=False)
    for row in kinds.iter_rows(named=True):
        found = {purpose: tuple(each) for purpose, each in by_row[(row["row_number"],)].iter_rows()}
        opt_out = OptOut(
            digest=_digest(found, key),
            received_at=_without_zone(received_at),
            known_at=_without_zone(known_at),
            evidence=tuple(kind for kind in KINDS if row[kind]),
            hashes=found,
            is_landed=is_landed,
        )
        _write(zone_root / FOLDER, opt_out, key)
    return kinds.height


def _digest(hashes: Mapping[str, Iterable[str]], key: str) -> str:
    text = json.dumps({purpose: sorted(each) for purpose, each in hashes.items()}, sort_keys=True)
    return keyed_digest(key, f"opt-out|{text}")


def _seal(said: Mapping[str, object], key: str) -> str:
    """Keyed, of everything else that a file says."""
    rest = {name: value for name, value in said.items() if name != "seal"}
    return keyed_digest(key, f"seal|{json.dumps(rest, sort_keys=True)}")


def _write(folder: Path, opt_out: OptOut, key: str) -> None:
    """Write one opt-out; one that is there already stays as it is."""
    path = folder / f"{opt_out.digest}.json"
    if path.exists():
        return
    said: dict[str, object] = {
        "received_at": opt_out.received_at.isoformat(),
        "known_at": opt_out.known_at.isoformat(),
        "evidence": list(opt_out.evidence),
        "is_landed": opt_out.is_landed,
        "hashes": {purpose: list(each) for purpose, each in opt_out.hashes.items()},
    }
    said["seal"] = _seal(said, key)
    # of two that record the same at one moment either may stand: they say the same
    write_whole(path, json.dumps(said, indent=1).encode(), 0o600)


def _read(path: Path, key: str | None) -> OptOut:
    try:
        said = json.loads(path.read_text())
        opt_out = OptOut(
            path.stem,
            datetime.fromisoformat(said["received_at"]),
            datetime.fromisoformat(said["known_at"]),
            tuple(said["evidence"]),
            {purpose: tuple(each) for purpose, each in said["hashes"].items()},
            bool(said["is_landed"]),
        )
    except (ValueError, KeyError, TypeError, AttributeError):
        raise KeysRefused(
            f"The opt-out {path.stem[:8]} is damaged. Restore its file from a copy: without it somebody who has "
            "objected would be linked."
        ) from None
    if key is not None and (_digest(opt_out.hashes, key) != opt_out.digest or _seal(said, key) != said.get("seal")):
        raise KeysRefused(
            f"The opt-out {path.stem[:8]} was recorded with another opt-out key, or was changed. Restore the key or the "
            "file: until then nobody who has objected would be found."
        )
    return opt_out


def _without_zone(moment: datetime) -> datetime:
    """UTC without a zone, as all moments in tables are."""
    return moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment
