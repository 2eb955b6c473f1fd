"""Headline effects as they were published, beside those that were planted."""

from pathlib import Path

import polars as pl

HEADLINES = (
    ("is_looked_after", "19-24"),
    ("is_on_protection_plan", "19-24"),
    ("is_convicted_juvenile", "01-24"),
    ("is_in_custody_juvenile", "01-24"),
    ("is_in_custody_adult", "01-24"),
    ("is_on_jsa", "19-24"),
)
"""The outcomes and windows that the national evaluation of 2019 led with (docs/reference/protocol.md)."""

_POINTS = 100


def published_beside_planted(published: pl.DataFrame, truth: Path) -> pl.DataFrame:
    """One row a headline and method, for England.

    published: `protected_effects`. Columns: outcome, outcome_window, method, effect, ci_low, ci_high, planted (all in
    percentage points; null where nothing was published), is_covered (null where there is no interval).
    """
    headlines = pl.DataFrame(HEADLINES, schema=["outcome", "outcome_window"], orient="row")
    planted = pl.read_parquet(truth / "effects.parquet").select(
        "outcome", outcome_window="window", planted=pl.col("effect") * _POINTS
    )
    england = published.filter(pl.col("area_type") == "england").select(
        "outcome", "outcome_window", "method", "effect", "ci_low", "ci_high", "mark"
    )
    beside = headlines.join(planted, on=["outcome", "outcome_window"], how="left").join(
        england, on=["outcome", "outcome_window"], how="left"
    )
    return beside.with_columns(is_covered=pl.col("planted").is_between(pl.col("ci_low"), pl.col("ci_high"))).sort(
        pl.col("method"), maintain_order=True
    )
