"""Disclosure control at national size: seconds, and what the rounding costs the reader.

    python benchmarks/disclosure.py [--people 1500000] [--reference]

Invents people, keys and outcomes (no country is needed), and runs the code that publishes: the stage's SQL models in
DuckDB, protection, the ledger. It prints the seconds of each step and the root mean square error of published rates, in
percentage points, for England, regions and councils. With `--reference` the cell keys are compared, cell by cell, with
those of `cell-key-perturbation` (the Office for National Statistics' package), on people with small keys, since that
package does not wrap sums at 64 bits; and so are the seconds.
"""

import argparse
import resource
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import numpy as np
import polars as pl

from tf_assets.research.publication.catalogue import ENGLAND, OUTCOMES
from tf_assets.research.publication.counts import area_frame, protect_outcomes, protect_programme
from tf_assets.research.publication.figures import MEASURED, figures_of, publication_id
from tf_assets.research.publication.ledger import Ledger
from tf_assets.warehouse.geography import councils
from tf_assets.warehouse.models import load_models

WINDOWS = ("01-06", "07-12", "13-18", "19-24")
AGES = {
    "children": (0, 17),
    "people aged 10 to 17": (10, 17),
    "adults": (18, 64),
    "pupils": (5, 15),
    "everybody": (0, 64),
}


@contextmanager
def timed(what: str) -> Iterator[None]:
    started = time.perf_counter()
    yield
    print(f"{what:<44}{time.perf_counter() - started:8.1f} s")


