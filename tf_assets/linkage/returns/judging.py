"""The verdict on a return: which rows are used, what is wrong with the rest, and whether the file is of use at all."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

import polars as pl

from tf_assets.linkage.dates import DateOrder, OrderEvidence
from tf_assets.linkage.returns.grid import ROW_NUMBER
from tf_assets.linkage.returns.headings import HeadingMatch, absent_fields, match_headings, unused_headings
from tf_assets.linkage.returns.reading import Sheet, read_rows
from tf_assets.linkage.returns.rows import ADULT_AGE, ReadRows, standardise_rows
from tf_assets.linkage.returns.rules import RULES
from tf_assets.linkage.returns.vocabulary import FIELD_NAMES, FULL_NAME, Field
from tf_assets.warehouse.errors import InputRefused

MOST_REFUSED_SHARE = 0.25
"""Above this share of refused rows the sender has a fault of their own to mend, and the file waits for it (ours)."""

LEAST_REFUSED_ROWS = 5
"""In a file of a few rows a share says nothing (ours)."""

MOST_LATE_SHARE = 0.05
LEAST_LATE_ROWS = 3
"""Starts and assessments after the quarter's end, as a share of rows: more, and it is another quarter's file (ours)."""

WHOLE_FILE = 0
"""Row number of a judgement on the file as a whole."""

JUDGEMENT_SCHEMA = pl.Schema(
    {
        "council_code": pl.String,
        "quarter_date": pl.Date,
        "row_number": pl.UInt32,
        "field": pl.String,
        "rule": pl.String,
        "severity": pl.String,
        "sentence": pl.String,
        "advice": pl.String,
        "source_sha256": pl.String,
    }
)
REGISTER_COLUMNS: tuple[str, ...] = (
    "council_code", "quarter_date", ROW_NUMBER,
    *(name for name in FIELD_NAMES if name != FULL_NAME),
    "received_at", "source_sha256",
)  # fmt: skip


class ReturnRefused(InputRefused):
    """A return that cannot be used; `judgements` says why, row by row where that is known, `received` which it is."""

    def __init__(self, sentence: str, received: "Received", judgements: pl.DataFrame) -> None:
        super().__init__(sentence)
        self.received = received
        self.judgements = judgements


@dataclass(frozen=True)
class Facts:
    """Counts of one return; nothing in it identifies anybody.

    n_rows = n_accepted + n_refused; n_warned, n_repaired: accepted rows with at least one such judgement;
    n_blank, n_left_out: blank rows, totals and footnotes; kind and detail: how the file was read; heading_row: where
    the headings stood; date_orders and date_evidence: by date column; n_other_order: dates that only the other order
    explains.
    """

    n_rows: int
    n_accepted: int
    n_refused: int
    n_warned: int
    n_repaired: int
    n_blank: int
    n_left_out: int
    kind: str
    detail: str
    heading_row: int
    n_other_order: int
    date_orders: dict[str, DateOrder] = field(default_factory=dict)
    date_evidence: dict[str, OrderEvidence] = field(default_factory=dict)


@dataclass(frozen=True)
class JudgedReturn:
    """A return that can be used.

    accepted: REGISTER_COLUMNS, one row a person; judgements: JUDGEMENT_SCHEMA, one row for each row and rule broken;
    headings: how each column was understood; unused: headings that mean no field of the schedule; sent_headings: cell
    column -> heading as sent, which may be anything and is not to be repeated unseen.
    """

    accepted: pl.DataFrame
    judgements: pl.DataFrame
    facts: Facts
    headings: tuple[HeadingMatch, ...]
    unused: tuple[str, ...]
    sent_headings: Mapping[str, str | None] = field(default_factory=dict, repr=False)


@dataclass(frozen=True)
class Received:
    """Where a return came from: council and quarter of its slot, when it arrived, and its bytes' sha256."""

    council_code: str
    quarter_date: date
    received_at: datetime
    sha256: str

    def columns(self) -> list[pl.Expr]:
        """The columns that every row and every judgement of the return carries."""
        return [
            pl.lit(self.council_code).alias("council_code"),
            pl.lit(self.quarter_date).alias("quarter_date"),
            pl.lit(self.sha256).alias("source_sha256"),
        ]


