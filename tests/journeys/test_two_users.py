"""The two environments as two users of the operating system, set up as docs/how-to/two-users.md says."""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tf_assets.linkage.key_sources import KEY_VARIABLES
from tf_assets.warehouse.home import Home
from tf_assets.warehouse.project import project_root

pytestmark = [
    pytest.mark.xdist_group("journeys"),
    pytest.mark.skipif(
        sys.platform != "linux" or os.getuid() != 0, reason="needs root on Linux, to become two other users"
    ),
]

Finished = tuple[Home, dict[str, dict[str, object]]]

LINKAGE, RESEARCH, SHARED = 61001, 61002, 61000

OPENS = """
import json, os, sys
opened = []
for path in json.load(sys.stdin):
    try:
        os.listdir(path) if os.path.isdir(path) else open(path, "rb").close()
        opened.append(path)
    except PermissionError:
        pass
print(json.dumps(opened))
"""


@pytest.fixture(scope="module")
def interpreter() -> Iterator[Path]:
    """This Python where other users can get to it: as it is, or, where it lies in somebody's home, a copy of it."""
    base = Path(sys.base_prefix)
    if all(path.stat().st_mode & 0o005 == 0o005 for path in (base, *base.parents)):
        yield Path(sys.executable)
        return
    folder = Path(tempfile.mkdtemp(prefix="python-"))
    folder.chmod(0o755)
    version = f"python3.{sys.version_info.minor}"
    shutil.copytree(
        base / "lib" / version,
        folder / "lib" / version,
        ignore=shutil.ignore_patterns("site-packages", "test", "__pycache__", "config-*"),
    )
    for library in (base / "lib").glob("libpython*"):
        shutil.copy2(library, folder / "lib" / library.name)
    own = folder / "venv"
    for made in (folder / "bin", own / "bin", own / "lib" / version):
        made.mkdir(parents=True)
    shutil.copy2(Path(sys.executable).resolve(), folder / "bin" / version)
    (own / "bin" / "python").symlink_to(folder / "bin" / version)
    (own / "lib" / version / "site-packages").symlink_to(Path(sys.prefix) / "lib" / version / "site-packages")
    (own / "pyvenv.cfg").write_text(f"home = {folder / 'bin'}\ninclude-system-site-packages = false\n")
    yield own / "bin" / "python"
    shutil.rmtree(folder)


@pytest.fixture
def home(finished: Finished) -> Iterator[Home]:
    """A copy of a finished home where other users can get to it, given to the two of them."""
    folder = Path(tempfile.mkdtemp(prefix="two-users-"))
    folder.chmod(0o755)
    made = Home(folder / "home")
    shutil.copytree(finished[0].root, made.root, symlinks=True)
    shutil.rmtree(made.truth)
    page = (project_root() / "docs" / "how-to" / "two-users.md").read_text()
    (commands,) = re.findall(r"```sh\n(.*?)```", page, re.DOTALL)
    told = {"TF_HOME": str(made.root), "LINKAGE": str(LINKAGE), "RESEARCH": str(RESEARCH), "SHARED": str(SHARED)}
    subprocess.run(["sh", "-euc", commands], env={**os.environ, **told}, check=True)
    yield made
    shutil.rmtree(folder)


