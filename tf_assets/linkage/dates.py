"""Dates as people type them.

Whether 03/04/2001 is in March or in April is never decided for one row: the whole column, else the whole file, says in
which order its sender writes. A date that has only one possible reading is read that way, and the row is marked when
that is not the sender's usual order.
"""

from collections import defaultdict
from collections.abc import Mapping
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

DAYS_TO_1970 = 719468
"""Days from 1 March of the year 0 to 1 January 1970."""

LATEST_YEAR = 2068
"""Two digits mean no later year, where nothing is said of the column (POSIX)."""

LARGEST_SERIAL = 55000
"""2050: a larger number is no date."""

_NUMERIC = r"^([0-9]{1,2})[\-/. ]([0-9]{1,2})[\-/. ]([0-9]{4}|[0-9]{2})(?:[ T][0-9]{1,2}:[0-9]{2}.*)?$"
_ISO = r"^([0-9]{4})[\-/.]([0-9]{1,2})[\-/.]([0-9]{1,2})(?:[ T].*)?$"
_WORDS = r"^(?:[A-Z]{3,9},? )?([0-9]{1,2})(?:ST|ND|RD|TH)?[\-/., ]*(?:OF )?([A-Z]{3,9})[\-/., ]*([0-9]{4}|[0-9]{2})$"
_WORDS_MONTH_FIRST = r"^([A-Z]{3,9})[. ]([0-9]{1,2})(?:ST|ND|RD|TH)?,? ([0-9]{4})$"
_COMPACT = r"^([0-9]{2})([0-9]{2})((?:19|20)[0-9]{2})$"
_COMPACT_ISO = r"^((?:19|20)[0-9]{2})([0-9]{2})([0-9]{2})$"
_PLAIN_FORMS = (
    (_ISO, "ymd"),
    (_WORDS, "dMy"),
    (_WORDS_MONTH_FIRST, "Mdy"),
    (_COMPACT_ISO, "ymd"),
    (_COMPACT, "aby"),
)
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
    return evidence_by_column(split_dates({"": texts}, {}))[""]


def parse_dates(texts: pl.Series, order: DateOrder, latest_two_digit_year: int) -> pl.DataFrame:
    """`read_dates` of one column."""
    columns = {"": texts}
    return read_dates(columns, split_dates(columns, {"": latest_two_digit_year}), {"": order})[""]


def split_dates(columns: Mapping[str, pl.Series], latest_two_digit_years: Mapping[str, int]) -> pl.DataFrame:
    """Take the dates of some columns apart, all in one, because most of the work is the same for few texts and many.

    latest_two_digit_years: by column, else LATEST_YEAR; of the two centuries the later is taken unless it lies after.
    Returns column, t (the text), n (how often it stands in the column), upper, the numbers a, b and y of dates in
    numbers whose year is last, and latest. Each distinct text of a column has one row; of a column with few repeats
    each text has one, in order.
    """
    told = [
        _few_of(texts).with_columns(
            column=pl.lit(name), latest=pl.lit(latest_two_digit_years.get(name, LATEST_YEAR), pl.Int32)
        )
        for name, texts in columns.items()
    ]
    numbers = pl.col("upper").str.extract_groups(_NUMERIC).struct.rename_fields(["a", "b", "y"])
    return (
        pl.concat(told)
        .with_columns(upper=pl.col("t").str.strip_chars().str.to_uppercase())
        .with_columns(numbers=numbers)
        .unnest("numbers")
        .with_columns(_number(pl.col("a", "b")), y=_full_year(pl.col("y"), pl.col("latest")))
    )


def _few_of(texts: pl.Series) -> pl.DataFrame:
    """t, n: the distinct texts, or all of them in order where to look for the repeats costs more than they do."""
    counted = texts.alias("t").drop_nulls().value_counts(name="n")
    if counted.height > texts.len() / 2:
        return texts.to_frame("t").with_columns(n=pl.lit(1, counted.schema["n"]))
    return counted


def evidence_by_column(parts: pl.DataFrame) -> dict[str, OrderEvidence]:
    """How many dates of each column can only be read in one order; parts: as `split_dates` gives them."""
    a, b, n = pl.col("a"), pl.col("b"), pl.col("n")
    counted = parts.group_by("column").agg(
        day=n.filter((a > 12) & (b <= 12)).sum(), month=n.filter((b > 12) & (a <= 12)).sum()
    )
    found = {column: OrderEvidence(day, month) for column, day, month in counted.iter_rows()}
    return defaultdict(lambda: OrderEvidence(0, 0), found)


