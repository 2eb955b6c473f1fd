"""Attacks on generated ledgers: how many small groups the intruder finds, behind the gate and without; and how long it takes.

    python -m benchmarks.attack --cases 1000     worlds of a few councils, each published one to four times
    python -m benchmarks.attack --held           eight releases of all councils, each through the gate: what is held
    python -m benchmarks.attack --national       eight releases of all councils, some arms and outcomes of them

A success is a group of 1 to 9 people whose count is found exactly, or between bounds less than 5 apart that hold the truth.
"""

import argparse
import resource
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context

import numpy as np
import polars as pl

from tf_assets.research.disclosure.attack import Block, attack_block, attack_blocks
from tf_assets.research.disclosure.holding import hold, units_to_hold
from tf_assets.research.disclosure.knowledge import CELL_SCHEMA, CHANGE_SCHEMA, Relations, changes_upwards
from tf_assets.research.disclosure.published import parents_of_areas
from tf_assets.research.publication.catalogue import ENGLAND
from tf_assets.research.publication.rounding import BASE
from tf_assets.warehouse.geography import councils

SEXES, BANDS = ("F", "M"), ("00-04", "05-09", "10-15", "16-17", "18-24", "25-34", "35-49", "50+")

KINDS = ("margins", "all zero", "all one", "dominance", "late return", "correction", "every quarter", "one at a time")
"""What a generated world is made to be awkward in."""

RATES = (0.005, 0.01, 0.02, 0.03, 0.05, 0.08, 0.12, 0.2, 0.3, 0.45)
"""The shares of people who have the outcomes of the national bed."""

COUNCIL_CODES = frozenset(councils()["council_code"])

NO_CHANGES = pl.DataFrame(schema=CHANGE_SCHEMA)


@dataclass(frozen=True)
class World:
    """Counts by series and publication: (areas, groups), of which `changes` says how they changed."""

    areas: list[str]
    groups: list[str]
    parents: dict[str, str]
    counts: list[dict[str, np.ndarray]]
    changes: pl.DataFrame


def figures_of_world(world: World, random: np.random.Generator) -> Iterator[pl.DataFrame]:
    """The figures of each publication by the house method: a count that does not change keeps its draw; with the truth."""
    draws: dict[str, np.ndarray] = {}
    before: dict[str, np.ndarray] = {}
    for step, by_series in enumerate(world.counts):
        parts = []
        for series, counts in by_series.items():
            fresh = random.random(counts.shape)
            draw = np.where(counts == before[series], draws[series], fresh) if series in before else fresh
            draws[series], before[series] = draw, counts
            beyond = counts % BASE
            published = counts - beyond + BASE * (draw * BASE < beyond)
            area, group = np.indices(counts.shape)
            parts.append(
                pl.DataFrame(
                    {
                        "series": pl.repeat(series, counts.size, eager=True),
                        "area": pl.Series(world.areas).gather(area.ravel()),
                        "group": pl.Series(world.groups).gather(group.ravel()),
                        "step": pl.repeat(step, counts.size, dtype=pl.Int64, eager=True),
                        "published": published.ravel().astype(float),
                        "lower": np.maximum(published - BASE + 1, 0).ravel().astype(float),
                        "upper": (published + BASE - 1).ravel().astype(float),
                        "truth": counts.ravel(),
                    }
                )
            )
        yield pl.concat(parts)


def margins(cells: np.ndarray, parent_rows: np.ndarray) -> np.ndarray:
    """Counts of areas by groups from those of councils by sex by band; parent_rows: (areas, councils) of 0 and 1."""
    groups = np.concatenate([cells.sum((1, 2))[:, None], cells.sum(2), cells.sum(1)], axis=1)
    return np.asarray(parent_rows @ groups)


