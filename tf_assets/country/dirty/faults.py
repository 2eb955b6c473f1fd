"""Faults of single rows: which there are, how often, whom they befall and what they do to the row.

A fault lives in a council's case system: it stays in two returns running and is then mended. So each person's quarters
are cut into spells of two, starting at random, and each spell draws at most one fault.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import polars as pl

from tf_assets.country.dirty.shapes import DMY, MDY, Shape
from tf_assets.country.names import SHORT_FORMS

FAULT = "fault"
PICK = "pick"
"""A number of the person's own, from which a fault takes its details."""

SPELL = 2
"""Returns in which a fault stays."""

DUPLICATE = "duplicate_person"
TWO_FAMILIES = "person_in_two_families"
TWO_REFERENCES = "person_under_two_refs"
SPLIT, MERGED, MOVED = "family_split", "families_merged", "person_moved_family"
MISSING_REFERENCE = "missing_person_ref"
MIXED_ORDER = "date_order_mixed"

REFUSED, WARNING, REPAIRED, UNDETECTABLE = "refused", "warning", "repaired", "undetectable"


def _any_shape(shape: Shape) -> bool:
    return True


@dataclass(frozen=True)
class Fault:
    """A fault of one row.

    field: the column whose judgement is expected; severity: the expected one (`undetectable`: nobody can see it);
    rate: share of the rows it can befall; befalls: those rows; changes: column -> new value; fits: shapes in which the
    fault survives the writing; needs_earlier: it can be seen only beside an earlier return that had the person right,
    and is `undetectable` elsewhere.
    """

    name: str
    field: str
    severity: str
    rate: float
    befalls: pl.Expr
    changes: dict[str, pl.Expr]
    fits: Callable[[Shape], bool] = _any_shape
    needs_earlier: bool = False


def _column(name: str) -> pl.Expr:
    return pl.col(name)


_pick = _column(PICK)
_born, _start, _end = _column("date_of_birth"), _column("start_date"), _column("end_date")
_quarter_end = _column("quarter_date").dt.offset_by("3mo").dt.offset_by("-1d")
_is_ambiguous = (_born.dt.day() <= 12) & (_born.dt.day() != _born.dt.month())
_swapped = pl.date(_born.dt.year(), pl.when(_born.dt.day() <= 12).then(_born.dt.day()).otherwise(1), _born.dt.month())
_earliest = pl.min_horizontal("assessment_date", "start_date", "quarter_date")
_is_adult = _column("role") == "adult"
_on_programme = _column("programme_group") == "programme"
_is_female = _column("sex") == "F"
_title = (
    pl.when(_is_adult & _is_female)
    .then(pl.when(_pick % 2 == 0).then(pl.lit("Mrs ")).otherwise(pl.lit("Ms ")))
    .when(_is_female)
    .then(pl.lit("Miss "))
    .when(_is_adult)
    .then(pl.lit("Mr "))
    .otherwise(pl.lit("Master "))
)


def _one_of(*words: str) -> pl.Expr:
    expression = pl.lit(words[0])
    for at, word in enumerate(words[1:], start=1):
        expression = pl.when(_pick % len(words) == at).then(pl.lit(word)).otherwise(expression)
    return expression


def _spaced(name: str, *cuts: int) -> pl.Expr:
    edges = [0, *cuts]
    parts = [_column(name).str.slice(start, end - start) for start, end in zip(edges, cuts, strict=False)]
    return pl.concat_str([*parts, _column(name).str.slice(edges[-1])], separator=" ")


def _has(name: str) -> pl.Expr:
    return _column(name).is_not_null()


def _four_digit_years(shape: Shape) -> bool:
    return not shape.has_two_digit_years


def _numeric_dates(shape: Shape) -> bool:
    return shape.dates in (DMY, MDY)


