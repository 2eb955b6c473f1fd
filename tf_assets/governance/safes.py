"""What a safe is: evidence, gaps and failures, and what they come to."""

from dataclasses import dataclass
from typing import Literal

State = Literal["failed", "gap", "shown"]
STATES: tuple[State, ...] = ("failed", "gap", "shown")
"""The worst first: a safe is as good as its worst evidence."""


@dataclass(frozen=True)
class Evidence:
    """One thing that was looked at, in a sentence; remedy: of a gap, what is to be done, and by whom."""

    state: State
    sentence: str
    remedy: str = ""


@dataclass(frozen=True)
class Safe:
    """One of the five; question: what it asks."""

    name: str
    question: str
    evidence: tuple[Evidence, ...]

    @property
    def state(self) -> State:
        """The worst of its evidence."""
        return min((each.state for each in self.evidence), key=STATES.index)

    def n(self, state: State) -> int:
        """How many of its evidence are in this state."""
        return sum(each.state == state for each in self.evidence)


def verdict(safes: tuple[Safe, ...]) -> str:
    """The answer in a sentence or two."""
    n_shown, n_gaps, n_failed = (sum(safe.n(state) for safe in safes) for state in ("shown", "gap", "failed"))
    looked = f"Of {n_shown + n_gaps + n_failed} things that were looked at, {n_shown} are shown"
    failed = "nothing failed" if not n_failed else f"{n_failed} failed"
    if not n_gaps:
        return f"{looked} and {failed}."
    return f"{looked}, {failed}, and {n_gaps} {'is a gap' if n_gaps == 1 else 'are gaps'} that somebody has to fill."


def gaps(safes: tuple[Safe, ...]) -> tuple[Evidence, ...]:
    """What is missing, in the order of the page."""
    return tuple(each for safe in safes for each in safe.evidence if each.state == "gap")
