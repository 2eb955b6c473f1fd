"""Precision, recall and F1 of the spine against the planted truth, by extract and method.

A true link is a person of the register, as the spine has put its records together, and a record of the same person in
an extract. Counting pairs of register record and extract record charges a wrong merge of two register people to the
linkage, as it should be.
"""

from pathlib import Path

import polars as pl

from tf_assets.warehouse.zone import Zone

METHODS = ("matchkeys", "matchkeys and Splink")
"""Cumulative: what the keys find alone, and what the whole cascade finds."""

_PROBABILISTIC = "probabilistic"


def linkage_quality(zone: Zone, truth: Path) -> pl.DataFrame:
    """One row an extract and method, and one for all extracts.

    Columns: extract, method, n_true, n_links, n_right, precision, recall, f1.
    """
    spine = zone.read("linked_spine").select("source", "source_ref", "person_id", "stage")
    register = spine.filter(pl.col("source") == "register").select("source_ref", "person_id")
    records = spine.filter(pl.col("source") != "register").rename({"source_ref": "record_ref", "source": "extract"})
    who = _truth_of_register(truth).join(register, on="source_ref")  # people whom no accepted return holds cannot link
    true_records = pl.read_parquet(truth / "records.parquet").rename({"person_id": "true_person"})
    pairs = (
        records.join(register, on="person_id")
        .join(who.select("source_ref", "true_person"), on="source_ref", suffix="_left")
        .join(true_records, on=["extract", "record_ref"], how="left", suffix="_right")
        .with_columns(is_right=pl.col("true_person").eq_missing(pl.col("true_person_right")))
    )
    n_true = who.join(true_records, on="true_person").group_by("extract").len("n_true")
    tables = [
        _scores(pairs.filter(pl.col("stage") != _PROBABILISTIC), n_true, METHODS[0]),
        _scores(pairs, n_true, METHODS[1]),
    ]
    return pl.concat(tables).sort("extract", "method")


def _truth_of_register(truth: Path) -> pl.DataFrame:
    return pl.read_parquet(truth / "register_people.parquet").select(
        source_ref=pl.concat_str("council_code", pl.lit("|"), "person_ref"), true_person="person_id"
    )


def _scores(pairs: pl.DataFrame, n_true: pl.DataFrame, method: str) -> pl.DataFrame:
    by_extract = n_true.join(
        pairs.group_by("extract").agg(n_links=pl.len(), n_right=pl.col("is_right").sum()), on="extract", how="left"
    ).with_columns(pl.col("n_links", "n_right").fill_null(0).cast(pl.Int64), pl.col("n_true").cast(pl.Int64))
    every = by_extract.select(pl.lit("all extracts").alias("extract"), pl.col("n_true", "n_links", "n_right").sum())
    scored = pl.concat([by_extract, every]).with_columns(
        precision=pl.col("n_right") / pl.col("n_links"), recall=pl.col("n_right") / pl.col("n_true")
    )
    return scored.with_columns(
        f1=2 * pl.col("n_right") / (pl.col("n_links") + pl.col("n_true")), method=pl.lit(method)
    ).select("extract", "method", "n_true", "n_links", "n_right", "precision", "recall", "f1")
