"""The attack finds the tightest bounds: it agrees with one linear program for each target, and holds the truth."""

import highspy
import numpy as np
import polars as pl
import pytest
from highspy._core import _Highs
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from tests.attack.ledgers import PARENTS, Keyed, figures, margins
from tf_assets.research.disclosure import attack
from tf_assets.research.disclosure.attack import Block, attack_block, attack_blocks
from tf_assets.research.disclosure.intruder import Contradiction
from tf_assets.research.disclosure.knowledge import CHANGE_SCHEMA, Built, Relations, build, changes_upwards
from tf_assets.warehouse.errors import EvaluationError

NO_CHANGES = pl.DataFrame(schema=CHANGE_SCHEMA)
RELATIONS = Relations(within=[("yes", "people")])


def published(seed: int, n_steps: int, mean: float) -> tuple[pl.DataFrame, dict[tuple[str, str, str, int], int]]:
    """Figures of people and of those with an outcome over some releases to which a few people come, and the truth."""
    random, method = np.random.default_rng(seed), {"people": Keyed(seed), "yes": Keyed(seed + 1)}
    councils = [area for area in PARENTS if area not in PARENTS.values()]
    people = {council: random.poisson(3 * mean, (2, 4)) for council in councils}
    yes = {council: random.binomial(table, 1 / 3) for council, table in people.items()}
    parts, truth = [], {}
    for step in range(n_steps):
        for series, tables in (("people", people), ("yes", yes)):
            counts = margins(tables)
            truth |= {(series, *key, step): count for key, count in counts.items()}
            parts.append(figures(counts, method[series], series, step))
        for council in councils:
            came = random.poisson(0.3, (2, 4))
            people[council] = people[council] + came
            yes[council] = yes[council] + random.binomial(came, 1 / 3)
    return pl.concat(parts), truth


def exact(built: Built, cells: list[int]) -> pl.DataFrame:
    """Bounds of some counts by one linear program each, with another front end."""
    system = built.system
    sums = np.zeros((system.n_sums, system.n_cells))
    np.add.at(sums, (system.part_of, system.part), 1)
    sums[np.arange(system.n_sums), system.total] -= 1
    orders = np.zeros((len(system.less), system.n_cells))
    orders[np.arange(len(orders)), system.less] = 1
    orders[np.arange(len(orders)), system.more] = -1
    rows = []
    for cell in cells:
        ends = []
        for sign in (1, -1):
            aim = np.zeros(system.n_cells)
            aim[cell] = sign
            solved = linprog(
                aim,
                A_ub=orders if len(orders) else None,
                b_ub=-system.gap if len(orders) else None,
                A_eq=sums,
                b_eq=np.zeros(system.n_sums),
                bounds=np.column_stack([system.lower, system.upper]),
            )
            assert solved.status == 0
            ends.append(sign * solved.fun)
        rows.append((np.ceil(ends[0] - 1e-6), np.floor(ends[1] + 1e-6)))
    return (
        built.cells[cells]
        .select("series", "area", "group", "step")
        .with_columns(exact_least=pl.Series([low for low, _ in rows]), exact_most=pl.Series([high for _, high in rows]))
    )


