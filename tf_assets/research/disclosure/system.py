"""What an intruder knows, as a system of linear statements about counts that nobody published.

Each cell is the true number of people in a group. What is known of it: the bounds that a published figure leaves, that a
total is the sum of its parts, and that one count is at least another (and by how much).
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class System:
    """Cells 0..n-1 with `lower` <= count <= `upper`.

    Sums: cell `total[k]` is the sum of the cells `part[j]` with `part_of[j] == k`.
    Orders: `less[i]` + `gap[i]` <= `more[i]`.
    """

    lower: Floats
    upper: Floats
    total: Ints
    part: Ints
    part_of: Ints
    less: Ints
    more: Ints
    gap: Floats

    @property
    def n_cells(self) -> int:
        return len(self.lower)

    @property
    def n_sums(self) -> int:
        return len(self.total)


@dataclass(frozen=True)
class Targets:
    """Counts that must not be found: cell `plus`, less cell `minus` where that is not -1."""

    plus: Ints
    minus: Ints

    def __len__(self) -> int:
        return len(self.plus)

    def of(self, counts: Floats) -> Floats:
        """The targets' values; counts: (..., n cells). Returns (..., n targets)."""
        less = np.where(self.minus >= 0, counts[..., self.minus], 0.0)
        return np.asarray(counts[..., self.plus] - less)

    def bounds(self, lower: Floats, upper: Floats) -> tuple[Floats, Floats]:
        """The targets' bounds that follow from their cells' bounds alone."""
        has_minus = self.minus >= 0
        least = lower[self.plus] - np.where(has_minus, upper[self.minus], 0.0)
        most = upper[self.plus] - np.where(has_minus, lower[self.minus], 0.0)
        return least, most

    def take(self, chosen: npt.NDArray[np.bool_] | Ints) -> "Targets":
        return Targets(self.plus[chosen], self.minus[chosen])
