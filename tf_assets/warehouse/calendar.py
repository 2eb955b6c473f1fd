"""The years and quarters by which suppliers deliver."""

from dataclasses import dataclass
from datetime import date

FIRST_QUARTER = date(2015, 4, 1)
"""The first quarter of returns: the expanded programme began in April 2015."""

END_OF_QUARTERS = date(2020, 4, 1)
"""The day after the last quarter: the programme's funding period ran to March 2020."""

FIRST_YEAR = 2013
"""The first year of departments' extracts: two years of history before the first index date."""

END_OF_YEARS = 2021
"""No extract starts in this year or later: outcomes are followed for 24 months after the programme's end of 2018/19."""


@dataclass(frozen=True)
class ExtractYear:
    """A department's extract and the year by which it is delivered.

    name: the extract; supplier: who sends it; start_month: the month on whose first day its year begins;
    partitions: the name of that year in `schema.yml`.
    """

    name: str
    supplier: str
    start_month: int
    partitions: str

    def year_start(self, day: date) -> date:
        """The first day of the extract's year that holds `day`."""
        year = day.year if day.month >= self.start_month else day.year - 1
        return date(year, self.start_month, 1)


EXTRACTS: dict[str, ExtractYear] = {
    extract.name: extract
    for extract in (
        ExtractYear("attendance", "education", 9, "academic_year"),
        ExtractYear("attainment", "education", 9, "academic_year"),
        ExtractYear("social_care", "education", 4, "financial_year"),
        ExtractYear("offences", "justice", 1, "calendar_year"),
        ExtractYear("benefits", "DWP", 4, "financial_year"),
        ExtractYear("employment", "HMRC", 4, "financial_year"),
        ExtractYear("hospital", "health", 4, "financial_year"),
    )
}
"""Departments' extracts by name (docs/reference/data-schedule.md)."""


def quarter_of(day: date) -> date:
    """The first day of the quarter that holds `day` (1 January, 1 April, 1 July, 1 October)."""
    return date(day.year, 3 * ((day.month - 1) // 3) + 1, 1)


def next_quarter(quarter: date) -> date:
    """The first day of the quarter after `quarter`."""
    return date(quarter.year + 1, 1, 1) if quarter.month == 10 else date(quarter.year, quarter.month + 3, 1)