_next_letter = dict(zip("ABCDEFGHJKLMNPQRTUVWXYZ", "BCDEFGHJKLMNPQRTUVWXYZA", strict=True))
_upn, _nino, _postcode = _column("upn"), _column("nino"), _column("postcode")

_assessed = _column("assessment_date")
_siblings_upn = _upn.filter(_upn.is_not_null() & _column(FAULT).is_null()).first().over("quarter_date", "family_ref")
"""The number of the first faultless pupil of the family."""

FAULTS: tuple[Fault, ...] = (
    Fault("upn_check_letter", "upn", WARNING, 0.008, _has("upn"),
          {"upn": _upn.str.head(1).replace(_next_letter) + _upn.str.slice(1)}),
    Fault("upn_spaces", "upn", REPAIRED, 0.008, _has("upn"), {"upn": _spaced("upn", 4, 8)}),
    Fault("nino_prefix", "nino", WARNING, 0.008, _has("nino"), {"nino": pl.lit("QQ") + _nino.str.slice(2)}),
    Fault("nino_spaces", "nino", REPAIRED, 0.008, _has("nino"), {"nino": _spaced("nino", 2, 4, 6, 8)}),
    Fault("birth_in_future", "date_of_birth", REFUSED, 0.004, _has("date_of_birth"),
          {"date_of_birth": _quarter_end + pl.duration(days=_pick % 1000 + 900)}, _four_digit_years),
    Fault("birth_after_start", "date_of_birth", REFUSED, 0.005, _has("start_date") & (_quarter_end > _start),
          {"date_of_birth": pl.min_horizontal(_start + pl.duration(days=_pick % 20 + 1), _quarter_end)}),
    Fault("birth_1900", "date_of_birth", WARNING, 0.004, _has("date_of_birth"),
          {"date_of_birth": pl.date(1900, 1, 1)}, _four_digit_years),
    Fault("day_month_swapped", "date_of_birth", WARNING, 0.01, _is_ambiguous & (_swapped < _earliest),
          {"date_of_birth": _swapped}, needs_earlier=True),
    # The date stays as it is; only its writing is in the other order (rendering.py).
    Fault(MIXED_ORDER, "date_of_birth", REPAIRED, 0.006, _born.dt.day() > 12, {}, _numeric_dates),
    Fault("missing_surname", "surname", REFUSED, 0.004, _has("surname"), {"surname": pl.lit(None, pl.String)}),
    Fault(MISSING_REFERENCE, "person_ref", REFUSED, 0.003, _has("person_ref"),
          {"person_ref": pl.lit(None, pl.String)}),
    Fault("postcode_cut_short", "postcode", WARNING, 0.008, _has("postcode"),
          {"postcode": _postcode.str.head(_postcode.str.len_chars() - 1)}),
    Fault("title_in_name", "forename", REPAIRED, 0.008, _has("forename"), {"forename": _title + _column("forename")}),
    Fault("names_swapped", "forename", WARNING, 0.004, _has("forename") & _has("surname"),
          {"forename": _column("surname"), "surname": _column("forename")}, needs_earlier=True),
    Fault("short_forename", "forename", UNDETECTABLE, 0.03, _column("forename").is_in(list(SHORT_FORMS)),
          {"forename": _column("forename").replace(SHORT_FORMS)}),
    Fault("sex_unknown", "sex", WARNING, 0.004, _has("sex"), {"sex": _one_of("Not known", "9", "?")}),
    Fault("group_unreadable", "programme_group", REFUSED, 0.004, _has("programme_group"),
          {"programme_group": _one_of("see notes", "#REF!", "TBC")}),
    Fault("start_missing", "start_date", REFUSED, 0.004, _on_programme & _has("start_date"),
          {"start_date": pl.lit(None, pl.Date)}),
    Fault("end_before_start", "end_date", WARNING, 0.01, _has("start_date") & _has("end_date"),
          {"end_date": _start - pl.duration(days=_pick % 90 + 1)}),
    Fault("role_missing", "role", REPAIRED, 0.008, _has("role"), {"role": pl.lit(None, pl.String)}),
    Fault(DUPLICATE, "person_ref", REFUSED, 0.004, _has("person_ref"), {}),
    # Rates from here on are low: the rows are used, and what is wrong in them goes into the linkage.
    Fault("birth_after_assessment", "date_of_birth", WARNING, 0.002,
          (_column("programme_group") == "awaiting") & (_quarter_end > _assessed),
          {"date_of_birth": pl.min_horizontal(_assessed + pl.duration(days=_pick % 20 + 1), _quarter_end)}),
    Fault("upn_of_sibling", "upn", WARNING, 0.002, _has("upn") & (_upn != _siblings_upn), {"upn": _siblings_upn}),
    Fault("status_reversed", "programme_group", WARNING, 0.001, _on_programme & _has("start_date"),
          {"programme_group": pl.lit("awaiting"), "start_date": pl.lit(None, pl.Date),
           "end_date": pl.lit(None, pl.Date), "end_reason": pl.lit(None, pl.String)}, needs_earlier=True),
    Fault("start_changed", "start_date", WARNING, 0.002, _on_programme & _has("start_date"),
          {"start_date": _start - pl.duration(days=_pick % 28 + 1)}, needs_earlier=True),
    Fault("sex_changed", "sex", WARNING, 0.002, _has("sex"),
          {"sex": pl.when(_is_female).then(pl.lit("M")).otherwise(pl.lit("F"))}, needs_earlier=True),
    Fault("person_ref_reused", "person_ref", WARNING, 0.001, _born.dt.year() < 2000,
          {"forename": _one_of("Gwendolen", "Barnaby", "Rosalind"), "surname": _one_of("Quennell", "Tregarth"),
           "date_of_birth": _born - pl.duration(days=_pick % 900 + 100), "upn": pl.lit(None, pl.String),
           "nino": pl.lit(None, pl.String)}, needs_earlier=True),
    Fault(TWO_FAMILIES, "family_ref", REFUSED, 0.002, _has("person_ref"), {}),
)  # fmt: skip
"""The schedule's severities: docs/reference/data-schedule.md. Rates are ours, near what returns of this kind show."""

