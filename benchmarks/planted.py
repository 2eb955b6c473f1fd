"""How often do the intervals hold what the fictional country plants, if no return were dirty and no link missed?

    python -m benchmarks.planted [--seeds 20] [--families 40000] [--scenario headline] [--home HOME]

Each seed is a country of its own, at the size of a region unless told otherwise. Its people's records become the research
environment's tables by the same SQL, and effects are estimated for England by the same functions; what linkage and dirty
returns do is left out (`linked_country.py`). Printed: by method, the share of intervals that hold the planted effect, of the
naive comparison's too; by outcome, the mean error in standard errors; and the placebo, which should differ from zero by
chance alone. With --home, the same of the published tables of a finished home (`tf-eval demo --size region`) instead.
"""

import argparse
import time
from pathlib import Path

import duckdb
import polars as pl

from benchmarks.linked_country import make_linked_country
from tf_assets.country.scenarios import SCENARIOS, scenario_named
from tf_assets.country.sizes import Size, size_named
from tf_assets.research.cohorts.matching import match_for_areas
from tf_assets.research.cohorts.propensity import estimate_propensity
from tf_assets.research.cohorts.protocol import BEFORE
from tf_assets.research.effects.cohort import cohort_at_baseline, cohort_of
from tf_assets.research.effects.estimating import ENGLAND, estimate_effects


def effects_of(seed: int, size: Size, scenario: str) -> tuple[pl.DataFrame, pl.DataFrame]:
    """England's rows of `treatment_effects` in a perfectly linked country, and the planted effects."""
    country = make_linked_country(seed, size, scenario_named(scenario))
    people, covariates = country.read("eligible_people"), country.read("cohort_covariates")
    values = country.read("outcome_values")
    scores = estimate_propensity(people, covariates).scores
    cohort = cohort_of(people, covariates, scores, match_for_areas(scores, people)[0])
    baseline = cohort_at_baseline(people, covariates)
    return estimate_effects(cohort, values, with_regions=False, baseline=baseline), country.effects


def effects_in(home: Path) -> tuple[pl.DataFrame, pl.DataFrame]:
    """England's rows of `treatment_effects` in a finished home, and the planted effects."""
    with duckdb.connect(str(home / "research" / "research.duckdb"), read_only=True) as connection:
        effects = connection.execute(
            "SELECT * FROM treatment_effects WHERE area_code = $england", {"england": ENGLAND[0]}
        ).pl()
    return effects, pl.read_parquet(home / "truth" / "effects.parquet")


def beside_the_truth(effects: pl.DataFrame, planted: pl.DataFrame) -> pl.DataFrame:
    """Each effect with what was planted, and its error in standard errors; the placebo's truth is no effect.

    is_covered: the interval holds the planted effect; is_naive_covered: an interval as long about the naive difference.
    """
    truth = planted.select("outcome", pl.col("window").alias("outcome_window"), planted="effect")
    placebo = effects.filter(outcome_window=BEFORE.name).select("outcome", "outcome_window").unique()
    truth = pl.concat([truth, placebo.with_columns(planted=pl.lit(0.0))])
    naive_low, naive_high = (
        pl.col("naive_difference") + pl.col(end) - pl.col("estimate") for end in ("ci_low", "ci_high")
    )
    return (
        effects.join(truth, on=["outcome", "outcome_window"])
        .filter(pl.col("standard_error") > 0)
        .with_columns(
            error=(pl.col("estimate") - pl.col("planted")) / pl.col("standard_error"),
            is_covered=pl.col("planted").is_between("ci_low", "ci_high"),
            is_naive_covered=pl.col("planted").is_between(naive_low, naive_high),
            is_placebo=pl.col("outcome_window") == BEFORE.name,
        )
    )


def tables(compared: pl.DataFrame) -> list[pl.DataFrame]:
    """What is printed: by method, and by outcome."""
    by_method = (
        compared.group_by("is_placebo", "method")
        .agg(
            pl.len().alias("n_intervals"),
            pl.col("is_covered").mean().alias("coverage"),
            pl.col("is_naive_covered").mean().alias("naive_coverage"),
            pl.col("error").mean().alias("mean_error"),
            pl.col("error").std().alias("spread_of_error"),
        )
        .sort("is_placebo", "method")
    )
    by_outcome = (
        compared.group_by("is_placebo", "outcome", "method")
        .agg(pl.col("error").mean())
        .pivot(on="method", index=["is_placebo", "outcome"], values="error", sort_columns=True)
        .sort("is_placebo", "outcome")
    )
    return [by_method, by_outcome]


def main() -> None:
    """Print the tables after each seed, for the seeds so far."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--first-seed", type=int, default=1)
    parser.add_argument("--families", type=int, default=None)
    parser.add_argument("--scenario", choices=sorted(SCENARIOS), default="headline")
    parser.add_argument("--home", type=Path, default=None)
    chosen = parser.parse_args()
    size = size_named("region", families=chosen.families)
    parts = []
    seeds = [None] if chosen.home else range(chosen.first_seed, chosen.first_seed + chosen.seeds)
    for seed in seeds:
        started = time.perf_counter()
        found = effects_in(chosen.home) if seed is None else effects_of(seed, size, chosen.scenario)
        parts.append(beside_the_truth(*found).with_columns(seed=pl.lit(seed, pl.Int64)))
        name = (
            chosen.home
            if seed is None
            else f"{len(parts)} countries, seed {seed} {time.perf_counter() - started:.0f} s"
        )
        print(f"\n{name}")
        with pl.Config(tbl_rows=60, tbl_hide_dataframe_shape=True, tbl_hide_column_data_types=True, float_precision=3):
            for table in tables(pl.concat(parts)):
                print(table, flush=True)


if __name__ == "__main__":
    main()
