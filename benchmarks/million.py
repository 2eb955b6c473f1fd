"""A million people, 40 covariates, 20 outcomes: cohort to effects, by each method, and MatchIt beside it.

Run: `python -m benchmarks.million [--people 1000000] [--matchit 50000]`. Seconds and peak memory from a table of people to
twenty effects with clustered intervals and balance. With --matchit, R's MatchIt (which must be installed) matches so many of
the same people, and this library the same ones, in the same run.
"""

import argparse
import resource
import subprocess
import tempfile
import time
from pathlib import Path

import numpy as np
import polars as pl

from tf_assets.research.estimation.balance import balance
from tf_assets.research.estimation.design import read_design
from tf_assets.research.estimation.estimate import effect_of, naive_difference
from tf_assets.research.estimation.weighting import METHODS, Settings, weigh

N_COVARIATES = 40
N_OUTCOMES = 20

MATCHIT = """
suppressMessages(library(MatchIt))
people <- read.csv(commandArgs(trailingOnly = TRUE)[1])
started <- proc.time()[["elapsed"]]
formula <- reformulate(grep("^x", names(people), value = TRUE), "treated")
matched <- matchit(formula, data = people, method = "nearest", caliper = 0.2)
cat(proc.time()[["elapsed"]] - started)
"""


def people(n: int, seed: int = 1) -> pl.DataFrame:
    """n people in families of about three, 30% treated; outcomes depend on the covariates and, a little, on treatment."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, N_COVARIATES)).astype(np.float32)
    x[:, N_COVARIATES // 2 :] = x[:, N_COVARIATES // 2 :] > 0.5
    pull = rng.normal(0, 0.15, N_COVARIATES).astype(np.float32)
    treated = rng.random(n) < 1 / (1 + np.exp(1.0 - x @ pull))
    columns = {f"x{place:02d}": x[:, place] for place in range(N_COVARIATES)}
    for place in range(N_OUTCOMES):
        risk = -2 + x @ rng.normal(0, 0.1, N_COVARIATES).astype(np.float32) - 0.05 * treated
        columns[f"y{place:02d}"] = (rng.random(n) < 1 / (1 + np.exp(-risk))).astype(np.float32)
    return pl.DataFrame({"treated": treated, "family": np.sort(rng.integers(0, n // 3, n)), **columns})


def measure(table: pl.DataFrame, settings: Settings) -> None:
    """Print the seconds of each method, and the peak memory."""
    started = time.perf_counter()
    covariates = [name for name in table.columns if name.startswith("x")]
    outcomes = [name for name in table.columns if name.startswith("y")]
    design, _ = read_design(table, "treated", outcomes[0], covariates, cluster="family")
    print(f"table to design          {time.perf_counter() - started:7.1f} s")
    for method in METHODS:
        started = time.perf_counter()
        weighted = weigh(design, method, settings)
        balance(design.covariates, design.treated, weighted.weights)
        made = time.perf_counter() - started
        for name in outcomes:
            outcome = table[name].cast(pl.Float64).to_numpy()
            effect_of(weighted, outcome, name, naive_difference(design.treated, outcome))
        seconds = time.perf_counter() - started
        print(f"{method:24} {seconds:7.1f} s, of it weights and balance {made:.1f} s", flush=True)
    print(f"peak memory              {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20:7.2f} GiB")


def beside_matchit(table: pl.DataFrame) -> None:
    """The same people by R's MatchIt and by this library: propensity, nearest neighbour without replacement, caliper."""
    with tempfile.TemporaryDirectory() as folder:
        path, script = Path(folder) / "people.csv", Path(folder) / "matchit.R"
        covariates = [name for name in table.columns if name.startswith("x")]
        table.select(pl.col("treated").cast(pl.Int8), *covariates).write_csv(path)
        script.write_text(MATCHIT)
        theirs = float(subprocess.run(["Rscript", script, path], capture_output=True, text=True, check=True).stdout)
        started = time.perf_counter()
        design, _ = read_design(pl.read_csv(path), "treated", covariates[0], covariates[1:])
        weigh(design, "matching", Settings(neighbours=1, replace=False, is_adjusted=False))
        ours = time.perf_counter() - started
    print(f"{table.height:,} people, one match each: MatchIt {theirs:.1f} s, here {ours:.1f} s, x{theirs / ours:.0f}")


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=1_000_000)
    parser.add_argument("--matchit", type=int, default=0)
    chosen = parser.parse_args()
    table = people(chosen.people)
    if chosen.matchit:
        beside_matchit(table.head(chosen.matchit))
    measure(table, Settings())


if __name__ == "__main__":
    main()
