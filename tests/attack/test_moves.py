"""What moves and small programs reach can be reached: each claim is held against one linear program over everything."""

from functools import partial

import numpy as np
import polars as pl
import pytest
from scipy.optimize import linprog

from tests.attack.ledgers import PARENTS, figures, margins
from tf_assets.research.disclosure.intruder import Reached, centre, search
from tf_assets.research.disclosure.knowledge import CHANGE_SCHEMA, Built, Relations, build, changes_upwards
from tf_assets.research.disclosure.moves import reach
from tf_assets.research.disclosure.nearby import nearby
from tf_assets.research.disclosure.propagation import tighten
from tf_assets.research.disclosure.system import Floats, System, Targets

KINDS = ("same", "added", "revised")


def within_a_few(random: np.random.Generator, counts: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    below, above = random.integers(0, 5, (2, len(counts)))
    return counts.astype(float), np.maximum(counts - below, 0), counts + above


def tight_system(seed: int) -> tuple[Built, Floats, Floats, dict[str, str]]:
    """Counts known within a few people, so that statements bind together what one by one they leave open.

    One region has a single council; one council comes late and one goes again.
    """
    random = np.random.default_rng(seed)
    parents = {area: parent for area, parent in PARENTS.items() if area != "B2"}
    councils = [area for area in parents if area not in parents.values()]
    people = {council: random.poisson(4, (2, 4)) for council in councils}
    yes = {council: random.binomial(table, 0.4) for council, table in people.items()}
    kinds = {(council, step): KINDS[random.integers(3)] for council in councils for step in range(1, 4)}
    few = random.choice([0.03, 0.5])
    kinds |= {("A2", 1): "added", ("A3", 3): "revised", ("A1", 1): "same", ("A1", 2): "same"}
    parts = []
    for step in range(4):
        there = [c for c in councils if not (c == "A2" and step < 1) and not (c == "A3" and step > 2)]
        for series, tables in (("people", people), ("yes", yes)):
            if (series, step, seed % 2) == ("yes", 1, 1):
                continue  # not published for a while
            counts = margins({council: tables[council] for council in there})
            parts.append(figures(counts, partial(within_a_few, random), series, step))
        for council in councils:
            if kinds.get((council, step + 1)) == "same":
                continue
            came = random.poisson(few, (2, 4))
            people[council] = people[council] + came
            yes[council] = yes[council] + random.binomial(came, 0.4)
    changes = pl.DataFrame([(*key, kind) for key, kind in kinds.items()], schema=CHANGE_SCHEMA, orient="row")
    coarse = pl.concat(parts).with_columns(published=pl.col("published") // 3)
    built = build(coarse, parents, changes_upwards(changes, parents), Relations(within=[("yes", "people")]))
    lower, upper = tighten(built.system)
    assert (lower <= upper).all()
    return built, lower, upper, parents


def extreme(system: System, lower: Floats, upper: Floats, aim: Floats) -> float:
    """The least that the weighted sum can be."""
    sums = np.zeros((system.n_sums, system.n_cells))
    np.add.at(sums, (system.part_of, system.part), 1)
    sums[np.arange(system.n_sums), system.total] -= 1
    orders = np.zeros((len(system.less), system.n_cells))
    orders[np.arange(len(orders)), system.less] += 1
    orders[np.arange(len(orders)), system.more] -= 1
    solved = linprog(
        aim, orders, -system.gap, sums, np.zeros(system.n_sums), np.column_stack([lower, upper]), method="highs"
    )
    assert solved.status == 0
    return float(solved.fun)


def check(system: System, lower: Floats, upper: Floats, least: Floats, most: Floats, targets: Targets) -> None:
    for target in range(len(targets)):
        aim = np.zeros(system.n_cells)
        aim[targets.plus[target]] += 1
        if targets.minus[target] >= 0:
            aim[targets.minus[target]] -= 1
        assert least[target] >= extreme(system, lower, upper, aim) - 1e-5
        assert most[target] <= -extreme(system, lower, upper, -aim) + 1e-5


@pytest.mark.parametrize("seed", range(8))
def test_what_moves_reach_is_possible(seed: int) -> None:
    built, lower, upper, parents = tight_system(seed)
    system = built.system
    middle = centre(System(**{**vars(system), "lower": lower, "upper": upper}))
    far = reach(built, parents, lower, upper, middle)
    assert (far.up > 0.5).any() and (far.rise > 0.5).any() and (far.more_outside > 0.5).any()
    some = np.arange(seed % 3, system.n_cells, 3)
    check(
        system, lower, upper, (middle - far.down)[some], (middle + far.up)[some], Targets(some, np.full(len(some), -1))
    )
    grown = built.grown.gather_every(3)
    after, before = grown["after"].to_numpy(), grown["before"].to_numpy()
    added = middle[after] - middle[before]
    check(system, lower, upper, added - far.fall[after], added + far.rise[after], Targets(after, before))
    within = built.within.gather_every(3)
    part, whole = within["part"].to_numpy(), within["whole"].to_numpy()
    outside = middle[whole] - middle[part]
    check(
        system, lower, upper, outside - far.fewer_outside[part], outside + far.more_outside[part], Targets(whole, part)
    )


@pytest.mark.parametrize("seed", range(8))
def test_what_nearby_programs_find_is_possible(seed: int) -> None:
    built, lower, upper, parents = tight_system(seed)
    system = built.system
    middle = centre(System(**{**vars(system), "lower": lower, "upper": upper}))
    n_found = 0
    for cells, near in nearby(built, parents, lower, upper, middle):
        targets = Targets(np.arange(len(cells)), np.full(len(cells), -1))
        reached = Reached.nothing(len(cells))
        search(near, targets, reached, enough=1e9)
        some = np.arange(0, len(cells), 4)
        check(
            system, lower, upper, reached.least[some], reached.most[some], Targets(cells[some], np.full(len(some), -1))
        )
        n_found += (reached.most - reached.least > 1).sum()
    assert n_found > 3
