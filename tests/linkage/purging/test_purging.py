"""What is due goes, what stands stays, and what was purged changes no verdict."""

import json
import os
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import dagster as dg
import polars as pl
import pytest

from tf_assets.linkage.arrivals import ArrivalRegister
from tf_assets.linkage.key_sources import KEY_VARIABLES
from tf_assets.linkage.keys import create_keys
from tf_assets.linkage.purging.declaration import load_retention
from tf_assets.linkage.purging.files_due import now_utc
from tf_assets.linkage.purging.purging import Occasion, Purged, look, purge
from tf_assets.linkage.registering import originals_of
from tf_assets.linkage.release.writing import MANIFEST, PURGED
from tf_assets.linkage.resources import LinkageZone
from tf_assets.linkage.returns.assets import council_return, return_receipts
from tf_assets.warehouse.deliveries import DELIVERY_TAG, PARTITION_TAG
from tf_assets.warehouse.errors import EvaluationError
from tf_assets.warehouse.home import HOME_VARIABLE, Home

COUNCIL, QUARTER = "E06000001", "2015-04-01"
KEY = f"{COUNCIL}|{QUARTER}"
HEADINGS = "family_ref,person_ref,forename,surname,date_of_birth,postcode,programme_group,start_date\n"
ROW = "F1,{},Quenilda,Zzyzxcanary,13/02/1985,M1 1AE,programme,13/05/2015\n"
LATER = now_utc() + timedelta(days=10 * 365)
"""When everything that may be removed is due."""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    for name in KEY_VARIABLES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path))
    create_keys(Home(tmp_path))
    return Home(tmp_path)


def land(home: Home, name: str, content: str, arrived: str) -> Path:
    path = home.landing / "returns" / COUNCIL / QUARTER / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)
    at = datetime.fromisoformat(arrived).replace(tzinfo=UTC).timestamp()
    os.utime(path, (at, at))
    return path


def rows(*refs: str) -> str:
    return HEADINGS + "".join(ROW.format(ref) for ref in refs)


def materialise(asset: dg.AssetsDefinition, instance: dg.DagsterInstance, key: str | None = None) -> bool:
    return dg.materialize(
        [asset], instance=instance, resources={"zone": LinkageZone()}, partition_key=key, raise_on_error=False
    ).success


def receipts() -> pl.DataFrame:
    return LinkageZone().zone().read("return_receipts")


def verdicts() -> list[str]:
    return receipts().sort("receipt_number")["verdict"].to_list()


def receive_three(home: Home, instance: dg.DagsterInstance) -> None:
    """A return, a correction of it, and a file that is refused."""
    for name, content, arrived in (
        ("a.csv", rows("P1"), "2015-07-20"),
        ("b.csv", rows("P1", "P2"), "2015-08-01"),
        ("c.csv", "%PDF-1.4", "2015-08-02"),
    ):
        land(home, name, content, arrived)
        materialise(council_return, instance, KEY)
    assert materialise(return_receipts, instance)
    assert verdicts() == ["superseded", "current", "refused"]


def occasion(home: Home, instance: dg.DagsterInstance, now: datetime = LATER) -> Occasion:
    return Occasion(home, load_retention(), receipts(), instance, frozenset(), now)


def purge_all(home: Home, instance: dg.DagsterInstance, now: datetime = LATER) -> dict[str, Purged]:
    return {each.kind: each for each in purge(occasion(home, instance, now))}


def test_a_look_counts_and_removes_nothing(home: Home) -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        receive_three(home, instance)
        before = sorted(home.root.rglob("*"))
        told = {each.kind: each for each in look(occasion(home, instance, LATER))}
        assert (told["superseded_returns"].n_due, told["quarantine"].n_due, told["landed_files"].n_due) == (1, 1, 3)
        assert sorted(home.root.rglob("*")) == before
        # and before its time nothing is due
        assert not [e for e in look(occasion(home, instance, now_utc())) if e.n_due]


