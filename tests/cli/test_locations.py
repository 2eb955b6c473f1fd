"""The workers of a home: they do what they are asked, and one that dies is a failure that is told."""

from pathlib import Path

import pytest

from tf_assets.cli.instance import make_home
from tf_assets.cli.locations import Workers, run_locations
from tf_assets.linkage.keys import create_keys
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