def judge_return(content: bytes, received: Received) -> JudgedReturn:
    """Read, standardise and judge a council's return for a quarter.

    `ReturnRefused` (an InputRefused) when the file cannot be used: its message is a sentence for the council.
    """
    try:
        sheet = read_rows(content)
        matches = match_headings(sheet.headings)
    except InputRefused as refusal:
        raise refuse_file(received, "file_unreadable", str(refusal)) from None
    read = standardise_rows(sheet, matches, received.quarter_date)
    broken = _broken_rules(read.rows)
    judgements = _judgements(broken, absent_fields(matches), received)
    refused_rows = judgements.filter(pl.col("severity") == "refused")[ROW_NUMBER].unique()
    _refuse_wrong_quarter(read, received, judgements)
    _refuse_too_many(read.rows.height, refused_rows.len(), received, judgements)
    accepted = _accepted(read.rows, broken, refused_rows).with_columns(
        *received.columns(), received_at=pl.lit(received.received_at, pl.Datetime("us"))
    )
    facts = _facts(sheet, read, judgements, refused_rows)
    unused = unused_headings(sheet.headings, matches)
    return JudgedReturn(accepted.select(REGISTER_COLUMNS), judgements, facts, tuple(matches), unused, sheet.headings)


def refuse_file(received: Received, rule: str, sentence: str) -> ReturnRefused:
    """The refusal of a file as a whole, before any row of it is judged."""
    return ReturnRefused(sentence, received, _file_judgement(received, rule, sentence))


def withdrawn(received: Received) -> pl.DataFrame:
    """The judgement on a slot whose council took back what it had sent."""
    sentence, advice = "The council took back what it had sent for this quarter.", "Send the return when it is right."
    return _whole_file([("file", "withdrawn", "warning", sentence, advice)], received)


def _facts(sheet: Sheet, read: ReadRows, judgements: pl.DataFrame, refused_rows: pl.Series) -> Facts:
    used = judgements.filter(pl.col(ROW_NUMBER) != WHOLE_FILE, ~pl.col(ROW_NUMBER).is_in(refused_rows.implode()))
    return Facts(
        n_rows=read.rows.height,
        n_accepted=read.rows.height - refused_rows.len(),
        n_refused=refused_rows.len(),
        n_warned=used.filter(pl.col("severity") == "warning")[ROW_NUMBER].n_unique(),
        n_repaired=used.filter(pl.col("severity") == "repaired")[ROW_NUMBER].n_unique(),
        n_blank=sheet.n_blank,
        n_left_out=sheet.n_totals,
        kind=sheet.kind,
        detail=sheet.detail,
        heading_row=sheet.heading_row,
        n_other_order=read.n_mixed,
        date_orders=read.orders,
        date_evidence=read.evidence,
    )


def _file_judgement(received: Received, rule: str, sentence: str) -> pl.DataFrame:
    """The refusal of the file as a whole."""
    advice = "Mend the file and send the whole return again."
    return _whole_file([("file", rule, "refused", sentence, advice)], received)


def _column_judgements(received: Received, absent: list[Field]) -> pl.DataFrame:
    """A warning for each column of the schedule that the return has not."""
    advice = "Add the column, or tell us under which heading it stands."
    told = [(each.name, f"The return has no column for {each.name.replace('_', ' ')}.") for each in absent]
    return _whole_file([(name, "column_missing", "warning", sentence, advice) for name, sentence in told], received)


