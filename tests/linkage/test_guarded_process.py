"""A process of the linkage environment leaves no core dump and no readable rows behind."""

import ctypes
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tf_assets.cli.instance import make_home
from tf_assets.cli.main import app
from tf_assets.warehouse.home import Home
from tf_assets.warehouse.project import project_root

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")

NO_CORE = re.compile(r"^Max core file size +0 +0 ", re.MULTILINE)
PR_GET_DUMPABLE = 3


def test_loading_the_linkage_location_turns_core_dumps_off(tmp_path: Path) -> None:
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            "import ctypes, pathlib\n"
            "import tf_assets.linkage.definitions\n"
            "print(pathlib.Path('/proc/self/limits').read_text())\n"
            f"print('dumpable', ctypes.CDLL(None).prctl({PR_GET_DUMPABLE}, 0, 0, 0, 0))\n",
        ],
        env={**os.environ, "TF_HOME": str(tmp_path), "PYTHONPATH": str(project_root())},
        capture_output=True,
        text=True,
    )
    assert NO_CORE.search(done.stdout), done.stderr[-2000:]
    assert "dumpable 0" in done.stdout
    assert ctypes.CDLL(None).prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) in (0, 1), "the test looks at what the kernel knows"


def test_a_worker_dumps_no_core_and_writes_for_its_user_and_group_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DAGSTER_HOME", "")
    home = Home(tmp_path / "home")
    make_home(home, "pilot")
    worker = subprocess.Popen(
        [sys.executable, "-m", "tf_assets.cli", "work", "linkage"],
        env={**os.environ, "TF_HOME": str(home.root), "DAGSTER_HOME": str(home.dagster)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert worker.stdin is not None and worker.stdout is not None
    try:
        worker.stdin.write("count pending\n")
        worker.stdin.flush()
        assert "pending" in worker.stdout.readline()
        assert NO_CORE.search(Path(f"/proc/{worker.pid}/limits").read_text())
        assert "Umask:\t0007" in Path(f"/proc/{worker.pid}/status").read_text()
    finally:
        worker.communicate("")


def test_a_made_home_is_closed_to_others(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tf_assets.cli", "init", "pilot"],
        env={**os.environ, "TF_HOME": str(tmp_path / "home"), "TF_LINKAGE_KEYS": ""},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    home = Home(tmp_path / "home")
    assert [path for path in home.root.rglob("*") if path.stat().st_mode & 0o007] == []
    assert {oct(path.stat().st_mode & 0o777) for path in (home.keys, home.zone("linkage"))} == {"0o700"}
    assert oct((home.keys / "linkage.json").stat().st_mode & 0o777) == "0o600"


def test_tracebacks_show_no_local_values() -> None:
    assert app.pretty_exceptions_enable is False
    assert not [path for path in sources("tf_assets") if "show_locals" in path.read_text()]


def sources(folder: str) -> list[Path]:
    return sorted((project_root() / folder).rglob("*.py"))


def test_no_connection_of_the_linkage_environment_spills_unencrypted() -> None:
    """Outside a zone's own instances a connection may not spill; two read what a file says of itself and nothing else."""
    looking_only = {"hashed_keys.py": 1, "preparing.py": 1}
    for path in sources("tf_assets/linkage"):
        text = path.read_text()
        n_confined = text.count("SET temp_directory = ''")
        assert text.count("duckdb.connect(") == n_confined + looking_only.get(path.name, 0), path.name
