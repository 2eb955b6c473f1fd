"""Small ledgers to attack: a few councils in two regions, with known counts."""

from collections.abc import Callable

import numpy as np
import polars as pl

from tf_assets.research.disclosure.knowledge import CELL_SCHEMA
from tf_assets.research.publication.rounding import BASE

SEXES, BANDS = ("F", "M"), ("00-04", "05-09", "10-15", "16-17")

PARENTS = {"A1": "A", "A2": "A", "A3": "A", "B1": "B", "B2": "B", "A": "England", "B": "England"}

Method = Callable[[np.ndarray], tuple[np.ndarray, np.ndarray, np.ndarray]]
"""From true counts to published counts (nan where hidden) and their bounds."""


def margins(people: dict[str, np.ndarray]) -> dict[tuple[str, str], int]:
    """Every area's and group's count; people: of each council a table of sexes by age bands."""
    counts: dict[tuple[str, str], int] = {}
    for council, table in people.items():
        area: str | None = council
        while area is not None:
            groups = {"all": table.sum()}
            groups |= {f"sex:{sex}": table[i].sum() for i, sex in enumerate(SEXES)}
            groups |= {f"age_band:{band}": table[:, i].sum() for i, band in enumerate(BANDS)}
            for group, count in groups.items():
                counts[area, group] = counts.get((area, group), 0) + int(count)
            area = PARENTS.get(area)
    return counts


def figures(counts: dict[tuple[str, str], int], method: Method, series: str = "yes", step: int = 0) -> pl.DataFrame:
    """Published figures of these counts."""
    published, lower, upper = method(np.array(list(counts.values())))
    return pl.DataFrame(
        {
            "series": [series] * len(counts),
            "area": [area for area, _ in counts],
            "group": [group for _, group in counts],
            "step": [step] * len(counts),
            "published": published,
            "lower": lower,
            "upper": upper,
        },
        schema=CELL_SCHEMA,
    ).with_columns(pl.col("published").fill_nan(None))


class Keyed:
    """The house method: the same people give the same number; a group is known by its table of people."""

    def __init__(self, seed: int, base: int = BASE) -> None:
        self._random = np.random.default_rng(seed)
        self._draws: dict[tuple[int, ...], float] = {}
        self._base = base

    def __call__(self, counts: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        draws = np.array([self._draws.setdefault((i, count), self._random.random()) for i, count in enumerate(counts)])
        beyond = counts % self._base
        published = (counts - beyond + self._base * (draws * self._base < beyond)).astype(float)
        return published, np.maximum(published - self._base + 1, 0), published + self._base - 1


def people(mean: float = 6, seed: int = 5) -> dict[str, np.ndarray]:
    """Of each council a table of sexes by age bands."""
    random = np.random.default_rng(seed)
    return {council: random.poisson(mean, (2, 4)) for council in ("A1", "A2", "A3", "B1", "B2")}
