"""Row numbers as ranges."""

from datetime import date

import polars as pl

from tf_assets.linkage.returns.judging import JUDGEMENT_SCHEMA
from tf_assets.linkage.returns.row_ranges import findings_by_rule, row_words


def _told(*rows: tuple[int, str, str, str]) -> pl.DataFrame:
    full = [
        ("E06000001", date(2015, 4, 1), number, field, rule, severity, f"{rule}.", "Mend it.", "aa")
        for number, field, rule, severity in rows
    ]
    return pl.DataFrame(full, schema=JUDGEMENT_SCHEMA, orient="row")


def test_neighbouring_rows_become_one_range() -> None:
    numbers = [44, 15, 17, 16, 12, 18, 19, 45]
    (finding,) = findings_by_rule(_told(*[(number, "sex", "sex_unknown", "warning") for number in numbers]))
    assert finding.n_rows == 8
    assert finding.ranges == ((12, 12), (15, 19), (44, 45))
    assert row_words(finding.ranges) == ["12", "15 to 19", "44, 45"]


def test_the_gravest_comes_first_then_the_most_frequent_and_the_refusal_of_the_file_is_no_finding() -> None:
    found = findings_by_rule(
        _told(
            (0, "file", "too_many_refused", "refused"),
            (0, "sex", "column_missing", "warning"),
            (2, "upn", "upn_spaced", "repaired"),
            (2, "sex", "sex_unknown", "warning"),
            (2, "upn", "upn_invalid", "warning"),
            (3, "upn", "upn_invalid", "warning"),
            (9, "surname", "surname_missing", "refused"),
        )
    )
    assert [(finding.rule, finding.n_rows, finding.ranges) for finding in found] == [
        ("surname_missing", 1, ((9, 9),)),
        ("upn_invalid", 2, ((2, 3),)),
        ("sex_unknown", 1, ((2, 2),)),
        ("column_missing", 0, ()),
        ("upn_spaced", 1, ((2, 2),)),
    ]


def test_rows_that_differ_from_different_quarters_are_told_apart() -> None:
    told = _told((2, "sex", "sex_changed", "warning"), (3, "sex", "sex_changed", "warning"))
    dated = told.with_columns(previous_quarter_date=pl.Series([date(2014, 10, 1), date(2015, 1, 1)]))
    assert [(each.previous_quarter_date, each.ranges) for each in findings_by_rule(dated)] == [
        (date(2014, 10, 1), ((2, 2),)),
        (date(2015, 1, 1), ((3, 3),)),
    ]
