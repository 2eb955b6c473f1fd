"""A small fictional England, run once through both code locations for all journeys, each as its own process."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tf_assets.cli.demo import make_demo_home, write_country
from tf_assets.warehouse.home import Home

SEED = 5
FAMILIES, COUNCILS = 150, 4


def tf_eval(
    home: Home, *arguments: str, environment: dict[str, str] | None = None, tasks: str | None = None
) -> subprocess.CompletedProcess[str]:
    """`tf-eval` in a process of its own on a home; `tasks` is its standard input."""
    variables = {**os.environ, "TF_HOME": str(home.root), "DAGSTER_HOME": str(home.dagster), **(environment or {})}
    return subprocess.run(
        [sys.executable, "-m", "tf_assets.cli", *arguments],
        env=variables,
        capture_output=True,
        text=True,
        input=tasks,
    )


def materialise(home: Home, environment: str, phase: str) -> dict[str, object]:
    """Run one phase of one location; what it told at its end."""
    done = tf_eval(home, "work", environment, tasks=phase)
    assert done.returncode == 0, done.stderr[-2000:]
    return dict(json.loads(done.stdout.splitlines()[-1]))


def run_all(home: Home) -> dict[str, dict[str, object]]:
    """Every phase of both locations in order."""
    phases = (
        ("linkage", "opt_outs"),
        ("linkage", "reviews"),
        ("linkage", "returns"),
        ("linkage", "identities"),
        ("research", "attributes"),
        ("linkage", "national"),
        ("research", "national"),
    )
    return {f"{environment} {phase}": materialise(home, environment, phase) for environment, phase in phases}


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Home, dict[str, dict[str, object]]]]:
    """A home in which everything that landed was run, and what each phase told."""
    home = Home(tmp_path_factory.mktemp("home"))
    before = {name: os.environ.get(name) for name in ("TF_HOME", "DAGSTER_HOME")}
    home.landing.mkdir()
    write_country(home.root, SEED, "demo", "headline", FAMILIES, COUNCILS)
    make_demo_home(home, SEED, "demo", "headline")
    os.environ["TF_HOME"] = str(home.root)
    yield home, run_all(home)
    for name, value in before.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value


def files_below(folder: Path) -> dict[str, bytes]:
    """Every file of a folder by its path."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}
