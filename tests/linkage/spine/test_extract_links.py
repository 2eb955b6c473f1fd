"""Registers linked to several extracts at once."""

import polars as pl

from tf_assets.linkage.spine.extract_links import link_extracts
from tf_assets.linkage.spine.pictures import link_rates_markdown, weight_histogram_markdown

REGISTER = pl.DataFrame(
    [
        ("id1", "AMIRA", "KHAN", "2004-03-02", "F", "LS1 4AP"),
        ("id1", "AMIRA", "KHAN", "2004-03-02", "F", "LS9 9ZZ"),
        ("id2", "OWEN", "PRICE", "1985-11-30", "M", "LS2 9JT"),
    ],
    schema=["person_id", "forename", "surname", "date_of_birth", "sex", "postcode"],
    orient="row",
)
DEPARTMENTS = pl.DataFrame(
    [
        ("attendance", "R1", 1, "AMIRA", "KHAN", "2004-03-02", "F", "LS1 4AP"),
        ("hospital", "H5", 1, "AMIRA", "KHAN", "2004-03-02", "F", "LS9 9ZZ"),
        ("hospital", "H6", 1, "OWEN", "PRICE", "1985-11-30", "M", "LS2 9JT"),
    ],
    schema=["extract", "record_ref", "identity_number", "forename", "surname", "date_of_birth", "sex", "postcode"],
    orient="row",
)
EXTRACTS = ["attendance", "hospital", "offences"]


def test_each_extract_is_linked_on_its_own_by_any_address_a_person_had() -> None:
    found = link_extracts(REGISTER, DEPARTMENTS, EXTRACTS)
    assert found.links.select("extract", "record_ref", "person_id", "stage").rows() == [
        ("attendance", "R1", "id1", "name_dob_postcode"),
        ("hospital", "H5", "id1", "name_dob_postcode"),
        ("hospital", "H6", "id2", "name_dob_postcode"),
    ]
    assert found.quality.filter(stage="all").select("extract", "n_left", "n_links").rows() == [
        ("attendance", 2, 1),
        ("hospital", 2, 2),
    ]


def test_nothing_received_links_nobody() -> None:
    for register, departments in ((REGISTER.clear(), DEPARTMENTS), (REGISTER, DEPARTMENTS.clear())):
        found = link_extracts(register, departments, EXTRACTS)
        assert found.links.is_empty()
        assert found.links.columns == ["extract", "person_id", "record_ref", "stage", "match_weight", "probability"]
        assert found.quality.is_empty()


def test_pictures_show_rates_and_no_person() -> None:
    found = link_extracts(REGISTER, DEPARTMENTS, EXTRACTS)
    rates = link_rates_markdown(found.quality)
    assert "| hospital | all | 2 | 2 |" in rates
    image = weight_histogram_markdown(found.linkages)
    assert image.startswith("![match weights](data:image/png;base64,")
