"""Effects by problem, cohort year and council, in each outcome's headline window.

People of a group are compared with people of the same group: of the same problem, of the same year. A council's programme
people are compared with all of its region who waited, as many a council has hardly anybody waiting. Within a group the
arms are made alike by entropy balancing, which does it exactly in few people where nearest neighbours cannot. Councils'
estimates are shrunk towards their mean (`estimation.several.shrink`), and both are kept.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import polars as pl
from scipy.stats import norm

from tf_assets.research.effects.cohort import Cohort, weigh_cohort
from tf_assets.research.effects.estimating import effect_row, values_by_window
from tf_assets.research.estimation.design import Rows, Vector
from tf_assets.research.estimation.estimate import naive_difference
from tf_assets.research.estimation.intervals import CONFIDENCE
from tf_assets.research.estimation.several import shrink, with_adjusted_p_values
from tf_assets.research.estimation.weighting import Method
from tf_assets.research.publication.catalogue import headline_window

METHOD: Method = "entropy"

_SHRUNK = ("shrunk_estimate", "shrunk_low", "shrunk_high")

PROBLEMS = ("crime", "attendance", "child_help", "worklessness", "domestic_abuse", "health")


@dataclass(frozen=True)
class Group:
    """people: rows of the cohort, both arms; with_councils: see `weigh_cohort`."""

    dimension: str
    name: str
    people: Rows
    with_councils: bool = True


def estimate_groups(cohort: Cohort, outcome_values: pl.DataFrame) -> pl.DataFrame:
    """A row an outcome and group: `group_effects`, without groups that are too small or cannot be balanced."""
    rows = [
        {"dimension": group.dimension, "people_group": group.name, "outcome_window": window, **found}
        for outcome, window, vector in _headline_values(cohort, outcome_values)
        for group in groups_of(cohort)
        if (found := _effect(cohort, group, vector, outcome)) is not None
    ]
    if not rows:
        return pl.DataFrame(schema=_COLUMNS)
    parts = pl.DataFrame(rows, infer_schema_length=None).partition_by("dimension", "outcome", maintain_order=True)
    return (
        pl.concat([_together(part) for part in parts], how="diagonal_relaxed")
        .select(pl.col(name).cast(kind) for name, kind in _COLUMNS.items())
        .sort("dimension", "people_group", "outcome")
    )


def groups_of(cohort: Cohort) -> Iterator[Group]:
    """All groups: problems, years of the index date, councils."""
    for problem in PROBLEMS:
        yield Group("problem", problem, cohort.covariate(f"is_problem_{problem}") > 0)
    for year in sorted(set(cohort.index_year.tolist())):
        yield Group("cohort_year", str(year), cohort.index_year == year)
    treated = cohort.design.treated
    for council in sorted(set(cohort.council[treated])):
        own = cohort.council == council
        in_region = cohort.region == cohort.region[own][0]
        yield Group("council", str(council), (own & treated) | (in_region & ~treated), with_councils=False)


def _headline_values(cohort: Cohort, outcome_values: pl.DataFrame) -> Iterator[tuple[str, str, Vector]]:
    place = pl.DataFrame({"person_pseudonym": cohort.person, "row": np.arange(len(cohort.person))})
    placed = outcome_values.join(place, on="person_pseudonym").sort("outcome", "outcome_window", "row")
    for (outcome,), group in placed.group_by("outcome", maintain_order=True):
        window = headline_window(str(outcome))
        vectors = values_by_window(cohort, group.filter(outcome_window=window))
        if vectors:
            yield str(outcome), window, vectors[window]


def _effect(cohort: Cohort, group: Group, vector: Vector, outcome: str) -> dict[str, object] | None:
    known = group.people & ~np.isnan(vector)
    found = weigh_cohort(cohort, known, METHOD, is_region=False, with_councils=group.with_councils)
    if found is None:
        return None
    weighted, people = found
    return effect_row(weighted, vector[people], outcome, naive_difference(cohort.design.treated, vector, known))


def _together(part: pl.DataFrame) -> pl.DataFrame:
    """One outcome over one dimension: p-values for its many tests; councils drawn to their mean."""
    part = with_adjusted_p_values(part)
    known = part.filter(pl.col("standard_error").is_not_null())
    if part["dimension"][0] != "council" or known.is_empty():
        return part.with_columns(pl.lit(None, pl.Float64).alias(name) for name in _SHRUNK)
    shrunk = shrink(known["estimate"].to_numpy(), known["standard_error"].to_numpy())
    reach = float(norm.ppf(0.5 + CONFIDENCE / 2)) * shrunk.standard_errors
    drawn = known.select("people_group").with_columns(
        shrunk_estimate=pl.Series(shrunk.estimates),
        shrunk_low=pl.Series(shrunk.estimates - reach),
        shrunk_high=pl.Series(shrunk.estimates + reach),
    )
    return part.join(drawn, on="people_group", how="left")


_COLUMNS: dict[str, type[pl.DataType]] = {
    **dict.fromkeys(("dimension", "people_group", "outcome", "outcome_window", "method"), pl.String),
    **dict.fromkeys(("estimate", "standard_error", "ci_low", "ci_high", "p_value", "p_adjusted"), pl.Float64),
    **dict.fromkeys(_SHRUNK, pl.Float64),
    **dict.fromkeys(("n_treated", "n_comparison", "n_clusters"), pl.Int64),
    **dict.fromkeys(("effective_sample", "programme_rate", "comparison_rate", "naive_difference"), pl.Float64),
    **dict.fromkeys(("minimum_detectable_effect", "largest_smd"), pl.Float64),
    **dict.fromkeys(("why_not_published", "warnings"), pl.String),
}
