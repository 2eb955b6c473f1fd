"""What a council is told, before it is laid out: counts, rules and sentences, never a value that was sent."""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal

import polars as pl

from tf_assets.linkage.returns import trend
from tf_assets.linkage.returns.column_readings import ColumnReading, DateReading, column_readings, date_readings
from tf_assets.linkage.returns.feedback_words import (
    THIS_RETURN_ALONE,
    compared_words,
    day_words,
    field_words,
    next_quarter_words,
    number_words,
    quarter_words,
    rows_words,
)
from tf_assets.linkage.returns.judging import WHOLE_FILE, JudgedReturn, Received, ReturnRefused, withdrawn
from tf_assets.linkage.returns.row_ranges import Finding, findings_by_rule
from tf_assets.linkage.returns.trend import EarlierReturns, ReturnNumbers, RuleCount, Turnover
from tf_assets.warehouse.calendar import END_OF_QUARTERS, next_quarter
from tf_assets.warehouse.geography import councils

Verdict = Literal["accepted", "refused", "waiting", "withdrawn"]

WAITING_RULES = ("headings_unknown", "words_unknown")
"""Judgements on the whole file that a confirmation lifts; any other refuses it for good."""

MOST_NEW_SHARE = 0.5
"""Above this share of people who were not in the last return, its references may have changed (ours)."""


@dataclass(frozen=True)
class Feedback:
    """Everything that both files say.

    happened and to_do: sentences; number_of: None when the return was not used; the Turnovers are None without an
    earlier return; mended: rules that the last return broke and this one does not; listed: every judgement with its
    row, in their order; changes: findings beside earlier returns.
    """

    council: str
    council_code: str
    quarter_date: date
    received: str
    sha256: str
    verdict: Verdict
    happened: tuple[str, ...]
    to_do: tuple[str, ...]
    numbers: ReturnNumbers | None
    n_blank: int
    n_left_out: int
    heading_row: int
    n_other_order: int
    findings: tuple[Finding, ...]
    changes: tuple[Finding, ...]
    earlier: EarlierReturns
    people: Turnover | None
    families: Turnover | None
    mended: tuple[RuleCount, ...]
    columns: tuple[ColumnReading, ...]
    unused_columns: tuple[ColumnReading, ...]
    dates: tuple[DateReading, ...]
    listed: pl.DataFrame = field(repr=False, compare=False)

    @property
    def last(self) -> ReturnNumbers | None:
        """What this return is compared with."""
        return self.earlier.last if self.numbers else None

    @property
    def references_may_have_changed(self) -> bool:
        """Are most people new, as if the council had numbered them anew?"""
        known = self.people and self.people.n_continuing + self.people.n_new
        return bool(known and self.people and self.people.n_new > MOST_NEW_SHARE * known)

    def n_last_of(self, finding: Finding) -> int | None:
        """Rows of the last return that broke the same rule; None when there is no last return."""
        if self.last is None:
            return None
        same = (each for each in self.last.by_rule if (each.rule, each.field) == (finding.rule, finding.field))
        return sum(each.n_rows for each in same)


def compose_feedback(
    received: Received,
    judged: JudgedReturn | ReturnRefused | None,
    earlier: EarlierReturns,
    changes: pl.DataFrame | None,
    standing: JudgedReturn | None,
    answer_by: date | None,
) -> Feedback:
    """Bring together what is said of one return; the arguments are those of `write_feedback`."""
    used = judged if isinstance(judged, JudgedReturn) else None
    beside = _changes_of(changes, received) if used and changes is not None else None
    judgements = judged.judgements if judged else withdrawn(received)
    findings = tuple(findings_by_rule(judgements)) if judged else ()
    differing = tuple(findings_by_rule(beside)) if beside is not None else ()
    verdict = _verdict(judged)
    numbers = trend.numbers_of_return(used, received.quarter_date) if used else None
    has_last = used is not None and earlier.last is not None
    return Feedback(
        council=_council_name(received.council_code),
        council_code=received.council_code,
        quarter_date=received.quarter_date,
        received=f"{day_words(received.received_at.date())} at {received.received_at:%H:%M} UTC",
        sha256=received.sha256,
        verdict=verdict,
        happened=_happened(judgements, verdict, numbers, received, standing),
        to_do=_to_do(judgements, verdict, numbers, [*findings, *differing], received.quarter_date, answer_by),
        numbers=numbers,
        n_blank=used.facts.n_blank if used else 0,
        n_left_out=used.facts.n_left_out if used else 0,
        heading_row=used.facts.heading_row if used else 0,
        n_other_order=used.facts.n_other_order if used else 0,
        findings=findings,
        changes=differing,
        earlier=earlier,
        people=trend.turnover(used.accepted, earlier, "person_ref") if used and has_last else None,
        families=trend.turnover(used.accepted, earlier, "family_ref") if used and has_last else None,
        mended=_mended(numbers, earlier.last),
        columns=column_readings(used) if used else (),
        unused_columns=column_readings(used, is_used=False) if used else (),
        dates=date_readings(used.facts) if used else (),
        listed=_listed(judgements, beside),
    )


