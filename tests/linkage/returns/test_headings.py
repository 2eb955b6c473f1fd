"""Which column is which."""

from collections import Counter
from collections.abc import Sequence

import numpy as np
import pytest

from tf_assets.country.dirty.words import HEADINGS, VOCABULARIES
from tf_assets.linkage.returns.heading_meanings import SEMANTIC_MARGIN, SEMANTIC_THRESHOLD, by_meaning
from tf_assets.linkage.returns.headings import (
    LEAST_WORDS_ROW,
    HeadingMatch,
    absent_fields,
    heading_score,
    missing_sentence,
    read_headings,
)
from tf_assets.linkage.returns.mappings import CouncilMapping
from tf_assets.linkage.returns.reading import LEAST_HEADING_SCORE
from tf_assets.linkage.returns.vocabulary import FIELD_NAMES, FIELDS, plain_words
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


def _no_meaning(headings: Sequence[str]) -> np.ndarray:
    return np.zeros((len(headings), len(FIELD_NAMES) + 1))


def _not_asked(headings: Sequence[str]) -> np.ndarray:
    raise AssertionError("the model was asked")


def _scores(**by_field: float) -> np.ndarray:
    """Similarities of one heading: 0 but where said; `none` is what is not of the schedule."""
    return np.array([[by_field.get(name, 0.0) for name in (*FIELD_NAMES, "none")]])


def _found(*headings: str) -> dict[str, tuple[str, str]]:
    columns = {f"c{at}": heading for at, heading in enumerate([*REQUIRED, *headings])}
    read = read_headings(columns, nearest=_no_meaning)
    return {columns[match.column]: (match.field, match.method) for match in read.matches}


def test_each_alias_means_one_field_and_is_written_plainly() -> None:
    words = Counter(word for field in FIELDS for word in {plain_words(field.name), *field.aliases})
    assert [word for word, n in words.items() if n > 1] == []
    assert [word for field in FIELDS for word in field.aliases if plain_words(word) != word] == []


@pytest.mark.parametrize("field", [field.name for field in FIELDS if field.name != "full_name"])
def test_every_alias_is_understood(field: str) -> None:
    others = {name: name for name in REQUIRED if name != field}
    for alias in next(each.aliases for each in FIELDS if each.name == field):
        read = read_headings({**others, "asked": alias.upper()}, nearest=_no_meaning)
        assert [(match.field, match.score) for match in read.matches if match.column == "asked"] == [(field, 1.0)]


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
    matches = {match.field: columns[match.column] for match in read_headings(columns, nearest=_no_meaning).matches}
    assert matches["programme_group"] == "Programme status"


def test_two_columns_of_one_heading_are_refused() -> None:
    with pytest.raises(InputRefused, match="More than one column is headed “dob”"):
        _found("DOB", "dob")


def test_two_headings_that_differ_in_marks_or_remarks_alone_are_put_to_a_person() -> None:
    columns = {name: name for name in REQUIRED if name != "start_date"} | {"x": "Start (work)", "y": "Start (tenancy)"}
    read = read_headings(columns, nearest=_no_meaning)
    assert [field.name for field in read.missing] == ["start_date"]
    assert [(each.column, each.nearest, each.method) for each in read.proposals] == [
        ("x", "start_date", "contested"),
        ("y", "start_date", "contested"),
    ]
    told = CouncilMapping("E06000001", True, {"start (work)": "start_date"})
    read = read_headings(columns, told, nearest=_no_meaning)
    assert HeadingMatch("x", "start_date", "confirmed", 1.0) in read.matches
    assert read.missing == ()


@pytest.mark.parametrize("heading", ["Surname of individual", "Family member role", "Nationl insurance"])
def test_one_word_that_is_another_is_no_slip_of_the_pen(heading: str) -> None:
    others = {name: name for name in REQUIRED if name != "surname"}
    read = read_headings(others | {"x": heading}, nearest=_no_meaning)
    assert "x" not in {match.column for match in read.matches if match.field not in ("surname", "role", "nino")}


def test_a_full_name_stands_for_two_columns() -> None:
    columns = {name: name for name in REQUIRED if name not in ("forename", "surname")} | {"who": "Name"}
    matches = read_headings(columns, nearest=_no_meaning).matches
    assert HeadingMatch("who", "full_name", "exact", 1.0) in matches
    assert not {"forename", "surname", "full_name"} & {field.name for field in absent_fields(matches)}


def test_separate_names_win_over_a_full_name() -> None:
    assert "Full name" not in _found("Full name")


def test_a_missing_column_is_named_beside_what_was_found() -> None:
    read = read_headings({"c0": "Surname", "c1": "Rainbow", "c2": "12/03/1985", "c3": "x" * 70}, nearest=_no_meaning)
    sentence = missing_sentence(read)
    assert "no column for “family ref”, “person ref”, “forename”, “date of birth”" in sentence
    assert "“Surname”, “column B after Surname”, “column C after Surname”" in sentence
    assert not [word for word in ("Rainbow", "1985", "xxx") if word in sentence]


