"""Planted people pass by every place where a value could leak."""

import zipfile
from collections.abc import Callable
from pathlib import Path

import polars as pl

from tf_assets.country.dirty.canaries import CANARY_ADDRESS, canary_people

LISTED = "kind,value\nsurname,ZZQUILLOW\nsurname,ZZQUILLOX\nforename,JYXEL\n"


def with_canaries(register: pl.DataFrame) -> pl.DataFrame:
    """Two people get the listed surnames."""
    people = register["person_ref"].unique().sort()
    renamed = {people[0]: "Zzquillow", people[1]: "Zzquillox"}
    surname = pl.col("person_ref").replace_strict(renamed, default=pl.col("surname"))
    return register.with_columns(surname.alias("surname"))


def content(path: Path) -> bytes:
    """The bytes of a file, unpacked; the zero bytes of UTF-16 left out."""
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            return b"".join(archive.read(name) for name in archive.namelist())
    return path.read_bytes().replace(b"\0", b"")


def test_every_second_canary_has_a_fault_of_its_own(small_register: pl.DataFrame, tmp_path: Path) -> None:
    (tmp_path / "canaries.csv").write_text(LISTED)

    found = canary_people(with_canaries(small_register), tmp_path / "canaries.csv")

    assert found.select("surname", "fault").rows() == [("Zzquillow", None), ("Zzquillox", "group_unreadable")]


def test_without_a_list_there_are_none(small_register: pl.DataFrame, tmp_path: Path) -> None:
    assert canary_people(with_canaries(small_register), tmp_path / "canaries.csv").is_empty()


def test_a_planted_address_and_a_name_in_a_file_name_are_sent(
    write_country: Callable, small_register: pl.DataFrame
) -> None:
    country = write_country(with_canaries(small_register), canaries=LISTED)

    assert (country.truth / "canaries.csv").read_text() == LISTED + f"address,{CANARY_ADDRESS}\n"
    assert country.files["path"].str.contains("Zzquillow").sum() == 1
    assert any(CANARY_ADDRESS.encode() in content(path) for path in country.landing.rglob("*.*"))


def test_a_canary_keeps_its_fault_in_all_returns(write_country: Callable, small_register: pl.DataFrame) -> None:
    country = write_country(with_canaries(small_register), canaries=LISTED)
    council = with_canaries(small_register).filter(pl.col("surname") == "Zzquillox")

    faults = country.defects.filter(
        (pl.col("defect") == "group_unreadable") & (pl.col("council_code") == council["council_code"][0])
    )
    assert set(council["quarter_date"]) <= set(faults["quarter"])
