"""How dates are read."""

from datetime import date

import polars as pl
import pytest

from tf_assets.linkage.dates import (
    LATEST_YEAR,
    DateOrder,
    OrderEvidence,
    evidence_by_column,
    order_evidence,
    parse_dates,
    read_dates,
    split_dates,
)


def _read(text: str, order: DateOrder = "day first") -> object:
    return parse_dates(pl.Series([text]), order, latest_two_digit_year=2015)["date"][0]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("13/04/2001", date(2001, 4, 13)),
        ("3/4/2001", date(2001, 4, 3)),
        ("03.04.2001", date(2001, 4, 3)),
        ("03-04-2001 00:00", date(2001, 4, 3)),
        ("2001-04-03", date(2001, 4, 3)),
        ("2001-04-03 00:00:00", date(2001, 4, 3)),
        ("20010403", date(2001, 4, 3)),
        ("03042001", date(2001, 4, 3)),
        ("3 April 2001", date(2001, 4, 3)),
        ("3rd of April 2001", date(2001, 4, 3)),
        ("03-Apr-01", date(2001, 4, 3)),
        ("April 3, 2001", date(2001, 4, 3)),
        ("36984", date(2001, 4, 3)),
        ("36984.0", date(2001, 4, 3)),
        ("1", date(1900, 1, 1)),
        ("60000", None),
        ("31/02/2001", None),
        ("13/13/2001", None),
        ("last spring", None),
        ("", None),
    ],
)
def test_a_date_is_read_however_written(text: str, expected: date | None) -> None:
    assert _read(text) == expected


@pytest.mark.parametrize(("text", "year"), [("01/02/15", 2015), ("01/02/16", 1916), ("01/02/00", 2000)])
def test_two_digits_mean_the_later_century_unless_that_is_to_come(text: str, year: int) -> None:
    assert _read(text) == date(year, 2, 1)


def test_the_order_of_the_column_decides_a_doubtful_date() -> None:
    assert _read("03/04/2001", "day first") == date(2001, 4, 3)
    assert _read("03/04/2001", "month first") == date(2001, 3, 4)


def test_a_date_with_one_reading_is_read_and_marked() -> None:
    texts = pl.Series(["03/04/2001", "04/13/2001", "13/04/2001", None])
    assert parse_dates(texts, "day first", 2015).rows() == [
        (date(2001, 4, 3), False, True),
        (date(2001, 4, 13), True, False),
        (date(2001, 4, 13), False, False),
        (None, False, False),
    ]


@pytest.mark.parametrize(
    ("texts", "evidence", "order"),
    [
        (["13/04/2001", "01/02/2003"], OrderEvidence(1, 0), "day first"),
        (["04/13/2001", "01/02/2003"], OrderEvidence(0, 1), "month first"),
        (["13/04/2001", "14/04/2001", "04/13/2001"], OrderEvidence(2, 1), "day first"),
        (["01/02/2003", "2001-04-13", None], OrderEvidence(0, 0), None),
    ],
)
def test_dates_that_can_be_read_one_way_tell_the_order(
    texts: list[str | None], evidence: OrderEvidence, order: str | None
) -> None:
    found = order_evidence(pl.Series(texts))
    assert found == evidence
    assert found.order == order


def test_texts_that_repeat_are_read_as_they_are_alone() -> None:
    texts = ["03/04/2001", "3 April 2001", None, "04/13/2001", "03042001", "36984", "last spring", ""]
    alone = parse_dates(pl.Series(texts), "month first", 2015)
    often = parse_dates(pl.Series(texts * 5), "month first", 2015)
    assert often.rows() == alone.rows() * 5


def test_columns_that_are_read_together_are_read_as_they_are_alone() -> None:
    columns = {
        "born": pl.Series(["03/04/16", "03042001", None, "13/04/2001"]),
        "started": pl.Series(["03/04/16", "03042001", "03042001", "03042001", None, "04/13/2001"] * 3),
        "ended": pl.Series([None, None], dtype=pl.String),
    }
    orders: dict[str, DateOrder] = {"born": "day first", "started": "month first", "ended": "day first"}
    parts = split_dates(columns, {"born": 2015})
    together = read_dates(columns, parts, orders)
    for name, texts in columns.items():
        alone = parse_dates(texts, orders[name], 2015 if name == "born" else LATEST_YEAR)
        assert together[name].rows() == alone.rows()
        assert evidence_by_column(parts)[name] == order_evidence(texts)
