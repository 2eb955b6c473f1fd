"""Who on the registers is the same person, and ids that last."""

from datetime import date, datetime

import polars as pl

from tf_assets.linkage.keys import keyed_digest
from tf_assets.linkage.spine.clusters import cluster_register

KEY = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
APRIL, JULY, OCTOBER = datetime(2015, 7, 9), datetime(2015, 10, 8), datetime(2016, 1, 11)
SCHEMA = {
    "council_code": pl.String, "person_ref": pl.String, "family_ref": pl.String, "forename": pl.String,
    "surname": pl.String, "date_of_birth": pl.Date, "sex": pl.String, "postcode": pl.String, "upn": pl.String,
    "nino": pl.String, "first_received_at": pl.Datetime,
}  # fmt: skip
Row = tuple[object, ...]

AMIRA = ("AMIRA", "KHAN", date(2004, 3, 2), "F")
BILAL = ("BILAL", "KHAN", date(2007, 10, 19), "M")
NADIA = ("NADIA", "KHAN", date(1980, 6, 6), "F")
ELLA, EVIE = (("ELLA", "MARSH", date(2005, 1, 20), "F"), ("EVIE", "MARSH", date(2005, 1, 20), "F"))


def register(*rows: Row) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


def row(council: str, ref: str, family: str, who: Row, postcode: str, upn: str | None, received: datetime) -> Row:
    return (council, ref, family, *who, postcode, upn, None, received)


def together(people: pl.DataFrame) -> list[list[str]]:
    """Register records by person, each as council/reference."""
    clusters = cluster_register(people, KEY).with_columns(record=pl.format("{}/{}", "council_code", "person_ref"))
    return sorted(sorted(records) for records in clusters.group_by("person_id").agg("record")["record"].to_list())


def test_a_child_on_two_registers_is_one_person_by_the_number() -> None:
    people = register(
        row("A", "1", "F1", AMIRA, "LS1 4AP", "U1", APRIL),
        row("B", "9", "F7", ("AMIRAH", *AMIRA[1:]), "BD1 1AA", "U1", JULY),
    )
    assert together(people) == [["A/1", "B/9"]]


def test_a_family_that_moves_is_recognised_without_numbers() -> None:
    people = register(
        row("A", "1", "F1", AMIRA, "LS1 4AP", None, APRIL),
        row("A", "2", "F1", NADIA, "LS1 4AP", None, APRIL),
        row("B", "8", "F7", AMIRA, "BD1 1AA", None, JULY),
        row("B", "9", "F7", NADIA, "BD1 1AA", None, JULY),
    )
    assert together(people) == [["A/1", "B/8"], ["A/2", "B/9"]]


def test_one_name_and_birthday_in_two_towns_is_not_enough() -> None:
    people = register(
        row("A", "1", "F1", AMIRA, "LS1 4AP", None, APRIL), row("B", "8", "F7", AMIRA, "BD1 1AA", None, JULY)
    )
    assert together(people) == [["A/1"], ["B/8"]]


def test_twins_do_not_merge_even_with_one_number_between_them() -> None:
    people = register(
        row("A", "1", "F1", ELLA, "LS8 1BB", "U1", APRIL), row("A", "2", "F1", EVIE, "LS8 1BB", "U1", APRIL)
    )
    assert together(people) == [["A/1"], ["A/2"]]


def test_twins_do_not_merge_through_a_third_record() -> None:
    """The other council gives Ella's record the number of Evie: the chain contradicts itself and falls apart."""
    ell = ("ELLIE", *ELLA[1:])
    people = register(
        row("A", "1", "F1", ("ELL", *ELLA[1:]), "LS8 1BB", "U1", APRIL),
        row("A", "2", "F1", ("ELLI", *ELLA[1:]), "LS8 1BB", "U1", APRIL),
        row("B", "9", "F7", ell, "LS8 1BB", "U1", JULY),
    )
    assert together(people) == [["A/1"], ["A/2"], ["B/9"]]


def test_different_numbers_keep_namesakes_apart() -> None:
    people = register(
        row("A", "1", "F1", AMIRA, "LS1 4AP", "U1", APRIL), row("A", "7", "F3", AMIRA, "LS1 4AP", "U2", APRIL)
    )
    assert together(people) == [["A/1"], ["A/7"]]


