"""Bounds that follow from one statement at a time, until none tightens another.

Sound and quick: whatever it finds an intruder can find with pencil and paper. It does not find all, since statements
taken together say more; for that there is a linear program (`intruder.py`).
"""

import numpy as np
import numpy.typing as npt

from tf_assets.research.disclosure.system import Floats, System

MOST_ROUNDS = 200


def tighten(system: System) -> tuple[Floats, Floats]:
    """Lower and upper bounds of each cell, whole numbers; where lower > upper, what is taken as known cannot be true."""
    lower, upper = np.ceil(system.lower), np.floor(system.upper)
    for _ in range(MOST_ROUNDS):
        before = lower.copy(), upper.copy()
        _by_sums(system, lower, upper)
        _by_orders(system, lower, upper)
        if np.array_equal(before[0], lower) and np.array_equal(before[1], upper):
            break
        if (lower > upper).any():
            break
    return lower, upper


def _by_sums(system: System, lower: Floats, upper: Floats) -> None:
    part, part_of, total = system.part, system.part_of, system.total
    least = np.bincount(part_of, lower[part], system.n_sums)
    most = np.bincount(part_of, upper[part], system.n_sums)
    np.maximum.at(lower, total, least)
    np.minimum.at(upper, total, most)
    most_of_part = upper[total][part_of] - (least[part_of] - lower[part])
    least_of_part = lower[total][part_of] - (most[part_of] - upper[part])
    np.minimum.at(upper, part, most_of_part)
    np.maximum.at(lower, part, least_of_part)


def _by_orders(system: System, lower: Floats, upper: Floats) -> None:
    np.maximum.at(lower, system.more, lower[system.less] + system.gap)
    np.minimum.at(upper, system.less, upper[system.more] - system.gap)


def contradicted(system: System) -> npt.NDArray[np.bool_]:
    """Of each cell, whether its bounds cross when all statements are taken together one at a time."""
    lower, upper = tighten(system)
    return np.asarray(lower > upper)
