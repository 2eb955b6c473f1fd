"""What a reviewer may decide on a pair, and which decisions stand.

A decision is for ever, and so is every decision before it: of two on one pair the later stands. A record has one partner, so
it cannot be the same as two people, nor a person the same as two records of one extract, until one of the pairs is decided
otherwise.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, get_args

import polars as pl

Verdict = Literal["same", "different", "cannot_tell"]
VERDICTS: tuple[Verdict, ...] = get_args(Verdict)

REASONS: dict[str, tuple[Verdict, ...]] = {
    "spelling": ("same",),
    "changed_name": ("same",),
    "moved": ("same",),
    "slip_in_date": ("same",),
    "family_agrees": ("same",),
    "twin": ("different",),
    "relative": ("different",),
    "other_person_of_that_name": ("different",),
    "number_contradicts": ("different",),
    "too_little": ("cannot_tell",),
    "supplier_asked": ("same", "different", "cannot_tell"),
    "other": ("same", "different", "cannot_tell"),
}
"""Why, from a closed list, because in free words sooner or later stands a name; and the verdicts that each may explain."""

PAIR = ("extract", "person_id", "record_ref")

DECISION_SCHEMA = pl.Schema(
    {
        **dict.fromkeys(PAIR, pl.String()),
        "verdict": pl.String(),
        "reason": pl.String(),
        "reviewer": pl.String(),
        "decided_at": pl.Datetime("us"),
        "probability": pl.Float64(),
    }
)
"""One decision: the pair, what was decided, why, by whom and when (UTC), and the pair's probability when it was shown."""


@dataclass(frozen=True)
class Decision:
    """A row of `DECISION_SCHEMA`."""

    extract: str
    person_id: str
    record_ref: str
    verdict: Verdict
    reason: str
    reviewer: str
    decided_at: datetime
    probability: float | None


def decisions_table(decisions: list[Decision]) -> pl.DataFrame:
    """`DECISION_SCHEMA`, in the order given."""
    return pl.DataFrame([vars(each) for each in decisions], schema=DECISION_SCHEMA)


def standing(decisions: pl.DataFrame) -> pl.DataFrame:
    """The last decision on each pair, of decisions in the order in which they were made; sorted by pair."""
    return decisions.unique(PAIR, keep="last", maintain_order=True).sort(PAIR)


def second_partners(decisions: pl.DataFrame) -> pl.DataFrame:
    """The pairs that stand as the same although the person or the record stands as the same with another."""
    same = standing(decisions).filter(pl.col("verdict") == "same")
    n_records, n_people = pl.len().over("extract", "person_id"), pl.len().over("extract", "record_ref")
    return same.filter((n_records > 1) | (n_people > 1)).select(PAIR)


def by_probability(decisions: pl.DataFrame) -> pl.DataFrame:
    """What reviewers said beside what the linkage thought: probability_from, n_decided, share_same, by tenth.

    Of decided pairs that stand; those that nobody could tell are left out. Tenths with fewer than ten are too: a few
    verdicts tell of pairs, not of probabilities.
    """
    told = standing(decisions).filter(pl.col("verdict") != "cannot_tell", pl.col("probability").is_not_null())
    tenth = ((pl.col("probability") * 10).floor().clip(upper_bound=9) / 10).round(1).alias("probability_from")
    return (
        told.group_by(tenth)
        .agg(n_decided=pl.len(), share_same=(pl.col("verdict") == "same").mean().round(3))
        .filter(pl.col("n_decided") >= FEWEST_TO_SHOW)
        .sort("probability_from")
    )


FEWEST_TO_SHOW = 10
