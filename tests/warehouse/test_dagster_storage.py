"""Dagster's storages of an instance: the events are all there, from threads too, and the files cannot be corrupted."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import dagster as dg
import pytest
import sqlalchemy as db

from tf_assets.cli.instance import make_home
from tf_assets.warehouse.dagster_storage import EventLog, RunLog
from tf_assets.warehouse.deliveries import DELIVERY_TAG, Delivery, is_taken
from tf_assets.warehouse.home import Home


@dg.op
def _work() -> None: ...


@dg.job(executor_def=dg.in_process_executor)
def receive() -> None:
    """Does nothing, in one step."""
    _work()


@pytest.fixture
def instance(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dg.DagsterInstance]:
    monkeypatch.setenv("DAGSTER_HOME", "")
    home = Home(tmp_path / "home")
    make_home(home, "pilot")
    with dg.DagsterInstance.get() as made:
        yield made


def test_an_instance_uses_them(instance: dg.DagsterInstance) -> None:
    assert isinstance(instance.event_log_storage, EventLog)
    assert isinstance(instance.run_storage, RunLog)


def test_the_events_are_all_there_while_another_thread_reads_them(instance: dg.DagsterInstance) -> None:
    with ThreadPoolExecutor(1) as pool:
        reading = pool.submit(lambda: [len(instance.get_runs()) for _ in range(50)])
        result = receive.execute_in_process(instance=instance)
        assert max(reading.result()) <= 1
    stored = [entry.dagster_event_type for entry in instance.all_logs(result.run_id)]
    assert stored.count(dg.DagsterEventType.STEP_SUCCESS) == stored.count(dg.DagsterEventType.RUN_SUCCESS) == 1
    run = instance.get_run_by_id(result.run_id)
    assert run is not None and run.status == dg.DagsterRunStatus.SUCCESS


@pytest.mark.parametrize("storage", ["event_log_storage", "run_storage"])
def test_what_is_written_survives_a_crash(instance: dg.DagsterInstance, storage: str) -> None:
    """`NORMAL` (1) is safe with a write-ahead log, and with that alone."""
    log = getattr(instance, storage)
    with log._connect() if storage == "event_log_storage" else log.connect() as connection:
        assert connection.execute(db.text("PRAGMA journal_mode")).scalar() == "wal"
        assert connection.execute(db.text("PRAGMA synchronous")).scalar() == 1


def test_a_delivery_is_taken_once_a_run_has_its_fingerprint(instance: dg.DagsterInstance) -> None:
    delivery = Delivery("receive", "E06000001|2015-04-01", "a1")
    assert not is_taken(instance, delivery)
    receive.execute_in_process(
        instance=instance, tags={DELIVERY_TAG: "a1", "dagster/partition": delivery.partition_key}
    )
    assert is_taken(instance, delivery)
    assert not is_taken(instance, Delivery("receive", "E06000001|2015-04-01", "b2"))
    assert not is_taken(instance, Delivery("receive", "E06000001|2015-07-01", "a1"))
