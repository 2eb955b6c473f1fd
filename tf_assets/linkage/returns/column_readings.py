"""How the columns and dates of a return were understood, in words that repeat nothing but headings."""

import re
from dataclasses import dataclass

from tf_assets.linkage.dates import OrderEvidence
from tf_assets.linkage.returns.feedback_words import field_words, method_words
from tf_assets.linkage.returns.judging import Facts, JudgedReturn

NOT_REPEATED = "not repeated here"


@dataclass(frozen=True)
class ColumnReading:
    """One column that was sent.

    position: from 1, counted from the first column that holds anything;
    heading: what the column is called, `JudgedReturn.column_names`;
    field and method: in words, empty for a column that is not used; score: 0-100.
    """

    position: int
    heading: str
    field: str = ""
    method: str = ""
    score: int = 0


@dataclass(frozen=True)
class DateReading:
    """The order of day and month in one date column, and the sentence that says why."""

    field: str
    order: str
    reason: str


def column_readings(judged: JudgedReturn, is_used: bool = True) -> tuple[ColumnReading, ...]:
    """Columns from left to right: those with a field, or those with a heading and without."""
    first = min((_index(column) for column in judged.column_names), default=0)
    matches = {match.column: match for match in judged.headings}
    if is_used:
        readings = [
            ColumnReading(
                _index(column) - first + 1,
                judged.column_names.get(column, NOT_REPEATED),
                field_words(match.field),
                method_words(match.method),
                round(100 * match.score),
            )
            for column, match in matches.items()
        ]
    else:
        readings = [
            ColumnReading(_index(column) - first + 1, name)
            for column, name in judged.column_names.items()
            if column not in matches
        ]
    return tuple(sorted(readings, key=lambda reading: reading.position))


def date_readings(facts: Facts) -> tuple[DateReading, ...]:
    """One for each date column that was sent."""
    has_evidence = any(evidence.order for evidence in facts.date_evidence.values())
    return tuple(
        DateReading(field_words(name), order, _reason(facts.date_evidence.get(name), order, has_evidence))
        for name, order in facts.date_orders.items()
    )


def _reason(evidence: OrderEvidence | None, order: str, has_evidence: bool) -> str:
    if evidence is None or not evidence.order:
        if has_evidence:
            return "No date in this column shows its order, so that of the other date columns was taken."
        return "No date in the file shows its order, so day first was taken."
    n_for, n_against = evidence.n_day_first, evidence.n_month_first
    if order == "month first":
        n_for, n_against = n_against, n_for
    if n_against == n_for:
        return f"{n_for:,} dates can only be day first and as many only month first, so day first was taken."
    against = f", and {n_against:,} only in the other" if n_against else ""
    return f"{n_for:,} {'date' if n_for == 1 else 'dates'} can only be read in this order{against}."


def _index(column: str) -> int:
    return int(re.sub(r"\D", "", column) or 0)
