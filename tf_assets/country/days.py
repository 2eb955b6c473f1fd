"""Days as whole numbers: everything in the fictional country is dated in days since 1 January 1970 (int32)."""

from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[Any]
"""A one-dimensional array of whole numbers."""


def day(value: date) -> int:
    """The number of a date."""
    return (value - date(1970, 1, 1)).days


LIFE_START = day(date(2013, 4, 1))
LIFE_END = day(date(2019, 8, 31))
"""Lives are simulated from 1 April 2013 to 31 August 2019, both days included."""

SPELLS_START = day(date(2011, 4, 1))
"""Spells are drawn from two years before, so that some are under way when life starts."""

NEVER = 2**30
"""The day of what does not happen."""

YEAR = 365.25


def months_of(days: Ints) -> Ints:
    """Months since January 1970."""
    return np.asarray(days).astype("M8[D]").astype("M8[M]").astype(np.int64)


def first_of_month(months: Ints) -> Ints:
    """The first day of months since January 1970."""
    return np.asarray(months).astype("M8[M]").astype("M8[D]").astype(np.int64)


def add_months(days: Ints, n_months: int) -> Ints:
    """The same day n months later; the month's last day where there is no such day, as SQL's intervals do."""
    months = months_of(days)
    day_of_month = days - first_of_month(months)
    length = first_of_month(months + n_months + 1) - first_of_month(months + n_months)
    return (first_of_month(months + n_months) + np.minimum(day_of_month, length - 1)).astype(np.int32)


def age_by_month(birth: Ints, on: Ints) -> Ints:
    """Completed years by month of birth: the whole birthday month counts as reached.

    A release carries the month of birth alone, so whom an outcome counts is defined by it, here as in the research.
    """
    return (months_of(on) - months_of(birth)) // 12


def swap_day_and_month(days: Ints) -> Ints:
    """3 July becomes 7 March; days after the twelfth stay as they are."""
    months = months_of(days)
    day_of_month = days - first_of_month(months) + 1
    swapped = first_of_month((months // 12) * 12 + day_of_month - 1) + months % 12
    return np.where(day_of_month <= 12, swapped, days).astype(np.int32)
