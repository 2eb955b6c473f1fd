"""Days as whole numbers."""

from datetime import date

import numpy as np
import pytest

from tf_assets.country.days import add_months, age_by_month, day, swap_day_and_month


@pytest.mark.parametrize(
    ("start", "n_months", "expected"),
    [
        (date(2015, 4, 1), 6, date(2015, 10, 1)),
        (date(2015, 8, 31), 6, date(2016, 2, 29)),
        (date(2014, 8, 31), 6, date(2015, 2, 28)),
        (date(2015, 11, 30), 24, date(2017, 11, 30)),
    ],
)
def test_months_later_is_the_same_day_or_the_last_of_the_month(start: date, n_months: int, expected: date) -> None:
    assert add_months(np.array([day(start)]), n_months)[0] == day(expected)


@pytest.mark.parametrize(
    ("birth", "on", "age"),
    [
        (date(1998, 4, 30), date(2016, 4, 1), 18),
        (date(1998, 5, 1), date(2016, 4, 30), 17),
        (date(2016, 4, 2), date(2016, 4, 30), 0),
    ],
)
def test_the_month_of_birth_counts_as_reached(birth: date, on: date, age: int) -> None:
    assert age_by_month(np.array([day(birth)]), np.array([day(on)]))[0] == age


@pytest.mark.parametrize(
    ("born", "written"),
    [
        (date(2003, 7, 4), date(2003, 4, 7)),
        (date(2003, 7, 13), date(2003, 7, 13)),
        (date(1960, 1, 12), date(1960, 12, 1)),
    ],
)
def test_day_and_month_are_swapped_where_that_is_a_date(born: date, written: date) -> None:
    assert swap_day_and_month(np.array([day(born)]))[0] == day(written)
