"""The register of returns: what arrived when, and which file of a slot counts."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path

import polars as pl

from tf_assets.linkage.partitions import Slot
from tf_assets.linkage.returns.slots import LandedFile, is_repeat, landed_files

RECEIPT_SCHEMA = pl.Schema(
    {
        "receipt_number": pl.UInt32(),
        "sha256": pl.String(),
        "council_code": pl.String(),
        "quarter_date": pl.Date(),
        "received_at": pl.Datetime("us"),
        "n_bytes": pl.Int64(),
        "verdict": pl.String(),
        "reason": pl.String(),
    }
)

Refusals = Mapping[tuple[str | None, date | None, str], str]
"""(council code, quarter, sha256) -> why the file cannot be used."""


def receipts(landing: Path, refusals: Refusals | None = None) -> pl.DataFrame:
    """One row a file in the order of receipt (RECEIPT_SCHEMA).

    refusals: the sentence for each file whose content was judged and refused. Verdicts: `refused` (slot or content),
    `duplicate` (the same bytes as the file before it in the slot), `superseded` (a later file of the slot counts),
    `current`.
    """
    files = landed_files(landing)
    verdicts = _verdicts(files, refusals or {})
    rows = [
        (number, file.sha256, file.council_code, file.quarter_date, file.received_at, file.n_bytes, *verdict)
        for number, (file, verdict) in enumerate(zip(files, verdicts, strict=True), start=1)
    ]
    return pl.DataFrame(rows, schema=RECEIPT_SCHEMA, orient="row")


def _verdicts(files: list[LandedFile], refusals: Refusals) -> list[tuple[str, str | None]]:
    by_slot: dict[Slot, list[LandedFile]] = {}
    verdicts: dict[int, tuple[str, str | None]] = {}
    for number, file in enumerate(files):
        slot = file.slot
        if slot is None:
            verdicts[number] = ("refused", file.fault)
            continue
        earlier = by_slot.setdefault(slot, [])
        if is_repeat(earlier[-1] if earlier else None, file):
            verdicts[number] = ("duplicate", "The same bytes are the file before it in this slot.")
        elif _key(file) in refusals:
            verdicts[number] = ("refused", refusals[_key(file)])
        else:
            verdicts[number] = ("superseded", "A later file of the same slot counts.")
        earlier.append(file)
    # Files are in order of receipt, so the last usable one of each slot is the one that counts.
    last = {file.slot: number for number, file in enumerate(files) if verdicts[number][0] == "superseded"}
    verdicts |= dict.fromkeys(last.values(), ("current", None))
    return [verdicts[number] for number in range(len(files))]


def _key(file: LandedFile) -> tuple[str | None, date | None, str]:
    return file.council_code, file.quarter_date, file.sha256
