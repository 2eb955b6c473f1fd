"""What is published, in words: outcomes, windows, groups of people and areas."""

from dataclasses import dataclass
from typing import Literal

import polars as pl

ENGLAND = "E92000001"
"""The code of England in the Office for National Statistics' register of geographic codes."""

ALL = "all"

ARMS = ("programme", "comparison")

SEXES = {"all": "All", "F": "Female", "M": "Male"}

AGE_BANDS = {
    "all": "All ages",
    "00-04": "0 to 4",
    "05-09": "5 to 9",
    "10-15": "10 to 15",
    "16-17": "16 to 17",
    "18-24": "18 to 24",
    "25-34": "25 to 34",
    "35-49": "35 to 49",
    "50+": "50 and over",
}
"""Ages at the index date. No band crosses 10 or 18, where the law and the outcomes' populations change."""

WINDOWS = {
    "01-06": "Months 1 to 6",
    "07-12": "Months 7 to 12",
    "13-18": "Months 13 to 18",
    "19-24": "Months 19 to 24",
    "01-24": "Months 1 to 24",
    "before": "Months 13 to 24 before",
}

METHODS = {
    "matching": "Matched comparison",
    "doubly-robust": "Doubly robust",
    "entropy": "Entropy balancing",
}

MARKS = {
    "[c]": "Confidential: hidden because the published counts behind it are too small.",
    "[low]": "The published count is 0, which stands for 0 to 9 people; no rate is given.",
    "[u]": "Low reliability. A rate is not given where the published number of people is under 100, nor a share of linked "
    "people where it is under 500, for rounding alone could move it by several percentage points. An effect is to be read "
    "with care where, as published, under 30 people of a group had the outcome.",
    "[w]": "Withheld: the groups could not be made alike, or too few people stand behind the comparison.",
    "[x]": "Not available: no estimate could be made.",
    "[z]": "Not applicable: a score or a share of sessions has no count and no rate.",
}
"""Shorthand in published tables, after the UK statistical service's guidance on symbols in tables."""

HIDING = ("[c]", "[w]", "[x]")
"""The marks of rows that give no number."""

Unit = Literal["percentage points", "points"]


@dataclass(frozen=True)
class Outcome:
    """One outcome in words.

    label: as in a table; population: whom it counts; unit: of an effect; scale: from the stored value to that unit;
    reach: the span of one person's value, in the stored unit; matters: an effect smaller than this, in the unit, would change
    nobody's decision (ours, to be settled with those who decide); is_headline: stands in the report's first table.
    """

    label: str
    population: str
    unit: Unit = "percentage points"
    scale: float = 100.0
    reach: float = 1.0
    matters: float = 1.0
    is_headline: bool = False


CHILDREN = "children under 18"
JUVENILES = "people aged 10 to 17"
ADULTS = "adults aged 18 and over"
PUPILS = "pupils of compulsory school age"

OUTCOMES = {
    "is_looked_after": Outcome("Looked after by the council", CHILDREN, matters=0.5, is_headline=True),
    "is_on_protection_plan": Outcome("On a child protection plan", CHILDREN, matters=0.5, is_headline=True),
    "is_child_in_need": Outcome("Child in need", CHILDREN),
    "is_convicted_juvenile": Outcome("Convicted, young people", JUVENILES, is_headline=True),
    "is_in_custody_juvenile": Outcome("In custody, young people", JUVENILES, matters=0.5, is_headline=True),
    "is_convicted_adult": Outcome("Convicted, adults", ADULTS),
    "is_in_custody_adult": Outcome("In custody, adults", ADULTS, matters=0.5, is_headline=True),
    "is_on_jsa": Outcome("On Jobseeker's Allowance", ADULTS, is_headline=True),
    "is_on_out_of_work_benefit": Outcome("On any out-of-work benefit", ADULTS),
    "is_employed": Outcome("In employment", ADULTS),
    "is_persistently_absent": Outcome("Persistently absent from school", PUPILS),
    "absence_rate": Outcome("Share of sessions missed", PUPILS, matters=0.5),
    "is_ks2_expected": Outcome("Expected standard at the end of primary school", PUPILS),
    "ks4_attainment8": Outcome("Attainment 8 score", PUPILS, unit="points", scale=1.0, reach=90.0),
    "is_emergency_attendance": Outcome("Attended an emergency department", "everybody"),
    "is_injury_attendance": Outcome("Attended hospital with an injury", "everybody"),
}
"""The outcomes. `reach` of Attainment 8: ten slots of at most 9 points (DfE, Secondary accountability measures)."""


def headline_window(outcome: str) -> str:
    """The window of the published national evaluation: 24 months for justice, months 19 to 24 for the rest."""
    return "01-24" if "convicted" in outcome or "custody" in outcome else "19-24"


def is_yes_no(outcome: pl.Expr) -> pl.Expr:
    """Whether an outcome has counts: its name says so."""
    return outcome.str.starts_with("is_")
