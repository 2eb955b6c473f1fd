"""The home of a new project is made whole or not at all, and never over another."""

from pathlib import Path

import pytest

from tf_assets.cli import new_project
from tf_assets.cli.instance import make_home
from tf_assets.cli.new_project import make_project_home
from tf_assets.linkage.key_sources import KEY_VARIABLES
from tf_assets.linkage.keys import create_keys, load_keys
from tf_assets.linkage.registering import originals_of, register_file
from tf_assets.warehouse.errors import EvaluationError
from tf_assets.warehouse.home import Home


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    for name in KEY_VARIABLES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DAGSTER_HOME", "")
    made = Home(tmp_path / "present")
    make_home(made, "present")
    create_keys(made)
    sent = made.landing / "schools.csv"
    sent.write_text("urn\n1\n")
    assert register_file(made, sent, "reference", "schools")
    return made


def test_it_takes_over_what_arrived_under_a_storage_key_of_its_own(home: Home, tmp_path: Path) -> None:
    new = Home(tmp_path / "new")
    assert make_project_home(home, new, "another") == 1
    sha256 = next(home.zone("linkage").glob("originals/*/*.aesgcm")).stem
    assert originals_of(new).read(sha256) == originals_of(home).read(sha256) == b"urn\n1\n"
    assert load_keys(new).storage_key != load_keys(home).storage_key
    assert new.project().record_salt != home.project().record_salt
    assert oct(new.keys.stat().st_mode & 0o777) == oct(new.zone("linkage").stat().st_mode & 0o777) == "0o700"


def test_neither_a_name_nor_a_place_that_is_taken_will_do(home: Home, tmp_path: Path) -> None:
    with pytest.raises(EvaluationError, match="this project's own name"):
        make_project_home(home, Home(tmp_path / "new"), "present")
    with pytest.raises(EvaluationError, match="is there already"):
        make_project_home(home, home, "another")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["present"]


def test_a_failure_leaves_nothing_behind(home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise OSError("no space")

    monkeypatch.setattr(new_project, "copy_opt_outs", fail)
    with pytest.raises(OSError, match="no space"):
        make_project_home(home, Home(tmp_path / "new"), "another")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["present"]


def test_what_a_killed_command_left_is_made_anew(home: Home, tmp_path: Path) -> None:
    (tmp_path / ".new-new" / "keys").mkdir(parents=True)
    (tmp_path / ".new-new" / "keys" / "linkage.json").write_text("{}")
    make_project_home(home, Home(tmp_path / "new"), "another")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["new", "present"]
