"""What people have decided is linked first, or never, by whatever stage."""

import polars as pl
import pytest

from tf_assets.linkage.spine.cascade import link
from tf_assets.linkage.spine.extract_links import link_extracts

COLUMNS = ["record_id", "forename", "surname", "date_of_birth", "sex", "postcode"]
LEFT = pl.DataFrame(
    [
        ("a1", "AMIRA", "KHAN", "2004-03-02", "F", "LS1 4AP"),
        ("a2", "OWEN", "PRICE", "1985-11-30", "M", "LS2 9JT"),
        ("a3", "IDA", "WREN", "1990-05-05", "F", "LS3 1AA"),
    ],
    schema=COLUMNS,
    orient="row",
)
RIGHT = pl.DataFrame(
    [
        ("b1", "AMIRA", "KHAN", "2004-03-02", "F", "LS1 4AP"),
        ("b2", "OWEN", "PRICE", "1985-11-30", "M", "LS2 9JT"),
        ("b3", "ADA", "HERON", "1971-01-09", "F", "TR1 2XY"),
    ],
    schema=COLUMNS,
    orient="row",
)


def decisions(*rows: tuple[str, str, str]) -> pl.DataFrame:
    return pl.DataFrame(list(rows), schema=["left_record_id", "right_record_id", "verdict"], orient="row")


def links(*rows: tuple[str, str, str]) -> list[tuple[str, ...]]:
    found = link(LEFT, RIGHT, decisions=decisions(*rows))
    assert found.quality.filter(stage="all")["n_links"].to_list() == [found.links.height]
    return found.links.select("left_record_id", "right_record_id", "stage").rows()


def test_without_a_decision_keys_link() -> None:
    assert links() == [("a1", "b1", "name_dob_postcode"), ("a2", "b2", "name_dob_postcode")]


def test_pairs_decided_different_are_linked_by_no_stage() -> None:
    assert links(("a1", "b1", "different")) == [("a2", "b2", "name_dob_postcode")]


def test_pairs_decided_the_same_are_linked_whatever_speaks_against_them() -> None:
    assert links(("a3", "b3", "same")) == [
        ("a1", "b1", "name_dob_postcode"),
        ("a2", "b2", "name_dob_postcode"),
        ("a3", "b3", "clerical"),
    ]


def test_a_decision_goes_before_a_key() -> None:
    assert ("a3", "b1", "clerical") in links(("a3", "b1", "same"))
    assert not any(right == "b1" and left == "a1" for left, right, _ in links(("a3", "b1", "same")))


@pytest.mark.parametrize("row", [("gone", "b1", "same"), ("a1", "gone", "different"), ("a1", "b1", "cannot_tell")])
def test_a_decision_on_a_record_that_is_no_more_or_that_decides_nothing_changes_nothing(
    row: tuple[str, str, str],
) -> None:
    assert links(row) == links()


def test_of_two_partners_for_one_neither_counts() -> None:
    assert links(("a3", "b3", "same"), ("a3", "b2", "same")) == links()


def test_a_decision_is_on_one_extract_alone() -> None:
    departments = pl.concat(
        [
            RIGHT.rename({"record_id": "record_ref"}).with_columns(extract=pl.lit(name))
            for name in ("hospital", "offences")
        ]
    ).with_columns(identity_number=1)
    decided = pl.DataFrame(
        {"extract": ["hospital"], "person_id": ["a1"], "record_ref": ["b1"], "verdict": ["different"]}
    )
    found = link_extracts(LEFT.rename({"record_id": "person_id"}), departments, ["hospital", "offences"], decided)
    assert found.links.filter(person_id="a1")["extract"].to_list() == ["offences"]
