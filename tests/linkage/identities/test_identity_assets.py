"""Departments' identities on their way through the gate."""

from datetime import date
from pathlib import Path

import dagster as dg
import polars as pl
import pytest

from tf_assets.linkage.identities.assets import identity_assets
from tf_assets.linkage.keys import create_keys
from tf_assets.linkage.resources import LinkageZone
from tf_assets.warehouse.calendar import EXTRACTS
from tf_assets.warehouse.home import HOME_VARIABLE, Home

OFFENDER = {
    "record_ref": "r1", "pnc_id": "p1", "forename": "Ann", "surname": "Smith", "aliases": "Annie Brown",
    "date_of_birth": "1985-02-13", "sex": "F", "postcode": "m11ae",
}  # fmt: skip


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path))
    create_keys(Home(tmp_path))
    return Home(tmp_path)


def _materialise(extract: str, year: str) -> bool:
    (asset,) = (each for each in identity_assets if each.key == dg.AssetKey(f"{extract}_identities"))
    result = dg.materialize([asset], partition_key=year, resources={"zone": LinkageZone()}, raise_on_error=False)
    return result.success


def test_there_is_one_asset_for_each_extract() -> None:
    assert {each.key.to_user_string() for each in identity_assets} == {f"{name}_identities" for name in EXTRACTS}


def test_a_year_of_identities_is_published_and_a_bad_one_leaves_it_standing(home: Home) -> None:
    path = home.landing / "departments" / "offences" / "2014-01-01" / "identities.csv"
    path.parent.mkdir(parents=True)
    pl.DataFrame([OFFENDER]).write_csv(path)
    assert _materialise("offences", "2014-01-01")
    pl.DataFrame([OFFENDER, OFFENDER]).write_csv(path)
    assert not _materialise("offences", "2014-01-01")
    (row,) = LinkageZone().zone().read_partition("offences_identities", "2014-01-01").rows(named=True)
    assert (row["record_ref"], row["aliases"], row["postcode"]) == ("r1", "ANNIE BROWN", "M1 1AE")
    assert row["year_start_date"] == date(2014, 1, 1)
    assert row["nino"] is None