def read_dates(
    columns: Mapping[str, pl.Series], parts: pl.DataFrame, orders: Mapping[str, DateOrder]
) -> dict[str, pl.DataFrame]:
    """Read every text of some columns.

    parts: as `split_dates` gives them. Returns for each column one row a text, in order: date (null when unreadable),
    is_other_order (the only possible reading is not in the column's order), is_ambiguous (both readings exist and
    differ).
    """
    day_first = [column for column, order in orders.items() if order == "day first"]
    read = (
        parts.with_columns(is_day_first=pl.col("column").is_in(day_first), plain=_read_plainly(parts, day_first))
        .with_columns(day_month=_DAY_FIRST, month_day=_MONTH_FIRST)
        .with_columns(
            usual=pl.when("is_day_first").then("day_month").otherwise("month_day"),
            other=pl.when("is_day_first").then("month_day").otherwise("day_month"),
        )
        .select(
            "column",
            "t",
            date=pl.coalesce("plain", "usual", "other"),
            is_other_order=pl.col("usual").is_null() & pl.col("other").is_not_null(),
            is_ambiguous=(pl.col("usual") != pl.col("other")).fill_null(False),
        )
    )
    return {name: _of_column(texts, read.filter(pl.col("column") == name)) for name, texts in columns.items()}


def _of_column(texts: pl.Series, read: pl.DataFrame) -> pl.DataFrame:
    found = read.drop("column")
    if found.height == texts.len():  # all of them, in order
        return found.drop("t")
    joined = texts.to_frame("t").join(found, on="t", how="left", maintain_order="left")
    return joined.drop("t").with_columns(pl.col("is_other_order", "is_ambiguous").fill_null(False))


def _read_plainly(parts: pl.DataFrame, day_first: list[str]) -> pl.Series:
    """For each row the date whose form leaves no doubt, else null; each form is tried on what is still unread."""
    unread = (
        parts.with_row_index("at")
        .filter(pl.col("a").is_null() & pl.col("t").is_not_null())
        .select("at", "upper", "latest", is_day_first=pl.col("column").is_in(day_first))
    )
    plain = pl.Series("plain", [None], pl.Date).new_from_index(0, parts.height)
    for pattern, letters in _PLAIN_FORMS:
        if unread.is_empty():
            break
        tried = _grouped(unread, pattern, letters)
        is_read = tried.is_not_null()
        plain = plain.scatter(unread["at"].filter(is_read), tried.filter(is_read))
        unread = unread.filter(~is_read)
    return plain.scatter(unread["at"], unread.select(_serial(pl.col("upper"))).to_series())


def _grouped(unread: pl.DataFrame, pattern: str, letters: str) -> pl.Series:
    """Dates by a pattern whose groups are, by `letters`, year, month (M: in words), day, or either of them (a, b)."""
    groups = unread.select(
        "latest", "is_day_first", groups=pl.col("upper").str.extract_groups(pattern).struct.rename_fields(list(letters))
    ).unnest("groups")
    if groups["y"].null_count() == groups.height:
        return pl.Series([None], dtype=pl.Date).new_from_index(0, groups.height)
    if "a" in letters:
        day, month = (
            _number(pl.when("is_day_first").then(pl.col(usual)).otherwise(pl.col(other)))
            for usual, other in ("ab", "ba")
        )
    else:
        day, month = _number(pl.col("d")), _number(pl.col("m"))
    if "M" in letters:
        month = pl.col("M").replace_strict(_MONTHS, default=None, return_dtype=pl.Int32)
    numbers = groups.select(y=_full_year(pl.col("y"), pl.col("latest")), m=month, d=day)
    return numbers.select(_YEAR_MONTH_DAY).to_series()


def _number(digits: pl.Expr) -> pl.Expr:
    return digits.cast(pl.Int32, strict=False)


def _full_year(year: pl.Expr, latest: pl.Expr) -> pl.Expr:
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


_YEAR_MONTH_DAY = _date_of_numbers(pl.col("y"), pl.col("m"), pl.col("d"))
_DAY_FIRST = _date_of_numbers(pl.col("y"), pl.col("b"), pl.col("a"))
_MONTH_FIRST = _date_of_numbers(pl.col("y"), pl.col("a"), pl.col("b"))
"""Of the numbers a, b and y: the date in either order."""