def small_world(seed: int) -> tuple[str, World]:
    """Three councils in two regions, two sexes, two age bands, published one to four times."""
    random = np.random.default_rng(seed)
    kind = KINDS[seed % len(KINDS)]
    n_steps = 1 if kind in ("margins", "all zero", "all one", "dominance") else int(random.integers(2, 5))
    shape = (3, 2, 2)
    people = random.poisson(random.choice([2, 8, 30, 90]), shape)
    if kind == "dominance":
        people[0] *= 40
    share = {"all zero": 0.0, "all one": 1.0}.get(kind)
    yes = random.binomial(people, random.choice([0.02, 0.1, 0.3]) if share is None else share)
    if share is not None:  # all but one council
        yes[0] = random.binomial(people[0], 0.3)
    areas, parents = ["C1", "C2", "C3", "R1", "R2", "E"], {"C1": "R1", "C2": "R1", "C3": "R2", "R1": "E", "R2": "E"}
    rows = np.array([[1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 0], [0, 0, 1], [1, 1, 1]])
    counts, changes = [], []
    for step in range(n_steps):
        counts.append({"n_people|w": margins(people, rows), "n_yes|w": margins(yes, rows)})
        moves = np.ones(3, dtype=bool) if kind in ("every quarter", "one at a time") else random.random(3) < 0.4
        came = random.poisson(0.15 if kind == "one at a time" else 1.0, shape) * moves[:, None, None]
        gone = random.binomial(people, 0.05) * moves[:, None, None] if kind == "correction" else np.zeros_like(people)
        gone_yes = np.minimum(random.binomial(gone, 0.3), yes)
        yes = np.minimum(yes + random.binomial(came, 0.3) - gone_yes, people + came - gone)
        people = people + came - gone
        is_kind = "revised" if kind == "correction" else "added"
        changes += [(f"C{i + 1}", step + 1, is_kind if moved else "same") for i, moved in enumerate(moves)]
    groups = ["all", "sex:F", "sex:M", "age_band:young", "age_band:old"]
    return kind, World(areas, groups, parents, counts, pl.DataFrame(changes, CHANGE_SCHEMA, orient="row"))


def attack_case(seed: int) -> tuple[str, int, int, int]:
    """Kind, successes without the gate and behind it, and held units of one generated world."""
    kind, world = small_world(seed)
    relations, told, truths = Relations(within=[("n_yes|w", "n_people|w")]), [], []
    open_told: list[pl.DataFrame] = []
    n_held = 0
    for step, made in enumerate(figures_of_world(world, np.random.default_rng(seed + 10**6))):
        truths.append(made.select("series", "area", "group", "step", "truth"))
        open_told.append(made.select(CELL_SCHEMA.names()))
        together = pl.concat([*told, open_told[-1]])
        held = units_to_hold([Block("b", together, relations)], world.parents, world.changes, ("n_",))
        units = set(held.units.select("window", "area").iter_rows())
        n_held += len(units)
        told = [hold(together, units, step)]
    truth = pl.concat(truths)
    successes = [_successes(Block("b", pl.concat(each), relations), world, truth) for each in (open_told, told)]
    return kind, *successes, n_held  # type: ignore[return-value]


def _successes(block: Block, world: World, truth: pl.DataFrame) -> int:
    found = attack_block(block, world.parents, changes_upwards(world.changes, world.parents)).filter("is_breach")
    key = ["series", "area", "group"]
    now = found.join(truth, on=[*key, "step"])
    if now.is_empty():
        return 0
    before = truth.sort("step").with_columns(earlier=pl.col("truth").shift().over(key))
    people = truth.filter(pl.col("series") == "n_people|w").select("area", "group", "step", people="truth")
    real = (
        now.join(before.select(*key, "step", "earlier"), on=[*key, "step"], how="left")
        .join(people, on=["area", "group", "step"], how="left")
        .with_columns(
            count=pl.when(pl.col("target") == "count")
            .then("truth")
            .when(pl.col("target") == "added")
            .then(pl.col("truth") - pl.col("earlier"))
            .otherwise(pl.col("people") - pl.col("truth"))
        )
    )
    return real.filter(
        pl.col("count").is_between(1, 9) & (pl.col("count") >= pl.col("least")) & (pl.col("count") <= pl.col("most"))
    ).height


