"""Keyed random rounding: the same people give the same published number, everywhere and always.

Each person carries a rounding key of 64 bits, made once with a secret that stays in the linkage environment. The cell
key of a group is the sum of its people's keys modulo 2^64. Its hash decides whether the count is rounded up or down
to a multiple of 10: up with probability (count mod 10) / 10, so that the rounding is right on average.

Cell keys:      Fraser and Wooton (2005), "A proposed method for confidentialising tabular output to protect against
                differencing", https://unece.org/fileadmin/DAM/stats/documents/ece/ces/ge.46/2005/wp.35.e.pdf
Random rounding: Nargundkar and Saveland (1972); Hundepool et al., "Statistical Disclosure Control" (2012), 5.4.

Why SHA-256 for the hash: the cell keys of nested groups are sums of one another, and whoever sees many roundings must
learn nothing of a further one from that. A mixer such as splitmix64, or the hash of a data frame library, promises
only that bits look even, and the latter may change with its version. SHA-256 runs on cells, of which there are at most
some hundred thousand, never on people; and it is the same in every language and database, so that anybody who holds the
keys can check it: `sha256('1844')` in SQL.
"""

import hashlib

import polars as pl

BASE = 10
"""Published counts are multiples of this. Base 5 failed 68 times as often over eight releases (disclosure.md)."""

METHOD = "keyed-random-rounding-10/1"
"""The method and its version, as the ledger records it; change it when any published number could change."""

_DRAW_BITS = 53


def draws(cell_keys: pl.Series) -> pl.Series:
    """A number in [0, 1) for each cell key: evenly spread, and a function of the key alone.

    cell_keys: UInt64. Cells that count nobody have the key 0 and a draw like any other.
    """
    distinct = cell_keys.unique()
    drawn = [_draw(key) for key in distinct.to_list()]
    return cell_keys.replace_strict(distinct, drawn, return_dtype=pl.Float64).alias("draw")


def _draw(cell_key: int) -> float:
    digest = hashlib.sha256(str(cell_key).encode()).digest()
    return float((int.from_bytes(digest[:8], "big") >> (64 - _DRAW_BITS)) / 2**_DRAW_BITS)


def round_counts(counts: pl.Series, cell_keys: pl.Series) -> pl.Series:
    """Counts as multiples of `BASE`; a multiple of `BASE` stays itself."""
    counts = counts.cast(pl.Int64)
    beyond = counts % BASE
    is_up = draws(cell_keys) * BASE < beyond
    return (counts - beyond + is_up.cast(pl.Int64) * BASE).alias("rounded")


def count_bounds(published: pl.Expr) -> tuple[pl.Expr, pl.Expr]:
    """The least and the greatest count that a published count may stand for."""
    margin = BASE - 1
    return pl.max_horizontal(published - margin, pl.lit(0)), published + margin


def round_to_grain(values: pl.Series, grains: pl.Series, cell_keys: pl.Series) -> pl.Series:
    """Values as multiples of their grain, rounded up with the probability that keeps them right on average."""
    steps = values / grains
    below = steps.floor()
    is_up = draws(cell_keys) < steps - below
    return ((below + is_up.cast(pl.Float64)) * grains).round(10).alias("rounded")


GRAIN_STEPS = (1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0)
"""The leading figures of a grain: round enough to read, and to tell next to nothing of the numbers it is made from."""


def grain(people: pl.Expr, reach: pl.Expr | float, finest: float, n_hidden: pl.Expr | int = BASE) -> pl.Expr:
    """The step for a mean over `people` of values that span `reach`: a round number of at least `n_hidden` people's
    contribution, and of at least `finest`."""
    least = pl.max_horizontal(n_hidden * reach / people, pl.lit(finest)) * (1 - 1e-9)
    decade = 10.0 ** least.log(10).floor()
    step = pl.lit(GRAIN_STEPS[-1])
    for leading in reversed(GRAIN_STEPS[:-1]):
        step = pl.when(least / decade <= leading).then(leading).otherwise(step)
    return (step * decade).round(10)
