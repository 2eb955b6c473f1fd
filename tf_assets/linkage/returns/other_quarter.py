"""Is this the return of another quarter? Its dates and the words above its headings say.

A later quarter's return has starts and assessments after the quarter's end. An earlier one sent again has none of any
kind in the quarter, though there were some each quarter until then. A title may name the quarter outright.
"""

import re
from collections.abc import Iterable
from datetime import date

import polars as pl

from tf_assets.warehouse.calendar import next_quarter, quarter_of

MOST_LATE_SHARE = 0.05
LEAST_LATE_ROWS = 3
"""Starts and assessments after the quarter's end, as a share of rows: more, and it is another quarter's file (ours)."""

LEAST_USUAL = 10.0
LEAST_USUAL_ENDINGS = 7.0
"""Assessments, starts and endings a quarter, on average of those before, and endings alone. A council that has stopped
taking families on still ends its work with them: where seven end each quarter, none do by chance once in a thousand
times (Poisson, e**-7) (ours)."""

STRAY_SHARE = 0.02
"""Of the usual number, so many may fall into the quarter by a slip of the pen (ours)."""

QUARTERS_BEFORE = 4
LONGEST_TITLE = 200

_MONTHS = {name: at for at, name in enumerate(("jan", "apr", "jul", "oct"))}
_ENDS = {name: at for at, name in enumerate(("mar", "jun", "sep", "dec"))}
_MONTH = r"(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*"
_NUMBERS = {"1": 1, "2": 2, "3": 3, "4": 4, "one": 1, "two": 2, "three": 3, "four": 4, "first": 1, "second": 2,
            "third": 3, "fourth": 4}  # fmt: skip
_RANGE = re.compile(
    rf"\b(?:\d{{1,2}}(?:st)? )?{_MONTH} (?:(20\d\d) )?(?:to|until|till|through|and|-) "
    rf"(?:\d{{1,2}}(?:st|th)? )?{_MONTH} (20\d\d)\b"
)
_NUMBERED = re.compile(
    r"\b(?:q|qtr|quarter) ?([1-4]|one|two|three|four)(?: of)? (?:fy )?(20)?(\d\d)(?: ?[/-] ?(20)?(\d\d))?\b"
)
_ORDINAL = re.compile(r"\b(first|second|third|fourth) quarter(?: of)? (20)?(\d\d)(?: ?[/-] ?(20)?(\d\d))?\b")
_EDGE = re.compile(
    rf"\bquarter (beginning|starting|commencing|from|ending|ended|to|end) (?:\d{{1,2}}(?:st|th)? )?{_MONTH} (20\d\d)\b"
)
_EDGE_NUMBERS = re.compile(
    r"\bquarter (beginning|starting|commencing|from|ending|ended|to|end) (\d{1,2})[/.-](\d{1,2})[/.-](20\d\d)\b"
)


def quarter_fault(rows: pl.DataFrame, titles: Iterable[str], quarter: date) -> str | None:
    """A sentence that says that a return is of another quarter, and which it looks like; None where nothing says so.

    rows: standardised (`rows.ReadRows`); titles: cells above the headings; quarter: first day of that of the slot.
    """
    return _late(rows) or _titled(titles, quarter) or _early(rows, quarter)


def told_quarter(quarter: date) -> str:
    """`April to June 2015`."""
    last = date(quarter.year, quarter.month + 2, 1)
    return f"{quarter:%B} to {last:%B %Y}"


def _late(rows: pl.DataFrame) -> str | None:
    quarter_end = pl.col("quarter_end_date")
    late = rows.select(
        pl.when(pl.col(name) > quarter_end).then(pl.col(name)).alias(name) for name in ("start_date", "assessment_date")
    ).filter(pl.any_horizontal(pl.all().is_not_null()))
    if late.height < LEAST_LATE_ROWS or late.height <= MOST_LATE_SHARE * rows.height:
        return None
    days = pl.concat([late[name].drop_nulls().alias("day") for name in late.columns]).sort()
    looks_like = quarter_of(days[int(0.95 * (days.len() - 1))])
    return (
        f"{late.height} of {rows.height} rows have a start or assessment date after the quarter ended, so this is "
        f"the return of another quarter; it looks like that of {told_quarter(looks_like)}. Send it to the slot of its "
        "quarter."
    )


