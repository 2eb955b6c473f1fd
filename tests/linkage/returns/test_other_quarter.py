"""Which quarter a file is of, by its dates and its title."""

from datetime import date, timedelta

import polars as pl
import pytest

from tf_assets.linkage.returns.other_quarter import quarter_fault, quarters_named, told_quarter

Q1, Q2, Q3, Q4 = date(2015, 4, 1), date(2015, 7, 1), date(2015, 10, 1), date(2016, 1, 1)
ENDS = {Q1: date(2015, 6, 30), Q2: date(2015, 9, 30), Q3: date(2015, 12, 31), Q4: date(2016, 3, 31)}


def _rows(slot: date, per_quarter: dict[date, int]) -> pl.DataFrame:
    """Families that were assessed on the first days of a quarter and whose work began and ended in it."""
    made = [
        (f"F{quarter:%m}{at}", quarter + timedelta(days=at % 20), quarter + timedelta(days=at % 20 + 9), ENDS[quarter])
        for quarter, n in per_quarter.items()
        for at in range(n)
    ]
    frame = pl.DataFrame(made, schema=["family_ref", "assessment_date", "start_date", "end_date"], orient="row")
    return frame.with_columns(quarter_end_date=pl.lit(ENDS[slot]))


def test_a_return_of_its_quarter_is_left_alone() -> None:
    assert quarter_fault(_rows(Q3, {Q1: 12, Q2: 12, Q3: 1}), [], Q3) is None


def test_an_earlier_return_sent_again_is_named() -> None:
    sentence = quarter_fault(_rows(Q3, {Q1: 12, Q2: 12}), [], Q3)
    assert sentence is not None
    assert sentence.startswith("No family was assessed, began or ended in the quarter, though 36 did")
    assert "looks like that of July to September 2015. Send the return of October to December 2015" in sentence


@pytest.mark.parametrize("per_quarter", [{Q1: 6, Q2: 6}, {}, {Q3: 12}])
def test_few_usual_endings_say_nothing(per_quarter: dict[date, int]) -> None:
    assert quarter_fault(_rows(Q3, per_quarter), [], Q3) is None


def test_a_council_that_has_stopped_taking_families_on_is_left_alone() -> None:
    open_still = _rows(Q3, {Q1: 40, Q2: 40}).with_columns(end_date=pl.lit(None, pl.Date))
    assert quarter_fault(open_still, [], Q3) is None


def test_a_later_return_is_named() -> None:
    sentence = quarter_fault(_rows(Q1, {Q1: 10, Q2: 5}), [], Q1)
    assert sentence is not None and "it looks like that of July to September 2015" in sentence


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Quarter 2 2015/16", [(Q2,)]),
        ("Leeds: register, Q2 15-16 (final)", [(Q2,)]),
        ("Q4 2015/2016", [(Q4,)]),
        ("July to September 2015", [(Q2,)]),
        ("Jul-Sep 2015", [(Q2,)]),
        ("1 July 2015 to 30 September 2015", [(Q2,)]),
        ("1st July – 30th September 2015", [(Q2,)]),
        ("Quarter beginning 01 July 2015", [(Q2,)]),
        ("Quarter ended 30/09/2015", [(Q2,)]),
        ("second quarter of 2015/16", [(Q2,)]),
        ("Q2 2015", [(Q2, Q1)]),
        ("Q2 2015/17", []),
        ("July to October 2015", []),
        ("Printed 3 July 2015", []),
        ("Troubled Families register", []),
    ],
)
def test_a_title_names_a_quarter(text: str, expected: list[tuple[date, ...]]) -> None:
    assert quarters_named(text) == expected


def test_a_title_of_another_quarter_is_named() -> None:
    rows = _rows(Q1, {Q1: 10})
    sentence = quarter_fault(rows, ["Register", "Quarter 3 2015/16"], Q1)
    assert sentence is not None
    assert sentence.startswith(f"The title above the headings names the quarter {told_quarter(Q3)}, and the file lies")
    assert quarter_fault(rows, ["Q2 2015"], Q1) is None  # counted from January
    assert quarter_fault(rows, ["Q1 2015/16, replaces Q4 2014/15"], Q1) is None
