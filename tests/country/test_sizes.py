"""Sizes, and what may be changed of them."""

from datetime import date

import pytest

from tf_assets.country.sizes import N_QUARTERS, size_named
from tf_assets.warehouse.errors import EvaluationError


def test_quarters_follow_each_other_from_the_first_of_the_programme() -> None:
    size = size_named("demo", quarters=3)
    assert size.quarters == [date(2015, 4, 1), date(2015, 7, 1), date(2015, 10, 1)]
    assert size_named("demo", quarters=N_QUARTERS).quarters[-1] == date(2020, 1, 1)
    assert (size.n_families, size.n_councils) == (size_named("demo").n_families, size_named("demo").n_councils)


@pytest.mark.parametrize("quarters", [0, N_QUARTERS + 1])
def test_the_programme_has_twenty_quarters(quarters: int) -> None:
    with pytest.raises(EvaluationError, match="The programme has 20 quarters"):
        size_named("demo", quarters=quarters)
