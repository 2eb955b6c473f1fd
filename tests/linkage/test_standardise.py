"""How identifiers are brought to one form."""

from collections.abc import Callable

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stdnum.gb import nhs
from stdnum.gb import upn as reference_upn

from tf_assets.linkage import standardise


def _apply(function: Callable[[pl.Expr], pl.Expr], *values: str | None) -> list[object]:
    frame = pl.DataFrame({"v": list(values)}, schema={"v": pl.String})
    return frame.select(function(pl.col("v"))).to_series().to_list()


@pytest.mark.parametrize(
    ("sent", "made"),
    [
        ("Ann", "ANN"),
        ("  mary   ann ", "MARY ANN"),
        ("Zoë", "ZOE"),
        ("Łukasz", "LUKASZ"),
        ("ZoÃ«", "ZOE"),
        ("O’Brien", "O'BRIEN"),
        ("Smith - Jones", "SMITH-JONES"),
        ("Mr John", "JOHN"),
        ("Mrs. Ann", "ANN"),
        ("Katie (Katherine)", "KATIE"),
        ("Lord", "LORD"),
        ("Drew", "DREW"),
        ("123", None),
        (" ", None),
        (None, None),
    ],
)
def test_a_name_has_one_form(sent: str | None, made: str | None) -> None:
    assert _apply(standardise.name, sent) == [made]


@pytest.mark.parametrize(
    ("sent", "forename", "surname"),
    [
        ("Ann Smith", "ANN", "SMITH"),
        ("Ann Mary Smith", "ANN MARY", "SMITH"),
        ("SMITH, Ann", "ANN", "SMITH"),
        ("van der Berg, Jan", "JAN", "VAN DER BERG"),
        ("Jan van der Berg", "JAN", "VAN DER BERG"),
        ("Dr Ann Smith", "ANN", "SMITH"),
        ("Cher", None, "CHER"),
        (None, None, None),
    ],
)
def test_a_full_name_has_two_halves(sent: str | None, forename: str | None, surname: str | None) -> None:
    assert _apply(standardise.forename_of, sent) == [forename]
    assert _apply(standardise.surname_of, sent) == [surname]


def test_titles_and_remarks_are_seen() -> None:
    assert _apply(standardise.has_title, "Mr John", "John (Jack)", "John", "Drew", None) == [
        True, True, False, False, False,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("sent", "made"),
    [
        ("sw1a1aa", "SW1A 1AA"),
        ("M1 1AE", "M1 1AE"),
        ("b33  8th", "B33 8TH"),
        ("EC1A IBB", "EC1A 1BB"),
        ("CR2 OXH", "CR2 0XH"),
        ("AB1 2CD", None),  # C does not stand in the second half
        ("ZZ99 3WZ", None),
        ("SW1A 1A", None),
        ("Leeds", None),
        ("", None),
        (None, None),
    ],
)
def test_a_postcode_has_one_form_or_is_null(sent: str | None, made: str | None) -> None:
    assert _apply(standardise.postcode, sent) == [made]


def test_no_fixed_abode_is_seen() -> None:
    assert _apply(standardise.is_no_fixed_abode, "zz99 3vz", "SW1A 1AA", None) == [True, False, False]


@pytest.mark.parametrize(
    ("sent", "made"),
    [
        ("AB123456C", "AB123456C"),
        ("ab 12 34 56 c", "AB123456C"),
        ("QQ123456C", None),  # Q is not used
        ("AO123456C", None),  # nor O in second place
        ("GB123456C", None),  # nor this pair
        ("AB123456E", None),  # suffixes are A to D
        ("AB12345C", None),
        (None, None),
    ],
)
def test_a_nino_is_one_that_hmrc_could_issue(sent: str | None, made: str | None) -> None:
    assert _apply(standardise.nino, sent) == [made]


@given(st.from_regex(r"[0-9]{11}[0-9A-HJKLMNPQRTUVWXYZ]", fullmatch=True), st.sampled_from("ABCDEFGHJKLMNPQRTUVWXYZ"))
@settings(max_examples=60, deadline=None)
def test_upn_check_letters_agree_with_stdnum(body: str, letter: str) -> None:
    right = reference_upn.calc_check_digit("A" + body)
    assert _apply(standardise.upn, right + body, f"{right.lower()} {body}") == [right + body, right + body]
    assert (_apply(standardise.upn, letter + body) == [None]) == (letter != right)


@given(st.from_regex(r"[0-9]{10}", fullmatch=True))
@settings(max_examples=60, deadline=None)
def test_nhs_numbers_agree_with_stdnum(number: str) -> None:
    assert (_apply(standardise.nhs_number, number) == [number]) == nhs.is_valid(number)


def test_a_spaced_nhs_number_is_joined() -> None:
    assert _apply(standardise.nhs_number, "943 476 5919", "943 476 5918") == ["9434765919", None]


def test_references_survive_a_spreadsheet() -> None:
    assert _apply(standardise.reference, "0001042", "1042.0", "1042", "f 00a", "0", "", None) == [
        "1042", "1042", "1042", "F00A", "0", None, None,
    ]  # fmt: skip


def test_sexes_by_word_letter_and_code() -> None:
    assert _apply(standardise.sex, "Female", "boy", "1", "2", "?", "9", None) == ["F", "M", "M", "F", None, None, None]


def test_flags_by_word_letter_and_tick() -> None:
    assert _apply(standardise.flag, "Yes", "n", "TRUE", "0", "x", "✓", "maybe", None) == [
        True, False, True, False, True, True, None, None,
    ]  # fmt: skip


def test_an_address_is_words_and_figures() -> None:
    assert _apply(standardise.address, "Flat 2,\n1 St. John’s Rd", "--", None) == ["FLAT 2 1 ST JOHNS RD", None, None]