BY_NAME = {fault.name: fault for fault in FAULTS}

OF_THE_REGISTER: dict[str, tuple[str, str]] = {
    TWO_REFERENCES: ("person_ref", WARNING),
    SPLIT: ("family_ref", WARNING),
    MERGED: ("family_ref", WARNING),
    MOVED: ("family_ref", WARNING),
}
"""Troubles of the registers themselves, recorded where no fault was drawn: name -> field and severity."""


def draw_faults(rows: pl.DataFrame, shape: Shape, quarter_index: pl.Series, rng: np.random.Generator) -> pl.DataFrame:
    """Rows of one council with columns `pick` and `fault` (null for most); nothing is changed yet.

    quarter_index: for each row the number of its quarter from 0.
    """
    person = rows["person_ref"].rank("dense").to_numpy().astype(np.int64) - 1
    n_people = int(person.max()) + 1 if len(person) else 0
    quarter = quarter_index.to_numpy().astype(np.int64)
    phase = rng.integers(0, SPELL, n_people)
    n_spells = (int(quarter.max()) + SPELL) // SPELL + 1 if len(quarter) else 1
    rates = np.cumsum([fault.rate for fault in FAULTS])
    drawn = np.searchsorted(rates, rng.random((n_people, n_spells)), side="right")
    pick = rng.integers(0, 2**31, n_people)
    number = drawn[person, (quarter + phase[person]) // SPELL]
    names = pl.Series([*(fault.name for fault in FAULTS), None], dtype=pl.String)
    marked = rows.with_columns(names.gather(number).alias(FAULT), pl.Series(PICK, pick[person]))
    return keep_possible(marked, shape)


def keep_possible(rows: pl.DataFrame, shape: Shape) -> pl.DataFrame:
    """Drop drawn faults that cannot befall their row or would not survive the writing."""
    fitting = [fault for fault in FAULTS if fault.fits(shape)]
    can_be = pl.any_horizontal((pl.col(FAULT) == fault.name) & fault.befalls for fault in fitting)
    return rows.with_columns(pl.when(can_be).then(pl.col(FAULT)).alias(FAULT))


def plant_faults(rows: pl.DataFrame) -> pl.DataFrame:
    """Change each faulty row as its fault says; a person to be sent twice gets a second row at the end of the quarter.

    Which of the two rows is the second is known once the rows are in their order: `mark_second_rows`.
    """
    columns = dict.fromkeys(name for fault in FAULTS for name in fault.changes if name in rows.columns)
    changed = rows.with_columns(_changed(column) for column in columns)
    is_twofold = pl.col(FAULT).is_in([DUPLICATE, TWO_FAMILIES])
    both = pl.concat([changed, changed.filter(pl.col(FAULT) == DUPLICATE), _in_later_families(changed)])
    both = both.with_columns(pl.when(~is_twofold).then(pl.col(FAULT)).alias(FAULT))
    return both.sort("quarter_date", maintain_order=True)


def _in_later_families(rows: pl.DataFrame) -> pl.DataFrame:
    """The second rows of people in two families: in one that stands further down, so that the true row comes first."""
    families = rows.select("quarter_date", "family_ref").unique().sort("quarter_date", "family_ref")
    later = families.with_columns(other=pl.col("family_ref").shift(-3).over("quarter_date"))
    chosen = rows.filter(pl.col(FAULT) == TWO_FAMILIES)
    second = chosen.join(later, on=["quarter_date", "family_ref"], how="left", maintain_order="left")
    return second.drop_nulls("other").with_columns(family_ref="other").drop("other")


def mark_second_rows(rows: pl.DataFrame) -> pl.DataFrame:
    """The fault of a second row for every further good row of a person in a quarter, in the order of the rows.

    It is `person_in_two_families` where the family is not the first row's, else `duplicate_person`. So a register that
    names a person twice itself has its fault recorded too: a return has one row a person.
    """
    person = ("quarter_date", "person_ref")
    is_good = _is_good()
    nth_good = is_good.cum_sum().over(person)
    is_second = pl.col("person_ref").is_not_null() & is_good & (nth_good > 1)
    family = pl.col("family_ref")
    is_elsewhere = family != family.filter(is_good).first().over(person)
    second = pl.when(is_elsewhere).then(pl.lit(TWO_FAMILIES)).otherwise(pl.lit(DUPLICATE))
    return rows.with_columns(pl.when(is_second).then(second).otherwise(pl.col(FAULT)).alias(FAULT))


def mark_double_people(rows: pl.DataFrame) -> pl.DataFrame:
    """`person_under_two_refs` for every further faultless row of a true person in a quarter, in the order of the rows.

    Where the register lists a child in two families, each has a reference of its own for it.
    """
    is_clean = pl.col(FAULT).is_null()
    is_further = is_clean & (is_clean.cum_sum().over("quarter_date", "person_id") > 1)
    return rows.with_columns(pl.when(is_further).then(pl.lit(TWO_REFERENCES)).otherwise(pl.col(FAULT)).alias(FAULT))


def _is_good() -> pl.Expr:
    return pl.col(FAULT).is_null() | ~pl.col(FAULT).is_in([f.name for f in FAULTS if f.severity == REFUSED])


def _changed(column: str) -> pl.Expr:
    expression = pl.col(column)
    for fault in FAULTS:
        if column in fault.changes:
            value = fault.changes[column]
            expression = pl.when(pl.col(FAULT) == fault.name).then(value).otherwise(expression)
    return expression.alias(column)
