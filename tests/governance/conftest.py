"""A small home with a release, a publication and a ledger, made by the system's own functions where people are concerned."""

import json
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import dagster as dg
import duckdb
import pytest

from tests.linkage.release.test_release import PROVENANCE, tables
from tests.research.publication.test_ledger import figures
from tf_assets.linkage.release.writing import write_release
from tf_assets.quality.gate import CHECK
from tf_assets.research.publication.ledger import Ledger
from tf_assets.warehouse.home import Home

INPUTS = {
    "council_register": "a",
    "attendance_identities|2013-09-01": "b",
    "attendance_identities|2014-09-01": "c",
    "opt_outs_applied": "d",
}


def make_release(home: Home, n_opt_outs: int = 7, inputs: Mapping[str, str] = INPUTS) -> str:
    """Write a release and make it the current one; its id."""
    provenance = replace(PROVENANCE, inputs=inputs, parameters={"n_opt_outs": n_opt_outs})
    return write_release(home.releases, tables(), provenance).release_id


def publish(home: Home, release_id: str, digest: str = "0123abcd") -> str:
    """What a publication leaves: its pointer and manifest, and its figures in the ledger; the publication's id."""
    name = f"{release_id}-{digest}"
    ledger = Ledger(home.zone("research") / "ledger")
    ledger.append(name, figures(name, 10.0, 20.0))
    (home.published / name).mkdir(parents=True)
    said = {"publication_id": name, "release_id": release_id, "n_figures": 2, "n_files": 1, "method": "m/1"}
    (home.published / name / "manifest.json").write_text(json.dumps(said))
    (home.published / "current.json").write_text(json.dumps(said))
    return name


def record_verdict(instance: dg.DagsterInstance, table: str, passed: bool, partition: str | None = None) -> None:
    """A verdict in a run of its own, as the gate gives it."""
    partitions = dg.StaticPartitionsDefinition([partition]) if partition else None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", dg.PreviewWarning)
        spec = dg.AssetCheckSpec(CHECK, asset=table, partitions_def=partitions)

    @dg.asset(name=table, check_specs=[spec], partitions_def=partitions)
    def judged() -> Iterator[dg.AssetCheckResult | dg.MaterializeResult[None]]:
        if not passed:
            yield dg.AssetCheckResult(passed=False, check_name=CHECK, description="3 of 41 rows cannot be used.")
            raise dg.Failure("3 of 41 rows cannot be used.")
        yield dg.AssetCheckResult(passed=True, check_name=CHECK, metadata={"n_rules": 5})
        yield dg.MaterializeResult()

    dg.materialize([judged], instance=instance, partition_key=partition, raise_on_error=False)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A home of the project p1 whose linkage environment is closed and encrypted, as far as its files show."""
    made = Home(tmp_path)
    made.project_file.write_text(json.dumps({"project": "p1", "record_salt": "salt", "is_demo": False}))
    for closed in (made.zone("linkage"), made.keys):
        closed.mkdir(mode=0o700)
    (made.zone("linkage") / "partitions").mkdir()
    (made.zone("linkage") / "partitions" / "one.parquet").write_bytes(b"PARE and what follows")
    return made


@pytest.fixture
def released(home: Home) -> tuple[Home, str]:
    """The home with a release and its publication."""
    release_id = make_release(home)
    publish(home, release_id)
    return home, release_id


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as made:
        yield made


def plain_database(path: Path) -> None:
    """A DuckDB file that nobody encrypted."""
    with duckdb.connect(str(path)) as connection:
        connection.execute("CREATE TABLE t AS SELECT 1")
