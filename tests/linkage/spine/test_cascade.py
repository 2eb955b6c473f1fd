"""Linking two small tables: all that goes in and all that comes out."""

import polars as pl
import pytest

from tf_assets.linkage.spine.cascade import link
from tf_assets.linkage.spine.settings import LinkSettings
from tf_assets.warehouse.errors import InputRefused

COLUMNS = ["record_id", "forename", "surname", "date_of_birth", "sex", "postcode", "upn"]
Row = tuple[str | None, ...]


def table(*rows: Row, columns: list[str] = COLUMNS) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=dict.fromkeys(columns, pl.String), orient="row")


def linked(left: pl.DataFrame, right: pl.DataFrame) -> list[tuple[str, str, str]]:
    """Links as (left, right, stage)."""
    return link(left, right).links.select("left_record_id", "right_record_id", "stage").rows()


LEFT = table(
    ("L1", "AMIRA", "KHAN", "2004-03-02", "F", "LS1 4AP", "A801200001001"),  # number and name
    ("L2", "OWEN", "PRICE", "2003-11-30", "M", "LS2 9JT", None),  # full identity
    ("L3", "JOHN", "CLARKE", "1979-05-14", "M", "LS6 2AB", None),  # father ...
    ("L4", "JOHN", "CLARKE", "2002-09-01", "M", "LS6 2AB", None),  # ... and son of one name
    ("L5", "ELLA", "MARSH", "2005-01-20", "F", "LS8 1BB", None),  # twins
    ("L6", "EVIE", "MARSH", "2005-01-20", "F", "LS8 1BB", None),
    ("L7", "SIOBHAN", "O'NEILL", "1985-12-24", "F", "LS9 7TF", None),  # a slip in the surname
    ("L8", "THOMAS", "BAKER", "2001-04-03", "M", "LS3 1HX", None),  # day and month swapped
    ("L9", "GRACE", "ADEYEMI", "1990-08-17", "F", "LS4 2QD", None),  # moved to another town
    ("L10", "PETER", "ZUKOWSKI", "1999-02-11", "M", "LS5 3EX", None),  # nobody's partner
)
RIGHT = table(
    ("R1", "AMIRAH", "KHAN", "2004-03-02", "F", "LS7 4AA", "A801200001001"),
    ("R2", "OWEN", "PRICE", "2003-11-30", "M", "LS2 9JT", None),
    ("R3", "JOHN", "CLARKE", "1979-05-14", "M", "LS6 2AB", None),
    ("R4", "JOHN", "CLARKE", "2002-09-01", "M", "LS6 2AB", None),
    ("R5", "ELLA", "MARSH", "2005-01-20", "F", "LS8 1BB", None),
    ("R6", "EVIE", "MARSH", "2005-01-20", "F", "LS8 1BB", None),
    ("R7", "SIOBHAN", "O'NIELL", "1985-12-24", "F", "LS9 7TF", None),
    ("R8", "THOMAS", "BAKER", "2001-03-04", "M", "LS3 1HX", None),
    ("R9", "GRACE", "ADEYEMI", "1990-08-17", "F", "BD1 1AA", None),
    ("R11", "PETRA", "LINDQVIST", "1971-06-30", "F", "LS5 3EX", None),
)
EXPECTED = [
    ("L1", "R1", "upn"),
    ("L2", "R2", "name_dob_postcode"),
    ("L3", "R3", "name_dob_postcode"),
    ("L4", "R4", "name_dob_postcode"),
    ("L5", "R5", "name_dob_postcode"),
    ("L6", "R6", "name_dob_postcode"),
    ("L7", "R7", "probabilistic"),
    ("L8", "R8", "probabilistic"),
    ("L9", "R9", "probabilistic"),
]


def test_ten_people_are_linked_each_by_the_strongest_stage_that_can() -> None:
    assert linked(LEFT, RIGHT) == EXPECTED


def test_the_order_of_rows_does_not_matter() -> None:
    first, second = link(LEFT, RIGHT), link(LEFT.reverse(), RIGHT.sample(fraction=1, shuffle=True, seed=5))
    assert first.links.equals(second.links)
    assert first.clerical.equals(second.clerical)
    assert first.quality.equals(second.quality)


def test_data_too_small_to_teach_anything_say_so() -> None:
    model = link(LEFT, RIGHT).model
    assert not model.is_trained
    assert set(model.parameters["m_source"]) == {"declared"}
    assert "surname: close spelling" in model.declared_levels


def test_twins_that_nothing_tells_apart_are_left_to_a_person() -> None:
    left = table(("L1", None, "MARSH", "2005-01-20", "F", "LS8 1BB", None))
    right = table(
        ("R1", "ELLA", "MARSH", "2005-01-20", "F", "LS8 1BB", None),
        ("R2", "EVIE", "MARSH", "2005-01-20", "F", "LS8 1BB", None),
    )
    linkage = link(left, right)
    assert linkage.links.is_empty()
    assert linkage.clerical.select("left_record_id", "right_record_id").rows() == [("L1", "R1"), ("L1", "R2")]
    assert linkage.clerical["probability"].n_unique() == 1


def test_a_twin_whose_own_record_is_missing_is_not_given_the_other_twins() -> None:
    """Among a few hundred strangers, none of whom has a partner either."""
    strangers = [
        (
            f"S{n}",
            f"{chr(65 + n % 26)}{chr(65 + n // 26)}NA",
            f"ST{chr(65 + n % 23)}{chr(65 + n // 23)}ER",
            f"{1950 + n % 60}-03-{1 + n % 28:02}",
            "F",
            f"BD{n % 20} 1AA",
            None,
        )
        for n in range(300)
    ]
    left = table(("L1", "ELLA", "MARSH", "2005-01-20", "F", "LS8 1BB", "A801200001001"), *strangers[:150])
    right = table(("R1", "EVIE", "MARSH", "2005-01-20", "F", "LS8 1BB", "B802200001117"), *strangers[150:])
    assert linked(left, right) == []


