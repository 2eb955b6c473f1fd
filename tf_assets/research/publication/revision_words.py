"""Moved figures in words and formatted numbers, for people who read the revisions page."""

from dataclasses import dataclass
from typing import Any

from tf_assets.research.publication.catalogue import AGE_BANDS, ALL, ENGLAND, METHODS, OUTCOMES, SEXES, WINDOWS
from tf_assets.research.publication.causes import NOT_RECORDED, OTHERWISE
from tf_assets.research.publication.cohort_flow import STEP_WORDS
from tf_assets.research.publication.link_rates import DIMENSIONS, PEOPLE_GROUPS
from tf_assets.research.publication.sheets import covariate_words
from tf_assets.warehouse.geography import councils

TABLE_WORDS = {
    "protected_outcome_counts": "Outcomes",
    "protected_programme_counts": "People and families",
    "protected_effects": "Effects",
    "protected_cohort_flow": "Who was left out",
    "protected_balance": "Balance of the groups",
    "protected_link_quality": "Linkage",
    "protected_link_rates": "Linkage by group of people",
}

MEASURE_WORDS = {
    "n_yes": "people with the outcome",
    "n_people": "people observed",
    "n_counted": "counted",
    "effect": "effect",
    "ci_low": "95% interval, lower end",
    "ci_high": "95% interval, upper end",
    "smd_before": "difference before matching",
    "smd_after": "difference after matching",
    "n_linked": "people linked",
    "n_expected": "people whom the source should hold",
    "n_released": "people in the release",
    "estimated_precision": "estimated share of links that are right",
    "estimated_recall": "estimated share of true links found",
}

ARM_WORDS = {"programme": "programme group", "comparison": "comparison group"}


@dataclass(frozen=True)
class Move:
    """One moved figure: what it is, of whom, before, now, by how much, how many rounding steps, and why."""

    figure: str
    area: str
    group: str
    previous: str
    published: str
    change: str
    steps: str
    account: str


def move_in_words(row: dict[str, Any]) -> Move:
    """A row of `revisions` for a reader."""
    return Move(
        figure=_figure(row),
        area=_area_names().get(row["area_code"] or ENGLAND, row["area_code"]),
        group=_group(row),
        previous="not published" if row["previous"] is None else _number(row["previous"]),
        published="not published" if row["published"] is None else _number(row["published"]),
        change=row["kind"] if row["change"] is None else _signed(row["change"]),
        steps="" if row["change"] is None or row["step"] is None else f"{abs(row['change']) / row['step']:.0f}",
        account=_account(row["cause"], row["because_of"]),
    )


def _account(cause: str, because_of: str) -> str:
    named = "" if cause in (OTHERWISE, NOT_RECORDED) else f": {because_of}"
    return f"{cause.capitalize()}{named}"


def _figure(row: dict[str, Any]) -> str:
    measure, *qualifiers = row["measure"].split("|")
    words = MEASURE_WORDS.get(measure, measure)
    if row["outcome"] is not None:
        label = OUTCOMES[row["outcome"]].label if row["outcome"] in OUTCOMES else row["outcome"]
        methods = "".join(f" ({METHODS.get(each, each).lower()})" for each in qualifiers)
        return f"{label}, {WINDOWS.get(row['outcome_window'], row['outcome_window']).lower()}: {words}{methods}"
    if measure == "n_counted":
        return f"{qualifiers[0].capitalize()} in the evaluation"
    if row["table_name"] == "protected_cohort_flow":
        return f"{STEP_WORDS.get(qualifiers[0], qualifiers[0]).capitalize()}: people"
    if row["table_name"] == "protected_link_rates":
        extract, dimension, group = qualifiers
        return f"{covariate_words(extract)}, {_people_words(dimension, group)}: {words}"
    named = ", ".join("all stages" if each == ALL else covariate_words(each) for each in qualifiers)
    return f"{named}: {words}"


def _people_words(dimension: str, group: str) -> str:
    label = PEOPLE_GROUPS.get(dimension, {}).get(group, group)
    return label.lower() if dimension == ALL else f"{DIMENSIONS.get(dimension, dimension).lower()}: {label}"


def _group(row: dict[str, Any]) -> str:
    sex, age, arm = row["sex"], row["age_band"], row["arm"]
    parts = [
        ARM_WORDS.get(arm, arm) if arm else "",
        SEXES.get(sex, sex).lower() if sex not in (None, ALL) else "",
        f"aged {AGE_BANDS.get(age, age)}" if age not in (None, ALL) else "",
    ]
    return ", ".join(part for part in parts if part) or "both groups"


def _area_names() -> dict[str, str]:
    known = councils()
    return {
        ENGLAND: "England",
        **dict(known.select("region_code", "region_name").unique().iter_rows()),
        **dict(known.select("council_code", "council_name").iter_rows()),
    }


def _number(value: float) -> str:
    text = f"{value:,.0f}" if value == int(value) else f"{value:.10g}"
    return text.replace("-", "\N{MINUS SIGN}")


def _signed(value: float) -> str:
    return _number(value) if value < 0 else f"+{_number(value)}"
