"""Somebody in the evaluation objects: the next release and everything after it know nothing of the person."""

import json
import os
from collections.abc import Iterator

import polars as pl
import pytest

from tests.journeys.conftest import files_below, materialise, run_all, tf_eval
from tf_assets.cli.demo import make_demo_home, write_country
from tf_assets.linkage.keys import load_keys
from tf_assets.linkage.release.pseudonyms import person_pseudonyms
from tf_assets.linkage.resources import LinkageZone
from tf_assets.warehouse.home import Home
from tf_assets.warehouse.record_keys import record_key
from tf_assets.warehouse.resource import ZoneResource
from tf_assets.warehouse.zone import Zone

pytestmark = pytest.mark.xdist_group("opt_out")

SEED, FAMILIES, COUNCILS = 11, 120, 3
WITHHELD = {"opted_out_records", "opted_out_identities"}
"""The tables that must name the records that are out; they stay in the linkage environment."""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    home = Home(tmp_path_factory.mktemp("home"))
    before = {name: os.environ.get(name) for name in ("TF_HOME", "DAGSTER_HOME")}
    home.landing.mkdir()
    write_country(home.root, SEED, "demo", "headline", FAMILIES, COUNCILS)
    make_demo_home(home, SEED, "demo", "headline")
    os.environ["TF_HOME"] = str(home.root)
    run_all(home)
    yield home
    for name, value in before.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value


def zones() -> tuple[Zone, Zone]:
    return LinkageZone().zone(), ZoneResource(environment="research").zone()


def people_of(home: Home) -> pl.DataFrame:
    """person_id and pseudonym of everybody in the spine."""
    people = zones()[0].read("people").select("person_id")
    pseudonyms = person_pseudonyms(people["person_id"], load_keys(home), home.project().name)
    return people.with_columns(person_pseudonym=pseudonyms)


def in_the_evaluation(home: Home) -> pl.DataFrame:
    """People in a matched cohort with linked records, those with most records first: names as the register has them."""
    linkage, research = zones()
    matched = research.read("matched_cohorts").select("person_pseudonym").unique()
    links = linkage.read("record_links").group_by("person_id").agg(n_links=pl.len())
    records = linkage.read("register_clusters").join(linkage.read("register_people"), on=["council_code", "person_ref"])
    chosen = (
        people_of(home).join(matched, on="person_pseudonym").join(links, on="person_id").join(records, on="person_id")
    )
    named = chosen.filter(pl.all_horizontal(pl.col("forename", "surname", "date_of_birth").is_not_null()))
    return named.sort("n_records", "n_links", "person_id", descending=[True, True, False])


def tables_that_hold(zone: Zone, values: set[str]) -> set[str]:
    """National tables with one of the values in a text column."""
    held = set()
    for name, schema in zone.schemas.items():
        if schema.partitions is None and name not in WITHHELD:
            frame = zone.read(name)
            texts = [column for column, dtype in frame.schema.items() if dtype == pl.String]
            if any(frame[column].is_in(list(values)).any() for column in texts):
                held.add(name)
    return held


def is_lasting(name: str) -> bool:
    """A file of a publication's folder; the pages of revisions are made anew."""
    return "/" in name and not name.startswith("revisions/")


def test_nobody_who_opts_out_is_left_after_the_next_release_nor_brought_back(home: Home) -> None:
    opt_one_person_out(home)
    land_another_and_correct_a_return(home)


