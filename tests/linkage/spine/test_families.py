"""Family context: whom it finds, and whom it must not confuse, among five thousand strangers."""

import numpy as np
import polars as pl
import pytest

from tf_assets.linkage.spine.cascade import link

FORENAMES = [f"{first}{last}" for first in ("AM", "BE", "CO", "DA", "EL") for last in ("AN", "IE", "OR", "US")]
SURNAMES = [
    f"{first}{last}"
    for first in ("BAR", "CAL", "DOR", "FEN", "GAR", "HOL", "KEN", "LAN", "MAR", "NOR")
    for last in ("BY", "DEN", "FORD", "HAM", "LEY", "STONE", "TON", "WELL", "WOOD", "WORTH")
]
COLUMNS = ["record_id", "forename", "surname", "date_of_birth", "sex", "postcode", "nino", "family_id"]
Person = tuple[str | None, ...]

OLD, NEW, FAR = "LS1 4AP", "BD5 8QQ", "TR1 2XY"
MOTHER = ("JANE", "OKAFOR", "1980-02-11", "F")
SON = ("PETER", "OKAFOR", "2001-06-30", "M")


def strangers(n: int, postcode: str | None = None) -> list[Person]:
    """People whom the left does not know: in households of four of one surname, a few with twins, or all in one place."""
    rng = np.random.default_rng(7)
    days = np.datetime64("1940-01-01") + rng.integers(0, 365 * 75, n)
    days[3::60] = days[2::60][: len(days[3::60])]
    surnames = rng.choice(SURNAMES, n // 4 + 1)
    homes = [
        f"NE{home % 97} {home % 9}{'ABDEFGHJ'[home // 9 % 8]}{'LNPQRSTU'[home // 72 % 8]}" for home in range(n // 4 + 1)
    ]
    return [
        (
            f"S{number}{postcode or ''}",
            str(rng.choice(FORENAMES)),
            str(rng.choice(SURNAMES) if postcode else surnames[number // 4]),
            str(days[number]),
            "FM"[rng.integers(2)],
            postcode or homes[number // 4],
            None,
            None,
        )
        for number in range(n)
    ]


CROWD = strangers(5_000)


def left(*people: Person, family: str = "F1") -> list[Person]:
    """Members of a family, as a council wrote them down at their old home: forename, surname, birthday, sex."""
    numbers = {MOTHER: "QQ123456A", SON: "QQ123457A"}
    return [(f"L{each[0]}", *each, OLD, numbers.get(each), family) for each in people]


def right(*people: Person, at: str = NEW) -> list[Person]:
    """The same people as a department knows them."""
    numbers = {MOTHER: "QQ123456A", SON: "QQ123457A"}
    return [(f"R{each[0]}", *each, at, numbers.get(each), None) for each in people]


def linked(of_left: list[Person], of_right: list[Person], with_families: bool = True) -> dict[str, str]:
    """Right records by left ones."""
    schema = dict.fromkeys(COLUMNS, pl.String)
    one, other = (pl.DataFrame(rows, schema=schema, orient="row") for rows in (of_left, [*of_right, *CROWD]))
    found = link(one if with_families else one.drop("family_id"), other.drop("family_id")).links
    return dict(found.select("left_record_id", "right_record_id").iter_rows())


def test_a_child_is_found_in_the_familys_new_home() -> None:
    """Moved, another surname and a slip in the birthday: too little alone, enough where mother and brother live."""
    of_left = left(MOTHER, SON, ("THEODORE", "OKAFOR", "2004-05-17", "M"))
    of_right = right(MOTHER, SON, ("THEODORE", "ADEYEMI", "2004-05-11", "M"))
    assert linked(of_left, of_right)["LTHEODORE"] == "RTHEODORE"
    assert "LTHEODORE" not in linked(of_left, of_right, with_families=False)


def test_a_short_name_is_the_same_child() -> None:
    of_left = left(MOTHER, SON, ("BILL", "OKAFOR", "2004-05-17", "M"))
    of_right = right(MOTHER, SON, ("WILLIAM", "ADEYEMI", "2004-05-17", "M"))
    assert linked(of_left, of_right)["LBILL"] == "RWILLIAM"


def test_a_twin_is_not_given_the_other_twins_record() -> None:
    of_left = left(MOTHER, SON, ("ELLA", "OKAFOR", "2005-01-20", "F"), ("MAUD", "OKAFOR", "2005-01-20", "F"))
    found = linked(of_left, right(MOTHER, SON, ("MAUD", "OKAFOR", "2005-01-20", "F")))
    assert found["LMAUD"] == "RMAUD"
    assert "LELLA" not in found


def test_a_twin_whose_twin_is_not_on_the_register_is_not_given_her_record() -> None:
    of_left = left(MOTHER, SON, ("ELLA", "OKAFOR", "2005-01-20", "F"))
    assert "LELLA" not in linked(of_left, right(MOTHER, SON, ("MAUD", "OKAFOR", "2005-01-20", "F")))


def test_a_father_is_not_given_the_record_of_the_son_who_has_his_name() -> None:
    father: Person = ("LFATHER", "PETER", "OKAFOR", "1975-03-02", "M", OLD, None, "F1")
    found = linked([*left(MOTHER, SON), father], right(MOTHER, SON))
    assert found["LPETER"] == "RPETER"
    assert "LFATHER" not in found


def test_a_brother_is_not_given_the_record_of_another() -> None:
    """Alike in all that a home has in common, and apart in forename and birthday."""
    of_left = left(MOTHER, SON, ("DANIEL", "OKAFOR", "2006-08-09", "M"))
    assert "LDANIEL" not in linked(of_left, right(MOTHER, SON, ("SAMUEL", "OKAFOR", "2009-11-23", "M")))


def test_two_families_in_one_house_keep_their_own_children() -> None:
    """Both moved to one address, each with a child of the same forename and year."""
    neighbour = ("ANNE", "REILLY", "1982-07-07", "F")
    of_left = [
        *left(MOTHER, SON, ("THOMAS", "OKAFOR", "2004-05-17", "M")),
        *left(neighbour, family="F2"),
        ("LTOM", "TOM", "REILLY", "2004-09-03", "M", OLD, None, "F2"),
    ]
    of_right = [
        *right(MOTHER, SON, ("THOMAS", "OKAFOR", "2004-05-17", "M"), neighbour),
        ("RTOM", "TOM", "REILLY", "2004-09-03", "M", NEW, None, None),
    ]
    found = linked(of_left, of_right)
    assert (found["LTHOMAS"], found["LTOM"]) == ("RTHOMAS", "RTOM")
    without = linked(of_left, [each for each in of_right if each[0] != "RTOM"])
    assert "LTOM" not in without


def test_a_parent_who_lives_elsewhere_is_still_found() -> None:
    father = ("KWABENA", "OKAFOR", "1978-10-05", "M")
    of_right = [*right(MOTHER, SON), *right(father, at=FAR)]
    assert linked(left(MOTHER, SON, father), of_right)["LKWABENA"] == "RKWABENA"


@pytest.mark.parametrize("n_residents", [250, 400])
def test_a_hostel_is_no_household(n_residents: int) -> None:
    """Somebody of the same forename and year of birth among hundreds at the anchors' postcode is a stranger."""
    of_left = left(MOTHER, SON, ("THEODORE", "OKAFOR", "2004-05-17", "M"))
    namesake: Person = ("RSTRANGER", "THEODORE", "BARLEY", "2004-12-01", "M", NEW, None, None)
    found = linked(of_left, [*right(MOTHER, SON), namesake, *strangers(n_residents, NEW)])
    assert found["LJANE"] == "RJANE"
    assert "LTHEODORE" not in found


def test_families_change_nothing_where_nobody_is_sure() -> None:
    """One weak member cannot vouch for another."""
    of_left = left(("THEODORE", "OKAFOR", "2004-05-17", "M"), ("DANIEL", "OKAFOR", "2006-08-09", "M"))
    of_right = right(("THEODORE", "ADEYEMI", "2004-05-11", "M"), ("DANIEL", "ADEYEMI", "2006-08-19", "M"))
    assert linked(of_left, of_right) == {}
