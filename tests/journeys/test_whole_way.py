"""The whole way, from files on a disk to published tables, on a small fictional England."""

import hashlib
import json
import os
import shutil
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from tests.journeys.conftest import SEED, files_below, materialise, run_all, tf_eval
from tf_assets.cli.demo import make_demo_home
from tf_assets.linkage.keys import load_keys
from tf_assets.linkage.release.pseudonyms import person_pseudonyms
from tf_assets.linkage.resources import LinkageZone
from tf_assets.linkage.reviews.decisions import PAIR, Decision
from tf_assets.linkage.reviews.store import record_decisions
from tf_assets.research.publication.rounding import round_counts
from tf_assets.verification.report import compare_with_truth
from tf_assets.warehouse.geography import councils
from tf_assets.warehouse.home import Home
from tf_assets.warehouse.resource import ZoneResource

pytestmark = pytest.mark.xdist_group("journeys")

Finished = tuple[Home, dict[str, dict[str, object]]]


def published_folder(home: Home) -> Path:
    return home.published / json.loads((home.published / "current.json").read_text())["publication_id"]


def test_nothing_fails(finished: Finished) -> None:
    _, phases = finished
    assert [phase["failed"] for phase in phases.values()] == [[]] * len(phases)


def test_linkage_is_good_defects_are_caught_and_no_identifier_is_found(finished: Finished) -> None:
    home, _ = finished
    found = compare_with_truth(home)
    whole = found.linkage.filter(
        (pl.col("extract") == "all extracts") & (pl.col("method") == "matchkeys and Splink")
    ).row(0, named=True)
    assert whole["precision"] > 0.99 and whole["recall"] > 0.97
    seen = found.defects.rows.filter(pl.col("expected_severity") != "undetectable")
    assert seen["n_missed"].sum() == 0 and seen["n_planted"].sum() > 50
    assert found.defects.files["n_missed"].sum() == 0
    assert found.defects.n_good_refused == 0
    assert found.canaries.n_canaries > 100 and found.canaries.n_files > 100
    assert found.canaries.found == ()


def test_one_person_from_a_dirty_row_to_a_published_cell(finished: Finished) -> None:
    home, _ = finished
    linkage, research = LinkageZone().zone(), ZoneResource(environment="research").zone()
    truth = pl.read_parquet(home.truth / "register_people.parquet")
    defects = pl.read_parquet(home.truth / "defects.parquet")
    eligible = research.read("eligible_people")

    # a row of a council's CSV in which a defect was planted and mended, of a person who is in the evaluation
    mended = defects.filter((pl.col("expected_severity") == "repaired") & pl.col("path").str.ends_with(".csv"))
    register = linkage.read("council_register").rename({"quarter_date": "quarter"})
    rows = mended.join(register, on=["council_code", "quarter", "row_number"], suffix="_read")
    spine = linkage.read("linked_spine").filter(pl.col("source") == "register")
    rows = rows.with_columns(source_ref=pl.concat_str("council_code", pl.lit("|"), "person_ref")).join(
        spine.select("source_ref", "person_id"), on="source_ref"
    )
    pseudonyms = person_pseudonyms(rows["person_id"], load_keys(home), home.project().name)
    rows = rows.with_columns(person_pseudonym=pseudonyms).filter(
        pl.col("person_pseudonym").is_in(eligible["person_pseudonym"].to_list())
    )
    person = rows.sort("path", "row_number").row(0, named=True)

    # the row of the sender's own file is this person's: the reference stands in it
    raw = (home.landing / person["path"]).read_bytes()
    assert hashlib.sha256(raw).hexdigest() == person["source_sha256"]
    assert person["person_ref"].encode() in raw or person["person_ref"].encode("utf-16-le") in raw
    true_person = truth.filter(
        (pl.col("council_code") == person["council_code"]) & (pl.col("person_ref") == person["person_ref"])
    )["person_id"].item()

    # each of the person's linked records is a record of the same true person
    records = linkage.read("record_links").filter(pl.col("person_id") == person["person_id"])
    true_records = pl.read_parquet(home.truth / "records.parquet").join(records, on=["extract", "record_ref"])
    assert records.height > 0 and set(true_records["person_id"]) == {true_person}

    # in the research environment the person is a pseudonym that the release brought
    in_cohort = eligible.filter(pl.col("person_pseudonym") == person["person_pseudonym"]).row(0, named=True)
    keys = research.read("released_people").select("person_pseudonym", "rounding_key")

    # the published cell of the person's council and arm is the keyed rounding of the people in it, this one among them
    cell = eligible.filter(
        (pl.col("council_code") == in_cohort["council_code"]) & (pl.col("arm") == in_cohort["arm"])
    ).join(keys, on="person_pseudonym")
    assert person["person_pseudonym"] in cell["person_pseudonym"]
    key_sum = pl.Series([sum(cell["rounding_key"].to_list()) % 2**64], dtype=pl.UInt64)
    expected = round_counts(pl.Series([cell.height]), key_sum).item()
    table = next(published_folder(home).glob("csv/*programme*.csv"))
    published = pl.read_csv(table, infer_schema=False).filter(
        (pl.col("area_code") == in_cohort["council_code"])
        & (pl.col("unit") == "people")
        & (pl.col("sex") == "all")
        & (pl.col("age_band") == "all")
        & (pl.col("arm") == in_cohort["arm"])
    )
    assert published["n_counted"].to_list() == [str(expected)]