def _whole_file(rows: list[tuple[str, str, str, str, str]], received: Received) -> pl.DataFrame:
    """Judgements without a row: (field, rule, severity, sentence, advice)."""
    names = ["field", "rule", "severity", "sentence", "advice"]
    told = pl.DataFrame(rows, schema=dict.fromkeys(names, pl.String()), orient="row")
    return (
        told.with_columns(*received.columns(), row_number=pl.lit(WHOLE_FILE))
        .select(JUDGEMENT_SCHEMA.names())
        .cast(JUDGEMENT_SCHEMA)
    )


def _broken_rules(rows: pl.DataFrame) -> pl.DataFrame:
    """row_number and one boolean column a rule."""
    return rows.select(ROW_NUMBER, *(rule.when.fill_null(False).alias(rule.id) for rule in RULES))


def _judgements(broken: pl.DataFrame, absent: list[Field], received: Received) -> pl.DataFrame:
    """What is said of columns that are absent, once, and of the rows in those that are there."""
    unsaid = {each.name for each in absent}
    found = [
        broken.filter(pl.col(rule.id)).select(
            *received.columns(),
            row_number=pl.col(ROW_NUMBER),
            field=pl.lit(rule.field),
            rule=pl.lit(rule.id),
            severity=pl.lit(rule.severity),
            sentence=pl.lit(rule.sentence),
            advice=pl.lit(rule.advice),
        )
        for rule in RULES
        if rule.field not in unsaid and broken[rule.id].any()
    ]
    of_rows = [each.select(JUDGEMENT_SCHEMA.names()).cast(JUDGEMENT_SCHEMA) for each in found]
    return pl.concat([_column_judgements(received, absent), *of_rows]).sort(ROW_NUMBER, "rule", "field")


def _accepted(rows: pl.DataFrame, broken: pl.DataFrame, refused_rows: pl.Series) -> pl.DataFrame:
    """Rows without a refusal, with what a broken rule clears left empty and the role taken from the age."""
    cleared = {
        column: pl.any_horizontal([rule.id for rule in RULES if column in rule.clears])
        for column in sorted({column for rule in RULES for column in rule.clears})
    }
    age = pl.col("age")
    by_age = pl.when(age >= ADULT_AGE).then(pl.lit("adult")).when(age < ADULT_AGE).then(pl.lit("child"))
    return (
        rows.join(broken, on=ROW_NUMBER, how="left", maintain_order="left")
        .with_columns(role=pl.coalesce("role", by_age))
        .with_columns(pl.when(~is_cleared).then(pl.col(column)).alias(column) for column, is_cleared in cleared.items())
        .filter(~pl.col(ROW_NUMBER).is_in(refused_rows.implode()))
    )


def _refuse_wrong_quarter(read: ReadRows, received: Received, judgements: pl.DataFrame) -> None:
    quarter_end = pl.col("quarter_end_date")
    is_late = (pl.col("start_date") > quarter_end) | (pl.col("assessment_date") > quarter_end)
    n_late = int(read.rows.select(is_late.sum()).item())
    if n_late >= LEAST_LATE_ROWS and n_late > MOST_LATE_SHARE * read.rows.height:
        sentence = (
            f"{n_late} of {read.rows.height} rows have a start or assessment date after the quarter ended, so this is "
            "the return of another quarter. Send it to the slot of its quarter."
        )
        raise _refusal(sentence, "wrong_quarter", received, judgements)


def _refuse_too_many(n_rows: int, n_refused: int, received: Received, judgements: pl.DataFrame) -> None:
    too_many = n_refused >= LEAST_REFUSED_ROWS and n_refused > MOST_REFUSED_SHARE * n_rows
    if too_many or n_refused == n_rows:
        sentence = (
            f"{n_refused} of {n_rows} rows cannot be used; the limit is {MOST_REFUSED_SHARE:.0%}. Mend the rows that "
            "are listed and send the whole return again."
        )
        raise _refusal(sentence, "too_many_refused", received, judgements)


def _refusal(sentence: str, rule: str, received: Received, judgements: pl.DataFrame) -> ReturnRefused:
    return ReturnRefused(sentence, received, pl.concat([_file_judgement(received, rule, sentence), judgements]))
