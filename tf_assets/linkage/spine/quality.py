"""How good a linkage is, estimated without knowing the truth.

Precision is the mean probability of the links. Recall is what the links are expected to hold of the true matches, over
how many true matches there seem to be. That number is the larger of two estimates: the probabilities summed over all
pairs, and, because a true pair that shares no block was never weighed, a capture-recapture (Chapman 1951): true pairs
that agree on the full name and true pairs that agree on the date of birth are two samples of all, and from how far they
overlap follows how many lie in neither. Errors that come together (a record that is wrong in everything) are beyond it,
so the estimated recall is rather too high than too low.
"""

import polars as pl

from tf_assets.linkage.spine.preparing import Workspace
from tf_assets.linkage.spine.settings import QUALITY_SCHEMA

ALL_STAGES = "all"


def expected_matches(work: Workspace, accepted: pl.DataFrame, unaccepted_mass: float) -> float:
    """How many true matches there seem to be: accepted has left_record, right_record, probability."""
    summed = float(accepted["probability"].sum() or 0.0) + unaccepted_mass
    return max(summed, _recaptured(work, accepted))


def _recaptured(work: Workspace, accepted: pl.DataFrame) -> float:
    """Chapman's estimate from agreement on the name and on the date of birth, both among accepted links."""
    work.connection.register("accepted", accepted.to_arrow())
    counts = work.connection.sql(
        """
        WITH agreements AS (
            SELECT left_record, any_value(probability) AS p,
                   bool_or(coalesce(l.forename = r.forename AND l.surname = r.surname, false)) AS is_name,
                   bool_or(coalesce(l.date_of_birth = r.date_of_birth, false)) AS is_dob
            FROM accepted JOIN left_rows AS l ON l.record = left_record JOIN right_rows AS r ON r.record = right_record
            GROUP BY left_record
        )
        SELECT coalesce(sum(p) FILTER (is_name), 0), coalesce(sum(p) FILTER (is_dob), 0),
               coalesce(sum(p) FILTER (is_name AND is_dob), 0)
        FROM agreements
        """
    ).fetchone()
    work.connection.unregister("accepted")
    n_name, n_dob, n_both = (float(count) for count in counts) if counts else (0.0, 0.0, 0.0)
    return (n_name + 1) * (n_dob + 1) / (n_both + 1) - 1


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
    return pl.DataFrame(rows, schema=QUALITY_SCHEMA)


def _row(stage: str, links: pl.DataFrame, n_left: int, expected: float) -> dict[str, object]:
    mass = float(links["probability"].sum() or 0.0)
    return {
        "stage": stage,
        "n_left": n_left,
        "n_links": links.height,
        "estimated_precision": round(mass / links.height, 6) if links.height else None,
        "estimated_recall": round(min(mass / expected, 1.0), 6) if expected > 0 else None,
    }
