"""A run whose process died is told as failed and made again; what ended by a verdict is not."""

from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest

from tf_assets.cli.instance import make_home
from tf_assets.cli.materialise import _OURS, alone_in
from tf_assets.warehouse.deliveries import (
    DELIVERY_TAG,
    MOST_ATTEMPTS,
    PARTITION_TAG,
    VERDICT_TAG,
    Delivery,
    pending_deliveries,
)
from tf_assets.warehouse.errors import EvaluationError
from tf_assets.warehouse.home import Home

DELIVERY = Delivery("receive", "E06000001|2015-04-01", "a1")
TAGS = {DELIVERY_TAG: DELIVERY.fingerprint, PARTITION_TAG: DELIVERY.partition_key}


@dg.op
def _work() -> None: ...


@dg.job(executor_def=dg.in_process_executor)
def receive() -> None:
    """Does nothing, in one step."""
    _work()


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    monkeypatch.setenv("DAGSTER_HOME", "")
    made = Home(tmp_path / "home")
    make_home(made, "pilot")
    return made


@pytest.fixture
def instance(home: Home) -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.get() as made:
        yield made


def _run(instance: dg.DagsterInstance, status: dg.DagsterRunStatus, **more: str) -> str:
    """A run of the delivery that stands at `status`."""
    tags = {**TAGS, **more}
    return instance.create_run_for_job(receive, status=status, tags=tags).run_id


def test_a_delivery_whose_run_died_is_tried_again_but_not_for_ever(instance: dg.DagsterInstance) -> None:
    for attempt in range(MOST_ATTEMPTS):
        assert [each.attempt for each in pending_deliveries(instance, [DELIVERY])] == [attempt]
        _run(instance, dg.DagsterRunStatus.FAILURE)
    assert pending_deliveries(instance, [DELIVERY]) == []


@pytest.mark.parametrize("verdict", ["refused", "failed"])
def test_a_verdict_is_final_until_the_file_changes(instance: dg.DagsterInstance, verdict: str) -> None:
    _run(instance, dg.DagsterRunStatus.FAILURE, **{VERDICT_TAG: verdict})
    assert pending_deliveries(instance, [DELIVERY]) == []
    mended = Delivery(DELIVERY.job_name, DELIVERY.partition_key, "b2")
    assert pending_deliveries(instance, [mended]) == [mended]


def test_a_run_that_is_under_way_or_done_is_not_repeated(instance: dg.DagsterInstance) -> None:
    _run(instance, dg.DagsterRunStatus.FAILURE)
    _run(instance, dg.DagsterRunStatus.STARTED)
    assert pending_deliveries(instance, [DELIVERY]) == []


def test_what_a_dead_process_left_under_way_is_failed_and_pending_again(
    home: Home, instance: dg.DagsterInstance
) -> None:
    abandoned = _run(instance, dg.DagsterRunStatus.STARTED, **_OURS)
    of_the_daemon = _run(instance, dg.DagsterRunStatus.STARTED, other="1")
    with alone_in(home):
        pass
    run, other = instance.get_run_by_id(abandoned), instance.get_run_by_id(of_the_daemon)
    assert run is not None and run.status == dg.DagsterRunStatus.FAILURE
    assert other is not None and other.status == dg.DagsterRunStatus.STARTED
    instance.delete_run(of_the_daemon)
    assert [each.attempt for each in pending_deliveries(instance, [DELIVERY])] == [1]


def test_two_commands_do_not_work_in_one_home(home: Home) -> None:
    with alone_in(home), pytest.raises(EvaluationError, match="Another command is at work"), alone_in(home):
        pass
    with alone_in(home):
        pass