def test_unknown_headings_are_listed_and_values_are_not() -> None:
    columns = {"c0": "Surname", "c1": "Worker comments", "c2": "QQ123456C", "c3": None, "c4": "Notes by Sarah"}
    read = read_headings(columns, nearest=_no_meaning)
    assert read.unused == ("Worker comments", "column C after Worker comments", "column D after Worker comments",
                           "Notes by …")  # fmt: skip


@pytest.mark.parametrize("vocabulary", VOCABULARIES)
def test_no_council_of_the_fictional_england_needs_a_mapping(vocabulary: str) -> None:
    said = {name: heading for name, heading in HEADINGS[vocabulary].items() if name != "full_name"}
    read = read_headings(said)
    assert {match.column: match.field for match in read.matches} == {name: name for name in said if name != "notes"}
    assert not read.likely
    assert not read.missing


@pytest.mark.parametrize("vocabulary", ["schedule", "template", "system", "terse", "formal", "numbered"])
def test_the_model_is_not_asked_where_the_words_are_known(vocabulary: str) -> None:
    said = {name: heading for name, heading in HEADINGS[vocabulary].items() if name != "full_name"}
    assert read_headings(said, nearest=_not_asked).missing == ()


def test_the_model_is_not_asked_about_what_a_person_decided_or_what_is_no_heading() -> None:
    told = CouncilMapping("E06000001", True, {"quux": "person_ref", "anything": None})
    columns = {name: name for name in REQUIRED if name != "person_ref"}
    columns |= {"c1": "Quux", "c2": "Anything", "c3": "12/03/1985", "c4": "QQ123456C"}
    assert read_headings(columns, told, nearest=_not_asked).missing == ()


@pytest.mark.parametrize(
    ("scores", "is_sure", "is_likely"),
    [
        (_scores(postcode=SEMANTIC_THRESHOLD), True, True),
        (_scores(postcode=SEMANTIC_THRESHOLD - 0.001), False, True),
        (_scores(postcode=0.9, address=0.9 - SEMANTIC_MARGIN - 0.001), True, True),
        (_scores(postcode=0.9, address=0.9 - SEMANTIC_MARGIN + 0.001), False, True),
        (_scores(postcode=0.9, none=0.9 - SEMANTIC_MARGIN + 0.001), False, True),
        (_scores(postcode=0.9, none=0.91), False, False),
        (_scores(postcode=0.499), False, False),
    ],
)
def test_a_meaning_is_sure_over_threshold_and_margin_alone(scores: np.ndarray, is_sure: bool, is_likely: bool) -> None:
    (meaning,) = by_meaning(["post code of home"], lambda headings: scores)
    assert (meaning.field, meaning.is_sure, meaning.is_likely) == ("postcode", is_sure, is_likely)


def test_a_strange_word_is_for_a_person_to_judge_however_near_the_meaning() -> None:
    (meaning,) = by_meaning(["post code of school"], lambda headings: _scores(postcode=0.99))
    assert (meaning.is_sure, meaning.is_likely) == (False, True)


def test_of_two_columns_near_one_field_by_meaning_neither_is_taken() -> None:
    columns = {name: name for name in REQUIRED if name != "postcode"} | {
        "x": "Residence code",
        "y": "Code of residence",
    }

    def both(headings: Sequence[str]) -> np.ndarray:
        return np.vstack([_scores(postcode=0.9) for _ in headings])

    read = read_headings(columns, nearest=both)
    assert [field.name for field in read.missing] == ["postcode"]
    assert {each.method for each in read.proposals} == {"contested"}


def test_a_meaning_never_takes_a_field_from_its_own_word() -> None:
    def all_are_surnames(headings: Sequence[str]) -> np.ndarray:
        return np.vstack([_scores(surname=0.99) for _ in headings])

    columns = {name: name for name in REQUIRED} | {"x": "Surname of person"}
    read = read_headings(columns, nearest=all_are_surnames)
    assert "x" not in {match.column for match in read.matches}


def test_a_row_of_strange_words_is_headings_and_a_row_of_values_is_not() -> None:
    strange: list[str | None] = ["Alpha", "Beta", "Gamma", "Delta", "Epsilon", "Zeta", "Eta"]
    assert len(strange) == LEAST_WORDS_ROW
    assert heading_score(strange) >= LEAST_HEADING_SCORE
    assert heading_score(strange[1:]) < LEAST_HEADING_SCORE
    values: list[str | None] = ["F17", "P23", "Ann", "Smith", "13/02/1985", "M1 1AE", "Oak", "programme", "Y", "N", "N"]
    assert heading_score(values) < LEAST_HEADING_SCORE
    assert heading_score([*strange[:4], *strange[:4]]) < LEAST_HEADING_SCORE
