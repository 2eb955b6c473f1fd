"""LaLonde's job training: the treated of an experiment, compared with people of a population survey by each estimator.

Run: `python -m benchmarks.lalonde [--people PEOPLE.csv]`. The specification was declared before anything was estimated:
the eight covariates of Dehejia and Wahba (JASA 94 (1999) 1053-1062), as they are, and each method's own defaults. With
--people it writes the table that `Rscript benchmarks/r/lalonde.R PEOPLE.csv` reads.
"""

import argparse
from pathlib import Path

import polars as pl

from tf_assets.research.estimation.design import read_design
from tf_assets.research.estimation.estimate import estimate
from tf_assets.research.estimation.weighting import METHODS

COVARIATES = ("age", "educ", "black", "hisp", "marr", "nodegree", "re74", "re75")

EXPERIMENT = 1794.34
"""Dollars of 1978: the difference between the experiment's own arms."""


def experiment() -> pl.DataFrame:
    """Both arms of the experiment, 445 people."""
    from causaldata import nsw_mixtape

    return _typed(pl.from_pandas(nsw_mixtape.load_pandas().data.drop(columns="data_id")))


def observed() -> pl.DataFrame:
    """The experiment's treated and 15,992 people of the population survey."""
    from causaldata import cps_mixtape

    survey = _typed(pl.from_pandas(cps_mixtape.load_pandas().data.drop(columns="data_id")))
    return pl.concat([experiment().filter(pl.col("treat") == 1), survey])


def _typed(people: pl.DataFrame) -> pl.DataFrame:
    return people.with_columns(pl.col("re74", "re75", "re78").cast(pl.Float64))


def main() -> None:
    """Print each estimate with its interval, beside the experiment's."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=Path, help="Write the table that R reads, and stop.")
    chosen = parser.parse_args()
    if chosen.people:
        observed().write_csv(chosen.people)
        return
    design, outcome = read_design(observed(), "treat", "re78", COVARIATES)
    print(
        f"{'method':14}{'estimate':>10}{'95% interval':>22}{'effective':>11}{'largest SMD':>13}  (experiment {EXPERIMENT})"
    )
    for method in METHODS:
        found = estimate(design, outcome, "re78", method)
        interval = f"{found.ci_low:,.0f} to {found.ci_high:,.0f}"
        largest = max(abs(row.smd_after or 0) for row in found.balance)
        print(f"{method:14}{found.estimate:10,.1f}{interval:>22}{found.effective_sample:11,.0f}{largest:13.3f}")
    print(f"{'naive':14}{found.naive_difference:10,.1f}")


if __name__ == "__main__":
    main()
