"""What is declared in one word, in the words of the page."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache

from tf_assets.governance.declaration import Holds, Level
from tf_assets.governance.flows import quarters_words
from tf_assets.governance.gates import Gates, Refusal
from tf_assets.governance.safes import State
from tf_assets.warehouse.geography import councils

STATE_WORDS: Mapping[State, str] = {"shown": "Shown", "gap": "Gap", "failed": "Failed"}

ACCESS_WORDS: Mapping[Level | None, str] = {
    "send": "sends own",
    "read": "reads",
    "change": "reads, changes",
    None: "closed",
}

HOLDS_WORDS: Mapping[Holds, str] = {
    "identifiers": "who people are",
    "keys": "keys, which lead back to people",
    "outcomes": "what happened to people, without names",
    "release": "pseudonyms and the programme's measures",
    "nobody": "nothing of any one person",
}

TARGET_WORDS: Mapping[str, str] = {
    "count": "Groups of 1 to 9 people",
    "added": "People added from one publication to the next",
    "outside": "People of a group outside a part of it",
}

ENVIRONMENT_WORDS = {"linkage": "Linkage", "research": "Research"}


def refusal_words(refusal: Refusal) -> str:
    """What was refused: a council's return by council and quarter, else a table and the day on which its year begins."""
    if refusal.partition is None:
        return refusal.table
    code, mark, day = refusal.partition.partition("|")
    if not mark:
        return f"{refusal.table}, {refusal.partition}"
    start = date.fromisoformat(day)
    return f"{_council_names().get(code, code)}, {quarters_words(start, start)} ({refusal.table})"


@cache
def _council_names() -> dict[str, str]:
    return dict(councils().select("council_code", "council_name").iter_rows())


@dataclass(frozen=True)
class Stage:
    """The gates of one stage of one environment, added up."""

    environment: str
    stage: str
    n_tables: int
    n_verdicts: int
    n_rules: int
    n_refused: int


def tag_words(state: State, n: int) -> str:
    """The state of a whole safe: how much is missing, or failed."""
    if state == "shown":
        return STATE_WORDS[state]
    return f"{n} failed" if state == "failed" else f"{n} gap{'' if n == 1 else 's'}"


def stages_of(gates: Gates) -> list[Stage]:
    """Stages in the order of their names, linkage first."""
    found: dict[tuple[str, str], Stage] = {}
    for gate in gates.gates:
        key = gate.environment, gate.stage
        so_far = found.get(key) or Stage(ENVIRONMENT_WORDS[gate.environment], gate.stage.replace("_", " "), 0, 0, 0, 0)
        found[key] = Stage(
            so_far.environment,
            so_far.stage,
            so_far.n_tables + 1,
            so_far.n_verdicts + gate.n_verdicts,
            so_far.n_rules + gate.n_rules,
            so_far.n_refused + len(gate.refusals),
        )
    return list(found.values())
