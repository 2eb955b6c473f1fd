"""What is enough to opt out by, and what a person is told who gave less."""

import io

import polars as pl
import pytest

from tf_assets.linkage.opt_outs.evidence import FAULTS, FIELDS, judge
from tf_assets.linkage.opt_outs.reading import read_opt_outs
from tf_assets.warehouse.errors import InputRefused

HEADER = ",".join(FIELDS)


def _judged(*rows: str) -> tuple[list[int], list[tuple[int, str, str]]]:
    judged = judge(read_opt_outs("\n".join([HEADER, *rows, ""]).encode()))
    return judged.usable["row_number"].to_list(), judged.faults.select("row_number", "field", "rule").rows()


@pytest.mark.parametrize(
    "row",
    [
        "E08000035,P1,,,,,,,",
        "leeds,P1,,,,,,,",
        ",,Ann,Smith,1984-05-02,,,,",
        ",,Ann,Smith,,LS1 4AP,,,",
        ",,Ann,,2 May 1984,LS1 4AP,,,",
        ",,,,,,H801200001001,,",
        ",,,,,,,AB 12 34 56 C,",
        ",,,,,,,,943 476 5919",
    ],
)
def test_enough(row: str) -> None:
    assert _judged(row) == ([2], [])


@pytest.mark.parametrize(
    "row",
    [
        ",,,Smith,,,,,",
        ",,Ann,Smith,,,,,",
        ",,,Smith,1984-05-02,LS1 4AP,,,",  # a twin shares all three
        ",,Ann,,1984-05-02,,,,",
        ",,,,1984-05-02,LS1 4AP,,,",
        "Leeds,,Ann,Smith,,,,,",
    ],
)
def test_too_weak(row: str) -> None:
    assert _judged(row) == ([], [(2, "row", "not_enough")])


def test_what_cannot_be_used_is_told_by_row_field_and_rule_and_the_rest_of_the_row_is_used() -> None:
    usable, faults = _judged(
        ",,Ann,Smith,1984-05-02,NOWHERE,,,",
        ",P1,Ann,Smith,1984-05-02,,,,",
        "Atlantis,P1,...,Smith,31/02/1984,,,,",
        ",,,,,,B000000000000,ZZ123456C,1234567890",
    )
    assert usable == [2, 3]
    assert faults == [
        (2, "postcode", "not_a_postcode"),
        (3, "person_ref", "council_missing"),
        (4, "council", "council_unknown"),
        (4, "date_of_birth", "not_a_date"),
        (4, "forename", "not_a_name"),
        (4, "row", "not_enough"),
        (5, "nhs_number", "check_failed"),
        (5, "nino", "check_failed"),
        (5, "row", "not_enough"),
        (5, "upn", "check_failed"),
    ]
    assert {rule for _, _, rule in faults} == set(FAULTS)


def test_a_placeholder_is_no_date_of_birth() -> None:
    assert _judged(",,Ann,Smith,1900-01-01,,,,") == ([], [(2, "date_of_birth", "not_a_date"), (2, "row", "not_enough")])


def test_the_order_of_day_and_month_is_that_of_the_file() -> None:
    rows = [",,Ann,Smith,03/04/2001,,,,", ",,Bea,Smith,02/28/2001,,,,"]
    judged = judge(read_opt_outs("\n".join([HEADER, *rows, ""]).encode()))
    assert judged.usable["date_of_birth"].cast(pl.String).to_list() == ["2001-03-04", "2001-02-28"]
    alone = judge(read_opt_outs(f"{HEADER}\n{rows[0]}\n".encode()))
    assert alone.usable["date_of_birth"].cast(pl.String).to_list() == ["2001-04-03"]


def test_a_list_of_numbers_is_a_file_of_one_column() -> None:
    assert read_opt_outs(b'NHS number\r\n"9434765919"\r\n\r\n9434765870\r\n').rows() == [
        (2, "9434765919"),
        (4, "9434765870"),
    ]


def test_a_workbook_with_a_title_and_headings_of_its_own_is_read() -> None:
    rows = [
        ("Objections received", None, None, None),
        (None, None, None, None),
        ("NHS No.", "Surname", "DOB", "Letter"),
        ("9434765919", "Smith", "02/05/1984", "L1"),
    ]
    content = io.BytesIO()
    pl.DataFrame(rows, schema=["a", "b", "c", "d"], orient="row").write_excel(content, include_header=False)
    assert read_opt_outs(content.getvalue()).rows() == [(4, "9434765919", "Smith", "02/05/1984")]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "is empty"),
        (b"Ann,Quenzzyzx\nBea,Quenzzyzx\n", "no row of headings"),
        (b"surname,family name\nQuenzzyzx,Quenzzyzx\n", "Two columns .* headed surname"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_with_a_sentence(content: bytes, sentence: str) -> None:
    with pytest.raises(InputRefused, match=sentence) as refusal:
        read_opt_outs(content)
    assert "Quenzzyzx" not in str(refusal.value)
