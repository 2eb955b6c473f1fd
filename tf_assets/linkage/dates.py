"""Dates as people type them.

Whether 03/04/2001 is in March or in April is never decided for one row: the whole column, else the whole file, says in
which order its sender writes. A date that has only one possible reading is read that way, and the row is marked when
that is not the sender's usual order.
"""

from dataclasses import dataclass
from datetime import date
from typing import Literal

import polars as pl

DateOrder = Literal["day first", "month first"]

SPREADSHEET_EPOCH_DAYS = 25569
"""Serial number of 1970-01-01 in a spreadsheet's calendar, which counts from 30 December 1899."""

PLACEHOLDER_BIRTH_DATES = (
    date(1899, 12, 30),
    date(1899, 12, 31),
    date(1900, 1, 1),
    date(1900, 1, 2),
    date(1901, 1, 1),
)
"""What systems write when they do not know a date of birth (ours)."""

LARGEST_SERIAL = 55000
"""2050: a larger number is no date."""

_NUMERIC = r"^(\d{1,2})[\-/. ](\d{1,2})[\-/. ](\d{4}|\d{2})(?:[ T]\d{1,2}:\d{2}.*)?$"
_ISO = r"^(\d{4})[\-/.](\d{1,2})[\-/.](\d{1,2})(?:[ T].*)?$"
_WORDS = r"^(?:[A-Z]{3,9},? )?(\d{1,2})(?:ST|ND|RD|TH)?[\-/., ]*(?:OF )?([A-Z]{3,9})[\-/., ]*(\d{4}|\d{2})$"
_WORDS_MONTH_FIRST = r"^([A-Z]{3,9})[. ](\d{1,2})(?:ST|ND|RD|TH)?,? (\d{4})$"
_COMPACT = r"^(\d{2})(\d{2})((?:19|20)\d{2})$"
_COMPACT_ISO = r"^((?:19|20)\d{2})(\d{2})(\d{2})$"
_MONTHS = {
    name: month
    for month, names in enumerate(
        ["JAN JANUARY", "FEB FEBRUARY", "MAR MARCH", "APR APRIL", "MAY", "JUN JUNE", "JUL JULY", "AUG AUGUST",
         "SEP SEPT SEPTEMBER", "OCT OCTOBER", "NOV NOVEMBER", "DEC DECEMBER"],
        start=1,
    )
    for name in names.split()
}  # fmt: skip


@dataclass(frozen=True)
class OrderEvidence:
    """How often a column's dates can only be read one way.

    n_day_first: dates whose first part is over 12; n_month_first: dates whose second part is over 12.
    """

    n_day_first: int
    n_month_first: int

    @property
    def order(self) -> DateOrder | None:
        """The order that most of the evidence shows; None without evidence."""
        if self.n_day_first == self.n_month_first:
            return None if self.n_day_first == 0 else "day first"
        return "day first" if self.n_day_first > self.n_month_first else "month first"

    def __add__(self, other: "OrderEvidence") -> "OrderEvidence":
        return OrderEvidence(self.n_day_first + other.n_day_first, self.n_month_first + other.n_month_first)


def order_evidence(texts: pl.Series) -> OrderEvidence:
    """Count the texts that can only be day-month-year and those that can only be month-day-year."""
    parts = pl.select(pl.lit(texts).alias("t")).select(pl.col("t").str.extract_groups(_NUMERIC)).unnest("t")
    first, second = (pl.col(name).cast(pl.Int32) for name in ("1", "2"))
    counted = parts.select(
        ((first > 12) & (second <= 12)).sum().alias("day"), ((second > 12) & (first <= 12)).sum().alias("month")
    ).row(0)
    return OrderEvidence(int(counted[0] or 0), int(counted[1] or 0))