def test_a_second_run_changes_nothing(finished: Finished) -> None:
    home, _ = finished
    before = files_below(home.published) | files_below(home.releases)
    assert {phase["n_runs"] for phase in run_all(home).values()} == {0}
    assert files_below(home.published) | files_below(home.releases) == before


def test_the_research_location_works_without_keys_and_cannot_open_linkage(finished: Finished) -> None:
    home, _ = finished
    keys = (home.keys / "linkage.json").read_bytes()
    (home.keys / "linkage.json").rename(home.root / "kept_away")
    try:
        done = tf_eval(home, "materialise", "research", "attributes", environment={"TF_LINKAGE_KEYS": ""})
        assert done.returncode == 0, done.stderr[-2000:]
        refused = tf_eval(home, "verify", environment={"TF_LINKAGE_KEYS": ""})
        assert (refused.returncode, "keys/linkage.json" in refused.stdout + refused.stderr) == (3, True)
    finally:
        (home.root / "kept_away").rename(home.keys / "linkage.json")
    assert (home.keys / "linkage.json").read_bytes() == keys


def test_a_corrected_return_replaces_only_its_own_partition(finished: Finished) -> None:
    home, _ = finished
    zone = LinkageZone().zone()
    receipts = zone.read("return_receipts").filter(pl.col("verdict") == "current")
    receipts = receipts.sort(
        "quarter_date", "council_code", descending=[True, False]
    )  # no later return makes good for it
    slots = [
        (home.landing / "returns" / row["council_code"] / str(row["quarter_date"]), row)
        for row in receipts.iter_rows(named=True)
    ]
    slot, row = next((s, r) for s, r in slots if len(list(s.iterdir())) == 1 and next(s.iterdir()).suffix == ".csv")
    partitions = home.zone("linkage") / "partitions" / "council_register"
    before = files_below(partitions)
    n_before = zone.read("council_register").height

    sent = next(slot.iterdir())
    lines = sent.read_bytes().splitlines(keepends=True)
    corrected = slot / "corrected.csv"
    (first_release,) = releases(home)
    before_correction = datetime.now(UTC)
    corrected.write_bytes(b"".join(lines[: len(lines) // 2]))
    later = sent.stat().st_mtime + 86_400
    os.utime(corrected, (later, later))

    told = materialise(home, "linkage", "returns")
    assert (told["n_runs"], told["failed"]) == (1, [])
    changed = {name for name, content in files_below(partitions).items() if before[name] != content}
    assert changed == {f"{row['council_code']}_{row['quarter_date']}.parquet"}
    assert zone.read("council_register").height < n_before - len(lines) // 3
    assert materialise(home, "linkage", "national")["n_runs"] == 1
    told = materialise(home, "research", "national")
    assert (told["n_runs"], told["failed"]) == (1, [])
    assert len(list(home.published.glob("*/manifest.json"))) == 2

    # the revisions lay every move to this return and to no other
    council = dict(councils().select("council_code", "council_name").iter_rows())[row["council_code"]]
    label = f"{council} {row['quarter_date']:%B %Y} (corrected)"
    revisions = ZoneResource(environment="research").zone().read("revisions")
    assert revisions.height > 0
    assert set(revisions["because_of"]) == {label}
    own = revisions.filter(pl.col("area_code") == row["council_code"])
    assert set(own["cause"]) <= {"own return"}
    assert "own return" not in set(revisions.filter(pl.col("area_code") != row["council_code"])["cause"])
    assert set(revisions.filter(pl.col("area_type") == "england")["cause"]) == {"returns of the area"}
    page = next(home.published.glob("revisions/*/revisions.html")).read_text()
    assert f"<li>{label}</li>" in page.replace("&#39;", "'")
    assert next(home.published.glob("revisions/*/revisions.csv")).read_text().count(label) == revisions.height

    # the release before the correction, made again from the files that were known then
    done = tf_eval(home, "rebuild", "--as-of", before_correction.isoformat())
    assert (done.returncode, "byte for byte" in done.stdout) == (0, True), done.stdout + done.stderr
    assert files_below(home.root / "rebuilt" / first_release) == files_below(home.releases / first_release)
    assert [path.name for path in home.root.iterdir() if path.name.startswith(".")] == []


def releases(home: Home) -> list[str]:
    return sorted(path.name for path in home.releases.iterdir() if path.is_dir())


def test_what_was_rebuilt_step_by_step_is_what_a_rebuild_from_nothing_gives(finished: Finished, tmp_path: Path) -> None:
    """After the corrected return: the same files in a new home, received all at once."""
    home, _ = finished
    other = Home(tmp_path)
    shutil.copytree(home.landing, other.landing)
    make_demo_home(other, SEED, "demo", "headline")
    told = run_all(other)
    assert [phase["failed"] for phase in told.values()] == [[]] * len(told)
    assert other.project() == home.project()
    current = json.loads((home.releases / "current.json").read_text())["release_id"]
    assert releases(other) == [current]
    assert files_below(other.releases / current) == files_below(home.releases / current)
    assert published_folder(other).name == published_folder(home).name
    assert files_below(published_folder(other)) == files_below(published_folder(home))


def test_a_reviewer_parts_what_a_key_linked_and_a_rebuild_knows_it(finished: Finished) -> None:
    home, _ = finished
    zone = LinkageZone().zone()
    link = zone.read("record_links").filter(stage="name_dob_postcode").row(0, named=True)
    parted = Decision(
        *(link[name] for name in PAIR), "different", "twin", "R. V.", datetime(2026, 1, 5), link["probability"]
    )
    record_decisions(home, [parted])
    assert materialise(home, "linkage", "reviews")["n_runs"] == 1
    assert materialise(home, "linkage", "national")["failed"] == []
    of_record = (pl.col("extract") == link["extract"]) & (pl.col("record_ref") == link["record_ref"])
    assert link["person_id"] not in zone.read("record_links").filter(of_record)["person_id"].to_list()
    assert zone.read("clerical_decisions")["verdict"].to_list() == ["different"]
    now = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S.%f}"
    rebuilt = tf_eval(home, "rebuild", "--as-of", now)
    assert (rebuilt.returncode, "byte for byte" in rebuilt.stdout) == (0, True), rebuilt.stdout + rebuilt.stderr
