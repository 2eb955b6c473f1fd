"""Every effect that the evaluation reports: outcome x window x area x method."""

from collections.abc import Iterator
from dataclasses import asdict

import numpy as np
import polars as pl

from tf_assets.research.cohorts.protocol import BEFORE, PROTOCOL
from tf_assets.research.effects.cohort import Cohort, weigh_cohort
from tf_assets.research.estimation.balance import largest_smd
from tf_assets.research.estimation.design import Rows, Vector
from tf_assets.research.estimation.estimate import effect_of, naive_difference
from tf_assets.research.estimation.result import why_not_published
from tf_assets.research.estimation.several import with_adjusted_p_values
from tf_assets.research.estimation.weighting import Weighted
from tf_assets.warehouse.geography import councils

ENGLAND = ("E92000001", "England")
"""ONS code of England."""

FEWEST_PEOPLE = 20
"""People of each arm below which no effect is estimated (ours)."""


def estimate_effects(
    cohort: Cohort, outcome_values: pl.DataFrame, with_regions: bool = True, baseline: Cohort | None = None
) -> pl.DataFrame:
    """All effects as a table: one row per outcome, window, area (England and its regions) and method.

    baseline: the cohort by what was known at the baseline (`cohort_at_baseline`), which weighs the placebo before it; the
    same people in the same order.
    """
    place = pl.DataFrame({"person_pseudonym": cohort.person, "row": np.arange(len(cohort.person))})
    placed = outcome_values.join(place, on="person_pseudonym").sort("outcome", "outcome_window", "row")
    areas = list(_areas(cohort)) if with_regions else list(_areas(cohort))[:1]
    rows = [
        {"outcome": outcome, **found}
        for (outcome,), group in placed.group_by("outcome", maintain_order=True)
        for by, windows in _by_clock(cohort, baseline or cohort, values_by_window(cohort, group))
        for found in _of_outcome(by, str(outcome), windows, areas)
    ]
    if not rows:
        return pl.DataFrame(schema=_COLUMNS)
    return (
        _adjusted(pl.DataFrame(rows, infer_schema_length=None))
        .select(pl.col(name).cast(kind) for name, kind in _COLUMNS.items())
        .sort("outcome", "outcome_window", "area_code", "method")
    )


def effect_row(weighted: Weighted, outcome: Vector, name: str, naive: float) -> dict[str, object] | None:
    """One effect as a row of `treatment_effects`; None where an arm is too small to estimate anything.

    outcome: of the people of `weighted`, NaN where it is not known; naive: the difference of the arms as they are.
    """
    treated, known = weighted.design.treated, ~np.isnan(outcome)
    kept = known & (weighted.weights > 0)
    arms = kept & treated, kept & ~treated
    if min(arm.sum() for arm in arms) < FEWEST_PEOPLE:
        return None
    if min(len(np.unique(weighted.design.cluster[arm])) for arm in arms) < 2:
        return None
    effect = effect_of(weighted, outcome, name, naive)
    smd = largest_smd(weighted.design.covariates[kept], treated[kept], weighted.weights[kept])
    found = asdict(effect)
    return {
        **found,
        "programme_rate": found.pop("treated_mean"),
        "comparison_rate": found.pop("comparison_mean"),
        "largest_smd": smd,
        "why_not_published": _why_not_published(smd, effect.effective_sample),
        "warnings": "; ".join(effect.warnings),
    }


def _why_not_published(smd: float, effective: float) -> str:
    limits = PROTOCOL.comparison
    return "; ".join(why_not_published([smd], effective, limits.largest_smd, limits.fewest_effective))


def values_by_window(cohort: Cohort, group: pl.DataFrame) -> dict[str, Vector]:
    """The outcome in each window, over the whole cohort; NaN where it is not known."""
    vectors = {}
    for (window,), part in group.group_by("outcome_window", maintain_order=True):
        vector = np.full(len(cohort.person), np.nan)
        vector[part["row"].to_numpy()] = part["value"].to_numpy()
        vectors[str(window)] = vector
    return vectors


def _by_clock(
    cohort: Cohort, baseline: Cohort, windows: dict[str, Vector]
) -> Iterator[tuple[Cohort, dict[str, Vector]]]:
    """Which cohort weighs which windows."""
    before = {name: vector for name, vector in windows.items() if name == BEFORE.name}
    after = {name: vector for name, vector in windows.items() if name != BEFORE.name}
    yield from ((by, part) for by, part in ((cohort, after), (baseline, before)) if part)


def _of_outcome(
    cohort: Cohort, name: str, windows: dict[str, Vector], areas: list[tuple[str, str, Rows]]
) -> Iterator[dict[str, object]]:
    """Weights are made once for everybody whom the outcome counts in any window."""
    anybody: Rows = np.logical_or.reduce([~np.isnan(vector) for vector in windows.values()])
    for code, area, inside in areas:
        naive = {window: naive_difference(cohort.design.treated, vector, inside) for window, vector in windows.items()}
        for method in PROTOCOL.comparison.methods:
            found = weigh_cohort(cohort, anybody & inside, method, is_region=code != ENGLAND[0])
            if found is None:
                continue
            weighted, people = found
            for window, vector in windows.items():
                row = effect_row(weighted, vector[people], name, naive[window])
                if row is not None:
                    yield {**row, "outcome_window": window, "area_code": code, "area_name": area}


def _areas(cohort: Cohort) -> Iterator[tuple[str, str, Rows]]:
    names = dict(councils().select("region_code", "region_name").unique().iter_rows())
    yield (*ENGLAND, np.ones(len(cohort.person), np.bool_))
    for code in sorted(set(cohort.region)):
        yield code, names[code], cohort.region == code


def _adjusted(effects: pl.DataFrame) -> pl.DataFrame:
    """With p-values for all outcomes and windows of one area by one method; the placebo is a family of its own."""
    families = effects.with_columns(is_placebo=pl.col("outcome_window") == BEFORE.name).partition_by(
        "area_code", "method", "is_placebo", maintain_order=True
    )
    return pl.concat([with_adjusted_p_values(family) for family in families]).drop("is_placebo")


_COLUMNS: dict[str, type[pl.DataType]] = {
    **dict.fromkeys(("outcome", "outcome_window", "area_code", "area_name", "method", "estimand"), pl.String),
    **dict.fromkeys(("estimate", "standard_error", "ci_low", "ci_high", "p_value", "p_adjusted"), pl.Float64),
    **dict.fromkeys(("n_treated", "n_comparison", "n_clusters"), pl.Int64),
    **dict.fromkeys(("effective_sample", "programme_rate", "comparison_rate", "relative_change"), pl.Float64),
    **dict.fromkeys(("naive_difference", "minimum_detectable_effect", "e_value", "e_value_of_interval"), pl.Float64),
    "largest_smd": pl.Float64,
    **dict.fromkeys(("why_not_published", "warnings"), pl.String),
}
