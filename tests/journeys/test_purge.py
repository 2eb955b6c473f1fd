"""Retention on a whole home: everything that is due goes, nothing is made again, what counts now can still be rebuilt."""

import json
import os
import shutil
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.journeys.conftest import files_below, run_all, tf_eval
from tf_assets.warehouse.home import Home
from tf_assets.warehouse.project import project_root

pytestmark = pytest.mark.xdist_group("journeys")

Finished = tuple[Home, dict[str, dict[str, object]]]

TEN_YEARS_ON = """
import json
import dagster as dg
from datetime import timedelta
from tf_assets.cli.purge import landed_deliveries
from tf_assets.linkage.purging.declaration import load_retention
from tf_assets.linkage.purging.files_due import now_utc
from tf_assets.linkage.purging.purging import Occasion, purge
from tf_assets.linkage.resources import LinkageZone
from tf_assets.warehouse.home import Home
home, receipts = Home.from_environment(), LinkageZone().zone().read("return_receipts")
now = now_utc() + timedelta(days=3650)
with dg.DagsterInstance.get() as instance:
    told = purge(Occasion(home, load_retention(), receipts, instance, landed_deliveries(home), now))
print(json.dumps({each.kind: each.n_due for each in told}))
"""


def test_after_a_purge_nothing_is_made_again_and_what_counts_can_be_rebuilt(finished: Finished, tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    shutil.copytree(finished[0].root, home.root, symlinks=True)
    looked = tf_eval(home, "purge", "--dry-run")
    assert looked.returncode == 0 and "0 things would be removed" in looked.stdout, looked.stdout + looked.stderr

    done = subprocess.run(
        [sys.executable, "-c", TEN_YEARS_ON],
        env={**os.environ, "TF_HOME": str(home.root), "DAGSTER_HOME": str(home.dagster)},
        cwd=project_root(),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    told = json.loads(done.stdout)
    assert told["superseded_returns"] > 0 and told["landed_files"] > 50 and told["feedback"] > 10
    assert not [path for path in (home.landing / "returns").rglob("*") if path.is_file()]

    before = files_below(home.published) | files_below(home.releases)
    phases = run_all(home)
    assert {name: phase["n_runs"] for name, phase in phases.items() if phase["n_runs"]} == {}
    assert files_below(home.published) | files_below(home.releases) == before

    rebuilt = tf_eval(home, "rebuild", "--as-of", datetime.now(UTC).isoformat())
    assert (rebuilt.returncode, "byte for byte" in rebuilt.stdout) == (0, True), rebuilt.stdout + rebuilt.stderr
    words = [json.loads(path.read_text()) for path in home.zone("linkage").glob("originals/*/*.purged")]
    needed_until = max(datetime.fromisoformat(word["needed_until"]) for word in words if not word["refused_in"])
    refused = tf_eval(home, "rebuild", "--as-of", (needed_until - timedelta(seconds=1)).isoformat())
    assert refused.returncode == 1 and "were removed when their retention was over" in " ".join(refused.stderr.split())
    assert not list(home.root.glob(".rebuild-*"))
