"""The register of returns: what arrived when, and which file of a slot counts."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path

import polars as pl

from tf_assets.linkage.returns.slots import LandedFile, landed_files

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

    refusals: the sentence for each file whose content was judged and refused. Verdicts: `refused` (slot or
    content), `duplicate` (the same bytes arrived in the slot before), `superseded` (a later file of the slot counts),
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
    usable = [file for file in files if file.slot and _key(file) not in refusals]
    current = {file.slot: file.sha256 for file in usable}  # the last of each slot, as files are in order of receipt
    seen: set[tuple[object, str]] = set()
    verdicts: list[tuple[str, str | None]] = []
    for file in files:
        if file.fault:
            verdicts.append(("refused", file.fault))
        elif (file.slot, file.sha256) in seen:
            verdicts.append(("duplicate", "The same bytes arrived in this slot before."))
        elif _key(file) in refusals:
            verdicts.append(("refused", refusals[_key(file)]))
        elif current[file.slot] != file.sha256:
            verdicts.append(("superseded", "A later file of the same slot counts."))
        else:
            verdicts.append(("current", None))
        seen.add((file.slot, file.sha256))
    return verdicts


def _key(file: LandedFile) -> tuple[str | None, date | None, str]:
    return file.council_code, file.quarter_date, file.sha256
