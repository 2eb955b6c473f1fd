"""The verdict on a return: which rows are used, what is wrong with the rest, and whether the file is of use at all."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime

import numpy as np
import polars as pl

from tf_assets.linkage.dates import DateOrder, OrderEvidence
from tf_assets.linkage.returns.comparing import COMPARED, COMPARED_BY, compare_rows
from tf_assets.linkage.returns.council_words import n_unread, unknown_words, with_words
from tf_assets.linkage.returns.grid import ROW_NUMBER
from tf_assets.linkage.returns.headings import (
    HeadingMatch,
    ReadHeadings,
    absent_fields,
    missing_sentence,
    read_headings,
)
from tf_assets.linkage.returns.mappings import CouncilMapping
from tf_assets.linkage.returns.other_council import council_fault
from tf_assets.linkage.returns.other_quarter import quarter_fault
from tf_assets.linkage.returns.proposals import Counts, render_proposal
from tf_assets.linkage.returns.reading import Sheet, read_rows
from tf_assets.linkage.returns.rows import ADULT_AGE, ReadRows, standardise_rows
from tf_assets.linkage.returns.rule import Rule
from tf_assets.linkage.returns.rules import IS_USABLE, LEFT_OUT, RULES
from tf_assets.linkage.returns.vocabulary import FIELD_NAMES, FULL_NAME, Field
from tf_assets.warehouse.errors import InputRefused

MOST_REFUSED_SHARE = 0.25
"""Above this share of refused rows the sender has a fault of their own to mend, and the file waits for it (ours)."""

LEAST_REFUSED_ROWS = 5
"""In a file of a few rows a share says nothing (ours)."""

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
_WORDS = ("field", "rule", "severity", "sentence", "advice")
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


class ReturnWaits(ReturnRefused):
    """A return whose headings or words a person has to confirm first.

    proposal: the text of the mapping file to edit; the message names that file.
    """

    def __init__(self, sentence: str, received: "Received", judgements: pl.DataFrame, proposal: str) -> None:
        super().__init__(sentence, received, judgements)
        self.proposal = proposal


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
    headings: how each column was understood; unused: what the columns are called that mean no field of the schedule;
    column_names: cell column -> what messages may call it; proposal: the text of a mapping file, when a person should
    look at a column or word that was left unused.
    """

    accepted: pl.DataFrame
    judgements: pl.DataFrame
    facts: Facts
    headings: tuple[HeadingMatch, ...]
    unused: tuple[str, ...]
    column_names: Mapping[str, str] = field(default_factory=dict)
    proposal: str | None = None


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


def judge_return(content: bytes, received: Received, mapping: CouncilMapping | None = None) -> JudgedReturn:
    """Read, standardise and judge a council's return for a quarter.

    mapping: what is confirmed of the council's headings and words. `ReturnRefused` (an InputRefused) when the file
    cannot be used: its message is a sentence for the council. `ReturnWaits` when it could be, once a person has said
    what its headings or words mean.
    """
    decided = mapping if mapping and mapping.is_confirmed else CouncilMapping(received.council_code, False)
    try:
        sheet = read_rows(content)
        headings = read_headings(sheet.headings, decided)
        if headings.missing and not headings.unused:
            raise InputRefused(missing_sentence(headings))
    except InputRefused as refusal:
        raise refuse_file(received, "file_unreadable", str(refusal)) from None
    _wait_for_headings(headings, received, decided)
    matches = list(headings.matches)
    translated = replace(sheet, cells=with_words(sheet.cells, matches, decided.words))
    read = standardise_rows(translated, matches, received.quarter_date)
    words = unknown_words(read.rows, decided.words)
    _wait_for_words(headings, read, words, received, decided)
    broken = _broken_rules(read.rows)
    of_file = [_order_judgements(received, read), _unconfirmed(headings, words, received)]
    told = _judgements(broken, absent_fields(matches), received)
    judgements = pl.concat([*of_file, told]).sort(ROW_NUMBER, "rule", "field")
    refused_rows = judgements.filter(pl.col("severity") == "refused")[ROW_NUMBER].unique()
    _refuse_other(sheet, read.rows, received, judgements)
    _refuse_too_many(read.rows.height, refused_rows.len(), received, judgements)
    accepted = _accepted(read.rows, broken, refused_rows).with_columns(
        *received.columns(), received_at=pl.lit(received.received_at, pl.Datetime("us"))
    )
    facts = _facts(sheet, read, judgements, refused_rows)
    proposal = render_proposal(received.council_code, headings, words) if headings.likely or words else None
    return JudgedReturn(
        accepted=accepted.select(REGISTER_COLUMNS),
        judgements=judgements,
        facts=facts,
        headings=headings.matches,
        unused=headings.unused,
        column_names=headings.names,
        proposal=proposal,
    )


