"""Decisions on a disk: a batch is a file among the originals, encrypted, and an entry in the register of arrivals.

So they are kept for ever, a rebuild as at a date knows those of that date, and a crash leaves a batch whole or none of it.
"""

import json
from dataclasses import asdict
from datetime import UTC, datetime

import polars as pl

from tf_assets.linkage.arrivals import Arrival, ArrivalRegister, Kind
from tf_assets.linkage.registering import originals_of
from tf_assets.linkage.reviews.decisions import DECISION_SCHEMA, Decision, decisions_table, second_partners
from tf_assets.warehouse.errors import InputRefused
from tf_assets.warehouse.home import Home

KIND: Kind = "review"
SLOT = "decisions"


def record_decisions(home: Home, decisions: list[Decision]) -> None:
    """Record a batch; `InputRefused`, and nothing is recorded, where a record or a person would have two partners."""
    rivals = second_partners(pl.concat([recorded_decisions(home), decisions_table(decisions)]))
    if not rivals.is_empty():
        raise InputRefused(
            f"{rivals.height} pairs would stand as the same person although one of the two stands as the same with somebody "
            "else. Nothing was recorded. Decide first which of the pairs is different."
        )
    content = "".join(json.dumps(asdict(each), default=datetime.isoformat) + "\n" for each in decisions).encode()
    now = datetime.now(UTC).replace(tzinfo=None)
    ArrivalRegister.of_home(home).record(
        Arrival(
            kind=KIND,
            slot=SLOT,
            sha256=originals_of(home).keep(content),
            received_at=now,
            known_at=now,
            n_bytes=len(content),
            came_by="clerical review",
        )
    )


def recorded_decisions(home: Home) -> pl.DataFrame:
    """Every decision that was ever recorded (`DECISION_SCHEMA`), in the order in which they came."""
    originals = originals_of(home)
    batches = [originals.read(arrival.sha256) for arrival in ArrivalRegister.of_home(home).all(KIND)]
    if not batches:
        return pl.DataFrame(schema=DECISION_SCHEMA)
    told = pl.Schema({**DECISION_SCHEMA, "decided_at": pl.String()})
    read = pl.concat([pl.read_ndjson(batch, schema=told) for batch in batches])
    return read.with_columns(pl.col("decided_at").str.to_datetime(time_unit="us"))


def decisions_fingerprint(home: Home) -> str:
    """Changes when a batch is recorded, and tells nothing else."""
    return ",".join(arrival.sha256 for arrival in ArrivalRegister.of_home(home).all(KIND))
