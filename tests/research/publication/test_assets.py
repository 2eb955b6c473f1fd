"""From the tables that publication reads to what is out, through the gates of every table on the way."""

import hashlib
import json
from pathlib import Path

import dagster as dg
import polars as pl
import pytest

from tf_assets.research.publication import assets
from tf_assets.research.publication.ledger import Ledger
from tf_assets.warehouse.resource import ZoneResource
from tf_assets.warehouse.schema import TableSchema
from tf_assets.warehouse.zone import Zone

Tables = dict[str, pl.DataFrame]
RELEASE_FILES = {
    "people.parquet": "released_people",
    "programme_spells.parquet": "released_programme_spells",
    "record_links.parquet": "released_record_links",
    "link_quality.parquet": "released_link_quality",
    "returns.parquet": "released_returns",
}


def typed(schema: TableSchema, frame: pl.DataFrame) -> pl.DataFrame:
    """The declared columns, null where the frame has none."""
    return frame.select(
        pl.col(column.name) if column.name in frame.columns else pl.lit(None).alias(column.name)
        for column in schema.columns
    )


def make_release(home: Path, release_id: str, zone: Zone) -> None:
    folder = home / "releases" / release_id
    folder.mkdir(parents=True)
    for file, table in RELEASE_FILES.items():
        zone.read(table).write_parquet(folder / file)
    hashes = {file: hashlib.sha256((folder / file).read_bytes()).hexdigest() for file in RELEASE_FILES}
    manifest = folder / "manifest.json"
    manifest.write_text(json.dumps({"release_id": release_id, "project": "test", "files": hashes}))
    pointer = {"release_id": release_id, "manifest_sha256": hashlib.sha256(manifest.read_bytes()).hexdigest()}
    (home / "releases" / "current.json").write_text(json.dumps(pointer))


@pytest.fixture
def zone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, upstream: Tables) -> Zone:
    """A home with everything that publication reads, and a release."""
    monkeypatch.setenv("TF_HOME", str(tmp_path))
    (tmp_path / "project.json").write_text(json.dumps({"project": "test", "record_salt": "s", "is_demo": True}))
    zone = ZoneResource(environment="research").zone()
    for table, frame in upstream.items():
        zone.publish(zone.stage(table, typed(zone.schemas[table], frame)))
    make_release(tmp_path, "r1", zone)
    return zone


def materialise() -> dg.ExecuteInProcessResult:
    return dg.materialize(
        dg.load_assets_from_modules([assets]),
        resources={"zone": ZoneResource(environment="research")},
        raise_on_error=False,
    )


def test_everything_passes_its_gate_and_is_published_once(zone: Zone) -> None:
    result = materialise()
    assert [check.asset_key for check in result.get_asset_check_evaluations() if not check.passed] == []
    assert result.success
    published = zone.read("publication")
    assert published["is_current"].to_list() == [True]
    ledger = Ledger(zone.root / "ledger")
    assert ledger.verify().n_records == len(zone.read("publication_ledger")) == published["n_figures"].item()
    attacked = json.loads((ledger.root / "attack.json").read_text())
    assert attacked["last_hash"] == ledger.verify().last_hash
    assert sum(target["n_targets"] for target in attacked["targets"]) > 100
    assert [target["n_narrow"] for target in attacked["targets"]] == [0] * len(attacked["targets"])

    assert zone.read("revisions").is_empty()
    pages = list((zone.root.parent / "published" / "revisions").glob("*/revisions.html"))
    assert ["This is the first publication" in page.read_text() for page in pages] == [True]

    assert materialise().success
    assert zone.read("publication").equals(published)
    assert list((zone.root.parent / "published" / "revisions").glob("*/revisions.html")) == pages
    assert ledger.verify().n_records == published["n_figures"].item()


def test_a_corrected_return_is_told_with_the_figures_that_it_moved(zone: Zone, upstream: Tables) -> None:
    assert materialise().success
    # as if a later file of the first council held half of its people
    people = upstream["eligible_people"]
    council = people["council_code"].sort()[0]
    own = pl.col("council_code") == council
    half = people.filter(~own | (pl.int_range(pl.len()).over("council_code") % 2 == 0))
    content = pl.when(own).then(pl.lit("f" * 32)).otherwise("content_key").alias("content_key")
    returns = upstream["released_returns"].with_columns(content)
    for table, frame in {"eligible_people": half, "released_returns": returns}.items():
        zone.publish(zone.stage(table, typed(zone.schemas[table], frame)))
    make_release(zone.root.parent, "r2", zone)

    result = materialise()
    assert [check.asset_key for check in result.get_asset_check_evaluations() if not check.passed] == []
    revisions = zone.read("revisions")
    counts = revisions.filter(pl.col("measure") == "n_counted|people")
    assert set(counts.filter(pl.col("area_type") == "council")["area_code"]) == {council}
    assert set(counts["cause"]) == {"own return", "returns of the area"}
    assert revisions["because_of"].str.contains(r"April 2015 \(corrected\)$").all()
    whole = counts.filter(
        (pl.col("area_code") == council) & (pl.col("arm") == "programme")
        & (pl.col("sex") == "all") & (pl.col("age_band") == "all")
    ).row(0, named=True)  # fmt: skip
    assert whole["published"] == pytest.approx(whole["previous"] / 2, abs=25)
    out = "".join(path.read_text() for path in (zone.root.parent / "published" / "revisions").glob("*/*"))
    assert "April 2015 (corrected)" in out
    assert not [key for key in returns["content_key"] if key in out]


def test_tables_of_an_earlier_release_are_not_published_as_the_current_one(zone: Zone, upstream: Tables) -> None:
    fewer = typed(zone.schemas["released_people"], upstream["released_people"].tail(-1))
    zone.publish(zone.stage("released_people", fewer))
    result = materialise()
    failed = [check.description for check in result.get_asset_check_evaluations() if not check.passed]
    assert len(failed) == 1 and "earlier release than r1" in str(failed[0])
    assert not (zone.root.parent / "published").exists()
    assert Ledger(zone.root / "ledger").verify().n_records == 0


def test_a_publication_does_not_make_its_own_attack_stale(zone: Zone) -> None:
    before = assets._published_before()
    assert materialise().success
    assert assets._published_before() == before
    make_release(zone.root.parent, "r2", zone)
    assert assets._published_before() != before
