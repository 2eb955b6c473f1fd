"""One-to-one: no record of either side is given two partners."""

from collections.abc import Sequence

import polars as pl


def assign_one_to_one(pairs: pl.DataFrame, order: Sequence[str] = ("left_record", "right_record")) -> pl.DataFrame:
    """The pairs that a greedy assignment takes: the weightiest first, none whose left or right record is taken.

    Pairs of the same weight go by `order`, columns of the pairs, so the result never depends on the order of rows. Done in
    rounds: a pair that is the first choice of both its records is taken, all pairs of the two are struck out, and again
    until nothing is left. Under a strict order this is the greedy result, in a few rounds for any number of pairs.

    pairs: left_record, right_record, match_weight and any more columns, which are kept.
    """
    remaining = pairs.sort(["match_weight", *order], descending=[True, *(False for _ in order)])
    remaining = remaining.with_row_index("preference")
    taken: list[pl.DataFrame] = []
    while not remaining.is_empty():
        mutual = remaining.filter(
            (pl.col("preference") == pl.col("preference").min().over("left_record"))
            & (pl.col("preference") == pl.col("preference").min().over("right_record"))
        )
        taken.append(mutual)
        remaining = remaining.join(mutual, on="left_record", how="anti").join(mutual, on="right_record", how="anti")
    assigned = pl.concat(taken) if taken else remaining
    return assigned.drop("preference").sort("left_record")
