"""From evidence to the probability that a pair is one person, with its rivals counted.

One record has at most one partner. So a pair's odds are not those of the pair alone: with Bayes factor b, n records on
the right and a share p of left records that have a partner there,

    P(pair) = b / (n (1 - p) / p + sum of b over the rivals of either record + b)

and twins whom nothing tells apart get a half each, not two certainties. p is found by iteration: it is the mean of
what it implies.
"""

import math
from dataclasses import dataclass

import polars as pl

LARGEST_EVIDENCE = 200.0
"""Bits; keeps the sums of Bayes factors finite."""

N_ROUNDS = 50


@dataclass(frozen=True)
class Judged:
    """Pairs with match_weight and probability, and the share of left records that have a partner."""

    pairs: pl.DataFrame
    match_rate: float


def judge_pairs(pairs: pl.DataFrame, n_left: int, n_right: int) -> Judged:
    """Pairs of left_record, right_record, evidence with match_weight (log2 of the odds against nobody) and probability.

    n_left and n_right count the records that take part, those without any pair included.
    """
    if pairs.is_empty() or n_left == 0 or n_right == 0:
        empty = pairs.with_columns(match_weight=pl.lit(None, pl.Float64), probability=pl.lit(None, pl.Float64))
        return Judged(empty, 0.0)
    factor = 2.0 ** pl.col("evidence").clip(upper_bound=LARGEST_EVIDENCE)
    rivals = pairs.with_columns(factor=factor).with_columns(
        mass=pl.col("factor").sum().over("left_record") + pl.col("factor").sum().over("right_record") - pl.col("factor")
    )
    rate = _match_rate(rivals, n_left, n_right)
    nobody = _nobody(rate, n_right)
    judged = rivals.select(
        "left_record",
        "right_record",
        match_weight=(pl.col("evidence") - math.log2(nobody)).round(4),
        probability=(pl.col("factor") / (nobody + pl.col("mass"))).round(6),
    )
    return Judged(judged, round(rate, 6))


def _match_rate(rivals: pl.DataFrame, n_left: int, n_right: int) -> float:
    rate = 0.5
    for _ in range(N_ROUNDS):
        nobody = _nobody(rate, n_right)
        implied = rivals.select((pl.col("factor") / (nobody + pl.col("mass"))).sum()).item() / n_left
        implied = min(max(implied, 0.5 / n_left), 1 - 0.5 / n_left)
        if abs(implied - rate) < 1e-7:
            break
        rate = implied
    return rate


def _nobody(rate: float, n_right: int) -> float:
    """The odds that a left record has no partner, against each one record on the right."""
    return n_right * (1 - rate) / rate
