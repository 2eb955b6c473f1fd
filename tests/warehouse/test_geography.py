"""The reference table of councils is the ONS's of 31 December 2015."""

from pathlib import Path

import polars as pl
import pytest

from tf_assets.warehouse.geography import councils

PUBLIC = Path(__file__).parents[3] / "shared" / "data" / "councils_2015.csv"


def test_there_are_152_councils_in_nine_regions() -> None:
    frame = councils()
    assert frame["council_code"].n_unique() == frame.height == 152
    assert frame["region_code"].n_unique() == 9
    assert frame["council_code"].str.contains(r"^E(06|08|09|10)\d{6}$").all()


def test_a_council_of_each_kind_is_in_its_region() -> None:
    known = {"E06000001": "North East", "E10000014": "South East", "E09000001": "London", "E08000025": "West Midlands"}
    found = dict(
        councils().select("council_code", "region_name").filter(pl.col("council_code").is_in(list(known))).rows()
    )
    assert found == known


def test_it_agrees_with_the_public_copy() -> None:
    if not PUBLIC.exists():
        pytest.skip("the public copy is not beside this checkout")
    assert councils().equals(pl.read_csv(PUBLIC, infer_schema=False).sort("council_code"))
