"""Probabilities of pairs beside the sum over every way of pairing people off."""

import itertools
import math

import numpy as np
import polars as pl
import pytest

from tf_assets.linkage.spine.probabilities import judge_pairs

Pair = tuple[int, int, float]


def frame(pairs: list[Pair]) -> pl.DataFrame:
    return pl.DataFrame(pairs, schema=["left_record", "right_record", "evidence"], orient="row")


def by_enumeration(pairs: list[Pair], rate: float, n_right: int) -> list[float]:
    """The share of each pair in the weight of all ways of pairing off, at most once."""
    shift = math.log2(n_right * (1 - rate) / rate)
    total, mass = 0.0, np.zeros(len(pairs))
    for chosen in itertools.product((False, True), repeat=len(pairs)):
        taken = [pair for pair, is_taken in zip(pairs, chosen, strict=True) if is_taken]
        if len({each[0] for each in taken}) == len({each[1] for each in taken}) == len(taken):
            weight = 2.0 ** sum(each[2] - shift for each in taken)
            total += weight
            mass += weight * np.array(chosen)
    return list(mass / total)


FOREST: list[Pair] = [(1, 1, 9.0), (1, 2, 7.5), (2, 2, 8.0), (2, 3, 3.0), (3, 4, 10.0), (4, 4, 10.0), (5, 5, 12.0)]
CIRCLE: list[Pair] = [(1, 1, 8.0), (1, 2, 8.0), (2, 1, 8.0), (2, 2, 8.0), (3, 3, 9.0)]


def test_without_circles_the_probabilities_are_exact() -> None:
    judged = judge_pairs(frame(FOREST), 10, 100)
    exact = by_enumeration(FOREST, judged.match_rate, 100)
    assert judged.pairs["probability"].to_list() == pytest.approx(exact, abs=2e-4)


def test_with_a_circle_they_are_near() -> None:
    """Two people whom nothing tells apart, and two records: a half each, whatever way it is counted."""
    judged = judge_pairs(frame(CIRCLE), 10, 100)
    exact = by_enumeration(CIRCLE, judged.match_rate, 100)
    assert judged.pairs["probability"].to_list() == pytest.approx(exact, abs=0.06)


@pytest.mark.parametrize("seed", range(5))
def test_nobody_has_more_than_one_partner_in_the_mean(seed: int) -> None:
    rng = np.random.default_rng(seed)
    cells = rng.choice(400, 90, replace=False)
    pairs = [(int(cell // 20), int(cell % 20), float(rng.normal(8, 4))) for cell in cells]
    judged = judge_pairs(frame(pairs), 25, 25).pairs
    for side in ("left_record", "right_record"):
        assert judged.group_by(side).agg(pl.col("probability").sum())["probability"].max() <= 1.0 + 1e-3  # type: ignore[operator]


def test_no_pairs_have_no_probabilities() -> None:
    judged = judge_pairs(frame([]).cast({"evidence": pl.Float64}), 10, 10)
    assert judged.pairs.is_empty()
    assert judged.match_rate == 0.0
