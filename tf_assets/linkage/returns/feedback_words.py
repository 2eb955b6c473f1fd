"""The words of the feedback: plain, the same on the page and in the spreadsheet."""

from collections.abc import Sequence
from datetime import date

from tf_assets.linkage.returns.rules import RULES
from tf_assets.linkage.returns.vocabulary import FIELDS
from tf_assets.warehouse.calendar import next_quarter

FIELD_WORDS = {
    "file": "whole file",
    "row": "whole row",
    "family_ref": "family reference",
    "person_ref": "person reference",
    "upn": "unique pupil number (UPN)",
    "nino": "national insurance number",
    "school_name": "school",
    **{field.name: field.meaning.split(",")[0] for field in FIELDS if field.name.startswith("is_problem_")},
}
"""Fields whose name in the schedule is not what a council calls them; the others lose their underscores."""

METHOD_WORDS = {
    "exact": "its own words",
    "fuzzy": "nearly the same words",
    "semantic": "the meaning of its words",
    "confirmed": "your confirmation",
}
CONSEQUENCE_WORDS = {
    "refused": "Row not used",
    "warning": "Row used, something left out",
    "repaired": "Row used, mended by us",
}
THIS_RETURN_ALONE = "this return alone"
OTHER_CONSEQUENCE = "Row used, to be looked at"

_SOURCES = {rule.id: rule.source for rule in RULES} | {"column_missing": "data schedule"}


def field_words(field: str) -> str:
    """`date_of_birth` -> "date of birth"."""
    return FIELD_WORDS.get(field, field.replace("_", " "))


def method_words(method: str) -> str:
    """How a heading was understood."""
    return METHOD_WORDS.get(method, method.replace("_", " "))


def consequence_words(severity: str) -> str:
    """What a judgement means for its row."""
    return CONSEQUENCE_WORDS.get(severity, OTHER_CONSEQUENCE)


def source_words(rule: str) -> str:
    """Where a rule comes from."""
    source = _SOURCES.get(rule, "ours")
    return "this evaluation's own rule" if source == "ours" else source


def quarter_words(quarter: date) -> str:
    """1 April 2015 -> "April to June 2015"."""
    last_month = date(quarter.year, quarter.month + 2, 1)
    return f"{quarter:%B} to {last_month:%B %Y}"


def compared_words(previous_quarter: date | None) -> str:
    """What a difference was found against."""
    return quarter_words(previous_quarter) if previous_quarter else "other returns of this quarter"


def next_quarter_words(quarter: date) -> str:
    """The quarter after a quarter, in words."""
    return quarter_words(next_quarter(quarter))


def day_words(day: date) -> str:
    """20 July 2015."""
    return f"{day.day} {day:%B %Y}"


def number_words(number: int) -> str:
    """12345 -> 12,345."""
    return f"{number:,}"


def rows_words(number: int) -> str:
    """1 -> "1 row"."""
    return f"{number:,} row" if number == 1 else f"{number:,} rows"


def change_words(now: int, then: int) -> str:
    """ "3 more", "2 fewer" or "no change"."""
    if now == then:
        return "no change"
    return f"{now - then:,} more" if now > then else f"{then - now:,} fewer"


def listed(words: Sequence[str]) -> str:
    """ "a, b and c"."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}" if words else ""
