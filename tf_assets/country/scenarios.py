"""Named scenarios: who is chosen for the programme, and what it does.

An effect is a pair of rates among programme people whom the outcome counts: without and with the programme, in months
19-24 after the index date, or in months 1-24 for justice. Effects build up over the four windows (`RAMP`).
Rates of the headline scenario: the national evaluation's published comparison and programme rates (MHCLG, National
evaluation of the Troubled Families Programme 2015 to 2020: Findings, 2019). Outcomes without a published finding keep
the same rate with and without (ours).
"""

from dataclasses import dataclass, field

from tf_assets.warehouse.errors import EvaluationError

RAMP = (0.25, 0.5, 0.75, 1.0)
"""The share of an effect reached in months 1-6, 7-12, 13-18 and 19-24 (ours)."""

CHILD, JUVENILE, ADULT, ANYBODY = "child", "juvenile", "adult", "anybody"
"""Whom an outcome counts, by age at the index date: under 18; 10 to 17; 18 and over."""


@dataclass(frozen=True)
class Planted:
    """One outcome: whom it counts, its rate without and with the programme.

    within: another outcome that everybody with this one has too (custody comes with a conviction);
    is_24_months: the rates are of the whole 24 months, not of months 19-24.
    """

    population: str
    without: float
    with_programme: float
    within: str | None = None
    is_24_months: bool = False


HEADLINE: dict[str, Planted] = {
    "is_child_in_need": Planted(CHILD, 0.13, 0.13),
    "is_on_protection_plan": Planted(CHILD, 0.03, 0.03, within="is_child_in_need"),
    "is_looked_after": Planted(CHILD, 0.025, 0.017),
    "is_convicted_juvenile": Planted(JUVENILE, 0.046, 0.039, is_24_months=True),
    "is_in_custody_juvenile": Planted(JUVENILE, 0.008, 0.005, within="is_convicted_juvenile", is_24_months=True),
    "is_convicted_adult": Planted(ADULT, 0.075, 0.075, is_24_months=True),
    "is_in_custody_adult": Planted(ADULT, 0.016, 0.012, within="is_convicted_adult", is_24_months=True),
    "is_on_out_of_work_benefit": Planted(ADULT, 0.32, 0.32),
    "is_on_jsa": Planted(ADULT, 0.105, 0.093, within="is_on_out_of_work_benefit"),
    "is_employed": Planted(ADULT, 0.50, 0.50),
    "is_emergency_attendance": Planted(ANYBODY, 0.22, 0.22),
    "is_injury_attendance": Planted(ANYBODY, 0.08, 0.08, within="is_emergency_attendance"),
}
"""Planted outcomes; an outcome stands after the one it lies within. Absence and attainment are not touched."""


@dataclass(frozen=True)
class Scenario:
    """A scenario's departures from the headline.

    is_null: the programme does nothing; selection: multiplies how strongly observed covariates decide who is on the
    programme; unobserved: log odds, per standard deviation of a family trait that nobody records, of being chosen and
    of every adverse outcome; heterogeneity: families with four or more problems get (1 + h) times the mean effect,
    the others less; council_spread: standard deviation, between councils, of the effect's size and the log odds.
    """

    name: str
    is_null: bool = False
    selection: float = 1.0
    unobserved: float = 0.0
    heterogeneity: float = 0.0
    council_spread: float = 0.0
    outcomes: dict[str, Planted] = field(default_factory=lambda: HEADLINE)


SCENARIOS: dict[str, Scenario] = {
    scenario.name: scenario
    for scenario in (
        Scenario("headline"),
        Scenario("null", is_null=True),
        Scenario("heterogeneous", heterogeneity=0.8),
        Scenario("poor-overlap", selection=3.0),
        Scenario("unobserved", unobserved=0.8),
        Scenario("council-clustered", council_spread=0.5),
    )
}


def scenario_named(name: str) -> Scenario:
    """A declared scenario."""
    if name not in SCENARIOS:
        raise EvaluationError(f"There is no scenario of that name. Choose one of {', '.join(SCENARIOS)}.")
    return SCENARIOS[name]
