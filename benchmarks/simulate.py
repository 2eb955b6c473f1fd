"""How often do intervals cover the planted effect? `make simulate`, or `python -m benchmarks.simulate --cohorts 1000`.

For each scenario and estimator over new cohorts: bias in standard errors, how the mean standard error compares with the
estimates' spread, coverage of the 95% intervals, and how often no effect is rejected. The truth is the mean effect on
the people that the estimator speaks of. The placebo is what happened before the programme: how often an estimator finds
an effect where there can be none.
"""

import argparse
import os
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import polars as pl

from benchmarks.scenarios import COVARIATES, FALSE_SHARE, RECALL, SCENARIOS, Drawn, Scenario, draw
from tf_assets.research.estimation.design import read_design
from tf_assets.research.estimation.estimate import is_yes_no
from tf_assets.research.estimation.influence import interval_of, weighted_difference
from tf_assets.research.estimation.weighting import METHODS, Settings, weigh, with_counterpart

FAMILIES = 1000


def estimates(scenario: Scenario, drawn: Drawn) -> list[dict[str, object]]:
    """What each estimator finds in one cohort, beside the truth."""
    cluster = "council" if scenario.is_by_council else "family"
    design, outcome = read_design(drawn.table, "treated", "outcome", COVARIATES, cluster=cluster)
    placebo = drawn.table["placebo"].to_numpy()
    settings = Settings(trim=scenario.trim)
    rows = []
    kept = with_counterpart(design, settings)
    naive = outcome[design.treated].mean() - outcome[~design.treated].mean()
    for method in METHODS:
        weighted = weigh(design.only(kept), method, settings)
        difference = weighted_difference(weighted, outcome[kept])
        interval = interval_of(difference, weighted, is_yes_no(outcome))
        before = interval_of(weighted_difference(weighted, placebo[kept]), weighted, is_yes_no(placebo))
        about = difference.kept & weighted.design.treated
        scale = 1 / (RECALL - RECALL * FALSE_SHARE) if scenario.has_linkage_error else 1.0
        rows.append(
            {
                **{"scenario": scenario.name, "method": method, "n_treated": int(about.sum())},
                "expected": float(drawn.effect[kept][about].mean()),
                "estimate": difference.estimate * scale,
                "standard_error": (interval.standard_error or 0.0) * scale,
                "low": (interval.low or 0.0) * scale,
                "high": (interval.high or 0.0) * scale,
                "p_value": interval.p_value,
                "placebo_p_value": before.p_value,
                "naive": float(naive),
            }
        )
    return rows


def one(task: tuple[int, int, int]) -> list[dict[str, object]]:
    """One cohort of one scenario: (place of the scenario, seed, families)."""
    place, seed, n_families = task
    return estimates(SCENARIOS[place], draw(SCENARIOS[place], seed, n_families))


def table_of(rows: pl.DataFrame) -> pl.DataFrame:
    """A row a scenario and estimator."""
    key = ["scenario", "method"]
    truth = (pl.col("expected") * pl.col("n_treated")).sum().over(key) / pl.col("n_treated").sum().over(key)
    return (
        rows.with_columns(truth=truth)
        .group_by(key, maintain_order=True)
        .agg(
            pl.len().alias("cohorts"),
            pl.col("truth").first(),
            ((pl.col("estimate").mean() - pl.col("truth").first()) / pl.col("standard_error").mean()).alias(
                "bias_in_se"
            ),
            (pl.col("standard_error").mean() / pl.col("estimate").std()).alias("se_to_spread"),
            pl.col("truth").is_between(pl.col("low"), pl.col("high")).mean().alias("coverage"),
            (pl.col("p_value") < 0.05).mean().alias("rejected"),
            (pl.col("placebo_p_value") < 0.05).mean().alias("placebo_rejected"),
            ((pl.col("naive").mean() - pl.col("truth").first()) / pl.col("standard_error").mean()).alias(
                "naive_bias_in_se"
            ),
        )
    )


def simulate(n_cohorts: int, n_families: int, names: list[str], n_processes: int) -> pl.DataFrame:
    """Every scenario of `names` (all, if none is named), as `table_of` has it; progress goes to the terminal."""
    found = []
    with ProcessPoolExecutor(n_processes) as pool:
        for place, scenario in enumerate(SCENARIOS):
            if names and scenario.name not in names:
                continue
            started = time.perf_counter()
            tasks = [(place, seed, n_families) for seed in range(n_cohorts)]
            found += [row for rows in pool.map(one, tasks, chunksize=10) for row in rows]
            print(f"{scenario.name}: {n_cohorts:,} cohorts, {time.perf_counter() - started:.0f} s", flush=True)
    return table_of(pl.DataFrame(found, infer_schema_length=None))


def markdown(table: pl.DataFrame) -> str:
    """The table as the documentation has it."""
    shown = table.select(
        "scenario",
        "method",
        pl.col("truth").round(4),
        pl.col("bias_in_se", "se_to_spread").round(2),
        *((pl.col(name) * 100).round(1).alias(f"{name} %") for name in ("coverage", "rejected", "placebo_rejected")),
        pl.col("naive_bias_in_se").round(1),
    )
    lines = ["| " + " | ".join(name.replace("_", " ") for name in shown.columns) + " |", "|---" * shown.width + "|"]
    return "\n".join([*lines, *("| " + " | ".join(map(str, row)) + " |" for row in shown.iter_rows())]) + "\n"


def page(table: pl.DataFrame, n_cohorts: int, n_families: int) -> str:
    """The page of the documentation that holds the table."""
    return (
        "# Simulation\n\n"
        f"Written by `make simulate`: {n_cohorts:,} cohorts of {n_families:,} families for each scenario "
        "(`benchmarks/scenarios.py`). Truth: the mean effect on the people that the estimator speaks of. Bias and the naive "
        "comparison's bias are in mean standard errors. In the last scenario the effect is not identified; the placebo is "
        f"what happened before the programme.\n\n{markdown(table)}"
    )


def main() -> None:
    """Print the table, and write it where it is asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cohorts", type=int, default=1000)
    parser.add_argument("--families", type=int, default=FAMILIES)
    parser.add_argument("--scenario", action="append", default=[])
    parser.add_argument("--processes", type=int, default=os.cpu_count())
    parser.add_argument("--out", type=Path, help="Where the table is written as Markdown.")
    chosen = parser.parse_args()
    table = simulate(chosen.cohorts, chosen.families, chosen.scenario, chosen.processes)
    print(markdown(table))
    if chosen.out:
        chosen.out.write_text(page(table, chosen.cohorts, chosen.families), encoding="utf-8")


if __name__ == "__main__":
    main()