def _early(rows: pl.DataFrame, quarter: date) -> str | None:
    events = _events(rows)
    of_all = dict(events.group_by("quarter").agg(pl.col("n").sum()).iter_rows())
    of_endings = dict(events.filter(kind="end_date").select("quarter", "n").iter_rows())
    before = _quarters_before(quarter, min(of_all, default=quarter))
    if not before:
        return None
    usual, endings = (sum(counts.get(each, 0) for each in before) / len(before) for counts in (of_all, of_endings))
    is_usual = usual >= LEAST_USUAL and endings >= LEAST_USUAL_ENDINGS
    if not is_usual or of_all.get(quarter, 0) > STRAY_SHARE * usual:
        return None
    looks_like = max(each for each in before if of_all.get(each, 0) > STRAY_SHARE * usual)
    return (
        f"No family was assessed, began or ended in the quarter, though {usual:.0f} did in each quarter before, so this "
        f"is the return of an earlier quarter; it looks like that of {told_quarter(looks_like)}. Send the return of "
        f"{told_quarter(quarter)}, or tell us that nothing happened in it."
    )


def _events(rows: pl.DataFrame) -> pl.DataFrame:
    """quarter, kind, n: assessments, starts and endings of families in each quarter."""
    names = ("assessment_date", "start_date", "end_date")
    dated = [
        rows.select("family_ref", day=pl.col(name).cast(pl.Date)).drop_nulls().unique().with_columns(kind=pl.lit(name))
        for name in names
    ]
    quarter = pl.col("day").dt.truncate("1q").alias("quarter")
    return pl.concat(dated).group_by(quarter, "kind").agg(n=pl.len())


def _quarters_before(quarter: date, earliest: date) -> list[date]:
    """The four quarters before, those alone in which the register had begun."""
    found: list[date] = []
    each = earliest
    while each < quarter:
        found.append(each)
        each = next_quarter(each)
    return found[-QUARTERS_BEFORE:]


def _titled(titles: Iterable[str], quarter: date) -> str | None:
    named = [each for title in titles for each in quarters_named(title[:LONGEST_TITLE])]
    if not named or any(quarter in each for each in named):
        return None
    return (
        f"The title above the headings names the quarter {told_quarter(named[0][0])}, and the file lies in the slot of "
        f"{told_quarter(quarter)}. Send it to the slot of its quarter, or correct the title."
    )


def quarters_named(text: str) -> list[tuple[date, ...]]:
    """The quarters that a text names; for each mention all readings, for `Q2 2015` may count from January or April.

    `July to September 2015`, `Quarter 2 2015/16`, `Q2 15-16`, `Quarter beginning 01 July 2015`, `quarter ended 30/09/2015`.
    """
    plain = re.sub(r"[–—]", "-", text.lower())
    plain = re.sub(r"\s*-\s*(?=[a-z0-9])", "-", re.sub(r"[,():;]", " ", plain))
    spaced = re.sub(r"\s+", " ", re.sub(r"(?<=[a-z])-|-(?=\d{1,2} [a-z])|-(?=[a-z])", " - ", plain))
    found = [_of_range(*match.groups()) for match in _RANGE.finditer(spaced)]
    found += [_of_number(*match.groups()) for match in [*_NUMBERED.finditer(plain), *_ORDINAL.finditer(plain)]]
    found += [_of_edge(edge, month, year) for edge, month, year in _EDGE.findall(spaced)]
    found += [
        _of_edge(edge, f"{date(2000, int(month), 1):%b}".lower(), year)
        for edge, _, month, year in _EDGE_NUMBERS.findall(plain)
        if 1 <= int(month) <= 12
    ]
    return [readings for readings in found if readings]


def _of_range(first: str, first_year: str | None, last: str, year: str) -> tuple[date, ...]:
    if _MONTHS.get(first) is None or _MONTHS[first] != _ENDS.get(last) or (first_year or year) != year:
        return ()
    return (date(int(year), 3 * _MONTHS[first] + 1, 1),)


def _of_number(number: str, _: str | None, year: str, __: str | None, second: str | None) -> tuple[date, ...]:
    """With two years the financial year is meant, with one either."""
    at, first = _NUMBERS[number], 2000 + int(year)
    financial = date(first + (at == 4), 3 * (at % 4) + 1, 1)
    if second is not None:
        return (financial,) if int(second) == (first + 1) % 100 else ()
    return (financial, date(first, 3 * at - 2, 1))


def _of_edge(edge: str, month: str, year: str) -> tuple[date, ...]:
    """A quarter by its first or its last month."""
    is_end = edge in ("ending", "ended", "to", "end")
    at = (_ENDS if is_end else _MONTHS).get(month)
    return () if at is None else (date(int(year), 3 * at + 1, 1),)