def _wait_for_headings(headings: ReadHeadings, received: Received, mapping: CouncilMapping) -> None:
    if not headings.missing:
        return
    names = ", ".join(f"“{each.name.replace('_', ' ')}”" for each in headings.missing)
    fault = f"The headings of this return are not all understood: no column is surely the {names}."
    raise _waits(fault, "headings_unknown", headings, {}, received, mapping)


def _wait_for_words(
    headings: ReadHeadings, read: ReadRows, words: Counts, received: Received, mapping: CouncilMapping
) -> None:
    """Group words that nobody explained would refuse the rows; a person can say what they mean."""
    n = n_unread(read.rows, "programme_group")
    is_many = n >= LEAST_REFUSED_ROWS and n > MOST_REFUSED_SHARE * read.rows.height
    if "programme_group" in words and is_many:
        fault = f"The words for the programme group are not understood in {n} of {read.rows.height} rows."
        raise _waits(fault, "words_unknown", headings, words, received, mapping)


def _waits(
    fault: str, rule: str, headings: ReadHeadings, words: Counts, received: Received, mapping: CouncilMapping
) -> ReturnWaits:
    is_beside = mapping.is_confirmed and (bool(words) or any(c not in headings.decided for c in headings.names))
    file = f"mappings/{received.council_code}{'.proposed' if is_beside else ''}.yml"
    sentence = f"{fault} Confirm {file} and the return is read again."
    proposal = render_proposal(received.council_code, headings, words)
    return ReturnWaits(sentence, received, _file_judgement(received, rule, sentence), proposal)


def _unconfirmed(headings: ReadHeadings, words: Counts, received: Received) -> pl.DataFrame:
    """A warning for each column that may be a missing one and for each column with words that nobody explained."""
    told = [
        (
            name,
            "heading_unconfirmed",
            "warning",
            f"The column “{headings.names[each.column]}” may be the {name.replace('_', ' ')}, but it is not sure "
            f"enough ({each.score:.2f}), so it was not used.",
            "Tell us what the column holds, or head it as in the data schedule.",
        )
        for name, each in sorted(headings.likely.items())
    ]
    told += [
        (
            name,
            "words_unconfirmed",
            "warning",
            f"{len(counts)} words in the {name.replace('_', ' ')} column are not understood.",
            "Tell us what they mean, or write the words of the data schedule.",
        )
        for name, counts in sorted(words.items())
    ]
    return _whole_file(told, received)


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


def _order_judgements(received: Received, read: ReadRows) -> pl.DataFrame:
    """A warning for each date column whose order of day and month is a guess."""
    advice = "Write dates as DD/MM/YYYY, or tell us the order."
    told = [(name, "date_order_unclear", "warning", sentence, advice) for name, sentence in read.unclear.items()]
    return _whole_file(told, received)


def _whole_file(rows: list[tuple[str, str, str, str, str]], received: Received) -> pl.DataFrame:
    """Judgements without a row: (field, rule, severity, sentence, advice)."""
    told = pl.DataFrame(rows, schema=dict.fromkeys(_WORDS, pl.String()), orient="row")
    return (
        told.with_columns(*received.columns(), row_number=pl.lit(WHOLE_FILE))
        .select(JUDGEMENT_SCHEMA.names())
        .cast(JUDGEMENT_SCHEMA)
    )


