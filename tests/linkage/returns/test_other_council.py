"""A council that is another, or two in one file."""

from datetime import date, datetime

import polars as pl
import pytest

from tf_assets.linkage.returns.judging import JudgedReturn, Received, ReturnRefused, judge_return
from tf_assets.linkage.returns.other_council import council_named, told_rows

HARTLEPOOL, LEEDS = "E06000001", "E08000035"
RECEIVED = Received(HARTLEPOOL, date(2015, 4, 1), datetime(2015, 7, 20), "ab" * 32)
HEADINGS = ["family_ref", "person_ref", "forename", "surname", "date_of_birth", "sex", "postcode", "programme_group",
            "assessment_date", "start_date"]  # fmt: skip


def _person(at: int, postcode: str, letter: str = "F", **change: str) -> dict[str, str]:
    born = date(1940 + at, 1, 20)
    return {
        "family_ref": f"{letter}{at // 3:04d}", "person_ref": f"P{letter}{at:04d}", "forename": f"Ann{'abcdefgh'[at % 8]}",
        "surname": f"Smith{letter.lower()}", "date_of_birth": f"{born:%d/%m/%Y}", "sex": "F", "postcode": postcode,
        "programme_group": "programme", "assessment_date": "13/03/2015", "start_date": "13/05/2015", **change,
    }  # fmt: skip


MINE = [_person(at, "TS24 7AA") for at in range(30)]
THEIRS = [_person(at, "LS1 4AP", "G00") for at in range(15)]


def _judge(rows: list[dict[str, str]], headings: list[str] = HEADINGS, above: str = "", amid: str = "") -> JudgedReturn:
    lines = [",".join(row.get(name, "") for name in headings) for row in rows]
    middle = [amid] if amid else []
    text = "\n".join([*([above] if above else []), ",".join(headings), *lines[:30], *middle, *lines[30:]])
    return judge_return((text + "\n").encode(), RECEIVED)


def _refusal(*arguments: object, **keywords: object) -> tuple[str, str]:
    with pytest.raises(ReturnRefused) as refused:
        _judge(*arguments, **keywords)  # type: ignore[arg-type]
    return refused.value.judgements["rule"][0], str(refused.value)


def test_a_column_that_names_two_councils_is_refused_with_the_rows() -> None:
    rows = [each | {"council": "Hartlepool"} for each in MINE] + [each | {"council": LEEDS} for each in THEIRS]
    rule, sentence = _refusal(rows, ["council", *HEADINGS])
    assert rule == "two_councils"
    assert "rows 32 to 46 name Leeds. The second part has 15 rows." in sentence


def test_a_column_that_names_another_council_is_refused() -> None:
    rule, sentence = _refusal([each | {"local authority": "Leeds City Council"} for each in MINE],
                              ["local authority", *HEADINGS])  # fmt: skip
    assert (rule, sentence[:48]) == ("wrong_council", "The column headed for the council names Leeds, a")


@pytest.mark.parametrize(
    "names", [["Hartlepool"], ["HARTLEPOOL BOROUGH COUNCIL", "north team"], ["Leeds"] * 2 + [""] * 9]
)
def test_a_column_of_one_council_or_of_other_words_is_left_alone(names: list[str]) -> None:
    """Two rows that name another council are slips of their rows."""
    named = names if len(names) > 2 else names * 30
    rows = [each | {"council": named[at] if at < len(named) else "Hartlepool"} for at, each in enumerate(MINE)]
    assert _judge(rows, ["council", *HEADINGS]).facts.n_accepted == 30


def test_a_second_title_between_the_rows_names_two_councils() -> None:
    again = "\n".join(["Leeds: Troubled Families register", ",".join(HEADINGS)])
    rule, sentence = _refusal(MINE + THEIRS, above="Hartlepool: Troubled Families register", amid=again)
    assert rule == "two_councils"
    assert "row 33 is a title that names Leeds. The second part has 15 rows." in sentence


@pytest.mark.parametrize("title", ["Leeds City Council return", "Troubled Families register - Leeds"])
def test_a_title_of_another_council_is_refused(title: str) -> None:
    rule, sentence = _refusal(MINE, above=title)
    assert rule == "wrong_council"
    assert sentence.startswith("The title above the headings names Leeds, and the file lies in the slot of another")


@pytest.mark.parametrize("title", ["Hartlepool: Troubled Families register", "Register of reading and writing",
                                   "Leeds"])  # fmt: skip
def test_other_titles_are_left_alone(title: str) -> None:
    assert _judge(MINE, above=title).facts.n_accepted == 30


def test_two_forms_of_references_in_two_areas_are_two_councils() -> None:
    rule, sentence = _refusal(MINE + THEIRS)
    assert rule == "two_councils"
    assert "from row 32 on the references have another form and the postcodes lie in other areas" in sentence


def test_one_difference_alone_says_nothing() -> None:
    same_area = [each | {"postcode": "TS24 7AA"} for each in THEIRS]
    same_form = [_person(40 + at, "LS1 4AP") for at in range(15)]
    mixed = [each for pair in zip(MINE, THEIRS, strict=False) for each in pair]
    for rows in (MINE + same_area, MINE + same_form, mixed, MINE + THEIRS[:9]):
        assert _judge(rows).facts.n_refused == 0


def test_references_that_mean_other_people_are_two_councils() -> None:
    others = [_person(at, "LS1 4AP", forename=f"Bob{'abcdefgh'[at % 8]}", surname="Jones",
                      date_of_birth="05/06/1980") for at in range(12)]  # fmt: skip
    rule, sentence = _refusal(MINE + others)
    assert rule == "two_councils"
    assert "rows 32 to 43 repeat references that stand with other people above" in sentence


def test_councils_are_known_by_name_and_code() -> None:
    assert council_named("Leeds") == council_named("LEEDS CITY COUNCIL") == council_named(LEEDS) == LEEDS
    assert council_named("Bristol City Council") == council_named("Bristol, City of") is not None
    assert council_named("London Borough of Camden") == "E09000007"
    assert [council_named(text) for text in ("City Council", "Leeds and Bradford", "Leeds Road", "")] == [None] * 4


def test_rows_are_told_as_ranges() -> None:
    assert told_rows(pl.Series([3, 4, 5, 9])) == "rows 3 to 5 and 9"
    assert told_rows(pl.Series([7])) == "rows 7"
    assert told_rows(pl.Series(range(1, 20, 2))) == "rows 1, 3, 5, 7, 9 and others"
