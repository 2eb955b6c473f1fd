"""Keys on a whole home: replaced under it, kept out of everything that is written or shown, and new for a new project."""

import base64
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import polars as pl
import pytest

from tests.journeys.conftest import files_below, materialise, tf_eval
from tf_assets.linkage.keys import KEY_NAMES
from tf_assets.linkage.release.contents import RELEASE_SCHEMAS
from tf_assets.warehouse.home import Home
from tf_assets.warehouse.project import project_root

pytestmark = pytest.mark.xdist_group("journeys")

Finished = tuple[Home, dict[str, dict[str, object]]]

RELEASE_AGAIN = """
import dagster as dg
from tf_assets.linkage.definitions import NATIONAL_JOB, defs
from tf_assets.quality.gate import MAKE_AGAIN_TAG
with dg.DagsterInstance.get() as instance:
    job = defs.resolve_job_def(NATIONAL_JOB)
    assert job.execute_in_process(instance=instance, tags={MAKE_AGAIN_TAG: "yes"}, raise_on_error=False).success
"""
"""Every national table of the linkage environment made of what it is made of, the release last."""

KEY_COLUMNS = ("person_pseudonym", "family_pseudonym", "rounding_key", "record_key", "content_key")


def copy_of(home: Home, root: Path) -> Home:
    shutil.copytree(home.root, root, symlinks=True)
    return Home(root)


def keys_of(home: Home) -> dict[str, str]:
    told = json.loads((home.keys / "linkage.json").read_text())
    return {name: told[name] for name in KEY_NAMES}


def current_release(home: Home) -> Path:
    return home.releases / json.loads((home.releases / "current.json").read_text())["release_id"]


def written_forms(keys: dict[str, str]) -> list[bytes]:
    """Each key as it could stand in a file: hexadecimal, base64, bytes."""
    raw = [bytes.fromhex(key) for key in keys.values()]
    return [form for key in raw for form in (key.hex().encode(), base64.b64encode(key), key)]


def test_a_release_under_another_storage_key_has_the_same_bytes_and_no_key_is_written(
    finished: Finished, tmp_path: Path
) -> None:
    home = copy_of(finished[0], tmp_path / "home")
    before, old_keys = files_below(current_release(home)), keys_of(home)
    done = tf_eval(home, "keys", "rotate")
    assert done.returncode == 0, done.stderr[-2000:]
    assert "opens none of them" in done.stdout

    release = current_release(home)
    shutil.rmtree(release)
    again = subprocess.run(
        [sys.executable, "-c", RELEASE_AGAIN],
        env={**os.environ, "TF_HOME": str(home.root), "DAGSTER_HOME": str(home.dagster)},
        cwd=project_root(),
        capture_output=True,
        text=True,
    )
    assert again.returncode == 0, again.stderr[-2000:]
    assert current_release(home) == release and files_below(release) == before

    new_keys = keys_of(home)
    assert {name for name in KEY_NAMES if old_keys[name] != new_keys[name]} == {"storage_key"}
    forms = written_forms(new_keys) + written_forms(old_keys)
    told = (again.stdout + again.stderr + done.stdout + done.stderr).encode()
    assert not [form for form in forms if form in told]
    elsewhere = [path for path in home.root.rglob("*") if path.is_file() and home.keys not in path.parents]
    assert not [path for path in elsewhere if any(form in path.read_bytes() for form in forms)]


def test_keys_in_a_variable_reach_no_process_of_research_and_no_list_of_processes(
    finished: Finished, tmp_path: Path
) -> None:
    home = copy_of(finished[0], tmp_path / "home")
    keys = (home.keys / "linkage.json").read_text()
    forms = written_forms(keys_of(home))
    (home.keys / "linkage.json").unlink()
    command = subprocess.Popen(
        [sys.executable, "-m", "tf_assets.cli", "run"],
        env={**os.environ, "TF_HOME": str(home.root), "TF_LINKAGE_KEYS": keys},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    lines: set[bytes] = set()
    environments: dict[str, list[bytes]] = {"linkage": [], "research": []}
    while command.poll() is None:
        for pid in below(command.pid):
            line, environment = of_process(pid, "cmdline"), of_process(pid, "environ")
            lines.add(line)
            for name in environments:
                if line.rstrip(b"\0").endswith(f"work\0{name}".encode()) and environment:
                    environments[name].append(environment)
        time.sleep(0.05)
    told = command.stdout.read() if command.stdout else b""
    assert command.returncode == 0, told[-2000:]
    assert environments["linkage"] and environments["research"]
    assert not [form for form in forms if any(form in line for line in (*lines, *environments["research"], told))]
    assert all(b"TF_LINKAGE" not in environment for environment in environments["research"])


def of_process(pid: int, what: str) -> bytes:
    try:
        return Path(f"/proc/{pid}/{what}").read_bytes()
    except OSError:
        return b""  # it has ended meanwhile


def below(pid: int) -> list[int]:
    """A process and all that it started, and they."""
    found = [pid]
    for each in found:
        for task in Path(f"/proc/{each}/task").glob("*/children"):
            found += [int(child) for child in of_process(each, f"task/{task.parent.name}/children").split()]
    return found


def test_a_new_project_has_no_key_in_common_with_the_old(finished: Finished, tmp_path: Path) -> None:
    old, new = copy_of(finished[0], tmp_path / "old"), Home(tmp_path / "new")
    done = tf_eval(old, "keys", "new-project", "another", "--home", str(new.root))
    assert done.returncode == 0, done.stderr[-2000:]
    assert new.project().name == "another"
    for environment, phase in (
        ("linkage", "opt_outs"),
        ("linkage", "reviews"),
        ("linkage", "returns"),
        ("linkage", "identities"),
        ("research", "attributes"),
        ("linkage", "national"),
    ):
        assert materialise(new, environment, phase)["failed"] == []
    kept = {name for name in KEY_NAMES if keys_of(old)[name] == keys_of(new)[name]}
    assert kept == {"person_id_key", "opt_out_key"}

    # the same people, families, records and returns, and not one value by which the two could be joined
    for table, schema in RELEASE_SCHEMAS.items():
        one, other = (pl.read_parquet(current_release(home) / f"{table}.parquet") for home in (old, new))
        assert one.height == other.height > 0
        for column in (name for name in KEY_COLUMNS if name in schema):
            assert one[column].n_unique() == other[column].n_unique()
            assert not set(one[column].to_list()) & set(other[column].to_list()), f"{table}.{column}"
    for path in (old.zone("research") / "partitions").glob("*_attributes/*.parquet"):
        one, other = pl.read_parquet(path), pl.read_parquet(new.root / path.relative_to(old.root))
        assert one.height == other.height
        assert not set(one["record_key"].to_list()) & set(other["record_key"].to_list())

    # and the objections of before hold in it
    opt_outs = [sorted(path.name for path in home.zone("linkage").glob("opt_outs/*.json")) for home in (old, new)]
    assert opt_outs[0] == opt_outs[1]
    assert not (new.zone("research") / "ledger").exists()
