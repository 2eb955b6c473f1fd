"""The evaluation's cohort as arrays, and its weights for an area by each method."""

from dataclasses import dataclass, replace

import numpy as np
import polars as pl
from numpy.typing import NDArray

from tf_assets.research.cohorts.features import COVARIATES, at_baseline, covariate_matrix, model_matrix
from tf_assets.research.cohorts.matching import match_for_areas
from tf_assets.research.cohorts.propensity import estimate_propensity
from tf_assets.research.cohorts.protocol import PROTOCOL
from tf_assets.research.estimation.design import Design, Rows, Vector, independent
from tf_assets.research.estimation.entropy_balancing import entropy_weights
from tf_assets.research.estimation.weighting import Method, Weighted
from tf_assets.warehouse.errors import InputRefused

MOST_UNMATCHED = 0.05
"""Share of programme people without a match above which an effect says so: it is not about them (ours)."""


N_COUNCIL_COLUMNS = 2
"""The last columns say how much a council's families are on the programme: its log odds, and the logit with it."""


@dataclass(frozen=True)
class Cohort:
    """Arrays over eligible people, in the order of `person` (sorted pseudonyms).

    design: the covariates as they are, families as clusters; region, council: codes; index_year: of the index date;
    weight, region_weight: of the national match and of the one within regions; logit, is_on_support: of the propensity;
    columns: what outcomes are regressed on and entropy balances.
    """

    person: pl.Series
    design: Design
    region: NDArray[np.str_]
    council: NDArray[np.str_]
    index_year: NDArray[np.int64]
    weight: Vector
    region_weight: Vector
    logit: Vector
    is_on_support: Rows
    columns: Vector

    def covariate(self, name: str) -> Vector:
        """One covariate as it is, over everybody."""
        column: Vector = self.design.covariates[:, self.design.names.index(name)]
        return column


def cohort_of(people: pl.DataFrame, covariates: pl.DataFrame, scores: pl.DataFrame, matched: pl.DataFrame) -> Cohort:
    """Put eligible_people, cohort_covariates, propensity and matched_cohorts side by side."""
    joined = (
        people.drop("age_at_index", strict=False)
        .join(covariates, on="person_pseudonym")
        .join(scores.select("person_pseudonym", "logit", "is_on_support"), on="person_pseudonym")
        .join(matched.select("person_pseudonym", "weight", "region_weight"), on="person_pseudonym", how="left")
        .sort("person_pseudonym")
    )
    logit = joined["logit"].to_numpy()
    design = Design(
        treated=(joined["arm"] == "programme").to_numpy(),
        covariates=covariate_matrix(joined),
        names=COVARIATES,
        stratum=np.zeros(len(joined), np.int64),
        cluster=joined["family_pseudonym"].rank("dense").cast(pl.Int64).to_numpy(),
        strata_columns=np.zeros((len(joined), 0)),
    )
    return Cohort(
        person=joined["person_pseudonym"],
        design=design,
        region=joined["region_code"].to_numpy(),
        council=joined["council_code"].to_numpy(),
        index_year=joined["index_date"].dt.year().cast(pl.Int64).to_numpy(),
        weight=joined["weight"].fill_null(0.0).to_numpy(),
        region_weight=joined["region_weight"].fill_null(0.0).to_numpy(),
        logit=logit,
        is_on_support=joined["is_on_support"].to_numpy(),
        columns=np.column_stack([model_matrix(joined), (logit - logit.mean()) / max(logit.std(), 1e-9)]),
    )


def cohort_at_baseline(people: pl.DataFrame, covariates: pl.DataFrame) -> Cohort:
    """The same people, scored and matched anew by what was known of them at the baseline: for the placebo before it.

    What happened between the assessment and a start has no counterpart in the other arm, so likeness on the eve of the
    index date would make people alike who were not so a year before.
    """
    known = at_baseline(people, covariates)
    scores = estimate_propensity(people, known).scores
    return cohort_of(people, known, scores, match_for_areas(scores, people)[0])


def weigh_cohort(
    cohort: Cohort, rows: Rows, method: Method, is_region: bool, with_councils: bool = True
) -> tuple[Weighted, Rows] | None:
    """Weights of the people at `rows` by one method, and who of the cohort they are; None where there cannot be any.

    is_region: matches come from the region alone; with_councils: whether a council's share of families on the programme
    is among the columns, which one council against others cannot have.
    """
    if method == "matching":
        weight = cohort.region_weight if is_region else cohort.weight
        weighted = Weighted(method, "ATT, matched", cohort.design.only(rows), weight[rows], None, None, ())
        return replace(weighted, notes=_unmatched(weighted)), rows
    supported = rows & cohort.is_on_support
    design, columns = cohort.design.only(supported), cohort.columns[supported]
    if not design.treated.any() or design.treated.all():
        return None
    columns = columns if with_councils else columns[:, :-N_COUNCIL_COLUMNS]
    # what no comparison person has cannot be balanced on, nor can its effect be learnt; the balance shows what is left
    columns = columns[:, independent(columns[~design.treated])]
    estimand = "ATT, common support"
    if method == "doubly-robust":
        odds = np.where(design.treated, 1.0, np.exp(cohort.logit[supported]))
        return Weighted(
            method, estimand, design, odds, columns, None, (), PROTOCOL.comparison.outcome_penalty
        ), supported
    weights = np.ones(len(columns))
    try:
        weights[~design.treated] = entropy_weights(columns, design.treated) * design.treated.sum()
    except InputRefused:
        return None
    return Weighted(
        method, estimand, design, weights, columns, None, (), PROTOCOL.comparison.outcome_penalty
    ), supported


def _unmatched(weighted: Weighted) -> tuple[str, ...]:
    """A word on programme people without a match, when they are too many to be passed over."""
    treated = weighted.design.treated
    share = float((weighted.weights[treated] == 0).mean()) if treated.any() else 0.0
    return (f"{share:.0%} of programme people without a match",) if share > MOST_UNMATCHED else ()
