"""The intruder: the least and the most that each target can be, given everything that is known at once.

A linear program over the whole system answers it exactly for one target; a count of people is a whole number, so its ends
are rounded inwards. Nobody needs two programs for each of some million targets, though: one solution of the system gives
every target a value that it may have. A few solutions, each pushed to a corner by random weights on the targets that are
still in doubt, show of nearly all of them that they may lie far apart; only the rest are asked for one at a time.

Solver: HiGHS (Huangfu and Hall, 2018, Mathematical Programming Computation 10). A status other than optimal, or a solution
that breaks a statement, is an error and never a pass.
"""

from dataclasses import dataclass

import highspy
import numpy as np
from highspy._core import _Highs

from tf_assets.research.disclosure.system import Floats, Ints, System, Targets
from tf_assets.warehouse.errors import EvaluationError

SLACK = 1e-6
"""How far from a whole number a solver's answer may be and still count as that number."""

ANEW: tuple[dict[str, str | int], ...] = (
    {"solver": "simplex", "simplex_strategy": 1, "presolve": "on"},
    {"solver": "ipm", "run_crossover": "on"},
    {"solver": "simplex", "simplex_strategy": 1, "presolve": "off"},
)
"""How a program that was not solved is begun anew, one way after another."""

FEW = 8
"""Two solutions that settle fewer targets than this are not worth their time: the rest are asked for one at a time."""


class Contradiction(EvaluationError):
    """What the intruder takes as known cannot all be true."""


@dataclass
class Reached:
    """Values that targets may have: as little as `least` and as much as `most`, whole numbers only count (n targets)."""

    least: Floats
    most: Floats

    @classmethod
    def nothing(cls, n_targets: int) -> "Reached":
        return cls(np.full(n_targets, np.inf), np.full(n_targets, -np.inf))

    def widen(self, least: Floats, most: Floats, where: Ints | slice = slice(None)) -> None:
        self.least[where] = np.minimum(self.least[where], least)
        self.most[where] = np.maximum(self.most[where], most)

    def is_apart(self, enough: float) -> np.ndarray:
        """Whether two values so far apart are reached."""
        least, most = self.whole()
        return np.asarray(most - least >= enough)

    def whole(self) -> tuple[Floats, Floats]:
        """The least and the most whole number between the ends."""
        return np.ceil(self.least - SLACK), np.floor(self.most + SLACK)


def search(system: System, targets: Targets, reached: Reached, enough: float) -> None:
    """Widen what is reached until each target's values are `enough` apart, or are its extremes.

    A `Contradiction` if no counts fit what is known; an `EvaluationError` if the solver fails.
    """
    if reached.is_apart(enough).all():
        return
    program = _Program(system)
    random = np.random.default_rng(0)
    for signs in (
        (-1.0, 1.0),
        (1.0,),
    ):  # what is added up pulls against itself; what grew in one place did not in another
        is_open = ~reached.is_apart(enough)
        while (n_open := is_open.sum()) > FEW:
            weights = random.choice(signs, len(targets)) * random.uniform(0.5, 1.5, len(targets))
            for direction in (1.0, -1.0):
                aim = _weights(targets, np.where(is_open, direction * weights, 0.0), system.n_cells)
                values = targets.of(program.solve(aim))
                reached.widen(values, values)
            is_open = ~reached.is_apart(enough)
            if n_open - is_open.sum() < FEW:
                break
    for target in np.flatnonzero(~reached.is_apart(enough)):
        for direction in (1.0, -1.0):  # the most first: a group that was added to may have grown by little anyway
            if reached.is_apart(enough)[target]:
                break
            weights = np.zeros(len(targets))
            weights[target] = direction
            values = targets.of(program.solve(_weights(targets, weights, system.n_cells)))
            reached.widen(values, values)


def centre(system: System) -> Floats:
    """Counts, not whole ones, that fit everything and lie well inside it; a `Contradiction` if none fit."""
    solver = _solver()
    solver.setOptionValue("solver", "ipm")
    solver.setOptionValue("run_crossover", "off")
    solver.setOptionValue("presolve", "off")  # it would put what it leaves out at a bound
    solver.passModel(_model(system))
    return np.clip(_solution(solver), system.lower, system.upper)  # a corner, where there is no better


