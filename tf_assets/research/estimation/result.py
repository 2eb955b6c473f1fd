"""One estimated effect, as a table, a JSON file or a page takes it."""

from dataclasses import asdict, dataclass

import numpy as np

from tf_assets.research.estimation.balance import FEWEST_EFFECTIVE, LARGEST_SMD


@dataclass(frozen=True)
class CovariateBalance:
    """One covariate before and after; None where nothing varies."""

    covariate: str
    treated_mean: float | None
    comparison_mean_before: float | None
    comparison_mean_after: float | None
    smd_before: float | None
    smd_after: float | None
    variance_ratio_before: float | None
    variance_ratio_after: float | None
    overlap_before: float | None
    overlap_after: float | None


@dataclass(frozen=True)
class Effect:
    """An average effect on the treated (ATT), in the outcome's own unit.

    estimate: mean of what was, less mean of what would have been; treated_mean, comparison_mean: the two means;
    relative_change: estimate / comparison_mean; naive_difference: of the arms as they are; standard_error, ci_low,
    ci_high, p_value, minimum_detectable_effect: None where nothing varies; e_value, e_value_of_interval: see
    `sensitivity`, None where infinite; n_treated, n_comparison: people who enter; n_clusters: of them;
    effective_sample: (sum of weights)^2 / sum of squared weights of the comparison people; warnings: what a reader must
    know.
    """

    method: str
    estimand: str
    outcome: str
    estimate: float
    standard_error: float | None
    ci_low: float | None
    ci_high: float | None
    p_value: float | None
    n_treated: int
    n_comparison: int
    n_clusters: int
    effective_sample: float
    treated_mean: float
    comparison_mean: float
    relative_change: float | None
    naive_difference: float
    minimum_detectable_effect: float | None
    e_value: float | None
    e_value_of_interval: float | None
    warnings: tuple[str, ...]


@dataclass(frozen=True)
class Result(Effect):
    """An effect with its balance: a row a covariate."""

    balance: tuple[CovariateBalance, ...]

    def as_json(self) -> dict[str, object]:
        """Plain values; nothing that JSON does not know."""
        return {**asdict(self), "balance": [asdict(row) for row in self.balance], "warnings": list(self.warnings)}

    @property
    def is_publishable(self) -> bool:
        """Whether the arms are alike and enough people stand behind the comparison."""
        return not why_not_published(
            [row.smd_after for row in self.balance if row.smd_after is not None], self.effective_sample
        )


def why_not_published(
    smds: list[float],
    effective_sample: float,
    largest_smd: float = LARGEST_SMD,
    fewest_effective: float = FEWEST_EFFECTIVE,
) -> tuple[str, ...]:
    """Why an effect may not be published, in words; empty where it may. smds: of the covariates, after."""
    reasons = []
    largest = float(np.abs(smds).max(initial=0.0))
    if largest > largest_smd:
        reasons.append(
            f"the arms differ by {largest:.2f} standard deviations in a covariate, more than {largest_smd:g}"
        )
    if effective_sample < fewest_effective:
        reasons.append(f"{effective_sample:.0f} effective comparison people, fewer than {fewest_effective:.0f}")
    return tuple(reasons)
