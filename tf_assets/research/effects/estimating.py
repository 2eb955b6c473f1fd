"""Every effect that the evaluation reports: outcome x window x area x method."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from tf_assets.research.cohorts.features import model_matrix
from tf_assets.research.effects.doubly_robust import aipw_effect
from tf_assets.research.effects.effect import FEWEST_PEOPLE, Effect, Sample, Vector
from tf_assets.research.effects.matched import matched_effect
from tf_assets.warehouse.geography import councils

ENGLAND = ("E92000001", "England")
"""ONS code of England."""

METHODS = ("matched", "aipw")


@dataclass(frozen=True)
class Cohort:
    """Arrays over eligible people, in the order of `person` (sorted pseudonyms)."""

    person: pl.Series
    on_programme: NDArray[np.bool_]
    family: NDArray[np.int64]
    region: NDArray[np.str_]
    weight: Vector
    region_weight: Vector
    logit: Vector
    is_on_support: NDArray[np.bool_]
    covariates: Vector

    def sample(self, rows: NDArray[np.int64], outcome: Vector, within_region: bool = False) -> Sample:
        """The people at `rows` with their outcome; weights of the national match, or of the one within regions."""
        return Sample(
            outcome,
            self.on_programme[rows],
            self.family[rows],
            (self.region_weight if within_region else self.weight)[rows],
            self.logit[rows],
            self.is_on_support[rows],
            self.covariates[rows],
        )


def cohort_of(people: pl.DataFrame, covariates: pl.DataFrame, scores: pl.DataFrame, matched: pl.DataFrame) -> Cohort:
    """Put eligible_people, cohort_covariates, propensity and matched_cohorts side by side."""
    joined = (
        people.drop("age_at_index", strict=False)
        .join(covariates, on="person_pseudonym")
        .join(scores.select("person_pseudonym", "logit", "is_on_support"), on="person_pseudonym")
        .join(matched.select("person_pseudonym", "weight", "region_weight"), on="person_pseudonym", how="left")
        .sort("person_pseudonym")
    )
    return Cohort(
        person=joined["person_pseudonym"],
        on_programme=(joined["arm"] == "programme").to_numpy(),
        family=joined["family_pseudonym"].rank("dense").cast(pl.Int64).to_numpy(),
        region=joined["region_code"].to_numpy(),
        weight=joined["weight"].fill_null(0.0).to_numpy(),
        region_weight=joined["region_weight"].fill_null(0.0).to_numpy(),
        logit=joined["logit"].to_numpy(),
        is_on_support=joined["is_on_support"].to_numpy(),
        covariates=model_matrix(joined),
    )


def estimate_effect(sample: Sample, method: str) -> Effect | None:
    """One effect by one method (`matched` or `aipw`); None where an arm is too small to estimate anything."""
    kept = sample.weight > 0 if method == "matched" else sample.is_on_support
    arms = kept & sample.on_programme, kept & ~sample.on_programme
    if min(arm.sum() for arm in arms) < FEWEST_PEOPLE:
        return None
    if min(len(np.unique(sample.family[arm])) for arm in arms) < 2:
        return None
    return {"matched": matched_effect, "aipw": aipw_effect}[method](sample)


def estimate_effects(cohort: Cohort, outcome_values: pl.DataFrame) -> pl.DataFrame:
    """All effects as a table: one row per outcome, window, area (England and its regions) and method."""
    place = pl.DataFrame({"person_pseudonym": cohort.person, "row": np.arange(len(cohort.person))})
    placed = outcome_values.join(place, on="person_pseudonym").sort("outcome", "outcome_window", "row")
    rows = [
        {"outcome": outcome, "outcome_window": window, **found}
        for (outcome, window), group in placed.group_by("outcome", "outcome_window", maintain_order=True)
        for found in _by_area(cohort, group["row"].to_numpy(), group["value"].to_numpy())
    ]
    return pl.DataFrame(rows, infer_schema_length=None) if rows else pl.DataFrame(schema=_EMPTY)


def _by_area(cohort: Cohort, rows: NDArray[np.int64], outcome: Vector) -> Iterator[dict[str, object]]:
    names = dict(councils().select("region_code", "region_name").unique().iter_rows())
    areas = [(*ENGLAND, np.ones(len(rows), np.bool_))]
    areas += [(code, names[code], cohort.region[rows] == code) for code in sorted(set(cohort.region[rows]))]
    for code, name, inside in areas:
        sample = cohort.sample(rows[inside], outcome[inside], within_region=code != ENGLAND[0])
        for method in METHODS:
            effect = estimate_effect(sample, method)
            if effect is not None:
                yield {"area_code": code, "area_name": name, **_as_row(effect)}


def _as_row(effect: Effect) -> dict[str, object]:
    return {**asdict(effect), "warnings": "; ".join(effect.warnings)}


_EMPTY: dict[str, type[pl.DataType]] = {
    **dict.fromkeys(("outcome", "outcome_window", "area_code", "area_name", "method", "estimand"), pl.String),
    **dict.fromkeys(("estimate", "standard_error", "ci_low", "ci_high", "p_value"), pl.Float64),
    **dict.fromkeys(("n_treated", "n_comparison"), pl.Int64),
    **dict.fromkeys(("effective_sample", "programme_rate", "comparison_rate", "naive_difference"), pl.Float64),
    "warnings": pl.String,
}
