"""The numbers of the feedback as rows of words and figures, the same on the page and in the spreadsheet."""

from dataclasses import dataclass

from tf_assets.linkage.returns.feedback_content import Feedback
from tf_assets.linkage.returns.feedback_words import quarter_words
from tf_assets.linkage.returns.trend import ReturnNumbers
from tf_assets.linkage.returns.trend_chart import quarters_shown


@dataclass(frozen=True)
class Measure:
    """One number of this return and of the last; None where it was not counted."""

    words: str
    this: int
    last: int | None = None


def numbers_received(feedback: Feedback) -> list[Measure]:
    """What became of the rows, blank rows and totals included."""
    now = feedback.numbers
    if now is None:
        return []
    return [
        *compared_rows(feedback),
        Measure("Blank rows skipped", feedback.n_blank),
        Measure("Totals, footnotes and repeated headings skipped", feedback.n_left_out),
    ]


def compared_rows(feedback: Feedback) -> list[Measure]:
    """Counts of rows beside the last return's."""
    now, then = feedback.numbers, feedback.last
    if now is None:
        return []
    told = {
        "Rows received": "n_rows",
        "Rows used": "n_accepted",
        "Rows not used": "n_refused",
        "Rows used with something left out": "n_warned",
        "Rows used with something mended by us": "n_repaired",
    }
    return [Measure(words, getattr(now, name), getattr(then, name) if then else None) for words, name in told.items()]


def compared_people(feedback: Feedback) -> list[Measure]:
    """People and families beside the last return's."""
    now, then = feedback.numbers, feedback.last
    if now is None:
        return []
    return [
        Measure("People", now.n_people, then.n_people if then else None),
        Measure("Families", now.n_families, then.n_families if then else None),
    ]


def quarters(feedback: Feedback) -> list[tuple[str, ReturnNumbers | None]]:
    """Quarters in words, the oldest first, and their returns where one was used."""
    if feedback.numbers is None:
        return []
    returns = [*feedback.earlier.returns, feedback.numbers]
    of_quarter = {each.quarter_date: each for each in returns}
    return [(quarter_words(quarter), of_quarter.get(quarter)) for quarter in quarters_shown(returns)]