def _weights(targets: Targets, weights: Floats, n_cells: int) -> Floats:
    has_minus = targets.minus >= 0
    gain = np.bincount(targets.plus, weights, n_cells)
    loss = np.bincount(targets.minus[has_minus], weights[has_minus], n_cells)
    return np.asarray(gain - loss)


class _Program:
    """One linear program whose aim is changed from solve to solve, each starting where the last one ended."""

    def __init__(self, system: System) -> None:
        self.system = system
        self.solver = _solver()
        self.columns = np.arange(system.n_cells, dtype=np.int32)
        if self.solver.passModel(_model(system)) == highspy.HighsStatus.kError:
            raise EvaluationError("The attack's linear program could not be given to the solver.")

    def solve(self, aim: Floats) -> Floats:
        """Counts that fit everything and for which the weighted sum `aim` is greatest."""
        self.solver.changeColsCost(self.system.n_cells, self.columns, -aim)
        counts = _solution(self.solver)
        self.solver.setOptionValue("solver", "simplex")
        self.solver.setOptionValue("simplex_strategy", 4)  # primal, for the last solution stays possible
        return counts


def _solver() -> _Highs:
    solver = _Highs()  # the public class is this one with callbacks, and prints a banner
    solver.setOptionValue("output_flag", False)
    # one setting everywhere: instances with different ones in a process have failed in silence
    solver.setOptionValue("threads", 1)
    return solver


def _solution(solver: _Highs) -> Floats:
    """Counts at the optimum; what does not get there from where the last solve ended is begun anew in other ways."""
    solver.run()
    for method in ANEW:
        if solver.getModelStatus() == highspy.HighsModelStatus.kOptimal:
            break
        solver.clearSolver()
        for option, value in method.items():
            solver.setOptionValue(option, value)
        solver.run()
    status = solver.getModelStatus()
    if status == highspy.HighsModelStatus.kInfeasible:
        raise Contradiction("What the intruder takes as known cannot all be true.")
    if status != highspy.HighsModelStatus.kOptimal:
        raise EvaluationError(
            f"The attack's linear program ended as {solver.modelStatusToString(status)}, so nothing is proved."
        )
    return np.array(solver.getSolution().col_value)


def _model(system: System) -> highspy.HighsLp:
    columns, starts, values, low, high = _rows(system)
    model = highspy.HighsLp()
    model.num_col_ = system.n_cells
    model.num_row_ = len(low)
    model.col_cost_ = np.zeros(system.n_cells)
    model.col_lower_, model.col_upper_ = system.lower, system.upper
    model.row_lower_, model.row_upper_ = low, high
    model.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    model.a_matrix_.start_, model.a_matrix_.index_, model.a_matrix_.value_ = starts, columns, values
    return model


def _rows(system: System) -> tuple[Ints, Ints, Floats, Floats, Floats]:
    """The statements as rows: parts less their total are 0; more less the lesser is at least the gap."""
    n_sums, n_orders = system.n_sums, len(system.less)
    row = np.concatenate([system.part_of, np.arange(n_sums), np.repeat(n_sums + np.arange(n_orders), 2)])
    column = np.concatenate([system.part, system.total, np.column_stack([system.less, system.more]).ravel()])
    value = np.concatenate([np.ones(len(system.part)), -np.ones(n_sums), np.tile([-1.0, 1.0], n_orders)])
    by_row = np.argsort(row, kind="stable")
    starts = np.concatenate([[0], np.cumsum(np.bincount(row, minlength=n_sums + n_orders))])
    low = np.concatenate([np.zeros(n_sums), system.gap])
    high = np.concatenate([np.zeros(n_sums), np.full(n_orders, highspy.kHighsInf)])
    return column[by_row].astype(np.int32), starts.astype(np.int32), value[by_row], low, high
