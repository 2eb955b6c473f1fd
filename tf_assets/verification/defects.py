"""Planted defects of the councils' returns: caught and missed by kind, and good rows refused."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from tf_assets.linkage.arrivals import Arrival, ArrivalRegister
from tf_assets.linkage.partitions import Slot
from tf_assets.linkage.returns.receipts import FileVerdict, receipts
from tf_assets.linkage.returns.slots import landed_files
from tf_assets.warehouse.home import Home
from tf_assets.warehouse.models import load_models
from tf_assets.warehouse.zone import Zone

_SLOT = ["sha256", "council_code", "quarter"]
"""The same bytes may lie in two slots: a return sent for the wrong quarter is right in its own."""

_ROW = [*_SLOT, "row_number"]
_CELL = [*_ROW, "field"]

UNDETECTABLE = "undetectable"
"""A planted defect that no rule can see, such as a day and a month swapped in a person's first return."""

LEAST_CAUGHT = 0.99
MOST_GOOD_REFUSED = 0.005
"""What an intake must reach: planted defects caught and named to row and field, good rows refused."""


@dataclass(frozen=True)
class DefectCounts:
    """What the intake made of the planted defects.

    rows: defect, field, expected_severity, n_planted, n_caught (named to row and field), n_missed, share_caught;
    files: defect, expected_verdict, n_planted, n_caught, n_missed, share_caught;
    n_good_rows, n_good_refused: rows without a planted defect, and those of them that were refused;
    n_good_changed: good rows of which `register_changes` says something.
    """

    rows: pl.DataFrame
    files: pl.DataFrame
    n_good_rows: int
    n_good_refused: int
    n_good_changed: int

    @property
    def n_detectable(self) -> int:
        """Defects of rows that a rule can see."""
        return int(self._detectable()["n_planted"].sum())

    @property
    def n_caught(self) -> int:
        """Those of them that were named to row and field."""
        return int(self._detectable()["n_caught"].sum())

    @property
    def share_caught(self) -> float:
        """Of the detectable defects, 0 to 1."""
        return self.n_caught / max(self.n_detectable, 1)

    @property
    def share_good_refused(self) -> float:
        """Of the good rows, 0 to 1."""
        return self.n_good_refused / max(self.n_good_rows, 1)

    @property
    def is_good_enough(self) -> bool:
        """At least LEAST_CAUGHT, at most MOST_GOOD_REFUSED, and every file with the verdict that it should have."""
        is_caught = self.share_caught >= LEAST_CAUGHT and self.share_good_refused <= MOST_GOOD_REFUSED
        return is_caught and int(self.files["n_missed"].sum()) == 0

    def _detectable(self) -> pl.DataFrame:
        return self.rows.filter(pl.col("expected_severity") != UNDETECTABLE)


def count_defects(zone: Zone, home: Home) -> DefectCounts:
    """Hold the judgements, the changes between returns and the files' verdicts beside what was planted.

    Rows are those of files that count: a file that was refused whole, superseded or sent twice has none. A defect is
    caught when its row and its field are named. The intake alone must have run, no national table.
    """
    files = _with_hashes(pl.read_parquet(home.truth / "files.parquet"), home.landing)
    judgements = zone.read("return_judgements").rename({"source_sha256": "sha256", "quarter_date": "quarter"})
    judgements = judgements.with_columns(pl.col("row_number").cast(pl.Int64))
    received = _received(judgements, home)
    judged = files.filter(pl.col("expected_verdict") == "accepted").join(
        received.filter(pl.col("verdict") == "accepted"), on=_SLOT, how="semi"
    )
    planted = pl.read_parquet(home.truth / "defects.parquet").join(judged.select("path", "sha256"), on="path")
    of_rows = judgements.filter(pl.col("row_number") > 0).join(judged, on=_SLOT, how="semi")
    changes = _changes(zone).join(judged.select(_SLOT), on=_SLOT[1:])
    named = pl.concat([of_rows.select(_CELL), changes.select(_CELL)]).unique().with_columns(is_caught=pl.lit(True))
    refused = of_rows.filter(pl.col("severity") == "refused").select(_ROW).unique()
    n_rows = zone.read("council_register").height + refused.height
    return DefectCounts(
        rows=_counted(planted.join(named, on=_CELL, how="left"), ["field", "expected_severity"]),
        files=_counted(
            files.join(_verdicts(received), on=[*_SLOT, "expected_verdict"], how="left"), ["expected_verdict"]
        ),
        n_good_rows=n_rows - planted.select(_ROW).unique().height,
        n_good_refused=refused.join(planted, on=_ROW, how="anti").height,
        n_good_changed=changes.select(_ROW).unique().join(planted, on=_ROW, how="anti").height,
    )


def _received(judgements: pl.DataFrame, home: Home) -> pl.DataFrame:
    """The verdict on each file, by slot and hash: accepted, superseded, duplicate or refused."""
    refused = judgements.filter(pl.col("row_number") == 0, pl.col("severity") == "refused")
    judged = {
        (Slot(council_code, quarter).folder, sha256): FileVerdict("refused", sentence)
        for council_code, quarter, sha256, sentence in refused.select(
            "council_code", "quarter", "sha256", "sentence"
        ).iter_rows()
    }
    found = receipts(_arrived(home), judged).rename({"quarter_date": "quarter"}).select(*_SLOT, "verdict")
    return found.with_columns(verdict=pl.col("verdict").replace("current", "accepted")).unique()


def _arrived(home: Home) -> list[Arrival]:
    """Returns and withdrawals in the order of receipt, those too that nothing has recorded yet."""
    recorded = ArrivalRegister.of_home(home).all("return", "withdrawal")
    landed = (file.arrival() for file in landed_files(home.landing))
    known = {(each.kind, each.slot, each.order): each for each in [*landed, *recorded]}
    return sorted(known.values(), key=lambda each: each.order)


def _changes(zone: Zone) -> pl.DataFrame:
    """What `register_changes` says of rows, made from the register as it stands."""
    with zone.connect() as connection:
        found = connection.sql(load_models("linkage")["register_changes"].sql).pl()
    of_rows = found.filter(pl.col("row_number") > 0).rename({"quarter_date": "quarter"})
    return of_rows.with_columns(pl.col("row_number").cast(pl.Int64))


def _verdicts(receipts: pl.DataFrame) -> pl.DataFrame:
    """The expected verdicts that a file's verdict answers to.

    A file that would be refused is superseded instead when a good one came after it before it was judged.
    """
    answers = pl.DataFrame({"verdict": ["superseded"], "expected_verdict": ["refused"]})
    same = receipts.with_columns(expected_verdict=pl.col("verdict"))
    return (
        pl.concat([same, receipts.join(answers, on="verdict").select(same.columns)])
        .drop("verdict")
        .with_columns(is_caught=pl.lit(True))
    )


def _with_hashes(files: pl.DataFrame, landing: Path) -> pl.DataFrame:
    hashes = [hashlib.sha256((landing / path).read_bytes()).hexdigest() for path in files["path"]]
    return files.with_columns(pl.Series("sha256", hashes, dtype=pl.String))


def _counted(planted: pl.DataFrame, expected: list[str]) -> pl.DataFrame:
    n_planted, n_caught = (pl.col(name).cast(pl.Int64) for name in ("n_planted", "n_caught"))
    return (
        planted.group_by(pl.col("defect").fill_null("none"), *expected)
        .agg(n_planted=pl.len(), n_caught=pl.col("is_caught").fill_null(False).sum())
        .with_columns(n_missed=n_planted - n_caught, share_caught=n_caught / n_planted)
        .sort(expected[-1], "defect")
    )