def parse_dates(texts: pl.Series, order: DateOrder, latest_two_digit_year: int) -> pl.DataFrame:
    """Read every text of a column.

    latest_two_digit_year: of the two centuries the later is taken unless it lies after this year.
    Returns one row a text, in order: date (null when unreadable), is_other_order (the only possible reading is not in
    `order`), is_ambiguous (both readings exist and differ).
    """
    # each pattern is searched once and kept: an expression that is used in two places would be computed twice
    parts = (
        texts.unique()
        .to_frame("t")
        .with_columns(upper=pl.col("t").str.strip_chars().str.to_uppercase())
        .with_columns(numeric=pl.col("upper").str.extract_groups(_NUMERIC).struct.rename_fields(["a", "b", "y"]))
        .unnest("numeric")
    )
    upper, a, b, y = (pl.col(name) for name in ("upper", "a", "b", "y"))
    day_first, month_first = _date(y, b, a, latest_two_digit_year), _date(y, a, b, latest_two_digit_year)
    usual, other = (day_first, month_first) if order == "day first" else (month_first, day_first)
    by_parts = parts.with_columns(usual=usual, other=other)
    unread = by_parts.filter(pl.col("a").is_null() & pl.col("t").is_not_null())
    plain = unread.select(
        "t",
        plain=pl.coalesce(
            _grouped(upper, _ISO, "ymd", latest_two_digit_year),
            _grouped(upper, _WORDS, "dmy", latest_two_digit_year),
            _grouped(upper, _WORDS_MONTH_FIRST, "mdy", latest_two_digit_year),
            _grouped(upper, _COMPACT_ISO, "ymd", latest_two_digit_year),
            _grouped(upper, _COMPACT, "dmy" if order == "day first" else "mdy", latest_two_digit_year),
            _serial(upper),
        )
        if unread.height
        else pl.lit(None, pl.Date),
    )
    read = by_parts.join(plain, on="t", how="left").select(
        "t",
        date=pl.coalesce("plain", "usual", "other"),
        is_other_order=pl.col("usual").is_null() & pl.col("other").is_not_null(),
        is_ambiguous=(pl.col("usual") != pl.col("other")).fill_null(False),
    )
    joined = texts.to_frame("t").join(read, on="t", how="left", nulls_equal=True, maintain_order="left")
    return joined.drop("t")


def _grouped(upper: pl.Expr, pattern: str, order: str, latest: int) -> pl.Expr:
    groups = upper.str.extract_groups(pattern)
    parts = {letter: groups.struct.field(str(at)) for at, letter in enumerate(order, start=1)}
    return _date(parts["y"], parts["m"], parts["d"], latest)


def _date(year: pl.Expr, month: pl.Expr, day: pl.Expr, latest: int) -> pl.Expr:
    """A date from text parts; months may be words; null when there is no such day."""
    short = year.cast(pl.Int32, strict=False)
    in_century = short + pl.when(short + 2000 > latest).then(1900).otherwise(2000)
    full = pl.when(year.str.len_chars() == 2).then(in_century).otherwise(short)
    number = pl.coalesce(
        month.cast(pl.Int32, strict=False), month.replace_strict(_MONTHS, default=None, return_dtype=pl.Int32)
    )
    iso = pl.concat_str(
        full.cast(pl.String).str.zfill(4), number.cast(pl.String).str.zfill(2), day.str.zfill(2), separator="-"
    )
    return iso.str.to_date("%Y-%m-%d", strict=False)


def _serial(upper: pl.Expr) -> pl.Expr:
    number = upper.str.extract(r"^(\d{1,5})(?:\.\d+)?$", 1).cast(pl.Int32, strict=False)
    is_day = (number >= 1) & (number <= LARGEST_SERIAL)
    # Spreadsheets believe that 1900 was a leap year, so the days before its 1 March are counted one too low.
    days = number - SPREADSHEET_EPOCH_DAYS + (number < 60).cast(pl.Int32)
    return pl.when(is_day).then(days.cast(pl.Date))
