"""From the cells of a return to standardised rows; what was sent is kept beside what was made of it."""

from dataclasses import dataclass
from datetime import date

import polars as pl
from rapidfuzz import fuzz, process

from tf_assets.linkage import standardise
from tf_assets.linkage.dates import (
    PLACEHOLDER_BIRTH_DATES,
    DateOrder,
    OrderEvidence,
    evidence_by_column,
    read_dates,
    split_dates,
)
from tf_assets.linkage.returns.grid import ROW_NUMBER
from tf_assets.linkage.returns.headings import HeadingMatch
from tf_assets.linkage.returns.reading import Sheet
from tf_assets.linkage.returns.vocabulary import (
    DATE_FIELDS,
    END_REASON_WORDS,
    FIELD_NAMES,
    FULL_NAME,
    GROUP_WORDS,
    PROBLEM_FIELDS,
    ROLE_WORDS,
    plain_words,
)
from tf_assets.linkage.standard_columns import Standard, standardise_column, standardise_names

WORD_THRESHOLD = 90.0
"""Least rapidfuzz ratio (0-100) for a misspelt group, role or reason (ours)."""

ADULT_AGE = 18

LEAST_CONTRADICTIONS = 5
MOST_CONTRADICTIONS = 0.2
"""Dates that only the rarer order explains, and their share of those that only the usual one does: above both, no order
of the column is sure (ours)."""


@dataclass(frozen=True)
class ReadRows:
    """A return, row by row.

    rows: row_number, `sent_<field>` (text as sent, null if blank or absent), `<field>` (standardised), for each date
    `<field>_is_other_order`, and `has_stray_cell`, `age`, `quarter_end_date`.
    orders: the day-month order of each date column that was sent; evidence: how many of its dates show an order;
    n_mixed: dates whose order is not their column's; unclear: date columns whose order nothing or too little tells,
    with the sentence that says so.
    """

    rows: pl.DataFrame
    orders: dict[str, DateOrder]
    evidence: dict[str, OrderEvidence]
    n_mixed: int
    unclear: dict[str, str]


def last_day_of_quarter(quarter: date) -> date:
    """30 June for 1 April, and so on."""
    return pl.select(pl.lit(quarter).dt.offset_by("3mo").dt.offset_by("-1d")).item()


def standardise_rows(sheet: Sheet, matches: list[HeadingMatch], quarter: date) -> ReadRows:
    """Pick the known columns and bring each to its standard form."""
    quarter_end = last_day_of_quarter(quarter)
    source = {match.field: match.column for match in matches}
    sent = sheet.cells.select(
        ROW_NUMBER,
        *(
            (pl.col(source[field]) if field in source else pl.lit(None, pl.String)).alias(f"sent_{field}")
            for field in FIELD_NAMES
        ),
        has_stray_cell=_any_filled(sheet.stray_columns),
    )
    dated, orders, evidence, n_mixed, unclear = _with_dates(sent, quarter_end)
    rows = dated.with_columns(*_identity_columns(sent, FULL_NAME in source), *_programme_columns(sent)).with_columns(
        quarter_end_date=pl.lit(quarter_end), age=_age(pl.col("date_of_birth"), quarter_end)
    )
    return ReadRows(rows, orders, evidence, n_mixed, unclear)


def _any_filled(columns: tuple[str, ...]) -> pl.Expr:
    return pl.any_horizontal(pl.col(columns).is_not_null()) if columns else pl.lit(False)


def _identity_columns(sent: pl.DataFrame, has_full_name: bool) -> list[pl.Series]:
    standards: dict[str, Standard] = {
        "family_ref": standardise.reference,
        "person_ref": standardise.reference,
        "forename": standardise.name,
        "surname": standardise.name,
        "sex": standardise.sex,
        "postcode": standardise.postcode,
        "address": standardise.address,
        "upn": standardise.upn,
        "nino": standardise.nino,
        "school_name": standardise.address,
    }
    made = {field: standardise_column(sent[f"sent_{field}"], standard) for field, standard in standards.items()}
    if has_full_name:
        made["forename"], made["surname"] = standardise_names(sent[f"sent_{FULL_NAME}"])
    return [column.alias(field) for field, column in made.items()]


def _programme_columns(sent: pl.DataFrame) -> list[pl.Series]:
    return [
        _by_words(sent["sent_programme_group"], GROUP_WORDS).alias("programme_group"),
        _by_words(sent["sent_role"], ROLE_WORDS).alias("role"),
        _by_words(sent["sent_end_reason"], END_REASON_WORDS, default="other").alias("end_reason"),
        *_flags({field: sent[f"sent_{field}"] for field in PROBLEM_FIELDS}),
    ]


