"""Cohorts whose truth is known: families with problems that decide who is treated and what happens to them.

Each scenario changes one thing. The chance of the outcome with and without the programme is kept for each person, so
that the effect on whoever an estimator speaks of is known without noise.
"""

from dataclasses import dataclass, replace

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.stats import norm

Vector = NDArray[np.float64]

COVARIATES = (*(f"problem_{place}" for place in range(6)), "age", "is_female", "n_before", "deprivation")

RECALL, FALSE_SHARE = 0.93, 0.004
"""Of the linkage-error scenario: yes answers that are found, and people who get a stranger's yes."""


@dataclass(frozen=True)
class Scenario:
    """selection: multiplies what decides who is treated; rate: of the outcome, about; relative_effect: added to 1,
    the ratio of chances; is_heterogeneous: the effect depends on the problems; family_share, council_share: of the
    outcome's latent variance; is_by_council: whole councils are treated; unseen: strength of a confounder that no
    covariate shows; trim: what the estimators are told; has_linkage_error: outcomes are seen through wrong links."""

    name: str
    selection: float = 1.0
    rate: float = 0.15
    relative_effect: float = 0.0
    is_heterogeneous: bool = False
    family_share: float = 0.2
    council_share: float = 0.0
    is_by_council: bool = False
    unseen: float = 0.0
    trim: float = 0.0
    has_linkage_error: bool = False


HEADLINE = Scenario("headline", relative_effect=-0.25)

SCENARIOS = (
    Scenario("null"),
    HEADLINE,
    replace(HEADLINE, name="heterogeneous", is_heterogeneous=True),
    replace(HEADLINE, name="poor-overlap", selection=2.2, trim=0.1),
    replace(HEADLINE, name="family-clustered", family_share=0.6),
    replace(HEADLINE, name="council-clustered", is_by_council=True, council_share=0.03),
    replace(HEADLINE, name="linkage-error", has_linkage_error=True),
    replace(HEADLINE, name="rare", rate=0.02),
    Scenario("unobserved-confounder", unseen=1.0),
)


@dataclass(frozen=True)
class Drawn:
    """table: a row a person, with treated, outcome, placebo (what happened before, which the programme cannot have
    changed, no covariate) and `COVARIATES`, family, council; effect: by person, the change of the outcome's chance."""

    table: pl.DataFrame
    effect: Vector


def draw(scenario: Scenario, seed: int, n_families: int) -> Drawn:
    """Draw one cohort."""
    rng = np.random.default_rng([seed, *scenario.name.encode()])
    n_councils = 152
    council = np.sort(rng.integers(0, n_councils, n_families))
    deprivation = rng.normal(size=n_councils)[council]
    chance = norm.cdf(norm.ppf((0.35, 0.5, 0.45, 0.4, 0.3, 0.3)) + 0.2 * deprivation[:, None])
    problems = (rng.random((n_families, 6)) < chance).astype(np.float64)
    unseen = rng.normal(size=n_families)
    family = np.repeat(np.arange(n_families), 2 + rng.poisson(1.6, n_families))
    treated = _treated(scenario, rng, problems, deprivation, council, unseen)[family]
    n = len(family)
    age = np.where(rng.random(n) < 0.55, rng.integers(0, 18, n), rng.integers(18, 60, n)).astype(np.float64)
    is_female = (rng.random(n) < 0.5).astype(np.float64)
    n_before = rng.poisson(0.15 + 0.25 * problems[family, 0]).astype(np.float64)
    risk = (
        0.25 * (problems.sum(axis=1)[family] - 2.3)
        + 0.4 * problems[family, 0]
        + 0.3 * np.minimum(n_before, 3)
        + 0.1 * deprivation[family]
        - 0.1 * is_female
        + scenario.unseen * unseen[family]
    )
    shared = np.sqrt(scenario.family_share) * rng.normal(size=n_families)[family]
    shared += np.sqrt(scenario.council_share) * rng.normal(size=n_councils)[council][family]
    own = np.sqrt(1 - scenario.family_share - scenario.council_share)
    without = norm.cdf((norm.ppf(scenario.rate) * 1.15 + risk + shared) / own)
    effect = without * _relative_effect(scenario, problems)[family]
    outcome = rng.random(n) < np.where(treated, without + effect, without)
    placebo = rng.random(n) < without
    if scenario.has_linkage_error:
        outcome = (outcome & (rng.random(n) < RECALL)) | (rng.random(n) < FALSE_SHARE)
    columns = {f"problem_{place}": problems[family, place] for place in range(6)}
    columns |= {"age": age, "is_female": is_female, "n_before": n_before, "deprivation": deprivation[family]}
    table = pl.DataFrame(
        {
            **{"treated": treated, "outcome": outcome.astype(np.float64), "placebo": placebo.astype(np.float64)},
            **columns,
            **{"family": family, "council": council[family]},
        }
    )
    return Drawn(table, effect)


def _treated(
    scenario: Scenario,
    rng: np.random.Generator,
    problems: Vector,
    deprivation: Vector,
    council: NDArray[np.int64],
    unseen: Vector,
) -> NDArray[np.bool_]:
    if scenario.is_by_council:
        by_council = np.zeros(council.max() + 1)
        by_council[council] = deprivation
        chosen: NDArray[np.bool_] = rng.random(len(by_council)) < 1 / (1 + np.exp(-0.7 * by_council))
        return chosen[council]
    score = 0.4 * (problems.sum(axis=1) - 2.3) + 0.4 * problems[:, 0] + 0.3 * problems[:, 3] + 0.3 * deprivation
    score = scenario.selection * score + scenario.unseen * unseen
    treated: NDArray[np.bool_] = rng.random(len(problems)) < 1 / (1 + np.exp(0.3 - score))
    return treated


def _relative_effect(scenario: Scenario, problems: Vector) -> Vector:
    if not scenario.is_heterogeneous:
        return np.full(len(problems), scenario.relative_effect)
    return scenario.relative_effect * np.where(problems[:, 0] > 0, 2.0, 0.25)