def test_a_father_is_not_given_his_sons_record() -> None:
    assert linked(LEFT.filter(pl.col("record_id") == "L3"), RIGHT.filter(pl.col("record_id") == "R4")) == []


def test_a_number_alone_links_nobody() -> None:
    """A brother's number, copied by mistake."""
    left = table(("L1", "AMIRA", "KHAN", "2004-03-02", "F", "LS1 4AP", "A801200001001"))
    right = table(("R1", "BILAL", "KHAN", "2007-10-19", "M", "LS1 4AP", "A801200001001"))
    assert linked(left, right) == []


def test_a_number_that_two_people_gave_links_neither_by_itself() -> None:
    left = table(("L1", "AMIRA", "KHAN", "2004-03-02", "F", "LS1 4AP", "A801200001001"))
    right = table(
        ("R1", "AMIRA", "KHAN", "2004-03-02", "F", "LS1 4AP", "A801200001001"),
        ("R2", "AMIRA", "SHAH", "2004-03-02", "F", "BD7 1AA", "A801200001001"),
    )
    assert linked(left, right) == [("L1", "R1", "name_dob_postcode")]


def test_contradicting_numbers_stop_a_key() -> None:
    left = table(("L1", "AMIRA", "KHAN", "2004-03-02", "F", "LS1 4AP", "A801200001001"))
    right = table(("R1", "AMIRA", "KHAN", "2004-03-02", "F", "LS1 4AP", "F999999999999"))
    stages = [stage for _, _, stage in linked(left, right)]
    assert "name_dob_postcode" not in stages


def test_nobody_has_two_partners() -> None:
    """Both left records are Owen's; the one that agrees better is taken, the other stays without."""
    left = table(
        ("L1", "OWEN", "PRICE", "2003-11-30", "M", "LS2 9JT", None),
        ("L2", "OWEN", "PRYCE", "2003-11-30", "M", "LS2 9JT", None),
    )
    right = table(("R1", "OWEN", "PRICE", "2003-11-30", "M", "LS2 9JT", None))
    assert linked(left, right) == [("L1", "R1", "name_dob_postcode")]


def test_a_record_is_linked_by_any_of_its_identities() -> None:
    """The right record moved and married; the left knows her by the old address and the new name."""
    left = table(("L1", "GRACE", "OKORO", "1990-08-17", "F", "LS4 2QD", None))
    right = table(
        ("R1", "GRACE", "ADEYEMI", "1990-08-17", "F", "LS4 2QD", None),
        ("R1", "GRACE", "OKORO", "1990-08-17", "F", "BD1 1AA", None),
        ("R2", "GRACE", "BELL", "1967-01-02", "F", "LS4 2QD", None),
    )
    assert linked(left, right) == [("L1", "R1", "probabilistic")]


def test_an_alias_links_as_a_name_does() -> None:
    columns = ["record_id", "forename", "surname", "date_of_birth", "sex", "postcode", "aliases"]
    left = table(("L1", "DEAN", "FOX", "1988-02-29", "M", "LS1 1AA", None), columns=columns)
    right = table(("R1", "RICKY", "STONE", "1988-02-29", "M", "LS1 1AA", "JAY STONE|DEAN FOX"), columns=columns)
    assert linked(left, right) == [("L1", "R1", "name_dob_postcode")]


def test_a_column_that_one_side_lacks_is_left_out() -> None:
    assert linked(LEFT, RIGHT.drop("postcode", "sex"))[0] == ("L1", "R1", "upn")


def test_empty_tables_link_nobody() -> None:
    linkage = link(LEFT.clear(), RIGHT)
    assert linkage.links.is_empty()
    assert linkage.quality.rows() == [("all", 0, 0, *[None] * 6)]


@pytest.mark.parametrize("column", ["record_id", "forename", "surname", "date_of_birth"])
def test_a_missing_column_is_named(column: str) -> None:
    with pytest.raises(InputRefused, match=f"right table has no column {column}"):
        link(LEFT, RIGHT.drop(column))


def test_odd_dates_are_refused_without_showing_them() -> None:
    with pytest.raises(InputRefused, match="1 rows of the left table") as refused:
        link(LEFT.with_columns(date_of_birth=pl.col("date_of_birth").replace("1985-12-24", "24/12/1985")), RIGHT)
    assert "24/12/1985" not in str(refused.value)


def test_the_bar_of_acceptance_is_a_setting() -> None:
    weakest = link(LEFT, RIGHT).links.filter(stage="probabilistic").sort("probability").row(0, named=True)
    strict = link(LEFT, RIGHT, LinkSettings(least_probability=weakest["probability"] + 1e-6))
    assert weakest["left_record_id"] not in set(strict.links["left_record_id"])
    assert weakest["left_record_id"] in set(strict.clerical["left_record_id"])


def test_quality_adds_up() -> None:
    linkage = link(LEFT, RIGHT)
    assert linkage.quality.select("stage", "n_left", "n_links").rows() == [
        ("upn", 10, 1),
        ("name_dob_postcode", 9, 5),
        ("probabilistic", 4, 3),
        ("all", 10, 9),
    ]
    of_stages = linkage.quality.filter(pl.col("stage") != "all")
    assert of_stages["estimated_recall"].sum() == pytest.approx(linkage.quality["estimated_recall"][-1], abs=1e-5)
