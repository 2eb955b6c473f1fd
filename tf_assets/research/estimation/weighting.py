"""From a design to weights: how much each comparison person counts for the treated, by four methods."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from tf_assets.research.estimation.design import Design, Rows, Vector, independent, standardised
from tf_assets.research.estimation.entropy_balancing import entropy_weights
from tf_assets.research.estimation.matching import matching_weights, pooled_deviation
from tf_assets.research.estimation.propensity import Propensity, fit_propensity
from tf_assets.warehouse.errors import InputRefused

Method = Literal["matching", "weighting", "doubly-robust", "entropy"]

METHODS: tuple[Method, ...] = ("matching", "weighting", "doubly-robust", "entropy")


@dataclass(frozen=True)
class Settings:
    """How the arms are made alike.

    caliper_sd: matches lie within this many standard deviations of the logit of the propensity, 0.2 by Austin,
    Pharmaceutical Statistics 10 (2011) 150-161, or anywhere if None; neighbours: comparison people for each treated
    person, several make up for the variance of their reuse (Rassen et al., Pharmacoepidemiology and Drug Safety 21 S2
    (2012) 69-80); replace: whether a comparison person may be matched again; is_adjusted: whether a regression takes
    off what the matches leave over (Abadie and Imbens, JBES 29 (2011) 1-11); trim: whoever is treated with a
    probability above 1 - trim is left out, both arms (Crump et al., Biometrika 96 (2009) 187-199); penalty: of the
    propensity's coefficients, see `fit_propensity`.
    """

    caliper_sd: float | None = 0.2
    neighbours: int = 5
    replace: bool = True
    is_adjusted: bool = True
    trim: float = 0.0
    penalty: float = 0.0


@dataclass(frozen=True)
class Weighted:
    """A design with its weights.

    design: everybody kept; columns: n x k, standardised, what the outcome is regressed on, or None where weights alone do it;
    weights: n, 1 for each treated person that the effect is about, at least 0 for comparison people; propensity: of the
    weights, where its uncertainty moves the estimate, else None; estimand: in words; notes: for the reader; penalty: of
    each standardised column in the regression, in people (ridge), which keeps few people with many columns stable.
    """

    method: Method
    estimand: str
    design: Design
    weights: Vector
    columns: Vector | None
    propensity: Propensity | None
    notes: tuple[str, ...]
    penalty: float = 0.0


def with_counterpart(design: Design, settings: Settings) -> Rows:
    """Whom trimming keeps, n. Raises InputRefused where it leaves nobody in one arm."""
    if not settings.trim:
        return np.ones(len(design.treated), np.bool_)
    kept: Rows = fit_propensity(_with_strata(design), design.treated, settings.penalty).score <= 1 - settings.trim
    if not (kept & design.treated).any() or not (kept & ~design.treated).any():
        raise InputRefused("Trimming leaves nobody in one arm. Choose a smaller --trim.")
    return kept


def weigh(design: Design, method: Method, settings: Settings | None = None) -> Weighted:
    """Weights for the average effect on the treated. Raises InputRefused where the arms cannot be compared."""
    settings = settings or Settings()
    notes = list(design.notes)
    if method == "matching":
        return _matched(design, settings, notes)
    columns = _with_strata(design)
    if method == "entropy":
        weights = design.treated.astype(np.float64)
        weights[~design.treated] = entropy_weights(columns, design.treated) * design.treated.sum()
        return Weighted(method, "ATT", design, weights, columns, None, tuple(notes))
    propensity = fit_propensity(columns, design.treated, settings.penalty)
    weights = np.where(design.treated, 1.0, np.exp(propensity.logit))
    return Weighted(
        *(method, "ATT", design, weights),
        *(columns if method == "doubly-robust" else None, propensity, tuple(notes)),
    )


def _matched(design: Design, settings: Settings, notes: list[str]) -> Weighted:
    propensity = fit_propensity(design.covariates[:, independent(design.covariates)], design.treated, settings.penalty)
    deviation = pooled_deviation(propensity.logit, design.treated)
    caliper = np.inf if settings.caliper_sd is None else settings.caliper_sd * deviation
    weights = matching_weights(
        *(propensity.logit, design.treated, design.stratum, settings.neighbours, caliper, settings.replace)
    )
    matched: Rows = weights > 0
    n_treated, n_matched = int(design.treated.sum()), int((matched & design.treated).sum())
    if not n_matched:
        raise InputRefused("Nobody has a match. Widen --caliper, or name fewer columns as --exact.")
    if n_matched < n_treated:
        lost = n_treated - n_matched
        notes.append(f"{lost:,} treated ({lost / n_treated:.1%}) have no match: the effect is not about them")
    columns = standardised(design.covariates) if settings.is_adjusted else None
    estimand = "ATT" if n_matched == n_treated else "ATT, matched treated"
    return Weighted("matching", estimand, design, weights, columns, None, tuple(notes))


def _with_strata(design: Design) -> Vector:
    columns = np.column_stack([design.covariates, design.strata_columns])
    return standardised(columns[:, independent(columns)])
