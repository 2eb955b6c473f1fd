"""How good a linkage is, estimated without knowing the truth.

Precision is the mean probability of the links. Recall is what the links are expected to hold of the true matches, over
how many true matches there seem to be. That number is the larger of two estimates: the probabilities summed over all
pairs; and, because a true pair that was never weighed or that too little speaks for is in no sum, one from how often
the links disagree. A pair that agrees on two of full name, date of birth and postcode is hardly ever missed. So with n
links that agree on all three, and n_k that agree on all but k, the odds of a true pair to disagree on k are n_k / n, and

    true pairs = n (1 + n_name / n) (1 + n_dob / n) (1 + n_postcode / n)

if errors come one by one, and never more than there are records on either side. Errors that come together (a record
that is wrong in everything) are beyond it, so the estimated recall is rather too high than too low.

Both have an interval: what chance leaves open (Wilson's score interval at 95%), widened by what the model may be wrong
about, for which the odds of an error are taken to be up to `ERROR_ODDS` times as large or as small as they seem (ours:
in each linkage whose truth is known the truth lay within it, docs/explanation/linkage.md).
"""

import math

import polars as pl

from tf_assets.linkage.spine.preparing import Workspace
from tf_assets.linkage.spine.settings import QUALITY_SCHEMA
from tf_assets.quality.link_rates import wilson_high, wilson_low

ALL_STAGES = "all"

ERROR_ODDS = 8.0
"""Times that errors may be commoner or rarer than they seem."""

Z = 1.959964


def expected_matches(work: Workspace, accepted: pl.DataFrame, unaccepted_mass: float) -> float:
    """How many true matches there seem to be: accepted has left_record, right_record, probability."""
    summed = float(accepted["probability"].sum() or 0.0) + unaccepted_mass
    seeming = max(summed, _from_disagreements(work, accepted))
    return min(seeming, work.n_left, work.n_right)


def _from_disagreements(work: Workspace, accepted: pl.DataFrame) -> float:
    """True pairs, from links that agree on all of name, date of birth and postcode, and on all but one of them.

    Without a postcode on both sides it is two traits, and Lincoln's and Petersen's capture-recapture.
    """
    agreements = {
        "name": "l.forename = r.forename AND l.surname = r.surname",
        "dob": "l.date_of_birth = r.date_of_birth",
        **({"postcode": "l.postcode = r.postcode"} if "postcode" in work.columns else {}),
    }
    flags = ", ".join(f"bool_or(coalesce({sql}, false)) AS {trait}" for trait, sql in agreements.items())
    work.connection.register("accepted", accepted.to_arrow())
    links = work.connection.sql(
        f"""
        SELECT any_value(probability) AS probability, {flags}
        FROM accepted JOIN left_rows AS l ON l.record = left_record JOIN right_rows AS r ON r.record = right_record
        GROUP BY left_record
        """
    ).pl()
    work.connection.unregister("accepted")

    def mass(disagreeing: str | None) -> float:
        pattern = pl.all_horizontal(pl.col(each) if each != disagreeing else ~pl.col(each) for each in agreements)
        return float(links.filter(pattern)["probability"].sum() or 0.0)

    n = mass(None)
    return n * math.prod(1 + mass(trait) / n for trait in agreements) if n else 0.0


def quality_by_stage(links: pl.DataFrame, n_left: int, expected: float) -> pl.DataFrame:
    """`QUALITY_SCHEMA`: a row for each stage and one for all; recall is of all expected matches, so stages add up.

    Each stage sees the left records that the stages before it left over, in the order of `links`.
    """
    rows: list[dict[str, object]] = []
    remaining = n_left
    for stage in links["stage"].unique(maintain_order=True).to_list():
        of_stage = links.filter(pl.col("stage") == stage)
        rows.append(_row(stage, of_stage, remaining, expected))
        remaining -= of_stage.height
    rows.append(_row(ALL_STAGES, links, n_left, expected))
    quality = pl.DataFrame(rows, schema=_ESTIMATED)
    quality = quality.with_columns(_interval("precision", pl.col("n_links")))
    # a wrong link is most often somebody missed too
    worst = pl.col("precision_low") * pl.col("n_links") / expected
    quality = quality.with_columns(_interval("recall", pl.lit(expected), worst))
    return quality.select(list(QUALITY_SCHEMA))


_ESTIMATED = {name: kind for name, kind in QUALITY_SCHEMA.items() if not name.endswith(("_low", "_high"))}


def _row(stage: str, links: pl.DataFrame, n_left: int, expected: float) -> dict[str, object]:
    mass = float(links["probability"].sum() or 0.0)
    return {
        "stage": stage,
        "n_left": n_left,
        "n_links": links.height,
        "estimated_precision": round(mass / links.height, 6) if links.height else None,
        "estimated_recall": round(min(mass / expected, 1.0), 6) if expected > 0 else None,
    }


def _interval(what: str, n: pl.Expr, worst: pl.Expr | None = None) -> tuple[pl.Expr, pl.Expr]:
    """The ends of the interval of an estimated share of n; worst: a share that it may fall to besides."""
    share = pl.col(f"estimated_{what}")
    low, high = (share / (share + odds * (1 - share)) for odds in (ERROR_ODDS, 1 / ERROR_ODDS))
    low = low if worst is None else pl.min_horizontal(low, worst)
    return (
        wilson_low(low * n, n, Z).round(6).alias(f"{what}_low"),
        wilson_high(high * n, n, Z).round(6).alias(f"{what}_high"),
    )
