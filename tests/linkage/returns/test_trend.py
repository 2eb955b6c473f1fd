"""A return beside its council's earlier ones."""

from datetime import date

import polars as pl

from tf_assets.linkage.returns.judging import JUDGEMENT_SCHEMA
from tf_assets.linkage.returns.trend import (
    EarlierReturns,
    ReturnNumbers,
    RuleCount,
    Turnover,
    earlier_returns,
    turnover,
)
from tf_assets.linkage.returns.trend_chart import quarters_shown, trend_charts

APRIL, JULY, OCTOBER, JANUARY = date(2015, 4, 1), date(2015, 7, 1), date(2015, 10, 1), date(2016, 1, 1)

REGISTER = pl.DataFrame(
    [
        (APRIL, "F1", "P1", "aa"),
        (APRIL, "F1", "P2", "aa"),
        (APRIL, "F2", "P3", "aa"),
        (OCTOBER, "F1", "P1", "cc"),
        (OCTOBER, "F1", "P2", "cc"),
        (JANUARY, "F9", "P9", "dd"),
    ],
    schema=["quarter_date", "family_ref", "person_ref", "source_sha256"],
    orient="row",
)


def _judgements(*rows: tuple[date, int, str, str, str, str]) -> pl.DataFrame:
    told = [
        ("E06000001", day, number, field, rule, severity, f"{rule} sentence.", "Mend it.", sha256)
        for day, number, field, rule, severity, sha256 in rows
    ]
    return pl.DataFrame(told, schema=JUDGEMENT_SCHEMA, orient="row")


JUDGEMENTS = _judgements(
    (APRIL, 0, "sex", "column_missing", "warning", "aa"),
    (APRIL, 4, "surname", "surname_missing", "refused", "aa"),
    (APRIL, 4, "postcode", "postcode_missing", "warning", "aa"),
    (APRIL, 2, "postcode", "postcode_missing", "warning", "aa"),
    (APRIL, 2, "upn", "upn_invalid", "warning", "aa"),
    (APRIL, 3, "upn", "upn_spaced", "repaired", "aa"),
    (APRIL, 7, "surname", "surname_missing", "refused", "other file of the quarter"),
    (JULY, 0, "file", "too_many_refused", "refused", "bb"),
    (JULY, 2, "surname", "surname_missing", "refused", "bb"),
    (JANUARY, 2, "surname", "surname_missing", "refused", "dd"),
)
OF_APRIL = ReturnNumbers(
    quarter_date=APRIL, n_rows=4, n_accepted=3, n_refused=1, n_warned=1, n_repaired=1, n_people=3, n_families=2,
    by_rule=(
        RuleCount("column_missing", "sex", "warning", "column_missing sentence.", 1),
        RuleCount("postcode_missing", "postcode", "warning", "postcode_missing sentence.", 2),
        RuleCount("surname_missing", "surname", "refused", "surname_missing sentence.", 1),
        RuleCount("upn_invalid", "upn", "warning", "upn_invalid sentence.", 1),
        RuleCount("upn_spaced", "upn", "repaired", "upn_spaced sentence.", 1),
    ),
)  # fmt: skip
OF_OCTOBER = ReturnNumbers(OCTOBER, 2, 2, 0, 0, 0, 2, 1, ())


def test_earlier_returns_are_those_that_were_used_before_the_quarter_with_their_own_files_judgements() -> None:
    found = earlier_returns(REGISTER, JUDGEMENTS, JANUARY)
    assert found.returns == (OF_APRIL, OF_OCTOBER)  # that of July was refused as a whole
    assert found.last == OF_OCTOBER
    assert earlier_returns(REGISTER, JUDGEMENTS, OCTOBER).returns == (OF_APRIL,)
    assert earlier_returns(REGISTER, JUDGEMENTS, APRIL) == EarlierReturns()


def test_people_and_families_are_continuing_new_or_gone() -> None:
    earlier = earlier_returns(REGISTER, JUDGEMENTS, OCTOBER)
    now = pl.DataFrame({"person_ref": ["P1", "P2", "P7", "P8"], "family_ref": ["F1", "F1", "F1", "F8"]})
    assert turnover(now, earlier, "person_ref") == Turnover(n_continuing=2, n_new=2, n_gone=1)
    assert turnover(now, earlier, "family_ref") == Turnover(n_continuing=1, n_new=1, n_gone=1)


def test_references_are_never_shown_by_accident() -> None:
    assert "P1" not in repr(earlier_returns(REGISTER, JUDGEMENTS, JANUARY))


def test_a_quarter_without_a_return_is_shown_as_such_and_no_more_than_two_years_are() -> None:
    assert quarters_shown([OF_APRIL, OF_OCTOBER]) == [APRIL, JULY, OCTOBER]
    later = ReturnNumbers(date(2018, 1, 1), 1, 1, 0, 0, 0, 1, 1, ())
    assert quarters_shown([OF_APRIL, later])[0] == date(2016, 4, 1)
    assert len(quarters_shown([OF_APRIL, later])) == 8


def test_each_chart_says_in_words_what_it_shows() -> None:
    used, left_out, not_used = trend_charts([OF_APRIL, OF_OCTOBER])
    assert used.words == (
        "Rows used by quarter: April to June 2015 3, July to September 2015 no return used, October to December 2015 2."
    )
    assert [bar.figure for bar in used.bars] == ["3", "none", "2"]
    assert [bar.height for bar in used.bars] == [106.0, 0.0, 70.7]
    assert [bar.is_this_return for bar in used.bars] == [False, False, True]
    assert [bar.figure for bar in left_out.bars] == ["1", "none", "0"]
    assert [bar.figure for bar in not_used.bars] == ["1", "none", "0"]
    assert trend_charts([OF_APRIL]) == ()
