"""Departments' files are found by slot; what is in no slot is left alone."""

from datetime import date
from pathlib import Path

import pytest

from tf_assets.warehouse.calendar import EXTRACTS, next_quarter, quarter_of
from tf_assets.warehouse.errors import InputRefused
from tf_assets.warehouse.landing import extract_file, landed_extracts


def put(landing: Path, *parts: str) -> None:
    path = landing.joinpath("departments", *parts)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"x")


def test_each_half_is_found_in_its_year(tmp_path: Path) -> None:
    put(tmp_path, "attendance", "2014-09-01", "identities.parquet")
    put(tmp_path, "attendance", "2014-09-01", "attributes.csv")
    put(tmp_path, "offences", "2015-01-01", "identities.csv")
    found = [(each.extract, each.partition_key) for each in landed_extracts(tmp_path, "identities")]
    assert found == [("attendance", "2014-09-01"), ("offences", "2015-01-01")]
    assert [each.extract for each in landed_extracts(tmp_path, "attributes")] == ["attendance"]


@pytest.mark.parametrize("slot", ["2014-08-01", "2014-09-02", "2014-13-01", "notes"])
def test_a_slot_that_is_no_year_of_the_extract_is_left_alone(tmp_path: Path, slot: str) -> None:
    put(tmp_path, "attendance", slot, "identities.parquet")
    assert list(landed_extracts(tmp_path, "identities")) == []


def test_a_missing_file_is_asked_for_by_supplier(tmp_path: Path) -> None:
    with pytest.raises(InputRefused, match=r"hospital/2014-04-01\. Ask health for attributes\.parquet"):
        extract_file(tmp_path, "hospital", "attributes", "2014-04-01")


def test_quarters_begin_in_january_april_july_and_october() -> None:
    assert [quarter_of(date(2015, month, 28)).month for month in range(1, 13)] == [1] * 3 + [4] * 3 + [7] * 3 + [10] * 3
    assert next_quarter(date(2015, 10, 1)) == date(2016, 1, 1)
    assert next_quarter(date(2015, 1, 1)) == date(2015, 4, 1)


def test_a_year_holds_the_days_from_its_start() -> None:
    assert EXTRACTS["attendance"].year_start(date(2015, 8, 31)) == date(2014, 9, 1)
    assert EXTRACTS["attendance"].year_start(date(2015, 9, 1)) == date(2015, 9, 1)
    assert EXTRACTS["offences"].year_start(date(2015, 12, 31)) == date(2015, 1, 1)
