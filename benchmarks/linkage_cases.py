"""Pairs of files with the truth beside them, for `benchmarks.linkage`."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from benchmarks.people_files import write_people_files
from benchmarks.splink_alone import SetUp, febrl, people

IDS = ["left_record_id", "right_record_id"]


@dataclass(frozen=True)
class Case:
    """Files in one folder: left, right, truth, and what Splink is given where that is written otherwise."""

    name: str
    folder: Path
    splink_files: tuple[str, str] = ("left", "right")
    set_up: str = "people"

    def file(self, name: str) -> Path:
        return self.folder / f"{name}.parquet"

    def truth(self) -> pl.DataFrame:
        return pl.read_parquet(self.file("truth"))


SET_UPS: dict[str, SetUp] = {"people": people(), "febrl": febrl()}


def febrl_case(source: Path, folder: Path) -> Case:
    """FEBRL dataset 4, in which rec-N-org is rec-N-dup-0: in our columns for the cascade, in its own for Splink."""
    folder.mkdir(parents=True, exist_ok=True)
    numbers = []
    for side, name in (("left", "febrl4a.csv"), ("right", "febrl4b.csv")):
        raw = pl.read_csv(source / name, infer_schema=False).rename(str.strip)
        raw = raw.with_columns(pl.all().str.strip_chars().str.to_uppercase().replace("", None)).drop("soc_sec_id")
        raw = raw.rename({"rec_id": "record_id"})
        raw.write_parquet(folder / f"raw_{side}.parquet")
        address = pl.concat_str("street_number", "address_1", "suburb", separator=" ", ignore_nulls=True)
        ours = raw.select("record_id", "surname", "date_of_birth", "postcode", forename="given_name", address=address)
        ours.write_parquet(folder / f"{side}.parquet")
        numbers.append(
            raw.select(
                pl.col("record_id").str.extract(r"-(\d+)-").alias("number"), **{f"{side}_record_id": "record_id"}
            )
        )
    numbers[0].join(numbers[1], on="number").select(IDS).write_parquet(folder / "truth.parquet")
    return Case("FEBRL4", folder, ("raw_left", "raw_right"), "febrl")


def people_case(seed: int, n_left: int, n_right: int, slips: float, folder: Path) -> Case:
    """A register of families and a department's file of the fictional England; made once for a folder."""
    case = Case(f"England, slips {slips:g}", folder / f"{n_left}x{n_right}-{seed}-{slips:g}")
    if not case.file("truth").exists():
        case.folder.mkdir(parents=True, exist_ok=True)
        write_people_files(case.folder, seed, n_left, n_right, slips)
    return case


def country_cases(folder: Path) -> Iterator[Case]:
    """Each extract of the country in TF_HOME, whose linkage has run and whose truth lies beside it."""
    from tf_assets.linkage.resources import LinkageZone
    from tf_assets.linkage.spine.register_identities import REGISTER_IDENTITIES_SQL
    from tf_assets.warehouse.calendar import EXTRACTS
    from tf_assets.warehouse.home import Home

    zone, truth = LinkageZone().zone(), Home(Path(os.environ["TF_HOME"])).truth
    with zone.connect() as connection:
        left = connection.sql(REGISTER_IDENTITIES_SQL).pl().rename({"person_id": "record_id"})
    founding = zone.read("register_clusters").filter("is_founding_record")
    known = pl.read_parquet(truth / "register_people.parquet")
    who = founding.rename({"person_id": "left_record_id"}).join(known, on=["council_code", "person_ref"])
    records = pl.read_parquet(truth / "records.parquet").rename({"record_ref": "right_record_id"})
    department_people = zone.read("department_people")
    for extract in EXTRACTS:
        case = Case(extract, folder / extract)
        case.folder.mkdir(parents=True, exist_ok=True)
        right = department_people.filter(extract=extract).sort("record_ref", "identity_number")
        left.write_parquet(case.file("left"))
        right.rename({"record_ref": "record_id"}).write_parquet(case.file("right"))
        who.join(records.filter(extract=extract), on="person_id").select(IDS).write_parquet(case.file("truth"))
        yield case
