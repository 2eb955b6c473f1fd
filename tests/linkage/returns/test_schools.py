"""Which school a council means."""

import polars as pl
import pytest

from tf_assets.linkage.returns.schools import match_schools, read_reference, school_words
from tf_assets.linkage.semantic import MATCHES_SCHEMA
from tf_assets.warehouse.errors import InputRefused

REFERENCE = pl.DataFrame(
    [
        ("100001", "St Mary's C of E Primary School", "E06000001"),
        ("100002", "Oakfield Academy", "E06000001"),
        ("100003", "Oakwood Academy", "E06000001"),
        ("100004", "Hill High School", "E06000001"),
        ("100005", "Hill High School", "E06000002"),
    ],
    schema=["urn", "school_name", "council_code"],
    orient="row",
)


def _no_meaning(left: list[str], right: list[str], threshold: float, margin: float) -> pl.DataFrame:
    return pl.DataFrame(schema=MATCHES_SCHEMA)


def _match(*texts: str, council: str = "E06000001") -> dict[str, tuple[str | None, str]]:
    asked = pl.DataFrame({"council_code": [council] * len(texts), "school_name": list(texts)})
    found = match_schools(asked, REFERENCE, _no_meaning)
    return {row["school_name"]: (row["urn"], row["method"]) for row in found.iter_rows(named=True)}


def test_short_forms_and_marks_are_the_same_words() -> None:
    assert school_words("ST. MARYS C.E. PRIM. SCH") == school_words("Saint Mary's C of E Primary School")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ST MARYS C OF E PRIMARY", ("100001", "exact")),
        ("HILL HIGH", ("100004", "exact")),
        ("HIL HIGH SCHOOL", ("100004", "fuzzy")),
        ("SOME SCHOOL 100004", ("100004", "exact")),
        ("OAKFEILD ACADEMY", ("100002", "fuzzy")),
        ("OAKF ACADEMY", (None, "none")),
        ("OAK ACADEMY", (None, "none")),
        ("EDUCATED AT HOME", (None, "none")),
        ("N/A", (None, "none")),
    ],
)
def test_a_school_is_matched_by_words_or_left_open(text: str, expected: tuple[str | None, str]) -> None:
    assert _match(text) == {text: expected}


def test_only_schools_of_the_same_council_are_matched() -> None:
    assert _match("HILL HIGH SCHOOL", council="E06000002") == {"HILL HIGH SCHOOL": ("100005", "exact")}
    assert _match("OAKFIELD ACADEMY", council="E06000002") == {"OAKFIELD ACADEMY": (None, "none")}


def test_what_words_leave_open_is_asked_by_meaning() -> None:
    asked: list[list[str]] = []

    def meaning(left: list[str], right: list[str], threshold: float, margin: float) -> pl.DataFrame:
        asked.append(left)
        return pl.DataFrame([(left[0], "OAKFIELD ACADEMY", 0.9)], schema=MATCHES_SCHEMA, orient="row")

    texts = pl.DataFrame({"council_code": ["E06000001"] * 2, "school_name": ["HILL HIGH", "ACADEMY IN THE OAK FIELD"]})
    found = match_schools(texts, REFERENCE, meaning)
    assert asked == [["ACADEMY IN OAK FIELD"]]
    assert found.drop("matched_with").rows() == [
        ("E06000001", "ACADEMY IN THE OAK FIELD", "100002", "semantic", 0.9),
        ("E06000001", "HILL HIGH", "100004", "exact", 1.0),
    ]


def test_schools_of_one_name_are_not_told_apart() -> None:
    twice = pl.concat([REFERENCE, REFERENCE.filter(pl.col("urn") == "100004").with_columns(urn=pl.lit("100009"))])
    asked = pl.DataFrame({"council_code": ["E06000001"], "school_name": ["HILL HIGH SCHOOL"]})
    assert match_schools(asked, twice, _no_meaning)["method"].to_list() == ["none"]


def test_no_texts_give_an_empty_table() -> None:
    assert match_schools(
        pl.DataFrame(schema={"council_code": pl.String, "school_name": pl.String}), REFERENCE
    ).is_empty()


def test_a_list_without_its_columns_is_refused() -> None:
    with pytest.raises(InputRefused, match="no column urn"):
        read_reference(b"school_name,council_code\nHill,E06000001\n")
    assert read_reference(b"urn,school_name,council_code,x\n1,Hill,E06000001,y\n").width == 3


def _never(left: list[str], right: list[str], threshold: float, margin: float) -> pl.DataFrame:
    raise AssertionError(f"{len(left)} texts were asked again")


TEXTS = pl.DataFrame({"council_code": ["E06000001"] * 2, "school_name": ["HILL HIGH", "EDUCATED AT HOME"]})


def test_a_text_matched_with_the_same_schools_is_not_matched_again() -> None:
    first = match_schools(TEXTS, REFERENCE, _no_meaning)
    assert match_schools(TEXTS, REFERENCE.reverse(), _never, known=first).equals(first)
    fewer = match_schools(TEXTS.head(1), REFERENCE, _never, known=first)
    assert fewer["school_name"].to_list() == ["HILL HIGH"]


def test_a_new_text_beside_known_ones_ends_as_if_all_were_new() -> None:
    more = pl.concat([TEXTS, pl.DataFrame({"council_code": ["E06000001"], "school_name": ["OAKFEILD ACADEMY"]})])
    first = match_schools(TEXTS, REFERENCE, _no_meaning)
    assert match_schools(more, REFERENCE, _never, known=first).equals(match_schools(more, REFERENCE, _no_meaning))


def test_a_council_whose_schools_changed_is_matched_again_and_no_other() -> None:
    texts = pl.concat([TEXTS, pl.DataFrame({"council_code": ["E06000002"], "school_name": ["HILL HIGH"]})])
    first = match_schools(texts, REFERENCE, _no_meaning)
    wrong = first.with_columns(urn=pl.lit("999999"))
    closed = REFERENCE.filter(pl.col("urn") != "100004")
    again = match_schools(texts, closed, _no_meaning, known=wrong)
    assert again.select("council_code", "school_name", "urn").rows() == [
        ("E06000001", "EDUCATED AT HOME", None),
        ("E06000001", "HILL HIGH", None),
        ("E06000002", "HILL HIGH", "999999"),
    ]


def test_two_spellings_of_the_same_words_mean_the_same_school() -> None:
    def meaning(left: list[str], right: list[str], threshold: float, margin: float) -> pl.DataFrame:
        return pl.DataFrame([(left[0], "OAKFIELD ACADEMY", 0.9)], schema=MATCHES_SCHEMA, orient="row")

    asked = pl.DataFrame({"council_code": ["E06000001"] * 2, "school_name": ["OAK FIELD ACAD.", "OAK-FIELD ACADEMY!"]})
    found = match_schools(asked, REFERENCE.filter(pl.col("urn") == "100002"), meaning)
    assert found["urn"].to_list() == ["100002", "100002"]
