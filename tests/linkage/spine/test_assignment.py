"""One-to-one assignment and the bar of acceptance."""

import polars as pl
import pytest

from tf_assets.linkage.spine.assignment import assign_one_to_one
from tf_assets.linkage.spine.probabilities import judge_pairs
from tf_assets.linkage.spine.settings import LinkSettings
from tf_assets.linkage.spine.thresholds import NOTHING_ACCEPTED, acceptance_threshold


def pairs(*rows: tuple[int, int, float], third: str = "match_weight") -> pl.DataFrame:
    return pl.DataFrame(rows, schema=["left_record", "right_record", third], orient="row")


@pytest.mark.parametrize(
    ("given", "taken"),
    [
        ([(1, 1, 9.0), (1, 2, 5.0), (2, 1, 8.0), (2, 2, 7.0)], [(1, 1), (2, 2)]),
        # the second choice of one is the first of another: greedy takes the weightiest first
        ([(1, 1, 5.0), (2, 1, 9.0), (2, 2, 8.0), (3, 2, 7.0)], [(2, 1), (3, 2)]),
        # ties go in the order of records
        ([(2, 2, 4.0), (2, 1, 4.0), (1, 2, 4.0), (1, 1, 4.0)], [(1, 1), (2, 2)]),
        ([(1, 2, 4.0), (2, 2, 4.0)], [(1, 2)]),
        # a chain that needs a round for each link
        ([(1, 1, 9.0), (2, 1, 8.0), (2, 2, 7.0), (3, 2, 6.0), (3, 3, 5.0)], [(1, 1), (2, 2), (3, 3)]),
        ([], []),
    ],
)
def test_the_weightiest_pair_is_taken_first(given: list[tuple[int, int, float]], taken: list[tuple[int, int]]) -> None:
    assigned = assign_one_to_one(pairs(*given))
    assert assigned.select("left_record", "right_record").rows() == taken


def test_rivals_share_what_one_of_them_can_have() -> None:
    judged = judge_pairs(pairs((1, 1, 30.0), (1, 2, 30.0), third="evidence"), n_left=2, n_right=1000)
    assert judged.pairs["probability"].to_list() == pytest.approx([0.5, 0.5], abs=1e-4)


def test_a_rival_of_the_right_record_counts_too() -> None:
    judged = judge_pairs(pairs((1, 1, 30.0), (2, 1, 30.0), third="evidence"), n_left=2, n_right=1000)
    assert judged.pairs["probability"].to_list() == pytest.approx([0.5, 0.5], abs=1e-4)


def test_the_share_with_a_partner_is_found_again() -> None:
    """A quarter of the left has a clear partner; the rest has weak pairs only."""
    clear = [(n, n, 40.0) for n in range(250)]
    weak = [(n, n, -5.0) for n in range(250, 1000)]
    judged = judge_pairs(pairs(*clear, *weak, third="evidence"), n_left=1000, n_right=5000)
    assert judged.match_rate == pytest.approx(0.25, abs=0.001)
    assert judged.pairs["probability"][0] > 0.999
    assert judged.pairs["probability"][-1] < 0.001


def test_the_same_evidence_means_less_in_a_larger_haystack() -> None:
    small = judge_pairs(pairs((1, 1, 12.0), third="evidence"), n_left=10, n_right=10)
    large = judge_pairs(pairs((1, 1, 12.0), third="evidence"), n_left=10, n_right=1_000_000)
    assert small.pairs["probability"][0] > 0.9
    assert large.pairs["probability"][0] < 0.1


@pytest.mark.parametrize(
    ("certain", "candidates", "threshold"),
    [
        # mean of .99, .97 is .98; with .90 it falls to .953
        ([], [0.99, 0.97, 0.90], 0.97),
        # what keys have made carries the mean
        ([1.0] * 20, [0.99, 0.97, 0.90], 0.90),
        # but nothing below the least probability
        ([1.0] * 1000, [0.99, 0.74], 0.99),
        ([], [0.97], NOTHING_ACCEPTED),
        ([1.0], [], NOTHING_ACCEPTED),
    ],
)
def test_acceptance_goes_as_low_as_the_target_allows(
    certain: list[float], candidates: list[float], threshold: float
) -> None:
    settings = LinkSettings(target_precision=0.98, least_probability=0.75)
    series = [pl.Series(values, dtype=pl.Float64) for values in (certain, candidates)]
    assert acceptance_threshold(*series, settings) == threshold
