"""Forms of a forename."""

import polars as pl

from tf_assets.linkage.spine.cascade import link
from tf_assets.linkage.spine.nicknames import forename_roots, with_forename_root


def test_a_form_has_its_root_and_a_name_of_its_own_is_its_own() -> None:
    people = pl.DataFrame({"forename": ["BOB", "KATE", "AMIRA", None]})
    assert with_forename_root(people)["forename_root"].to_list() == ["ROBERT", "KATHERINE", "AMIRA", None]


def test_the_list_is_plain() -> None:
    """One root a form, and no root is itself a form, so that order cannot matter."""
    roots = forename_roots()
    assert roots["forename"].is_unique().all()
    assert not set(roots["forename"]) & set(roots["root"])
    assert roots.select(pl.all().str.contains("^[A-Z]+$").all()).row(0) == (True, True)


def test_a_short_form_with_a_number_is_linked_by_it() -> None:
    columns = ["record_id", "forename", "surname", "date_of_birth", "upn"]
    left = pl.DataFrame([("L1", "REBECCA", "LAW", "1997-12-06", "U1")], schema=columns, orient="row")
    right = pl.DataFrame([("R1", "BECKY", "LAW", "1997-12-06", "U1")], schema=columns, orient="row")
    assert link(left, right).links["stage"].to_list() == ["upn"]