@dataclass(frozen=True)
class Users:
    """The two users at work in a home."""

    home: Home
    python: Path

    def run(self, uid: int, *command: str, given: str = "") -> subprocess.CompletedProcess[str]:
        """A command as one of the two, whose own home is no place of the instance."""
        with tempfile.TemporaryDirectory() as own:
            os.chown(own, uid, uid)
            kept = {name: value for name, value in os.environ.items() if name not in KEY_VARIABLES}
            return subprocess.run(
                [str(self.python), *command],
                env={
                    **kept,
                    "HOME": own,
                    "TMPDIR": own,
                    "PYTHONDONTWRITEBYTECODE": "1",
                    "PYTHONPATH": str(project_root()),
                    "LD_LIBRARY_PATH": str(self.python.parents[2] / "lib"),
                    "TF_HOME": str(self.home.root),
                    "DAGSTER_HOME": str(self.home.dagster),
                },
                cwd=project_root(),
                input=given,
                capture_output=True,
                text=True,
                user=uid,
                group=uid,
                extra_groups=[SHARED],
            )

    def task(self, uid: int, environment: str, phase: str) -> dict[str, object]:
        """A phase of one location as one of the two; what it told at its end."""
        done = self.run(uid, "-m", "tf_assets.cli", "work", environment, given=phase)
        assert done.returncode == 0, done.stderr[-3000:]
        return dict(json.loads(done.stdout.splitlines()[-1]))

    def opened(self, uid: int, paths: list[Path]) -> list[str]:
        """Those of some files and folders that one of the two can open."""
        done = self.run(uid, "-c", OPENS, given=json.dumps([str(path) for path in paths]))
        assert done.returncode == 0, done.stderr[-2000:]
        return list(json.loads(done.stdout))


def below(*folders: Path) -> list[Path]:
    return [path for folder in folders for path in (folder, *folder.rglob("*"))]


def test_both_locations_run_as_their_own_users_and_neither_opens_what_is_the_others(
    home: Home, interpreter: Path
) -> None:
    users = Users(home, interpreter)
    if users.run(RESEARCH, "-c", "import tf_assets, duckdb").returncode != 0:
        pytest.skip("another user cannot read this checkout or its virtual environment")

    # something new for each: a corrected return, and a department's file sent again
    slot = next(path.parent for path in sorted((home.landing / "returns").rglob("*.csv")))
    sent = next(slot.glob("*.csv"))
    corrected = slot / "corrected.csv"
    corrected.write_bytes(b"".join(sent.read_bytes().splitlines(keepends=True)[:-2]))
    corrected.chmod(0o600)
    os.chown(corrected, LINKAGE, LINKAGE)
    later = max(path.stat().st_mtime for path in slot.iterdir()) + 86_400
    os.utime(corrected, (later, later))
    attributes = next(iter(sorted(home.landing.glob("departments/*/*/attributes.*"))))
    os.utime(attributes, (attributes.stat().st_mtime + 86_400,) * 2)

    releases = {path.name for path in home.releases.iterdir()}
    for uid, environment, phase in (
        (LINKAGE, "linkage", "returns"),
        (RESEARCH, "research", "attributes"),
        (LINKAGE, "linkage", "national"),
        (RESEARCH, "research", "national"),
    ):
        told = users.task(uid, environment, phase)
        assert told["failed"] == [] and told["n_runs"] == 1, (environment, phase)
    assert {path.name for path in home.releases.iterdir()} > releases

    identities = list(home.landing.glob("departments/*/*/identities.*"))
    of_linkage = [
        *below(home.zone("linkage"), home.keys, home.landing / "returns", home.landing / "reference"),
        *identities,
    ]
    of_research = below(home.zone("research"))
    assert len(of_linkage) > 200 and len(of_research) > 40 and identities
    assert users.opened(RESEARCH, of_linkage) == []
    assert users.opened(LINKAGE, of_research) == []
    assert len(users.opened(LINKAGE, of_linkage)) == len(of_linkage)
    assert len(users.opened(RESEARCH, of_research)) == len(of_research)

    # a command of research's that holds the home meets nothing that is closed to it
    quiet = users.run(RESEARCH, "-m", "tf_assets.cli", "materialise", "research", "attributes")
    assert quiet.returncode == 0, quiet.stderr[-2000:]

    # nor does research make its way to it: not by moving folders, nor with keys of its own
    moved = users.run(RESEARCH, "-c", f"import os; os.rename({str(home.keys)!r}, {str(home.root / 'elsewhere')!r})")
    assert "PermissionError" in moved.stderr
    refused = users.run(RESEARCH, "-m", "tf_assets.cli", "keys", "check")
    assert refused.returncode != 0

    # nothing that was written in all this is for others
    assert [path for path in below(home.root) if not path.is_symlink() and path.stat().st_mode & 0o007] == []
