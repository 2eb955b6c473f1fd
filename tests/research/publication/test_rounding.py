"""Keyed random rounding to base 10: the boundaries, the mean, and that people alone decide."""

import duckdb
import numpy as np
import polars as pl
import pytest

from tf_assets.research.publication.rounding import count_bounds, draws, grain, round_counts, round_to_grain

MANY_KEYS = pl.Series(np.random.default_rng(7).integers(0, 2**64, 20_000, dtype=np.uint64))


def rounded(count: int) -> set[int]:
    """All values that a count is published as, over many groups of people."""
    return set(round_counts(pl.Series([count] * len(MANY_KEYS)), MANY_KEYS).to_list())


@pytest.mark.parametrize(
    ("count", "published"),
    [
        (0, {0}),
        (1, {0, 10}),
        (9, {0, 10}),
        (10, {10}),
        (11, {10, 20}),
        (19, {10, 20}),
        (20, {20}),
        (1_000_001, {1_000_000, 1_000_010}),
    ],
)
def test_count_is_published_as_a_neighbouring_multiple_of_ten(count: int, published: set[int]) -> None:
    assert rounded(count) == published


@pytest.mark.parametrize("count", range(1, 10))
def test_rounding_is_right_on_average(count: int) -> None:
    mean = round_counts(pl.Series([count] * len(MANY_KEYS)), MANY_KEYS).to_numpy().mean()
    assert mean == pytest.approx(count, abs=4 * 5 / len(MANY_KEYS) ** 0.5)


def test_draw_is_the_hash_of_the_key_as_any_database_computes_it() -> None:
    keys = [0, 1844, 2**64 - 1]
    with duckdb.connect() as connection:
        hashed = [
            connection.execute("SELECT ('0x' || left(sha256($key), 16))", {"key": str(key)}).fetchall()[0][0]
            for key in keys
        ]
    expected = [(int(digest, 16) >> 11) / 2**53 for digest in hashed]
    assert draws(pl.Series(keys, dtype=pl.UInt64)).to_list() == expected


def test_same_people_give_the_same_number_in_whatever_order_and_table() -> None:
    keys = pl.Series([2**64 - 1, 17, 2**63], dtype=pl.UInt64)
    assert keys.sum() == keys.reverse().sum() == 2**63 + 16
    first, again = (round_counts(pl.Series([3]), pl.Series([sums], dtype=pl.UInt64)) for sums in [keys.sum()] * 2)
    assert first.to_list() == again.to_list()


def test_bounds_hold_every_count_that_may_be_published_so() -> None:
    lower, upper = count_bounds(pl.col("published"))
    found = pl.DataFrame({"published": [0, 10, 70]}).select(lower.alias("lower"), upper.alias("upper"))
    assert found.rows() == [(0, 9), (1, 19), (61, 79)]


@pytest.mark.parametrize(
    ("people", "reach", "expected"),
    [(100, 100.0, 10.0), (110, 100.0, 10.0), (1000, 100.0, 1.0), (990, 100.0, 1.5), (10_000_000, 100.0, 0.01)],
)
def test_grain_hides_ten_people(people: int, reach: float, expected: float) -> None:
    found = pl.DataFrame({"people": [people]}).select(grain(pl.col("people"), reach, 0.01)).item()
    assert found == expected
    assert found * people / reach >= 10


def test_value_lands_on_a_neighbouring_step_and_is_right_on_average() -> None:
    n = len(MANY_KEYS)
    found = round_to_grain(pl.Series([-0.26] * n), pl.Series([0.1] * n), MANY_KEYS)
    assert set(found.to_list()) == {-0.3, -0.2}
    assert found.to_numpy().mean() == pytest.approx(-0.26, abs=4 * 0.05 / n**0.5)