def national_block(seed: int, rate: float, n_steps: int = 8, people: int = 750_000, n_windows: int = 4) -> Block:
    """One arm's one outcome in some windows, in all councils: every quarter 6% more people come in every council."""
    random = np.random.default_rng(seed)
    frame = councils()
    codes, regions = frame["council_code"].to_list(), frame["region_code"].to_list()
    names = sorted(set(regions))
    size = random.lognormal(0, 0.7, len(codes))
    mean = people * (size / size.sum())[:, None, None] * np.full((1, 2, len(BANDS)), 1 / 16)
    rows = np.vstack([np.eye(len(codes)), [[r == name for r in regions] for name in names], np.ones(len(codes))])
    counts: list[dict[str, np.ndarray]] = [{} for _ in range(n_steps)]
    for window in range(n_windows):
        observed = random.poisson(mean * 0.9**window * (1 - 0.06 * n_steps))
        yes = random.binomial(observed, rate)
        for step in range(n_steps):
            counts[step] |= {
                f"n_people|{window}": margins(observed, rows).astype(int),
                f"n_yes|{window}": margins(yes, rows).astype(int),
            }
            came = random.poisson(mean * 0.9**window * 0.06)
            observed, yes = observed + came, yes + random.binomial(came, rate)
    groups = ["all", *(f"sex:{sex}" for sex in SEXES), *(f"age_band:{band}" for band in BANDS)]
    world = World([*codes, *names, ENGLAND], groups, {}, counts, NO_CHANGES)
    figures = pl.concat(figures_of_world(world, random)).select(CELL_SCHEMA.names())
    pairs = [(f"n_yes|{window}", f"n_people|{window}") for window in range(n_windows)]
    return Block(f"rate {rate}", figures, Relations(within=pairs), tuple(frozenset(pair) for pair in pairs))


def run_cases(n_cases: int, first: int) -> None:
    started = time.perf_counter()
    without, behind, held, worlds = Counter[str](), Counter[str](), Counter[str](), Counter[str]()
    with ProcessPoolExecutor(2, get_context("spawn")) as workers:  # a fork would inherit polars' locks
        for kind, n_open, n_behind, n_held in workers.map(attack_case, range(first, first + n_cases), chunksize=16):
            worlds[kind] += 1
            without[kind] += n_open
            behind[kind] += n_behind
            held[kind] += n_held
    print(f"{'kind':16} {'worlds':>7} {'found without the gate':>23} {'behind it':>10} {'units held':>11}")
    for kind in KINDS:
        print(f"{kind:16} {worlds[kind]:7,} {without[kind]:23,} {behind[kind]:10,} {held[kind]:11,}")
    print(f"{n_cases:,} worlds in {time.perf_counter() - started:,.0f} s")


def run_national(rates: list[float]) -> None:
    started, used = time.perf_counter(), time.process_time()

    def tell(block: Block) -> None:
        print(f"{block.name}: {block.figures.height:,} figures, {time.perf_counter() - started:.0f} s", flush=True)

    found = attack_blocks((national_block(1, rate) for rate in rates), parents_of_areas(), NO_CHANGES, tell)
    seconds, used = time.perf_counter() - started, time.process_time() - used
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(
        f"{found.height:,} small targets, {found['is_breach'].sum():,} of them narrow (nothing was held); {seconds:.0f} s and "
        f"{used:.0f} s of CPU for {len(rates)} blocks of 40; {peak:.2f} GiB at the most"
    )


def run_held(rates: list[float]) -> None:
    """How many councils' updates of one window are held over eight releases, each through the gate."""
    parents = parents_of_areas()
    for rate in rates:
        block = national_block(1, rate, n_windows=1)
        told = block.figures.clear()
        held: Counter[str] = Counter()
        used = time.process_time()
        for step in range(8):
            told = pl.concat([told, block.figures.filter(pl.col("step") == step)])
            gate = units_to_hold([Block(block.name, told, block.relations, block.splits)], parents, NO_CHANGES, ("n_",))
            told = hold(told, set(gate.units.select("window", "area").iter_rows()), step)
            held.update("council" if area in COUNCIL_CODES else "above" for area in gate.units["area"])
            assert not gate.found["is_breach"].any()
        share = 100 * held["council"] / (7 * len(COUNCIL_CODES))
        print(
            f"{block.name}: {held['council']:,} of {7 * len(COUNCIL_CODES):,} council updates held ({share:.1f}%), "
            f"{held['above']:,} of regions and England; {time.process_time() - used:.0f} s of CPU",
            flush=True,
        )


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--cases", type=int, default=0)
    arguments.add_argument("--first", type=int, default=0, help="the first world")
    arguments.add_argument("--national", action="store_true")
    arguments.add_argument("--held", action="store_true")
    arguments.add_argument("--rates", type=float, nargs="*", default=RATES)
    chosen = arguments.parse_args()
    if chosen.cases:
        run_cases(chosen.cases, chosen.first)
    if chosen.held:
        run_held(list(chosen.rates))
    if chosen.national:
        run_national(list(chosen.rates))