def opt_one_person_out(home: Home) -> None:
    """Nothing after the next release knows of a person who opts out."""
    linkage, research = zones()
    person = in_the_evaluation(home).row(0, named=True)
    person_id, pseudonym = person["person_id"], person["person_pseudonym"]
    register = linkage.read("register_clusters").filter(pl.col("person_id") == person_id)
    refs = {f"{code}|{ref}" for code, ref in register.select("council_code", "person_ref").iter_rows()}
    links = linkage.read("record_links").filter(pl.col("person_id") == person_id).select("extract", "record_ref")
    record_refs = set(links["record_ref"])
    salt = home.project().record_salt
    record_keys = {record_key(salt, extract, ref) for extract, ref in links.iter_rows()}
    assert links.height >= 2
    assert tables_that_hold(linkage, {person_id}) >= {"people", "register_clusters", "record_links", "linked_spine"}
    assert tables_that_hold(research, {pseudonym}) >= {"released_people", "eligible_people", "matched_cohorts"}
    assert tables_that_hold(research, record_keys) == {"released_record_links"}

    people_before = people_of(home)
    releases_before, published_before = files_below(home.releases), files_below(home.published)
    old_release = json.loads((home.releases / "current.json").read_text())["release_id"]

    said = pl.DataFrame(
        {
            "First name": [person["forename"].title()],
            "Last name": [person["surname"].title()],
            "DOB": [f"{person['date_of_birth']:%d/%m/%Y}"],
        }
    )
    told = tf_eval(home, "opt-out", tasks=said.write_csv())
    assert told.returncode == 0, told.stderr
    assert told.stdout.startswith("1 opt-out is on record.")
    assert materialise(home, "linkage", "opt_outs")["n_runs"] == 1
    assert materialise(home, "linkage", "opt_outs")["n_runs"] == 0
    assert materialise(home, "linkage", "national")["failed"] == []
    assert materialise(home, "research", "national")["failed"] == []

    # the register's records and the departments' are out together
    out = linkage.read("opted_out_records").select(pl.concat_str("council_code", "person_ref", separator="|"))
    assert refs <= set(out.to_series())
    assert record_refs <= set(linkage.read("opted_out_identities")["record_ref"])
    # and no table after that names the person, a record or a pseudonym
    trace = {person_id, pseudonym, *refs, *record_refs, *record_keys}
    assert tables_that_hold(linkage, trace) == set()
    assert tables_that_hold(research, trace) == set()
    new_release = json.loads((home.releases / "current.json").read_text())["release_id"]
    assert new_release != old_release
    bytes_after = [
        *files_below(home.releases / new_release).values(),
        *(content for name, content in files_below(home.published).items() if name not in published_before),
    ]
    for path in (home.releases / new_release).glob("*.parquet"):
        texts = pl.read_parquet(path).select(pl.col(pl.String))
        assert not any(texts[column].is_in(list(trace)).any() for column in texts.columns), path.name
    assert not any(each.encode() in content for content in bytes_after for each in trace)

    # everybody else is called what they were called
    people_after = people_of(home)
    n_out = people_before.height - people_after.height
    assert n_out == 1
    assert people_after.join(people_before, on=["person_id", "person_pseudonym"]).height == people_after.height
    # what was released and published before stands untouched
    releases_after, published_after = files_below(home.releases), files_below(home.published)
    assert {name: releases_after[name] for name in releases_before if name != "current.json"} == {
        name: content for name, content in releases_before.items() if name != "current.json"
    }
    assert all(published_after[name] == content for name, content in published_before.items() if is_lasting(name))
    manifest = json.loads((home.releases / new_release / "manifest.json").read_text())
    assert manifest["parameters"]["n_opt_outs"] == 1
    assert "opt_outs_applied" in manifest["inputs"]


def land_another_and_correct_a_return(home: Home) -> None:
    """A landed file is applied, and a correction does not bring anybody back."""
    linkage, _ = zones()
    out_before = linkage.read("opted_out_records")
    person = in_the_evaluation(home).row(0, named=True)
    landed = home.landing / "opt-outs" / "objections.csv"
    landed.parent.mkdir()
    landed.write_text(
        f"Local authority,Person ID,Surname\n{person['council_code']},{person['person_ref']},\n,,Quenzzyzxcanary\n"
    )
    told = materialise(home, "linkage", "opt_outs")
    assert (told["n_runs"], told["failed"]) == (1, [])
    (sentence,) = list(told["refused"])  # type: ignore[call-overload]
    assert "1 rows or files of opt-outs could not be used" in sentence
    (feedback,) = (home.feedback / "opt-outs").iterdir()
    assert pl.read_csv(feedback).select("row_number", "field", "rule").rows() == [(3, "row", "not_enough")]
    assert linkage.read("opt_outs").height == 2

    # a council whose register holds the first person sends it again: the same rows in other bytes
    register = linkage.read("council_register").join(out_before, on=["council_code", "person_ref"], how="semi")
    slots = sorted(set(register.select("council_code", "quarter_date").iter_rows()))
    folders = [home.landing / "returns" / code / str(quarter) for code, quarter in slots]
    last = [max(folder.iterdir(), key=lambda path: path.stat().st_mtime) for folder in folders]
    sent = next(path for path in last if path.suffix == ".csv" and b"\0" not in path.read_bytes())
    corrected = sent.with_name("again.csv")
    corrected.write_bytes(sent.read_bytes() + b"\n")
    later = sent.stat().st_mtime + 86_400
    os.utime(corrected, (later, later))
    assert materialise(home, "linkage", "returns")["n_runs"] == 1
    assert materialise(home, "linkage", "national")["failed"] == []

    key = ["council_code", "person_ref"]
    assert not linkage.read("council_register").join(out_before, on=key, how="semi").is_empty()
    out = linkage.read("opted_out_records")
    assert out.join(out_before, on=key, how="semi").height == out_before.height
    assert (person["council_code"], person["person_ref"]) in out.rows()
    refs = {f"{code}|{ref}" for code, ref in out.iter_rows()}
    records = set(linkage.read("opted_out_identities")["record_ref"])
    assert tables_that_hold(linkage, {person["person_id"], *refs, *records}) == set()

    # the landed file stays where it is, and its value is nowhere else
    assert landed.exists()
    outside = [path for path in home.root.rglob("*") if path.is_file() and home.landing not in path.parents]
    assert not [path for path in outside if b"quenzzyzxcanary" in path.read_bytes().lower()]