def _by_words(texts: pl.Series, words: dict[str, str], default: str | None = None) -> pl.Series:
    """The declared meaning of each distinct text: exact words, else a misspelling of them; else `default`."""
    meanings = {text: _meaning(text, words) or default for text in texts.drop_nulls().unique().to_list()}
    return texts.replace_strict(meanings, default=None, return_dtype=pl.String)


def _meaning(text: str, words: dict[str, str]) -> str | None:
    plain = plain_words(text)
    if plain in words or len(plain) < 5:
        return words.get(plain)
    found = process.extractOne(plain, words.keys(), scorer=fuzz.ratio, score_cutoff=WORD_THRESHOLD)
    return words[found[0]] if found else None


def _flags(columns: dict[str, pl.Series]) -> list[pl.Series]:
    """Blank means no where the column never writes a no: councils tick what applies. Else it means not known."""
    distinct = {field: texts.drop_nulls().unique() for field, texts in columns.items()}
    told = pl.concat(distinct.values()).unique().to_frame("t").select("t", flag=standardise.flag(pl.col("t")))
    yes, no = (told.filter(flag=meaning)["t"].to_list() for meaning in (True, False))
    made = [
        _flag(field, [text for text in texts if text in yes], [text for text in texts if text in no])
        if texts.len()
        else pl.lit(None, pl.Boolean).alias(field)
        for field, texts in distinct.items()
    ]
    return pl.DataFrame(columns).with_columns(made).get_columns()


def _flag(field: str, yes: list[str], no: list[str]) -> pl.Expr:
    """A column in which `yes` and `no` are written so; texts that are neither are null."""
    is_yes, is_no = (pl.any_horizontal(False, *(pl.col(field) == text for text in texts)) for texts in (yes, no))
    told = pl.when(is_yes | is_no).then(is_yes)
    return (told if no else pl.when(pl.col(field).is_null()).then(False).otherwise(told)).alias(field)


def _with_dates(
    sent: pl.DataFrame, quarter_end: date
) -> tuple[pl.DataFrame, dict[str, DateOrder], dict[str, OrderEvidence], int, dict[str, str]]:
    columns = {field: sent[f"sent_{field}"] for field in DATE_FIELDS}
    # Nobody is born after the quarter; the programme's own dates are all of this century.
    parts = split_dates(columns, {"date_of_birth": quarter_end.year})
    evidence = evidence_by_column(parts)
    of_file = sum(evidence.values(), start=OrderEvidence(0, 0)).order
    orders: dict[str, DateOrder] = {field: evidence[field].order or of_file or "day first" for field in DATE_FIELDS}
    added: list[pl.Series] = []
    n_mixed = 0
    unclear: dict[str, str] = {}
    for field, read in read_dates(columns, parts, orders).items():
        added += [read["date"].alias(field), read["is_other_order"].alias(f"{field}_is_other_order")]
        n_mixed += int(read["is_other_order"].sum())
        doubt = _doubt(field, evidence[field], bool(read["is_ambiguous"].any()), of_file is None)
        if doubt:
            unclear[field] = doubt
    present = {field: order for field, order in orders.items() if columns[field].null_count() < sent.height}
    return sent.with_columns(added), present, {field: evidence[field] for field in present}, n_mixed, unclear


def _doubt(field: str, evidence: OrderEvidence, has_ambiguous: bool, is_file_silent: bool) -> str | None:
    """What is to be said where the order of day and month is a guess: no date tells it, or dates contradict."""
    name = field.replace("_", " ")
    if not has_ambiguous:
        return None
    if is_file_silent:
        return (
            f"No date of the file tells whether its day or its month stands first; in the {name} the day was taken "
            "to stand first."
        )
    fewer, more = sorted((evidence.n_day_first, evidence.n_month_first))
    if fewer < LEAST_CONTRADICTIONS or fewer <= MOST_CONTRADICTIONS * more:
        return None
    return (
        f"{evidence.n_day_first} dates of the {name} have the day first and {evidence.n_month_first} the month, so the "
        "others can be wrong."
    )


def _age(born: pl.Expr, on: date) -> pl.Expr:
    """Completed years on a day; null where the date of birth is a placeholder."""
    month_and_day = born.dt.month().cast(pl.Int32) * 100 + born.dt.day()
    had_birthday = month_and_day <= on.month * 100 + on.day
    years = pl.lit(on.year) - born.dt.year() - (~had_birthday).cast(pl.Int32)
    return pl.when(~born.is_in(list(PLACEHOLDER_BIRTH_DATES))).then(years)