def test_what_was_purged_changes_no_verdict_and_no_table(home: Home) -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        receive_three(home, instance)
        register = LinkageZone().zone().read_partition("council_register", KEY)
        told = purge_all(home, instance)
        assert (told["superseded_returns"].n_due, told["quarantine"].n_due) == (1, 1)
        assert [path.name for path in home.landing.rglob("*.csv")] == []
        originals = originals_of(home)
        arrivals = ArrivalRegister.of_home(home).all("return")
        assert [originals.holds(each.sha256) for each in arrivals] == [False, True, False]

        # received again, as after a change of the rules
        assert materialise(council_return, instance, KEY)
        assert LinkageZone().zone().read_partition("council_register", KEY).equals(register)
        assert materialise(return_receipts, instance)
        assert verdicts() == ["superseded", "current", "refused"]
        # so a second purge does not take what counts for something that was replaced
        assert purge_all(home, instance)["superseded_returns"].n_due == 0
        assert originals.holds(arrivals[1].sha256)


def test_a_withdrawal_still_counts_when_what_it_took_back_is_gone(home: Home) -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        for name, content, arrived in (
            ("a.csv", rows("P1"), "2015-07-20"),
            ("b.csv", rows("P2"), "2015-07-21"),
            ("withdrawal.yml", "reason: sent by mistake", "2015-07-22"),
        ):
            land(home, name, content, arrived)
            materialise(council_return, instance, KEY)
        assert materialise(return_receipts, instance)
        assert purge_all(home, instance)["superseded_returns"].n_due == 2
        assert materialise(council_return, instance, KEY)
        assert LinkageZone().zone().read_partition("council_register", KEY).is_empty()


def test_a_purged_file_that_comes_again_counts_again(home: Home) -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        receive_three(home, instance)
        purge_all(home, instance)
        land(home, "d.csv", rows("P1"), "2015-09-01")
        assert materialise(council_return, instance, KEY)
        assert LinkageZone().zone().read_partition("council_register", KEY)["person_ref"].to_list() == ["P1"]
        assert originals_of(home).word_of(ArrivalRegister.of_home(home).all("return")[0].sha256) is None


def test_a_purged_original_says_so_instead_of_being_lost(home: Home) -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        receive_three(home, instance)
        purge_all(home, instance)
        gone = ArrivalRegister.of_home(home).all("return")[0]
        with pytest.raises(EvaluationError, match="was removed when its retention was over"):
            originals_of(home).read(gone.sha256)


def test_a_landed_file_stays_while_its_original_does_not_read(home: Home) -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        receive_three(home, instance)
        current = ArrivalRegister.of_home(home).all("return")[1]
        path = originals_of(home).path(current.sha256)
        path.write_bytes(path.read_bytes()[:-1])
        land(home, "new.csv", rows("P9"), "2015-10-01")  # not in the register yet
        purge_all(home, instance)
        assert sorted(each.name for each in home.landing.rglob("*.csv")) == ["b.csv", "new.csv"]


def test_a_purge_is_recorded_by_kind_number_and_date_alone(home: Home) -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        receive_three(home, instance)
        purge_all(home, instance)
    (path,) = (home.zone("linkage") / "purges").glob("*.json")
    told = json.loads(path.read_text())
    assert told["is_finished"] is True and told["purged_at"] == LATER.isoformat(timespec="seconds")
    assert {each["kind"]: each["n_due"] for each in told["removed"]} == {
        "superseded_returns": 1,
        "quarantine": 1,
        "landed_files": 3,
        "feedback": 1,
        "dagster_runs": 2,
    }
    assert all(set(each) == {"kind", "n_due", "oldest"} for each in told["removed"])
    assert COUNCIL not in path.read_text()


