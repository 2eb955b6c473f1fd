"""From evidence to the probability that a pair is one person, with all its rivals counted.

One record has at most one partner. So a pair's odds are not those of the pair alone, and twins whom nothing tells apart
get a half each, not two certainties. With Bayes factors b, n records on the right that no key has linked (a record that
has its partner is nobody's rival) and a share p of left records that have a partner, a way of pairing everybody off, at
most once, has a weight proportional to the product of

    w = b p / (n (1 - p))

over its pairs; and the probability of a pair is its share in the weight of all ways. That sum (the monomer-dimer
partition function) is taken by belief propagation, which is exact where rivals form no circle and converges
everywhere: Bayati, Gamarnik, Katz, Nair and Tetali, "Simple deterministic approximation algorithms for counting
matchings", STOC 2007. p is found by iteration: it is the mean of what it implies.
"""

import math
from dataclasses import dataclass

import numpy as np
import polars as pl

LARGEST_WEIGHT = 40.0
"""Bits of w; beyond them a sum would lose its smaller parts to the precision of numbers."""

FAINTEST = 2.0**-4
"""The weight, if as many people have a partner as can have one, below which a pair is no rival."""

N_RATES, ROUNDS_A_RATE, RATE_TOLERANCE = 20, 3, 1e-4
MOST_ROUNDS, TOLERANCE, ROUNDS_A_LOOK = 50, 1e-5, 4


@dataclass(frozen=True)
class Judged:
    """Pairs with match_weight and probability, and the share of left records that have a partner."""

    pairs: pl.DataFrame
    match_rate: float


def judge_pairs(
    pairs: pl.DataFrame, n_left: int, n_right: int, n_linked: int = 0, supposed_rate: float = 0.5
) -> Judged:
    """Pairs of left_record, right_record, evidence with match_weight (log2 of the odds against nobody) and probability.

    supposed_rate: where the search for p begins.
    n_left and n_right count all records, those without any pair included; n_linked: of them, pairs that are decided
    and not among these. They count for p, because the m of a level is its share among all true pairs, theirs included.
    """
    if pairs.is_empty() or n_left == 0 or n_right == 0:
        empty = pairs.with_columns(match_weight=pl.lit(None, pl.Float64), probability=pl.lit(None, pl.Float64))
        return Judged(empty, 0.0)
    n_free = max(n_right - n_linked, 1)
    evidence = pairs["evidence"].to_numpy()

    def weight(rate: float) -> np.ndarray:
        return np.asarray(2.0 ** np.minimum(evidence - math.log2(_nobody(rate, n_free)), LARGEST_WEIGHT))

    most = _within((n_linked + pairs["left_record"].n_unique()) / n_left, n_left)
    matching = _Matching(pairs, weight(most) >= FAINTEST)
    rate = _within(supposed_rate, n_left)
    for _ in range(N_RATES):
        probability = matching.probabilities(weight(rate), ROUNDS_A_RATE)
        implied = _within((n_linked + float(probability.sum())) / n_left, n_left)
        is_settled = abs(implied - rate) < RATE_TOLERANCE
        rate = implied
        if is_settled:
            break
    probability = matching.probabilities(weight(rate), MOST_ROUNDS)
    judged = pairs.select(
        "left_record",
        "right_record",
        match_weight=(pl.col("evidence") - math.log2(_nobody(rate, n_free))).round(4),
        probability=pl.Series(probability).round(6),
    )
    return Judged(judged, round(rate, 6))


def _within(rate: float, n_left: int) -> float:
    """A rate that leaves half a person's doubt."""
    return min(max(rate, 0.5 / n_left), 1 - 0.5 / n_left)


def _nobody(rate: float, n_right: int) -> float:
    """The odds that a left record has no partner, against each one record on the right."""
    return n_right * (1 - rate) / rate


class _Matching:
    """The graph of pairs; the messages stay from one call to the next, for the next begins where the last ended.

    A pair without a rival on either side gets and sends no message, so messages are kept for the contested pairs alone, and
    not for those that are too faint to take a record from anybody.
    """

    def __init__(self, pairs: pl.DataFrame, is_heard: np.ndarray) -> None:
        marked = pairs.select("left_record", "right_record", is_heard=pl.Series(is_heard))
        rivals = pl.col("is_heard").sum().over("left_record") + pl.col("is_heard").sum().over("right_record")
        self.is_contested = marked.select(pl.col("is_heard") & (rivals > 2)).to_series().to_numpy()
        self.all_left, self.all_right = _numbered(pairs)
        self.left, self.right = _numbered(pairs.filter(self.is_contested))
        self.is_free_left = np.ones(len(self.left))
        self.is_free_right = np.ones(len(self.left))

    def probabilities(self, weight: np.ndarray, most_rounds: int) -> np.ndarray:
        """The probability of each pair: its weight times the chance that either record is free of others."""
        contested = weight[self.is_contested]
        self._exchange(contested, most_rounds)
        odds = weight * self._free_of_contested(self.all_left, contested * self.is_free_right)
        odds *= self._free_of_contested(self.all_right, contested * self.is_free_left)
        odds[self.is_contested] = contested * self.is_free_left * self.is_free_right
        return np.asarray(odds / (1 + odds))

    def _free_of_contested(self, record: np.ndarray, message: np.ndarray) -> np.ndarray:
        """For each pair the chance that its record is not taken by a contested pair."""
        total = np.bincount(record[self.is_contested], weights=message, minlength=int(record.max()) + 1)
        return np.asarray(1 / (1 + total[record]))

    def _exchange(self, weight: np.ndarray, most_rounds: int) -> None:
        """Renew the messages until they settle; now and then the groups of rivals that have settled are left aside."""
        at = np.arange(len(weight))
        left, right = self.left, self.right
        for number in range(most_rounds if len(weight) else 0):
            free_left = _free_of_others(left, weight[at] * self.is_free_right[at])
            free_right = _free_of_others(right, weight[at] * free_left)
            change = np.abs(free_right - self.is_free_right[at])
            self.is_free_left[at], self.is_free_right[at] = free_left, free_right
            if change.max() < TOLERANCE:
                return
            if number % ROUNDS_A_LOOK == ROUNDS_A_LOOK - 1:
                kept = _whole_groups(left, right, change >= TOLERANCE)
                at = at[kept]
                left, right = (np.unique(each[kept], return_inverse=True)[1] for each in (left, right))


def _numbered(pairs: pl.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """The records of pairs, numbered from nought on each side."""
    left, right = (
        pairs[side].rank("dense").to_numpy().astype(np.int64) - 1 for side in ("left_record", "right_record")
    )
    return left, right


def _whole_groups(left: np.ndarray, right: np.ndarray, is_meant: np.ndarray) -> np.ndarray:
    """Which pairs stand in one group of rivals with a pair that is meant, rivals of rivals included."""
    while True:
        by_left = np.bincount(left, weights=is_meant)[left] > 0
        grown = np.bincount(right, weights=by_left)[right] > 0
        if grown.sum() == is_meant.sum():
            return np.asarray(grown)
        is_meant = grown


def _free_of_others(record: np.ndarray, message: np.ndarray) -> np.ndarray:
    """For each pair the chance that its record is not taken by another of the record's pairs."""
    total = np.bincount(record, weights=message)[record]
    others = np.maximum(total - message, 0.0)
    return np.asarray(1 / (1 + others))
