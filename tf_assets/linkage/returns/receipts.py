"""The register of returns: what arrived when and how, which file of a slot counts, and what it replaced."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import polars as pl

from tf_assets.linkage.arrivals import Arrival
from tf_assets.linkage.returns.receiving import is_repeat
from tf_assets.linkage.returns.slots import UNKNOWN

RECEIPT_SCHEMA = pl.Schema(
    {
        "receipt_number": pl.UInt32(),
        "kind": pl.String(),
        "sha256": pl.String(),
        "council_code": pl.String(),
        "quarter_date": pl.Date(),
        "received_at": pl.Datetime("us"),
        "came_by": pl.String(),
        "n_bytes": pl.Int64(),
        "verdict": pl.String(),
        "reason": pl.String(),
        "replaced_sha256": pl.String(),
        "n_opt_outs_in_force": pl.Int32(),
    }
)

FileKey = tuple[str, str]
"""(slot, sha256)."""


@dataclass(frozen=True)
class FileVerdict:
    """What was judged of a file's content: `refused` or `waiting`, and the sentence."""

    verdict: str
    sentence: str


Judged = Mapping[FileKey, FileVerdict]
Verdict = tuple[str, str | None, str | None]
"""Verdict, reason, and the hash of the file that this one replaced."""


def receipts(arrivals: Sequence[Arrival], judged: Judged, n_opt_outs: int = 0) -> pl.DataFrame:
    """One row a file in the order of receipt (RECEIPT_SCHEMA).

    arrivals: returns and withdrawals, in the order of receipt; judged: files whose content cannot be used, or not yet;
    n_opt_outs: objections that every return is held against. Verdicts: `refused` (slot or content), `waiting` (for its
    headings to be confirmed), `duplicate` (the same bytes as the file before it in the slot), `withdrawn` (the council
    took it back), `withdrawal` (the note that did so), `superseded` (a later file of the slot counts), `current`.
    """
    verdicts: dict[int, Verdict] = {}
    by_slot: dict[str, list[tuple[int, Arrival]]] = {}
    for number, arrival in enumerate(arrivals):
        if arrival.fault:
            verdicts[number] = ("refused", arrival.fault, None)
        else:
            by_slot.setdefault(arrival.slot, []).append((number, arrival))
    for files in by_slot.values():
        verdicts.update(_of_slot(files, judged))
    rows = [
        (
            *(number + 1, arrival.kind, arrival.sha256, *_place(arrival.slot)),
            *(arrival.received_at, arrival.came_by, arrival.n_bytes, *verdicts[number], n_opt_outs),
        )
        for number, arrival in enumerate(arrivals)
    ]
    return pl.DataFrame(rows, schema=RECEIPT_SCHEMA, orient="row")


def _of_slot(files: Sequence[tuple[int, Arrival]], judged: Judged) -> dict[int, Verdict]:
    """The verdicts on the files of one slot, by their number."""
    verdicts: dict[int, Verdict] = {}
    standing: tuple[int, Arrival] | None = None
    before: Arrival | None = None
    for number, file in files:
        content = judged.get((file.slot, file.sha256))
        replaced = standing[1].sha256 if standing else None
        if is_repeat(before, file):
            verdicts[number] = ("duplicate", "The same bytes are the file before it in this slot.", None)
        elif file.kind == "withdrawal":
            verdicts[number] = ("withdrawal", "The council took back what it had sent before.", replaced)
            if standing:
                verdicts[standing[0]] = ("withdrawn", "The council took it back.", verdicts[standing[0]][2])
            standing = None
        elif content:
            verdicts[number] = (content.verdict, content.sentence, None)
        else:
            if standing:
                reason = "A later file of the same slot counts."
                verdicts[standing[0]] = ("superseded", reason, verdicts[standing[0]][2])
            verdicts[number] = ("current", None, replaced)
            standing = number, file
        before = file
    return verdicts


def _place(slot: str) -> tuple[str | None, date | None]:
    council_code, quarter = slot.split("/")
    return (
        None if council_code == UNKNOWN else council_code,
        None if quarter == UNKNOWN else date.fromisoformat(quarter),
    )