@pytest.mark.parametrize("limits", [(600, 800), (0, 10**9), (0, 0)], ids=["whole", "by split", "by region"])
@pytest.mark.parametrize(("seed", "n_steps", "mean"), [(1, 1, 4.0), (2, 3, 1.0), (3, 4, 6.0)])
def test_bounds_are_those_of_one_linear_program_each(
    monkeypatch: pytest.MonkeyPatch, limits: tuple[int, int], seed: int, n_steps: int, mean: float
) -> None:
    monkeypatch.setattr(attack, "LARGE", limits[0])
    monkeypatch.setattr(attack, "VERY_LARGE", limits[1])
    counts, _ = published(seed, n_steps, mean)
    block = Block("b", counts, RELATIONS)
    found = attack_block(block, PARENTS, changes_upwards(NO_CHANGES, PARENTS))
    counted = found.filter(pl.col("target") == "count")
    built = build(counts, PARENTS, NO_CHANGES, RELATIONS)
    there = counted.join(built.cells, on=["series", "area", "group", "step"])["cell"].sort()
    truth = exact(built, there.gather_every(max(len(there) // 40, 1)).to_list())
    compared = counted.join(truth, on=["series", "area", "group", "step"])
    assert compared.height > 20
    width, exact_width = pl.col("most") - pl.col("least"), pl.col("exact_most") - pl.col("exact_least")
    assert compared.filter((width < 5) != (exact_width < 5)).is_empty()
    inside = (pl.col("least") >= pl.col("exact_least")) & (pl.col("most") <= pl.col("exact_most"))
    assert compared.filter(~inside & (width >= 5)).is_empty()  # no value is claimed possible that is not


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000), n_steps=st.integers(1, 3), mean=st.sampled_from([0.3, 1.0, 4.0, 20.0]))
def test_no_breach_excludes_the_truth(seed: int, n_steps: int, mean: float) -> None:
    counts, truth = published(seed, n_steps, mean)
    found = attack_blocks([Block("b", counts, RELATIONS)], PARENTS, NO_CHANGES)
    for row in found.filter((pl.col("target") == "count") & pl.col("is_breach")).iter_rows(named=True):
        count = truth[row["series"], row["area"], row["group"], row["step"]]
        assert row["least"] <= count <= row["most"]


def test_figures_that_cannot_all_be_true_are_an_error_and_not_a_pass() -> None:
    counts, _ = published(1, 1, 4.0)
    wrong = counts.with_columns(
        lower=pl.when(pl.col("area") == "A1").then(500.0).otherwise("lower"), upper=pl.lit(600.0)
    )
    wrong = wrong.with_columns(upper=pl.when(pl.col("area") == "A").then(100.0).otherwise("upper"))
    with pytest.raises(Contradiction, match="b contradict one another"):
        attack_blocks([Block("b", wrong, RELATIONS)], PARENTS, NO_CHANGES)


def test_people_who_left_after_all_do_not_stop_the_attack() -> None:
    """Where figures contradict that people only came, that is let go for the area and nothing else."""
    counts, _ = published(1, 2, 4.0)
    fell = counts.with_columns(
        **{
            name: pl.when((pl.col("step") == 1) & (pl.col("area") == "B1") & (pl.col("series") == "yes"))
            .then((pl.col(name) - 40).clip(0))
            .otherwise(name)
            for name in ("published", "lower", "upper")
        }
    )
    found = attack_blocks([Block("b", fell, Relations())], {}, NO_CHANGES)
    assert found.filter((pl.col("target") == "added") & (pl.col("area") == "A1")).height


def test_a_council_that_sent_nothing_has_one_count() -> None:
    """What others' figures tell in two releases then bears on the same count."""
    counts, _ = published(4, 2, 4.0)
    stayed = counts.filter((pl.col("area") != "A1") | (pl.col("step") == 0))
    again = stayed.filter(pl.col("area") == "A1").with_columns(step=pl.lit(1, dtype=pl.Int64))
    changes = pl.DataFrame({"area": ["A1"], "step": [1], "kind": ["same"]}, schema=CHANGE_SCHEMA)
    built = build(pl.concat([stayed, again]), PARENTS, changes, RELATIONS)
    assert built.cells.filter(pl.col("area") == "A1")["step"].unique().to_list() == [0]
    assert built.cells.filter(pl.col("area") == "A2")["step"].unique().sort().to_list() == [0, 1]


def test_a_program_that_the_solver_gives_up_is_begun_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    """Solves that end without an optimum are made again in other ways, and an error only where all fail."""
    counts, _ = published(2, 2, 1.0)
    block = Block("b", counts, RELATIONS)
    whole = attack_block(block, PARENTS, changes_upwards(NO_CHANGES, PARENTS))
    statuses = iter([highspy.HighsModelStatus.kUnknown] * 2)
    real = _Highs.getModelStatus
    monkeypatch.setattr(_Highs, "getModelStatus", lambda solver: next(statuses, None) or real(solver))
    again = attack_block(block, PARENTS, changes_upwards(NO_CHANGES, PARENTS))
    assert again["is_breach"].to_list() == whole["is_breach"].to_list()
    monkeypatch.setattr(_Highs, "getModelStatus", lambda solver: highspy.HighsModelStatus.kUnknown)
    with pytest.raises(EvaluationError, match="nothing is proved"):
        attack_block(block, PARENTS, changes_upwards(NO_CHANGES, PARENTS))