def invent(connection: duckdb.DuckDBPyConnection, n_people: int) -> None:
    """Tables as publication reads them: eligible_people, released_people, outcome_values."""
    rng = np.random.default_rng(1)
    places = councils().select("council_code", "region_code")
    council = rng.integers(0, len(places), n_people)
    people = places[council].with_columns(
        person_pseudonym=pl.format("p{}", pl.int_range(n_people)),
        family_pseudonym=pl.format("f{}", pl.int_range(n_people) // 4),
        arm=pl.when(pl.int_range(n_people) // 4 % 2 == 0).then(pl.lit("programme")).otherwise(pl.lit("comparison")),
        sex=pl.Series(np.where(rng.random(n_people) < 0.5, "F", "M")),
        age_at_index=pl.Series(rng.integers(0, 65, n_people)),
        rounding_key=pl.Series(rng.integers(0, 2**64, n_people, dtype=np.uint64)),
    )
    connection.register("invented", people.to_arrow())
    connection.execute("CREATE TABLE eligible_people AS SELECT * EXCLUDE (rounding_key) FROM invented")
    connection.execute("CREATE TABLE released_people AS SELECT person_pseudonym, rounding_key FROM invented")
    connection.execute(
        "CREATE TABLE outcome_values (person_pseudonym VARCHAR, outcome VARCHAR, outcome_window VARCHAR, value DOUBLE)"
    )
    for name, outcome in OUTCOMES.items():
        low, high = next(ages for population, ages in AGES.items() if outcome.population.startswith(population))
        for window in WINDOWS if name.startswith("is_") else ():
            connection.execute(
                "INSERT INTO outcome_values SELECT person_pseudonym, $name, $window, "
                "CAST(hash(person_pseudonym, $name, $window) % 1000 < $per_mille AS DOUBLE) "
                "FROM eligible_people WHERE age_at_index BETWEEN $low AND $high",
                {"name": name, "window": window, "per_mille": 10 + len(name) * 6, "low": low, "high": high},
            )


def rate_errors(cells: pl.DataFrame, published: pl.DataFrame) -> pl.DataFrame:
    """Root mean square error of published rates of all people in an area, in percentage points."""
    true = pl.concat(
        [
            cells.with_columns(england_code=pl.lit(ENGLAND))
            .group_by("arm", "outcome", "outcome_window", area_code=f"{area}_code")
            .agg(pl.col("n_yes", "n_people").sum())
            for area in ("england", "region", "council")
        ]
    )
    everybody = published.filter((pl.col("sex") == "all") & (pl.col("age_band") == "all"))
    joined = everybody.join(true, on=["area_code", "arm", "outcome", "outcome_window"], suffix="_true")
    error = 100 * (pl.col("n_yes") / pl.col("n_people") - pl.col("n_yes_true") / pl.col("n_people_true"))
    return (
        joined.filter(pl.col("yes_rate").is_not_null())
        .group_by("area_type")
        .agg(rmse=(error**2).mean().sqrt(), median_yes=pl.col("n_yes_true").median(), n_rates=pl.len())
        .sort("rmse")
    )


def compare_with_reference() -> None:
    """Cell keys and seconds beside `cell-key-perturbation`, 200,000 people in 152 x 2 x 10 cells."""
    import pandas as pd
    from cell_key_perturbation.create_perturbed_table import create_perturbed_table

    rng = np.random.default_rng(2)
    n, modulus = 200_000, 4096
    people = pl.DataFrame(
        {"council": rng.integers(0, 152, n), "sex": rng.integers(0, 2, n), "age": rng.integers(0, 10, n)}
    ).with_columns(record_key=pl.Series(rng.integers(0, modulus, n)))
    table = pd.DataFrame([(count, key, 0) for count in range(1, 751) for key in range(0, modulus, modulus - 1)])
    table.columns = pd.Index(["pcv", "ckey", "pvalue"])
    with timed("cell-key-perturbation: cells and keys"):
        theirs = create_perturbed_table(
            people.to_pandas(), table, ["council"], ["sex", "age"], "record_key", threshold=0
        )
    with timed("here: cells and keys"):
        ours = people.group_by("council", "sex", "age").agg(
            ckey=pl.col("record_key").cast(pl.UInt64).sum() % modulus, n=pl.len()
        )
    both = pl.from_pandas(theirs).join(ours, on=["council", "sex", "age"], suffix="_ours")
    agree = both.filter((pl.col("ckey") == pl.col("ckey_ours")) & (pl.col("pre_sdc_count") == pl.col("n")))
    print(f"cells that agree in count and key: {len(agree)} of {len(theirs)}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--people", type=int, default=1_500_000)
    parser.add_argument("--reference", action="store_true")
    arguments = parser.parse_args()
    models = load_models("research")
    with tempfile.TemporaryDirectory() as folder, duckdb.connect(str(Path(folder) / "bed.duckdb")) as connection:
        connection.execute("SET threads = 2; SET memory_limit = '4GB'; SET preserve_insertion_order = false")
        with timed("invent the bed (not part of publication)"):
            invent(connection, arguments.people)
        rows = connection.sql("SELECT count(*) FROM outcome_values").fetchall()[0][0]
        print(f"{arguments.people:,} people, {rows:,} outcome values")
        with timed("cells and keys (SQL)"):
            outcome_cells = connection.sql(models["outcome_cells"].sql).pl()
            programme_cells = connection.sql(models["programme_cells"].sql).pl()
        areas = area_frame(councils(), councils()["council_code"])
        with timed("protect outcome and programme counts"):
            tables = {
                name: pl.DataFrame(
                    schema=dict.fromkeys([*measured.measures, *measured.qualifiers, "grain"], pl.Float64)
                )
                for name, measured in MEASURED.items()
            }
            tables["protected_outcome_counts"] = protect_outcomes(outcome_cells, areas)
            tables["protected_programme_counts"] = protect_programme(programme_cells, areas)
        figures = figures_of(
            {name: t.cast(dict.fromkeys(MEASURED[name].qualifiers, pl.String)) for name, t in tables.items()}, "r1"
        )
        ledger = Ledger(Path(folder) / "ledger")
        with timed(f"append {len(figures):,} figures to the ledger"):
            ledger.append(publication_id("r1", tables), figures)
        with timed("verify the ledger's chain"):
            ledger.verify()
        size = sum(path.stat().st_size for path in ledger.root.glob("*.jsonl")) / 2**20
        print(
            f"ledger {size:.0f} MiB; peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20:.1f} GiB"
        )
        print(rate_errors(outcome_cells, tables["protected_outcome_counts"]))
    if arguments.reference:
        compare_with_reference()


if __name__ == "__main__":
    main()