def test_the_same_person_in_two_families_of_one_council_is_one() -> None:
    people = register(
        row("A", "1", "F1", AMIRA, "LS1 4AP", "U1", APRIL), row("A", "7", "F3", AMIRA, "LS1 4AP", None, JULY)
    )
    assert together(people) == [["A/1", "A/7"]]


def test_a_placeholder_number_brings_nobody_together() -> None:
    people = register(*(row("A", str(n), f"F{n}", AMIRA, f"LS{n} 1AA", "X0", APRIL) for n in range(1, 8)))
    assert len(together(people)) == 7


def test_the_id_comes_from_the_record_received_first() -> None:
    people = register(
        row("B", "9", "F7", AMIRA, "BD1 1AA", "U1", JULY), row("A", "1", "F1", AMIRA, "LS1 4AP", "U1", APRIL)
    )
    clusters = cluster_register(people, KEY)
    assert clusters.select("council_code", "stage", "is_founding_record", "n_records").rows() == [
        ("A", "founding", True, 2),
        ("B", "upn", False, 2),
    ]
    assert clusters["person_id"].unique().to_list() == [keyed_digest(KEY, "person|A|1")[:32]]
    assert clusters["family_id"].unique().to_list() == [keyed_digest(KEY, "family|A|F1")[:32]]


def test_records_that_come_later_leave_every_id_as_it_was() -> None:
    first = register(
        row("A", "1", "F1", AMIRA, "LS1 4AP", "U1", APRIL),
        row("A", "2", "F1", NADIA, "LS1 4AP", None, APRIL),
        row("B", "5", "F4", ELLA, "LS8 1BB", "U3", APRIL),
    )
    later = register(
        row("B", "8", "F7", AMIRA, "BD1 1AA", "U1", JULY),
        row("B", "9", "F7", NADIA, "BD1 1AA", None, JULY),
        row("B", "6", "F4", EVIE, "LS8 1BB", "U4", JULY),
        row("C", "1", "F1", BILAL, "LS1 4AP", None, OCTOBER),
    )
    columns = ["council_code", "person_ref", "person_id", "family_id"]
    before = cluster_register(first, KEY).select(columns)
    after = cluster_register(pl.concat([later, first]), KEY).select(columns)
    assert before.join(after, on=columns, how="anti").is_empty()
    assert after["person_id"].n_unique() == 5


def test_a_family_keeps_its_id_when_it_moves_and_grows() -> None:
    people = register(
        row("A", "1", "F1", AMIRA, "LS1 4AP", "U1", APRIL),
        row("A", "2", "F1", NADIA, "LS1 4AP", None, APRIL),
        row("B", "8", "F7", AMIRA, "BD1 1AA", "U1", JULY),
        row("B", "9", "F7", NADIA, "BD1 1AA", None, JULY),
        row("B", "10", "F7", BILAL, "BD1 1AA", None, JULY),
    )
    assert cluster_register(people, KEY)["family_id"].n_unique() == 1


def test_a_child_who_joins_another_family_does_not_take_that_family_along() -> None:
    people = register(
        row("A", "1", "F1", AMIRA, "LS1 4AP", "U1", APRIL),
        row("A", "2", "F1", NADIA, "LS1 4AP", None, APRIL),
        row("B", "8", "F7", AMIRA, "BD1 1AA", "U1", JULY),
        row("B", "9", "F7", ELLA, "BD1 1AA", None, JULY),
        row("B", "10", "F7", EVIE, "BD1 1AA", None, JULY),
    )
    clusters = cluster_register(people, KEY)
    family = {ref: family for _, ref, _, family in clusters.select(clusters.columns[:4]).rows()}
    assert family["9"] == family["10"] != family["1"]


def test_another_key_gives_other_ids_and_an_empty_register_none() -> None:
    people = register(row("A", "1", "F1", AMIRA, "LS1 4AP", "U1", APRIL))
    assert cluster_register(people, KEY)["person_id"][0] != cluster_register(people, KEY[::-1])["person_id"][0]
    assert cluster_register(people.clear(), KEY).is_empty()
