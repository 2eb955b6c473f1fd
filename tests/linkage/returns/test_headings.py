"""Which column is which."""

from collections import Counter

import polars as pl
import pytest

from tf_assets.linkage.returns.headings import HeadingMatch, absent_fields, match_headings, unused_headings
from tf_assets.linkage.returns.vocabulary import FIELDS, plain_words
from tf_assets.linkage.semantic import MATCHES_SCHEMA, semantic_matches
from tf_assets.warehouse.errors import InputRefused

REQUIRED = [
    "family_ref",
    "person_ref",
    "forename",
    "surname",
    "date_of_birth",
    "postcode",
    "programme_group",
    "start_date",
]


def _no_meaning(left: list[str], right: list[str], threshold: float) -> pl.DataFrame:
    return pl.DataFrame(schema=MATCHES_SCHEMA)


def _found(*headings: str) -> dict[str, tuple[str, str]]:
    columns = {f"c{at}": heading for at, heading in enumerate([*REQUIRED, *headings])}
    matches = match_headings(columns, _no_meaning)
    return {columns[match.column]: (match.field, match.method) for match in matches}


def test_each_alias_means_one_field_and_is_written_plainly() -> None:
    words = Counter(word for field in FIELDS for word in {plain_words(field.name), *field.aliases})
    assert [word for word, n in words.items() if n > 1] == []
    assert [word for field in FIELDS for word in field.aliases if plain_words(word) != word] == []


@pytest.mark.parametrize("field", [field.name for field in FIELDS if field.name != "full_name"])
def test_every_alias_is_understood(field: str) -> None:
    others = {name: name for name in REQUIRED if name != field}
    for alias in next(each.aliases for each in FIELDS if each.name == field):
        matches = match_headings({**others, "asked": alias.upper()}, _no_meaning)
        assert [(match.field, match.score) for match in matches if match.column == "asked"] == [(field, 1.0)]


def test_case_marks_and_remarks_do_not_matter() -> None:
    found = _found("Unique Pupil Number (UPN)", "NI_No.", "HomeAddress", "Gender*")
    assert found["Unique Pupil Number (UPN)"] == ("upn", "exact")
    assert found["NI_No."] == ("nino", "exact")
    assert found["HomeAddress"] == ("address", "exact")
    assert found["Gender*"] == ("sex", "exact")


def test_a_slip_of_the_pen_is_forgiven() -> None:
    assert _found("Nationl insurance number")["Nationl insurance number"] == ("nino", "fuzzy")


def test_below_the_threshold_nothing_is_guessed() -> None:
    assert "Notes" not in _found("Notes")
    assert "Insurer" not in _found("Insurer")


def test_the_more_specific_of_two_headings_wins() -> None:
    columns = {f"c{at}": name for at, name in enumerate([*REQUIRED[:-2], "Status", "Programme status", "Start"])}
    matches = {match.field: columns[match.column] for match in match_headings(columns, _no_meaning)}
    assert matches["programme_group"] == "Programme status"


def test_two_columns_of_the_same_words_are_refused() -> None:
    with pytest.raises(InputRefused, match="More than one column is headed “dob”"):
        _found("DOB", "D.O.B.", "dob")


def test_a_full_name_stands_for_two_columns() -> None:
    columns = {name: name for name in REQUIRED if name not in ("forename", "surname")} | {"who": "Name"}
    matches = match_headings(columns, _no_meaning)
    assert HeadingMatch("who", "full_name", "exact", 1.0) in matches
    assert not {"forename", "surname", "full_name"} & {field.name for field in absent_fields(matches)}


def test_separate_names_win_over_a_full_name() -> None:
    assert "Full name" not in _found("Full name")


def test_a_missing_column_is_named_beside_what_was_found() -> None:
    with pytest.raises(InputRefused) as refused:
        match_headings({"a": "Surname", "b": "Rainbow", "c": "12/03/1985", "d": "x" * 70}, _no_meaning)
    sentence = str(refused.value)
    assert "no column for “family ref”, “person ref”, “forename”, “date of birth”" in sentence
    assert "“Surname”, “Rainbow”." in sentence
    assert "1985" not in sentence
    assert "xxx" not in sentence


def test_unknown_headings_are_listed_and_values_are_not() -> None:
    columns = {"a": "Surname", "b": "Worker comments", "c": "QQ123456C", "d": None}
    assert unused_headings(columns, [HeadingMatch("a", "surname", "exact", 1.0)]) == ("Worker comments",)


def test_headings_in_other_words_are_found_by_meaning() -> None:
    headings = [
        "Family code", "Person ID", "First or given name", "Family name or surname", "Birth day of the person",
        "Home post code", "On the programme or waiting", "Date joined the programme", "Anything else",
    ]  # fmt: skip
    columns = {f"c{at}": heading for at, heading in enumerate(headings)}
    matches = {match.column: match for match in match_headings(columns, semantic_matches)}
    assert {columns[column]: match.field for column, match in matches.items()} == dict(
        zip(headings[:-1], REQUIRED, strict=True)
    )
    assert matches["c6"].method == "semantic"
    assert matches["c6"].score < 1


def test_a_meaning_never_takes_a_field_from_its_own_word() -> None:
    def all_are_surnames(left: list[str], right: list[str], threshold: float) -> pl.DataFrame:
        return pl.DataFrame([(text, "surname", 0.99) for text in left], schema=MATCHES_SCHEMA, orient="row")

    columns = {name: name for name in REQUIRED} | {"x": "Rainbow"}
    assert "x" not in {match.column for match in match_headings(columns, all_are_surnames)}
