"""How often do 95% intervals cover the planted effect? Simulated cohorts, whole way from covariates to interval.

Run: `python benchmarks/effects.py [--cohorts 300] [--families 1200]`. Each cohort is new: families in 24 councils,
problems that decide both who is on the programme and what happens, outcomes alike within families, an effect that
spares some of those who would have had the outcome. Truth is the mean of y1 - y0 over the programme people.
"""

import argparse
import time
from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl
from numpy.typing import NDArray

from tf_assets.research.cohorts.features import COVARIATES
from tf_assets.research.cohorts.matching import match_for_areas
from tf_assets.research.cohorts.propensity import estimate_propensity
from tf_assets.research.effects.cohort import cohort_of
from tf_assets.research.effects.estimating import estimate_effects
from tf_assets.warehouse.geography import councils

N_COUNCILS = 24


@dataclass(frozen=True)
class Simulated:
    """A cohort whose truth is known. outcome, without, with_programme: by person, in the order of `people`."""

    people: pl.DataFrame
    covariates: pl.DataFrame
    outcome: NDArray[np.float64]
    without: NDArray[np.float64]
    with_programme: NDArray[np.float64]

    @property
    def truth(self) -> float:
        """The mean effect on programme people."""
        treated = (self.people["arm"] == "programme").to_numpy()
        return float((self.with_programme - self.without)[treated].mean())


def simulate(seed: int, n_families: int, rate: float, spared: float, family_share: float = 0.3) -> Simulated:
    """Draw a cohort. rate: of the outcome without the programme, about; spared: share of it that is prevented."""
    rng = np.random.default_rng(seed)
    problems = rng.random((n_families, 6)) < (0.35, 0.5, 0.45, 0.4, 0.3, 0.3)
    council = rng.integers(0, N_COUNCILS, n_families)
    leaning = rng.normal(0, 0.35, N_COUNCILS)[council]
    n_people = 2 + rng.poisson(1.6, n_families)
    score = 0.5 * (problems.sum(axis=1) - 2.3) + 0.5 * problems[:, 0] + 0.4 * problems[:, 3] + leaning
    on_programme = rng.random(n_families) < 1 / (1 + np.exp(-score))
    family = np.repeat(np.arange(n_families), n_people)
    n = len(family)
    age = np.where(rng.random(n) < 0.55, rng.integers(0, 18, n), rng.integers(18, 60, n))
    is_female = rng.random(n) < 0.5
    before = rng.poisson(0.15 + 0.25 * problems[family, 0])
    risk = 0.35 * (problems.sum(axis=1)[family] - 2.3) + 0.8 * problems[family, 0] + 0.5 * np.minimum(before, 3)
    shared = rng.normal(0, np.sqrt(family_share), n_families)[family]
    latent = risk + 1.8 * (shared + rng.normal(0, np.sqrt(1 - family_share), n))
    without = latent > np.quantile(latent, 1 - rate)
    with_programme = without & (rng.random(n) >= spared)
    treated = on_programme[family]
    place = councils().gather(np.linspace(0, 151, N_COUNCILS).astype(int))
    columns: dict[str, NDArray[np.generic]] = dict.fromkeys(COVARIATES, np.zeros(n))
    columns |= {
        "age_at_index": age,
        "is_female": is_female,
        "n_family_people": n_people[family],
        "n_problems": problems.sum(axis=1)[family],
        "n_offences_before": before,
    }
    names = ("crime", "attendance", "child_help", "worklessness", "domestic_abuse", "health")
    columns |= {f"is_problem_{name}": problems[family, place] for place, name in enumerate(names)}
    person = np.char.mod("%07d", rng.permutation(n))
    return Simulated(
        people=pl.DataFrame(
            {
                "person_pseudonym": person,
                "family_pseudonym": np.char.mod("f%06d", family),
                "council_code": place["council_code"].gather(council[family]),
                "region_code": place["region_code"].gather(council[family]),
                "arm": np.where(treated, "programme", "comparison"),
                "index_date": [date(2016, 1, 1)] * n,
                "sex": np.where(is_female, "F", "M"),
                "is_child": age < 18,
                "is_juvenile": (age >= 10) & (age < 18),
                "is_adult": age >= 18,
            }
        ),
        covariates=pl.DataFrame({"person_pseudonym": person, **columns}),
        outcome=np.where(treated, with_programme, without).astype(np.float64),
        without=without.astype(np.float64),
        with_programme=with_programme.astype(np.float64),
    )


def effects_of(cohort: Simulated) -> pl.DataFrame:
    """England's effects by each method, after propensity and matching: rows of `treatment_effects`."""
    scores = estimate_propensity(cohort.people, cohort.covariates).scores
    matched, _, _ = match_for_areas(scores, cohort.people)
    arrays = cohort_of(cohort.people, cohort.covariates, scores, matched)
    values = cohort.people.select(
        "person_pseudonym",
        outcome=pl.lit("is_employed"),
        outcome_window=pl.lit("19-24"),
        value=pl.Series(cohort.outcome),
    )
    return estimate_effects(arrays, values, with_regions=False)


def coverage(n_cohorts: int, n_families: int, rate: float, spared: float) -> pl.DataFrame:
    """Bias, spread, mean standard error and coverage of each estimator over new cohorts, and of no adjustment."""
    rows = []
    for seed in range(n_cohorts):
        cohort = simulate(seed, n_families, rate, spared)
        for effect in effects_of(cohort).iter_rows(named=True):
            low, high = effect["ci_low"] or effect["estimate"], effect["ci_high"] or effect["estimate"]
            rows.append(
                {
                    "estimator": effect["method"],
                    "error": effect["estimate"] - cohort.truth,
                    "standard_error": effect["standard_error"] or 0.0,
                    "is_covered": low <= cohort.truth <= high,
                    "naive_error": effect["naive_difference"] - cohort.truth,
                }
            )
    return (
        pl.DataFrame(rows)
        .group_by("estimator", maintain_order=True)
        .agg(
            pl.col("error").mean().alias("bias"),
            pl.col("error").std().alias("spread"),
            pl.col("standard_error").mean().alias("mean_se"),
            pl.col("is_covered").mean().alias("coverage"),
            pl.col("naive_error").mean().alias("naive_bias"),
        )
    )


def main() -> None:
    """Print the table for a rare and a common outcome."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cohorts", type=int, default=300)
    parser.add_argument("--families", type=int, default=1200)
    chosen = parser.parse_args()
    for rate, spared in ((0.02, 0.3), (0.10, 0.12), (0.40, 0.0)):
        started = time.perf_counter()
        table = coverage(chosen.cohorts, chosen.families, rate, spared)
        seconds = time.perf_counter() - started
        print(f"rate {rate:.2f}, spared {spared:.2f}, {chosen.cohorts} cohorts, {seconds:.0f} s")
        with pl.Config(tbl_hide_dataframe_shape=True, float_precision=4):
            print(table)


if __name__ == "__main__":
    main()
