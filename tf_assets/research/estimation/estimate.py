"""The effect of a treatment on an outcome: a design in, a result out."""

from dataclasses import replace

import numpy as np

from tf_assets.research.estimation.balance import Balance, balance
from tf_assets.research.estimation.design import Design, Rows, Vector
from tf_assets.research.estimation.influence import Difference, effective_sample, interval_of, weighted_difference
from tf_assets.research.estimation.intervals import Interval
from tf_assets.research.estimation.result import CovariateBalance, Effect, Result, why_not_published
from tf_assets.research.estimation.sensitivity import e_values_of_mean, e_values_of_share
from tf_assets.research.estimation.weighting import Method, Settings, Weighted, weigh, with_counterpart

FEWEST_EVENTS = 10
"""Yes answers (and no answers) over both arms below which a result says how few they are (ours)."""

FEWEST_CLUSTERS = 40
"""Below it an interval from clusters is rough. Source: Cameron and Miller, Journal of Human Resources 50 (2015)
317-372, section VI."""


def estimate(
    design: Design, outcome: Vector, name: str, method: Method = "doubly-robust", settings: Settings | None = None
) -> Result:
    """The average effect on the treated of one outcome (n; NaN: not known).

    Raises InputRefused where the arms cannot be compared.
    """
    settings = settings or Settings()
    known: Rows = ~np.isnan(outcome)
    design, outcome = design.only(known), outcome[known]
    naive = naive_difference(design.treated, outcome)
    kept = with_counterpart(design, settings)
    lost = int((design.treated & ~kept).sum())
    weighted = weigh(design.only(kept), method, settings)
    result = result_of(weighted, outcome[kept], name, naive)
    if not lost:
        return result
    said = (
        f"{lost:,} treated ({lost / design.treated.sum():.1%}) are left out: their probability of being treated is "
        f"above {1 - settings.trim:g}"
    )
    return replace(result, estimand="ATT, treated with a counterpart", warnings=(said, *result.warnings))


def result_of(weighted: Weighted, outcome: Vector, name: str, naive: float) -> Result:
    """One outcome of people already weighted, with the balance of all of them."""
    effect = effect_of(weighted, outcome, name, naive)
    alike = balance(weighted.design.covariates, weighted.design.treated, weighted.weights)
    rows = covariate_rows(weighted.design.names, alike)
    reasons = why_not_published([row.smd_after for row in rows if row.smd_after is not None], effect.effective_sample)
    fields = {name: getattr(effect, name) for name in Effect.__dataclass_fields__}
    return Result(**{**fields, "warnings": (*effect.warnings, *reasons)}, balance=rows)


def effect_of(weighted: Weighted, outcome: Vector, name: str, naive: float) -> Effect:
    """One outcome (n; NaN: not known) of people already weighted. naive: the difference of the arms as they are."""
    difference = weighted_difference(weighted, outcome)
    treated, kept = weighted.design.treated, difference.kept
    interval = interval_of(difference, weighted, is_yes_no(outcome[kept]))
    mean = difference.comparison_mean
    e_values = _e_values(difference, interval, outcome[kept & ~treated])
    n_clusters = len(np.unique(weighted.design.cluster[kept]))
    return Effect(
        method=weighted.method,
        estimand=weighted.estimand,
        outcome=name,
        estimate=difference.estimate,
        standard_error=interval.standard_error,
        ci_low=interval.low,
        ci_high=interval.high,
        p_value=interval.p_value,
        n_treated=int((kept & treated).sum()),
        n_comparison=int((kept & ~treated).sum()),
        n_clusters=n_clusters,
        effective_sample=effective_sample(weighted.weights[kept & ~treated]),
        treated_mean=difference.treated_mean,
        comparison_mean=mean,
        relative_change=difference.estimate / mean if abs(mean) > 1e-12 else None,
        naive_difference=naive,
        minimum_detectable_effect=interval.minimum_detectable_effect,
        e_value=e_values[0],
        e_value_of_interval=e_values[1],
        warnings=(*weighted.notes, *_warnings(outcome[kept], n_clusters)),
    )


def naive_difference(treated: Rows, outcome: Vector, inside: Rows | None = None) -> float:
    """The plain difference of the arms' means over everybody (of `inside`) whose outcome is known; NaN for no arm."""
    known = ~np.isnan(outcome) if inside is None else inside & ~np.isnan(outcome)
    arms = outcome[known & treated], outcome[known & ~treated]
    return float(arms[0].mean() - arms[1].mean()) if all(len(arm) for arm in arms) else float("nan")


def is_yes_no(outcome: Vector) -> bool:
    """Whether the outcome is a share: each value is 0 or 1."""
    return bool(((outcome == 0) | (outcome == 1)).all())


def covariate_rows(names: tuple[str, ...], alike: Balance) -> tuple[CovariateBalance, ...]:
    """A row a covariate, without NaN."""
    columns = [getattr(alike, field) for field in list(CovariateBalance.__dataclass_fields__)[1:]]
    return tuple(
        CovariateBalance(name, *(float(value) if np.isfinite(value) else None for value in values))
        for name, *values in zip(names, *columns, strict=True)
    )


def _e_values(difference: Difference, interval: Interval, comparison: Vector) -> tuple[float | None, float | None]:
    if interval.low is None or interval.high is None:
        return None, None
    ends = (interval.low, difference.estimate, interval.high)
    if is_yes_no(comparison):
        found = e_values_of_share(difference.comparison_mean, *ends)
    else:
        found = e_values_of_mean(float(comparison.std()), *ends)
    return tuple(value if np.isfinite(value) else None for value in found)  # type: ignore[return-value]


def _warnings(known: Vector, n_clusters: int) -> tuple[str, ...]:
    found = []
    if is_yes_no(known) and (few := int(min(known.sum(), len(known) - known.sum()))) < FEWEST_EVENTS:
        found.append(f"few events: {few}")
    if n_clusters < FEWEST_CLUSTERS:
        found.append(f"{n_clusters} clusters: intervals from fewer than {FEWEST_CLUSTERS} are rough")
    return tuple(found)
