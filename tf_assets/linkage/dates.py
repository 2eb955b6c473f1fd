"""Dates as people type them.

Whether 03/04/2001 is in March or in April is never decided for one row: the whole column, else the whole file, says in
which order its sender writes. A date that has only one possible reading is read that way, and the row is marked when
that is not the sender's usual order.
"""

from dataclasses import dataclass
from datetime import date
from functools import cache
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

DAYS_TO_1970 = 719468
"""Days from 1 March of the year 0 to 1 January 1970."""

LARGEST_SERIAL = 55000
"""2050: a larger number is no date."""

_NUMERIC = r"^([0-9]{1,2})[\-/. ]([0-9]{1,2})[\-/. ]([0-9]{4}|[0-9]{2})(?:[ T][0-9]{1,2}:[0-9]{2}.*)?$"
_ISO = r"^([0-9]{4})[\-/.]([0-9]{1,2})[\-/.]([0-9]{1,2})(?:[ T].*)?$"
_WORDS = r"^(?:[A-Z]{3,9},? )?([0-9]{1,2})(?:ST|ND|RD|TH)?[\-/., ]*(?:OF )?([A-Z]{3,9})[\-/., ]*([0-9]{4}|[0-9]{2})$"
_WORDS_MONTH_FIRST = r"^([A-Z]{3,9})[. ]([0-9]{1,2})(?:ST|ND|RD|TH)?,? ([0-9]{4})$"
_COMPACT = r"^([0-9]{2})([0-9]{2})((?:19|20)[0-9]{2})$"
_COMPACT_ISO = r"^((?:19|20)[0-9]{2})([0-9]{2})([0-9]{2})$"
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
        .with_columns(_number(pl.col("a", "b")), y=_full_year(pl.col("y"), latest_two_digit_year))
    )
    usual, other = _both_readings(order)
    if parts["a"].null_count() == parts.height:
        usual = other = pl.lit(None, pl.Date)
    by_parts = parts.lazy().select("t", "upper", "a", usual=usual, other=other).collect()
    unread = by_parts.filter(pl.col("a").is_null() & pl.col("t").is_not_null())
    plain = _read_plainly(unread.select("t", "upper"), order, latest_two_digit_year)
    read = by_parts.join(plain, on="t", how="left").select(
        "t",
        date=pl.coalesce("plain", "usual", "other"),
        is_other_order=pl.col("usual").is_null() & pl.col("other").is_not_null(),
        is_ambiguous=(pl.col("usual") != pl.col("other")).fill_null(False),
    )
    joined = texts.to_frame("t").join(read, on="t", how="left", nulls_equal=True, maintain_order="left")
    return joined.drop("t")


def _read_plainly(unread: pl.DataFrame, order: DateOrder, latest: int) -> pl.DataFrame:
    """Dates (t, plain) whose form leaves no doubt; each form is tried on what those before it could not read."""
    forms = (
        (_ISO, "ymd"),
        (_WORDS, "dMy"),
        (_WORDS_MONTH_FIRST, "Mdy"),
        (_COMPACT_ISO, "ymd"),
        (_COMPACT, "dmy" if order == "day first" else "mdy"),
    )
    found = [pl.DataFrame(schema={"t": pl.String, "plain": pl.Date})]
    for pattern, letters in forms:
        if unread.is_empty():
            break
        tried = _grouped(unread, pattern, letters, latest)
        found.append(tried.filter(pl.col("plain").is_not_null()).select("t", "plain"))
        unread = tried.filter(pl.col("plain").is_null()).select("t", "upper")
    found.append(unread.select("t", plain=_serial(pl.col("upper"))))
    return pl.concat(found)


def _grouped(unread: pl.DataFrame, pattern: str, letters: str, latest: int) -> pl.DataFrame:
    """With `plain`, the date by a pattern whose groups are year, month, day in the order of `letters`; M is in words."""
    groups = pl.col("upper").str.extract_groups(pattern).struct.rename_fields(list(letters))
    month = (
        pl.col("M").replace_strict(_MONTHS, default=None, return_dtype=pl.Int32)
        if "M" in letters
        else _number(pl.col("m"))
    )
    return (
        unread.with_columns(groups=groups)
        .unnest("groups")
        .select("t", "upper", y=_full_year(pl.col("y"), latest), m=month, d=_number(pl.col("d")))
        .lazy()
        .select("t", "upper", plain=_date_of_numbers(pl.col("y"), pl.col("m"), pl.col("d")))
        .collect()
    )


@cache
def _both_readings(order: DateOrder) -> tuple[pl.Expr, pl.Expr]:
    """Of the numbers a, b and y: the date in the usual order, and in the other."""
    a, b, y = (pl.col(name) for name in ("a", "b", "y"))
    day_first, month_first = _date_of_numbers(y, b, a), _date_of_numbers(y, a, b)
    return (day_first, month_first) if order == "day first" else (month_first, day_first)


def _number(digits: pl.Expr) -> pl.Expr:
    return digits.cast(pl.Int32, strict=False)


def _full_year(year: pl.Expr, latest: int) -> pl.Expr:
    short = _number(year)
    in_century = short + pl.when(short + 2000 > latest).then(1900).otherwise(2000)
    return pl.when(year.str.len_chars() == 2).then(in_century).otherwise(short)


def _date_of_numbers(year: pl.Expr, month: pl.Expr, day: pl.Expr) -> pl.Expr:
    """Day of the Gregorian calendar, counted from 1970; null when there is no such day.

    In whole numbers, because text that is made only to be parsed costs ten times as much. Days from a civil date: the
    year begins in March, so that the leap day is its last (Fliegel and Van Flandern, CACM 11:10, 1968).
    """
    is_leap = (year % 4 == 0) & ((year % 100 != 0) | (year % 400 == 0))
    n_days = pl.when(month == 2).then(28 + is_leap.cast(pl.Int32)).otherwise(30 + (month + month // 8) % 2)
    is_day = (year >= 1) & (month >= 1) & (month <= 12) & (day >= 1) & (day <= n_days)
    from_march = (month + 9) % 12
    shifted = year - (from_march >= 10).cast(pl.Int32)
    days = shifted * 365 + shifted // 4 - shifted // 100 + shifted // 400 + (153 * from_march + 2) // 5 + day - 1
    return pl.when(is_day).then((days - DAYS_TO_1970).cast(pl.Date))


def _serial(upper: pl.Expr) -> pl.Expr:
    number = upper.str.extract(r"^(\d{1,5})(?:\.\d+)?$", 1).cast(pl.Int32, strict=False)
    is_day = (number >= 1) & (number <= LARGEST_SERIAL)
    # Spreadsheets believe that 1900 was a leap year, so the days before its 1 March are counted one too low.
    days = number - SPREADSHEET_EPOCH_DAYS + (number < 60).cast(pl.Int32)
    return pl.when(is_day).then(days.cast(pl.Date))
