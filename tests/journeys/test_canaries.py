"""No planted identifier is readable outside the linkage environment: not after a run that failed, was killed at any
stage, was tried again, or succeeded.

Everything that the processes print goes into the home's logs, and their temporary files into the home, to be searched.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest

from tf_assets.cli.demo import make_demo_home, write_country
from tf_assets.verification.canaries import search_home
from tf_assets.verification.doors import find_crossings
from tf_assets.warehouse.home import Home
from tf_assets.warehouse.project import project_root

pytestmark = pytest.mark.xdist_group("canaries")

SEED, FAMILIES, COUNCILS = 7, 60, 2

PHASES = {"linkage": ("returns", "identities", "national"), "research": ("attributes", "national")}
"""What each location does, in order."""

KILLED = (
    ("linkage", "returns", 3),
    ("linkage", "national", 3),
    ("research", "attributes", 2),
    ("research", "national", 3),
)
"""In which phase of which location a process is killed, and after how many words of progress."""


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    """A fictional England that has landed, each canary in a file that cannot be used as well."""
    home = Home(tmp_path / "home")
    home.landing.mkdir(parents=True)
    before = {name: os.environ.get(name) for name in ("TF_HOME", "DAGSTER_HOME")}
    write_country(home.root, SEED, "demo", "headline", FAMILIES, COUNCILS)
    make_demo_home(home, SEED, "demo", "headline")
    (home.root / "tmp").mkdir()
    yield home
    for name, value in before.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value


def work(home: Home, environment: str, killed_in: str = "", killed_after: int = 0) -> list[dict[str, list[str]]]:
    """A worker does its phases; what it told at the end of each, until it ended or was killed."""
    variables = {
        **os.environ,
        "TF_HOME": str(home.root),
        "DAGSTER_HOME": str(home.dagster),
        "TMPDIR": str(home.root / "tmp"),
        "PYTHONPATH": str(project_root()),
        "PYTHONFAULTHANDLER": "1",
    }
    ended: list[dict[str, list[str]]] = []
    n_words = 0
    with (home.root / f"{environment}.log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "tf_assets.cli", "work", environment],
            env=variables,
            cwd=home.root / "tmp",
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )
        assert process.stdin is not None and process.stdout is not None
        process.stdin.write("".join(f"{phase}\n" for phase in PHASES[environment]))
        process.stdin.close()
        for line in process.stdout:
            log.write(line.encode())
            told = json.loads(line)
            if "n_runs" in told:
                ended.append(told)
            elif len(ended) < len(PHASES[environment]) and PHASES[environment][len(ended)] == killed_in:
                n_words += 1
                if n_words == killed_after:
                    process.kill()
                    break
        process.wait()
    assert process.returncode == (-9 if killed_in else 0)
    return ended


def assert_nobody_is_readable(home: Home) -> None:
    search = search_home(home)
    assert search.n_canaries > 100 and search.n_files > 5
    assert search.found == ()
    found = find_crossings(home)
    assert [name for name in found.undeclared if not name.startswith("tmp/") and "/." not in name] == []
    assert found.personal == ()


def canaries(home: Home) -> dict[str, str]:
    """One planted value of each kind."""
    return dict(pl.read_csv(home.truth / "canaries.csv", infer_schema=False).unique("kind", keep="first").iter_rows())


def spoil(home: Home) -> list[tuple[Path, Path]]:
    """Files that fail, each with a canary where a message about it would quote; what was there, kept aside."""
    kept = []
    value = canaries(home)
    departments = home.landing / "departments"
    identities = sorted((departments / "hospital").iterdir())[-1] / "identities.parquet"
    attributes = sorted((departments / "attendance").iterdir())[-1] / "attributes.parquet"
    council = sorted((home.landing / "returns").iterdir())[0]
    slot = sorted(path for path in council.iterdir() if path.name < "2020")[-1]  # a later one is no slot, and planted
    sent = sorted(path for path in slot.iterdir() if path.is_file())[-1]
    for path in (identities, attributes, sent):
        aside = home.truth / f"aside-{path.name}"
        shutil.copy2(path, aside)
        kept.append((path, aside))
    # a name for a column and where a date should be, a postcode where a number should be, a return whose headings are a
    # person
    frame = pl.read_parquet(identities)
    unreadable = frame.with_columns(pl.lit(value["surname"]).alias("date_of_birth"))
    unreadable.rename({"record_ref": value["surname"]}).write_parquet(identities)
    frame = pl.read_parquet(attributes)
    numeric = next(name for name, dtype in frame.schema.items() if dtype.is_numeric())
    frame.with_columns(pl.lit(value["postcode"]).alias(numeric)).write_parquet(attributes)
    sent.write_text(f"{value['surname']},{value['nino']}\n{value['forename']},{value['date_of_birth']}\n")
    return kept


def test_no_canary_is_readable_whatever_becomes_of_a_run(home: Home) -> None:
    kept = spoil(home)
    for environment, phase, killed_after in KILLED:
        done = work(home, environment, phase, killed_after)
        assert len(done) == PHASES[environment].index(phase)
        assert_nobody_is_readable(home)
        if phase == "national":
            # tried again, and done to its end, so that the other location has something to do
            done += work(home, environment)
            told = [sentence for each in done for sentence in [*each["refused"], *each["failed"]]]
            assert len(told) >= {"linkage": 2, "research": 1}[environment], told
            assert_nobody_is_readable(home)
    assert (home.published / "current.json").exists()

    # the spoilt files mended, and everything tried again
    for path, aside in kept:
        shutil.copy2(aside, path)
        later = path.stat().st_mtime + 86_400
        os.utime(path, (later, later))
    for environment in PHASES:
        assert [each["failed"] for each in work(home, environment)] == [[]] * len(PHASES[environment])
    assert_nobody_is_readable(home)