def _verdict(judged: JudgedReturn | ReturnRefused | None) -> Verdict:
    if judged is None:
        return "withdrawn"
    if isinstance(judged, JudgedReturn):
        return "accepted"
    return "waiting" if _of_file(judged.judgements)["rule"].is_in(WAITING_RULES).any() else "refused"


def _of_file(judgements: pl.DataFrame) -> pl.DataFrame:
    """What is said of the file as a whole where it is not used: its refusal, or that it was withdrawn."""
    of_file = (pl.col("severity") == "refused") | (pl.col("rule") == "withdrawn")
    return judgements.filter(pl.col("row_number") == WHOLE_FILE, of_file)


def _happened(
    judgements: pl.DataFrame,
    verdict: Verdict,
    numbers: ReturnNumbers | None,
    received: Received,
    standing: JudgedReturn | None,
) -> tuple[str, ...]:
    quarter = quarter_words(received.quarter_date)
    if numbers:
        n_used, n_rows = number_words(numbers.n_accepted), rows_words(numbers.n_rows)
        share = f"all of its {n_rows}" if numbers.n_accepted == numbers.n_rows else f"{n_used} of its {n_rows}"
        return (f"We accepted your return for {quarter} and used {share}.",)
    first = {
        "waiting": "Your return is waiting until its headings and words are confirmed.",
        "withdrawn": f"Your return for {quarter} was withdrawn and we do not use it.",
    }.get(verdict, "We could not use this return.")
    reasons = _of_file(judgements)["sentence"].unique(maintain_order=True)
    return (first, *reasons, *([_standing_sentence(standing)] if standing else []))


def _standing_sentence(standing: JudgedReturn) -> str:
    received_at = standing.accepted["received_at"].max()
    on_day = f", received on {day_words(received_at.date())}," if isinstance(received_at, datetime) else ""
    return f"Your earlier file for this quarter{on_day} is used until then."


def _to_do(
    judgements: pl.DataFrame,
    verdict: Verdict,
    numbers: ReturnNumbers | None,
    findings: list[Finding],
    quarter: date,
    answer_by: date | None,
) -> tuple[str, ...]:
    by_day = f" by {day_words(answer_by)}" if answer_by else ""
    in_time = f"Please do this{by_day}." if by_day else "Please do this as soon as you can."
    if verdict == "waiting":
        return (
            "Look at what we propose for your columns and words, and tell us what is right.",
            "You do not need to send the return again: it is read when they are confirmed.",
            in_time,
        )
    if numbers is None:
        return (*_of_file(judgements)["advice"].unique(maintain_order=True), in_time)
    is_more = any(finding.severity not in ("refused", "repaired") for finding in findings)
    if numbers.n_refused:
        rows = rows_words(numbers.n_refused)
        return (
            f"Mend the {rows} that we did not use and send the whole return for this quarter again{by_day}.",
            "Until then the people in them are not counted in this quarter.",
            *(("What else is listed below can be mended with them.",) if is_more else ()),
        )
    if is_more:
        return (
            f"Mend what is listed below in your own records{_before(quarter, answer_by)}.",
            "You do not need to send this return again.",
        )
    return ("You do not need to do anything: nothing is left out of your return.",)


def _before(quarter: date, answer_by: date | None) -> str:
    if answer_by:
        return f" by {day_words(answer_by)}"
    return f" before your return for {next_quarter_words(quarter)}" if next_quarter(quarter) < END_OF_QUARTERS else ""


def _changes_of(changes: pl.DataFrame, received: Received) -> pl.DataFrame:
    """Those of this very file: what an earlier file of the quarter differed in is no longer true."""
    here = changes.filter(
        pl.col("council_code") == received.council_code, pl.col("quarter_date") == received.quarter_date
    )
    return here.filter(source_sha256=received.sha256) if "source_sha256" in here.columns else here


def _mended(numbers: ReturnNumbers | None, last: ReturnNumbers | None) -> tuple[RuleCount, ...]:
    if numbers is None or last is None:
        return ()
    broken = {(each.rule, each.field) for each in numbers.by_rule}
    return tuple(each for each in last.by_rule if (each.rule, each.field) not in broken)


def _listed(judgements: pl.DataFrame, changes: pl.DataFrame | None) -> pl.DataFrame:
    """row_number, severity, field, sentence, advice, rule and compared (with what, in words), in the file's order."""
    columns = ("row_number", "severity", "field", "sentence", "advice", "rule")
    told = judgements.select(*columns, compared=pl.lit(THIS_RETURN_ALONE))
    if changes is not None:
        previous = changes["previous_quarter_date"].to_list()
        compared = pl.Series("compared", [compared_words(each) for each in previous], pl.String)
        told = pl.concat([told, changes.select(*columns, compared).cast(told.schema)])
    worded = told.with_columns(
        field=pl.col("field").replace({each: field_words(each) for each in told["field"].unique()}),
    )
    return worded.unique().sort("row_number", "severity", "rule", "field", "compared", "sentence")


def _council_name(council_code: str) -> str:
    known = councils().filter(council_code=council_code)["council_name"]
    return str(known[0]) if known.len() else council_code