def test_a_purge_that_is_stopped_is_finished_by_the_next(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        receive_three(home, instance)

        def stop(kind: str, done: int, total: int) -> None:
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            purge(occasion(home, instance), stop)
        (record,) = (home.zone("linkage") / "purges").glob("*.json")
        assert json.loads(record.read_text())["is_finished"] is False
        told = purge_all(home, instance, LATER + timedelta(days=1))
        assert sum(each.n_due for each in told.values()) == 7  # of eight, one was removed before


def test_leftovers_feedback_logs_and_rebuilt_releases_go_at_their_age(home: Home) -> None:
    zone = home.zone("linkage")
    for path in (
        zone / "staging" / "people-0.parquet",
        zone / "spill" / "duckdb_temp_0",
        zone / "originals" / "ab" / ".draft",
        home.root / ".rebuild-1" / "project.json",
        home.root / "rebuilt" / "0123" / MANIFEST,
        home.feedback / "opt-outs" / "2015.csv",
        home.dagster / "storage" / "run" / "compute_logs" / "step.out",
        home.root / "linkage.log",
    ):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x")
    with dg.DagsterInstance.ephemeral() as instance:
        assert materialise(return_receipts, instance)
        first = purge_all(home, instance, now_utc())
        assert not [each for each in first.values() if each.n_due]
        told = purge_all(home, instance)
    due = {kind: each.n_due for kind, each in told.items() if each.n_due}
    assert due == {"staging": 4, "feedback": 1, "worker_logs": 1, "compute_logs": 1, "rebuilt": 1}
    left = sorted(path.name for path in home.root.rglob("*") if path.is_file())
    records = [path.name for path in zone.glob("purges/*")]
    locks = [path.name for path in zone.glob("locks/*")]
    assert left == sorted(["linkage.duckdb", "linkage.json", "lock", *records, *locks])


def release(home: Home, release_id: str, made_at: date) -> None:
    folder = home.releases / release_id
    folder.mkdir(parents=True)
    (folder / "people.parquet").write_bytes(b"people")
    (folder / MANIFEST).write_text(f'{{"release_id": "{release_id}"}}')
    (home.releases / "current.json").write_text(f'{{"release_id": "{release_id}"}}')
    at = datetime(made_at.year, made_at.month, made_at.day, tzinfo=UTC).timestamp()
    os.utime(folder / MANIFEST, (at, at))


def test_a_past_release_goes_but_for_its_manifest_and_the_current_one_stays(home: Home) -> None:
    release(home, "aaaa", date(2001, 2, 3))
    release(home, "bbbb", date(2001, 2, 4))
    with dg.DagsterInstance.ephemeral() as instance:
        assert materialise(return_receipts, instance)
        assert purge_all(home, instance, now_utc())["releases"].n_due == 1
    assert sorted(path.name for path in home.releases.iterdir()) == ["bbbb", "current.json", PURGED]
    kept = home.releases / PURGED / "aaaa.json"
    assert kept.read_text() == '{"release_id": "aaaa"}'
    assert datetime.fromtimestamp(kept.stat().st_mtime, UTC).date() == date(2001, 2, 3)


@dg.asset
def standing() -> None:
    """Stands by its last run."""


@dg.op
def _work() -> None: ...


@dg.job(executor_def=dg.in_process_executor)
def receive() -> None:
    """Does nothing, in one step."""
    _work()


def test_runs_go_but_for_those_that_say_what_stands_and_what_was_received(home: Home) -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        assert materialise(return_receipts, instance)
        (of_receipts,) = [run.run_id for run in instance.get_runs()]
        replaced, last = (dg.materialize([standing], instance=instance).run_id for _ in range(2))
        tags = {DELIVERY_TAG: "a1", PARTITION_TAG: KEY}
        received = instance.create_run_for_job(receive, status=dg.DagsterRunStatus.SUCCESS, tags=tags).run_id
        outdated = instance.create_run_for_job(
            receive, status=dg.DagsterRunStatus.FAILURE, tags={**tags, DELIVERY_TAG: "a0"}
        ).run_id
        under_way = instance.create_run_for_job(receive, status=dg.DagsterRunStatus.STARTED).run_id
        deliveries = frozenset({("receive", KEY, "a1")})
        told = purge(replace(occasion(home, instance), deliveries=deliveries))
        assert {each.kind: each.n_due for each in told}["dagster_runs"] == 2
        assert {run.run_id for run in instance.get_runs()} == {of_receipts, last, received, under_way}
        for gone in (replaced, outdated):
            assert list(instance.all_logs(gone)) == []
        assert instance.get_latest_materialization_event(dg.AssetKey("standing")) is not None
