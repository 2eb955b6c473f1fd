"""Pairs in doubt as a sheet that a reviewer fills in, and what was filled in as decisions.

The sheet shows identifiers, so it lies inside the linkage zone, for its owner alone.
"""

import csv
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import polars as pl

from tf_assets.linkage.reviews.decisions import PAIR, REASONS, VERDICTS, Decision
from tf_assets.linkage.reviews.queue import SHOWN, Pair
from tf_assets.warehouse.errors import InputRefused
from tf_assets.warehouse.whole_files import write_whole

FILLED_IN = ("verdict", "reason")
MOST_FAULTS = 20
"""Faults that a refusal names; the first ones show what is wrong with the rest."""


def check_inside(path: Path, zone: Path) -> Path:
    """The path, which must lie inside the zone; `InputRefused` otherwise."""
    resolved = path.resolve()
    if not resolved.is_relative_to(zone.resolve()):
        raise InputRefused(f"A sheet of pairs shows who people are, so it stays in {zone}. Give a path inside it.")
    return resolved


def write_sheet(path: Path, pairs: list[Pair]) -> None:
    """Write pairs as CSV, readable by its owner alone; whole or not at all."""
    fields = [name for name in SHOWN if any(name in pair.fields for pair in pairs)]
    sides = [f"{side}_{name}" for name in fields for side in ("person", "record")]
    rows = [[*PAIR, "probability", "n_relatives_there", *sides, *FILLED_IN]]
    for pair in pairs:
        both = (pair.person, pair.record)
        values = [_told(side.values.get(name, ())) for name in fields for side in both]
        rows.append(
            [
                pair.extract,
                pair.person_id,
                pair.record_ref,
                f"{pair.probability:.3f}",
                str(pair.n_relatives),
                *values,
                "",
                "",
            ]
        )
    text = "\r\n".join(",".join(_quoted(cell) for cell in row) for row in rows) + "\r\n"
    write_whole(path, b"\xef\xbb\xbf" + text.encode(), 0o600)


def read_sheet(path: Path, known: pl.DataFrame, reviewer: str) -> list[Decision]:
    """The decisions of a filled-in sheet; rows without a verdict are left out.

    known: the pairs that may be decided, with their probability. `InputRefused` names each row, field and rule that is not
    kept; then no row counts.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            missing = [name for name in (*PAIR, *FILLED_IN) if name not in (reader.fieldnames or ())]
            if missing:
                raise InputRefused(
                    f"{path.name} has no column {', '.join(missing)}. Fill in the sheet that was exported."
                )
            rows = list(enumerate(reader, start=2))
    except (OSError, UnicodeDecodeError, csv.Error):
        raise InputRefused(f"{path.name} could not be read. Give the exported sheet, saved as CSV in UTF-8.") from None
    probabilities = {row[:3]: row[3] for row in known.select(*PAIR, "probability").iter_rows()}
    now = datetime.now(UTC).replace(tzinfo=None)
    decisions, faults = [], []
    for number, row in rows:
        if not (row["verdict"] or "").strip():
            continue
        fault = _fault(row, probabilities)
        if fault:
            faults.append(f"row {number}, {fault}")
            continue
        verdict, reason = (row[name].strip().lower() for name in FILLED_IN)
        pair = (row["extract"], row["person_id"], row["record_ref"])
        decisions.append(Decision(*pair, verdict, reason, reviewer, now, probabilities[pair]))  # type: ignore[arg-type]
    if faults:
        more = f" And {len(faults) - MOST_FAULTS} more." if len(faults) > MOST_FAULTS else ""
        told = "\n".join(f"  {fault}" for fault in faults[:MOST_FAULTS])
        raise InputRefused(f"Nothing of {path.name} was recorded:\n{told}{more}")
    return decisions


def _fault(row: Mapping[str, str], probabilities: Mapping[tuple[str, str, str], float]) -> str:
    """What is wrong with a row that has a verdict, or nothing; never a value of it."""
    verdict, reason = ((row[name] or "").strip().lower() for name in FILLED_IN)
    if (row["extract"], row["person_id"], row["record_ref"]) not in probabilities:
        return "pair: it is not one of the pairs in doubt now. Export a new sheet and decide there."
    if verdict not in VERDICTS:
        return f"verdict: it is none of {', '.join(VERDICTS)}. Write one of them, or leave it empty."
    allowed = [name for name, verdicts in REASONS.items() if verdict in verdicts]
    if reason not in allowed:
        return f"reason: {verdict} is explained by one of {', '.join(allowed)}. Write one of them."
    return ""


def _told(values: tuple[str, ...]) -> str:
    return " | ".join(values)


def _quoted(cell: str) -> str:
    """A cell as text, which no spreadsheet takes for a formula."""
    guarded = f"'{cell}" if cell[:1] in ("=", "+", "-", "@", "\t") else cell
    return '"' + guarded.replace('"', '""') + '"'
