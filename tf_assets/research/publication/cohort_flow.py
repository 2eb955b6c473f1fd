"""Who was left out where: the protected flow from the registers to the matched comparison, and its chart."""

from dataclasses import dataclass

import polars as pl

from tf_assets.research.cohorts.protocol import PROTOCOL
from tf_assets.research.publication.catalogue import ARMS
from tf_assets.research.publication.rounding import round_counts

STEP_WORDS: dict[str, str] = {
    "on_registers": "On a council's register",
    **{str(name): words for name, words in PROTOCOL.eligibility.exclusions.items()},
    "eligible": "In the evaluation",
    "no_counterpart": "nobody in the other group with like chances of being on the programme",
    "no_match": "not matched",
    "matched": "In the matched comparison",
}

KEPT = ("on_registers", "eligible", "matched")
"""The steps that say who is left; the others say who left."""


@dataclass(frozen=True)
class Stage:
    """One box of the flow chart: who is left, by arm, and the reasons for which somebody left after it."""

    words: str
    people: dict[str, int]
    left: list[tuple[str, dict[str, int]]]


def protect_flow(flow: pl.DataFrame) -> pl.DataFrame:
    """`cohort_flow` with rounded counts: step, arm, n_people, from the registers down."""
    ordered = flow.sort("position", "arm")
    return ordered.select("step", "arm", n_people=round_counts(ordered["n_people"], ordered["cell_key"]))


def flow_stages(protected: pl.DataFrame) -> list[Stage]:
    """The boxes of the chart, from the registers down; a reason for which nobody left, as published, is not shown."""
    if protected.is_empty():
        return []
    stages: list[Stage] = []
    counts = {(step, arm): n_people for step, arm, n_people in protected.select("step", "arm", "n_people").iter_rows()}
    for step, words in STEP_WORDS.items():
        people = {arm: counts[step, arm] for arm in ARMS}
        if step in KEPT:
            stages.append(Stage(words, people, []))
        elif any(people.values()):
            stages[-1].left.append((words, people))
    return stages
