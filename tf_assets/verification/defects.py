"""Planted defects of the councils' returns: caught and missed by kind, and good rows refused."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from tf_assets.warehouse.home import Home
from tf_assets.warehouse.zone import Zone

_SLOT = ["sha256", "council_code", "quarter"]
"""The same bytes may lie in two slots: a return sent for the wrong quarter is right in its own."""

_ROW = [*_SLOT, "row_number"]
_CELL = [*_ROW, "field"]

UNDETECTABLE = "undetectable"
"""A planted defect that no rule can see, such as a day and a month swapped that still make a likely date."""


@dataclass(frozen=True)
class DefectCounts:
    """What the intake made of the planted defects.

    rows: defect, expected_severity, n_planted, n_caught (named to row and field), n_missed;
    files: defect, expected_verdict, n_planted, n_caught, n_missed;
    n_good_rows, n_good_refused: rows without a planted defect, and those of them that were refused.
    """

    rows: pl.DataFrame
    files: pl.DataFrame
    n_good_rows: int
    n_good_refused: int


def count_defects(zone: Zone, home: Home) -> DefectCounts:
    """Hold the judgements and the receipts beside what was planted.

    Rows are those of files that count: a file that was refused whole, superseded or sent twice has none. A defect is
    caught when its row and its field are named.
    """
    files = _with_hashes(pl.read_parquet(home.truth / "files.parquet"), home.landing)
    receipts = zone.read("return_receipts").rename({"quarter_date": "quarter"}).select(*_SLOT, "verdict")
    receipts = receipts.with_columns(verdict=pl.col("verdict").replace("current", "accepted")).unique()
    judged = files.filter(pl.col("expected_verdict") == "accepted").join(
        receipts.filter(pl.col("verdict") == "accepted"), on=_SLOT, how="semi"
    )
    planted = pl.read_parquet(home.truth / "defects.parquet").join(judged.select("path", "sha256"), on="path")
    judgements = zone.read("return_judgements").rename({"source_sha256": "sha256", "quarter_date": "quarter"})
    judgements = judgements.filter(pl.col("row_number") > 0).join(judged, on=_SLOT, how="semi")
    named = judgements.select(*_CELL).unique().with_columns(is_caught=pl.lit(True))
    refused = judgements.filter(pl.col("severity") == "refused").select(_ROW).unique()
    n_rows = zone.read("council_register").height + refused.height
    return DefectCounts(
        rows=_counted(planted.join(named, on=_CELL, how="left"), "expected_severity"),
        files=_counted(
            files.join(_verdicts(receipts), on=[*_SLOT, "expected_verdict"], how="left"), "expected_verdict"
        ),
        n_good_rows=n_rows - planted.select(_ROW).unique().height,
        n_good_refused=refused.join(planted, on=_ROW, how="anti").height,
    )


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


def _counted(planted: pl.DataFrame, expected: str) -> pl.DataFrame:
    return (
        planted.group_by(pl.col("defect").fill_null("none"), expected)
        .agg(n_planted=pl.len(), n_caught=pl.col("is_caught").fill_null(False).sum())
        .with_columns(n_missed=pl.col("n_planted").cast(pl.Int64) - pl.col("n_caught").cast(pl.Int64))
        .sort(expected, "defect")
    )
