"""Keys come from one place: a variable, a private file, or a command; nothing of them is repeated."""

import json
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from tf_assets.linkage.key_check import check_keys
from tf_assets.linkage.key_sources import KEY_VARIABLES, variables_for_another_home
from tf_assets.linkage.keys import KEY_NAMES, create_keys, fingerprint, load_keys, write_keys
from tf_assets.linkage.private_files import replace_private_file
from tf_assets.warehouse.errors import KeysRefused
from tf_assets.warehouse.home import Home
from tf_assets.warehouse.project import project_root

GOOD = {name: bytes(range(position, position + 32)).hex() for position, name in enumerate(KEY_NAMES)}


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    for name in KEY_VARIABLES:
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "home").mkdir(mode=0o755)
    (tmp_path / "home" / "project.json").write_text(json.dumps({"project": "p", "record_salt": "s", "is_demo": False}))
    return Home(tmp_path / "home")


def private(path: Path, text: str) -> Path:
    replace_private_file(path, text)
    return path


def test_a_file_elsewhere_gives_the_keys(home: Home, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    create_keys(home)
    monkeypatch.setenv("TF_LINKAGE_KEYS_FILE", str(private(tmp_path / "secrets.json", json.dumps(GOOD))))
    assert load_keys(home).storage_key == GOOD["storage_key"]
    (tmp_path / "secrets.json").chmod(0o640)
    with pytest.raises(KeysRefused, match="has mode 0640, so others may read it"):
        load_keys(home)
    (tmp_path / "secrets.json").unlink()
    with pytest.raises(KeysRefused, match=r"there is no .*/secrets\.json"):
        load_keys(home)


def test_a_command_gives_the_keys_and_is_asked_once(
    home: Home, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    private(tmp_path / "secrets.json", json.dumps(GOOD))
    script = tmp_path / "manager.py"
    script.write_text(
        "import pathlib, sys\n"
        f"asked = pathlib.Path({str(tmp_path / 'asked')!r})\n"
        "asked.write_text((asked.read_text() if asked.exists() else '') + 'x')\n"
        f"print(pathlib.Path({str(tmp_path / 'secrets.json')!r}).read_text())\n"
    )
    monkeypatch.setenv("TF_LINKAGE_KEYS_COMMAND", f"{sys.executable} '{script}'")
    assert load_keys(home).storage_key == GOOD["storage_key"]
    assert load_keys(home).opt_out_key == GOOD["opt_out_key"]
    assert (tmp_path / "asked").read_text() == "x"


@pytest.mark.parametrize(
    ("command", "reason"),
    [
        ("false", "ended with 1 and gave no keys"),
        ("no-such-key-manager", r"could not be run \(FileNotFoundError\)"),
        ("unbalanced 'quote", r"could not be run \(ValueError\)"),
        ("true", "is not JSON"),
    ],
)
def test_a_command_that_gives_no_keys_is_told_without_what_it_said(
    home: Home, monkeypatch: pytest.MonkeyPatch, command: str, reason: str
) -> None:
    monkeypatch.setenv("TF_LINKAGE_KEYS_COMMAND", command)
    with pytest.raises(KeysRefused, match=reason) as refused:
        load_keys(home)
    assert "TF_LINKAGE_KEYS_COMMAND" in str(refused.value)


def test_a_commands_errors_are_not_repeated(
    home: Home, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TF_LINKAGE_KEYS_COMMAND", "sh -c 'echo QZXMARKER; echo QZXMARKER >&2; exit 3'")
    with pytest.raises(KeysRefused) as refused:
        load_keys(home)
    assert "QZXMARKER" not in str(refused.value) + "".join(capfd.readouterr())


def test_two_places_at_once_are_refused(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TF_LINKAGE_KEYS", json.dumps(GOOD))
    monkeypatch.setenv("TF_LINKAGE_KEYS_COMMAND", "true")
    with pytest.raises(KeysRefused, match="TF_LINKAGE_KEYS and TF_LINKAGE_KEYS_COMMAND are both set"):
        load_keys(home)


def test_a_home_beside_this_one_is_told_where_to_look_not_what(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    create_keys(home)
    told = variables_for_another_home(home)
    assert told == {"TF_LINKAGE_KEYS_FILE": str(home.keys / "linkage.json")}
    monkeypatch.setenv("TF_LINKAGE_KEYS", json.dumps(GOOD))
    assert variables_for_another_home(home) == {}


def test_a_check_says_where_from_how_old_and_never_what(home: Home) -> None:
    write_keys(home, GOOD, {"storage_key": "2024-01-01", "opt_out_key": "2025-06-01"})
    home.zone("linkage").mkdir(mode=0o700)
    checked = check_keys(home, today=date(2026, 2, 1))
    assert [(each.name, each.fingerprint) for each in checked.keys] == [
        (name, fingerprint(GOOD[name])) for name in KEY_NAMES
    ]
    assert {each.source for each in checked.keys} == {"the key file keys/linkage.json"}
    assert {each.name: each.since for each in checked.keys if each.since} == {
        "storage_key": date(2024, 1, 1),
        "opt_out_key": date(2025, 6, 1),
    }
    assert checked.faults == ()
    assert "storage_key has been in use for 762 days. Replace it: `tf-eval keys rotate`." in checked.notes
    assert not [key for key in GOOD.values() if key in repr(checked)]


def test_a_young_storage_key_is_not_to_be_replaced(home: Home) -> None:
    write_keys(home, GOOD, {"storage_key": "2024-02-02"})
    assert not [note for note in check_keys(home, today=date(2026, 2, 1)).notes if "Replace it" in note]


def test_a_check_names_folders_that_others_may_look_into(home: Home) -> None:
    write_keys(home, GOOD)
    home.zone("linkage").mkdir()
    home.zone("linkage").chmod(0o750)
    home.keys.chmod(0o711)
    assert check_keys(home).faults == (
        "keys/ has mode 0711, so others may look into it. Set it to 0700 with chmod.",
        "linkage/ has mode 0750, so others may look into it. Set it to 0700 with chmod.",
    )


def test_a_check_tells_of_an_interrupted_rotation(home: Home) -> None:
    write_keys(home, GOOD)
    (home.keys / "rotation.json").write_text("{}")
    assert [fault for fault in check_keys(home).faults if "was being replaced when something stopped it" in fault]


def test_the_command_line_prints_fingerprints_and_no_key(home: Home) -> None:
    write_keys(home, GOOD)
    done = subprocess.run(
        [sys.executable, "-m", "tf_assets.cli", "keys", "check"],
        env={"TF_HOME": str(home.root), "PATH": "/usr/bin:/bin", "PYTHONPATH": str(project_root())},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert all(fingerprint(GOOD[name]) in done.stdout for name in KEY_NAMES)
    assert not [key for key in GOOD.values() if key in done.stdout + done.stderr]


def test_made_keys_say_since_when_they_are_in_use(home: Home) -> None:
    create_keys(home)
    checked = check_keys(home)
    assert all(each.since is not None for each in checked.keys)
