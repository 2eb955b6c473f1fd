"""The workers of a home: they do what they are asked, and one that dies is a failure that is told."""

from pathlib import Path

import dagster as dg
import pytest

from tf_assets.cli.instance import make_home
from tf_assets.cli.locations import WORTH_A_HELPER, Workers, run_locations
from tf_assets.cli.materialise import _OURS
from tf_assets.linkage.keys import create_keys
from tf_assets.warehouse.geography import councils
from tf_assets.warehouse.home import Home


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    monkeypatch.setenv("DAGSTER_HOME", "")
    made = Home(tmp_path / "home")
    make_home(made, "pilot")
    create_keys(made)
    return made


def test_a_worker_that_dies_is_a_failure_of_what_it_was_doing(home: Home) -> None:
    with Workers(home) as workers:
        for process in workers._processes.values():
            process.kill()
        summary = run_locations(workers)
    assert "linkage, returns: the process ended with -9." in summary.failed
    assert "research, attributes: the process ended with -9." in summary.failed


def test_no_worker_outlives_its_block(home: Home) -> None:
    with pytest.raises(KeyboardInterrupt), Workers(home) as workers:
        raise KeyboardInterrupt
    assert all(process.poll() is not None for process in workers._processes.values())


def _land_returns(home: Home, n: int) -> None:
    for code in councils()["council_code"].head(n):
        slot = home.landing / "returns" / code / "2015-04-01"
        slot.mkdir(parents=True)
        (slot / "return.csv").write_text("no,such,heading\n1,2,3\n")


def test_where_little_has_landed_no_helper_starts_and_every_phase_is_done(home: Home) -> None:
    _land_returns(home, 1)
    with Workers(home) as workers:
        shared = workers.share_out(workers.stages[0])
        assert shared == {"register": ("opt_outs", "reviews", "returns", "identities"), "research": ("attributes",)}
        assert set(workers._processes) == {"register", "research"}


def test_where_much_has_landed_the_helper_takes_its_share(home: Home) -> None:
    _land_returns(home, WORTH_A_HELPER)
    with Workers(home) as workers:
        assert workers.share_out(workers.stages[0]) == workers.stages[0]


def test_what_is_done_meanwhile_is_done_once(home: Home) -> None:
    done: list[str] = []
    with Workers(home) as workers:
        run_locations(workers, meanwhile=lambda: done.append("once"))
    assert done == ["once"]


def test_what_a_dead_command_left_behind_is_ended_by_the_first_worker(home: Home) -> None:
    with dg.DagsterInstance.get() as instance:
        left = instance.create_run_for_job(_nothing, status=dg.DagsterRunStatus.STARTED, tags=_OURS).run_id
        with Workers(home) as workers:
            workers.end_abandoned_runs()
        ended = instance.get_run_by_id(left)
    assert ended is not None and ended.status == dg.DagsterRunStatus.FAILURE


@dg.op
def _work() -> None: ...


@dg.job(executor_def=dg.in_process_executor)
def _nothing() -> None:
    """Does nothing, in one step."""
    _work()
