"""What earlier returns show."""

from datetime import date

import polars as pl

from tf_assets.country.dirty.faults import FAULT, MERGED, MOVED, SPLIT
from tf_assets.country.dirty.histories import IS_SEEN, with_history

Q1, Q2, Q3 = date(2015, 4, 1), date(2015, 7, 1), date(2015, 10, 1)
AWAITING = "is awaiting"
"""In place of a fault: a good row of somebody who waits."""

Row = tuple[date, str | None, str, str | None]


def _history(*rows: Row, plan: dict[date, str] | None = None) -> list[tuple[str | None, bool]]:
    frame = pl.DataFrame(
        rows,
        schema={"quarter_date": pl.Date, "person_ref": pl.String, "family_ref": pl.String, FAULT: pl.String},
        orient="row",
    )
    is_reversed = pl.col(FAULT).is_in(["status_reversed", AWAITING]).fill_null(False)
    group = pl.when(is_reversed).then(pl.lit("awaiting")).otherwise(pl.lit("programme"))
    frame = frame.with_columns(group.alias("programme_group"), pl.col(FAULT).replace(AWAITING, None))
    return with_history(frame, plan or {}).select(FAULT, IS_SEEN).rows()


def test_a_fault_is_seen_where_the_first_return_had_it_right() -> None:
    right, wrong = (Q1, "P1", "F1", None), (Q2, "P1", "F1", "sex_changed")
    assert _history(right, wrong) == [(None, False), ("sex_changed", True)]
    assert _history(wrong, (Q3, "P1", "F1", "sex_changed")) == [("sex_changed", False)] * 2


def test_a_status_or_a_start_is_seen_where_the_person_was_on_the_programme() -> None:
    for fault in ("status_reversed", "start_changed"):
        wrong = (Q2, "P1", "F1", fault)
        assert _history((Q1, "P1", "F1", None), wrong)[1] == (fault, True)
        assert _history((Q1, "P1", "F1", AWAITING), wrong)[1] == (fault, False)


def test_a_row_or_a_return_that_was_refused_shows_nothing() -> None:
    wrong = (Q2, "P1", "F1", "sex_changed")
    assert _history((Q1, "P1", "F1", "missing_surname"), wrong)[1] == ("sex_changed", False)
    assert _history((Q1, "P1", "F1", None), wrong, plan={Q1: "empty"})[1] == ("sex_changed", False)
    assert _history((Q1, "P1", "F1", "sex_changed"), wrong, plan={Q1: "corrected"})[1] == ("sex_changed", True)


def test_a_first_return_that_leaves_the_field_open_shows_nothing() -> None:
    wrong = (Q2, "P1", "F1", "sex_changed")
    assert _history((Q1, "P1", "F1", "sex_unknown"), wrong)[1] == ("sex_changed", False)
    assert _history((Q1, "P1", "F1", "title_in_name"), wrong)[1] == ("sex_changed", True)


def test_a_mended_return_has_no_second_row() -> None:
    rows = [(Q1, "P1", "F1", None), (Q1, "P1", "F2", "person_in_two_families"), (Q1, "P2", "F2", None),
            (Q2, "P1", "F1", None), (Q2, "P2", "F2", None)]  # fmt: skip
    assert [fault for fault, _ in _history(*rows, plan={Q1: "corrected"})[3:]] == [None, None]


def test_families_that_change_are_marked_on_rows_without_a_fault() -> None:
    before = [(Q1, "P1", "F1", None), (Q1, "P2", "F1", None), (Q1, "P3", "F2", None)]
    split = [(Q2, "P1", "F1", None), (Q2, "P2", "F9", None), (Q2, "P3", "F2", None)]
    assert [fault for fault, _ in _history(*before, *split)[3:]] == [None, SPLIT, None]
    merged = [(Q2, "P1", "F1", None), (Q2, "P2", "F1", None), (Q2, "P3", "F1", None)]
    assert [fault for fault, _ in _history(*before, *merged)[3:]] == [None, None, MERGED]
    moved = [(Q2, "P1", "F1", None), (Q2, "P2", "F2", None), (Q2, "P3", "F2", None)]
    assert [fault for fault, _ in _history(*before, *moved)[3:]] == [None, MOVED, None]
    faulty = [(Q2, "P1", "F1", None), (Q2, "P2", "F9", "sex_unknown")]
    assert _history(*before, *faulty)[4][0] == "sex_unknown"
