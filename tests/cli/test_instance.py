"""The home of an instance is made once, and its definitions load cleanly without keys."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tf_assets.cli.instance import make_home
from tf_assets.warehouse.errors import EvaluationError
from tf_assets.warehouse.home import Home
from tf_assets.warehouse.project import project_root


def test_a_home_is_made_whole_and_left_alone_the_second_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DAGSTER_HOME", "")
    home = Home(tmp_path / "home")
    make_home(home, "pilot")
    declared = home.project_file.read_text()
    make_home(home, "pilot")
    assert home.project_file.read_text() == declared
    assert json.loads(declared)["is_demo"] is False
    assert len(home.project().record_salt) == 32
    assert (home.dagster / "dagster.yaml").exists()
    assert oct(home.keys.stat().st_mode & 0o777) == oct(home.zone("linkage").stat().st_mode & 0o777) == "0o700"


def test_the_home_of_another_project_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DAGSTER_HOME", "")
    home = Home(tmp_path / "home")
    make_home(home, "pilot")
    with pytest.raises(EvaluationError, match=r"is the home of the project pilot\. Choose"):
        make_home(home, "national")


def test_a_home_without_a_project_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(EvaluationError, match="tf-eval init"):
        Home(tmp_path).project()


def test_both_locations_load_without_keys_and_without_warnings(tmp_path: Path) -> None:
    secret = ("TF_HOME", "DAGSTER_HOME", "TF_LINKAGE_KEYS")
    variables = {name: value for name, value in os.environ.items() if name not in secret}
    done = subprocess.run(
        [Path(sys.executable).parent / "dagster", "definitions", "validate", "-w", "workspace.yaml"],
        cwd=project_root(),
        env={**variables, "TF_HOME": str(tmp_path)},
        capture_output=True,
        text=True,
    )
    told = done.stdout + done.stderr
    assert done.returncode == 0, told
    assert told.count("Validation successful for code location") == 2
    assert "WARNING" not in told and "PreviewWarning" not in told