_QUICK_RULES = tuple(rule.when.fill_null(False).alias(rule.id) for rule in RULES if rule.among is None)
_COMPARED_BY = tuple(
    pl.when(~LEFT_OUT[column]).then(pl.col(column)).alias(column) if column in LEFT_OUT else pl.col(column)
    for column in COMPARED_BY
)
"""Made once: to build the expressions takes as long as to compute them on a few hundred rows."""


def _broken_rules(rows: pl.DataFrame) -> pl.DataFrame:
    """row_number and one boolean column a rule."""
    compared = compare_rows(rows.select(ROW_NUMBER, *_COMPARED_BY, is_usable=IS_USABLE))
    beside = rows.with_columns(compared.select(COMPARED).get_columns())
    told = beside.select(_QUICK_RULES)
    slow = [_broken_among(beside, rule) for rule in RULES if rule.among is not None]
    return told.with_columns(rows[ROW_NUMBER], *slow).select(ROW_NUMBER, *(rule.id for rule in RULES))


def _broken_among(rows: pl.DataFrame, rule: Rule) -> pl.Series:
    """Whether a rule is broken in each row, asked only of the rows that can break it."""
    places = rows.select(rule.among).to_series().arg_true()
    asked = rows.select(pl.col(rule.when.meta.root_names()).gather(places))
    broken = asked.select(rule.when.fill_null(False)).to_series()
    return pl.repeat(False, rows.height, eager=True).scatter(places.filter(broken), True).alias(rule.id)


def _judgements(broken: pl.DataFrame, absent: list[Field], received: Received) -> pl.DataFrame:
    """What is said of columns that are absent, once, and of the rows in those that are there."""
    unsaid = {each.name for each in absent}
    is_broken = broken.select(pl.col(rule.id).any() for rule in RULES).row(0, named=True)
    said = (rule for rule in RULES if rule.field not in unsaid and is_broken[rule.id])
    told = [(rule, broken[rule.id].arg_true()) for rule in said]
    words = [(rule.field, rule.id, rule.severity, rule.sentence, rule.advice) for rule, _ in told]
    of_rules = pl.DataFrame(words, schema=dict.fromkeys(_WORDS, pl.String()), orient="row")
    nth_rule = np.repeat(np.arange(len(told), dtype=np.uint32), [of_rule.len() for _, of_rule in told])
    at = pl.concat([pl.Series([], dtype=pl.UInt32), *(of_rule for _, of_rule in told)])
    of_rows = (
        of_rules.select(pl.all().gather(nth_rule))
        .with_columns(broken[ROW_NUMBER].gather(at), *received.columns())
        .select(JUDGEMENT_SCHEMA.names())
    )
    return pl.concat([_column_judgements(received, absent), of_rows])


def _accepted(rows: pl.DataFrame, broken: pl.DataFrame, refused_rows: pl.Series) -> pl.DataFrame:
    """Rows without a refusal, with what a broken rule clears left empty and the role taken from the age.

    broken: of the same rows in the same order.
    """
    cleared = {
        column: broken.select(~pl.any_horizontal(rule.id for rule in RULES if column in rule.clears)).to_series()
        for column in sorted({column for rule in RULES for column in rule.clears})
    }
    age = pl.col("age")
    by_age = pl.when(age >= ADULT_AGE).then(pl.lit("adult")).when(age < ADULT_AGE).then(pl.lit("child"))
    return (
        rows.select(name for name in REGISTER_COLUMNS if name in rows.columns)
        .with_columns(rows.select(role=pl.coalesce("role", by_age)).to_series())
        .with_columns(pl.when(is_kept).then(pl.col(column)).alias(column) for column, is_kept in cleared.items())
        .filter(~pl.col(ROW_NUMBER).is_in(refused_rows.implode()))
    )


def _refuse_other(sheet: Sheet, rows: pl.DataFrame, received: Received, judgements: pl.DataFrame) -> None:
    """A return of another council, of two, or of another quarter."""
    council = council_fault(rows, sheet.cells, sheet.headings, sheet.titles, received.council_code)
    if council:
        raise _refusal(council.sentence, council.rule, received, judgements)
    quarter = quarter_fault(rows, sheet.titles, received.quarter_date)
    if quarter:
        raise _refusal(quarter, "wrong_quarter", received, judgements)


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
