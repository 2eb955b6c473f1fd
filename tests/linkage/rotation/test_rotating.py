"""The storage key is replaced: everything reads as before, nothing with the old key, whatever happens on the way."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.linkage.rotation.homes import content_of, fill, rotate, zone_of
from tf_assets.cli.holding import held
from tf_assets.linkage.definitions import LANDED
from tf_assets.linkage.key_lock import alone_with_keys, unless_rotating
from tf_assets.linkage.key_sources import KEY_VARIABLES
from tf_assets.linkage.keys import create_keys, fingerprint, load_keys, new_key
from tf_assets.linkage.originals import Originals
from tf_assets.linkage.private_files import replace_private_file
from tf_assets.linkage.rotation import ciphers
from tf_assets.linkage.rotation.encrypted_files import encrypted_files
from tf_assets.warehouse.errors import EvaluationError, KeysRefused
from tf_assets.warehouse.home import Home
from tf_assets.warehouse.kept import read_kept
from tf_assets.warehouse.project import project_root


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    for name in KEY_VARIABLES:
        monkeypatch.delenv(name, raising=False)
    made = Home(tmp_path / "home")
    made.root.mkdir()
    made.project_file.write_text(json.dumps({"project": "p", "record_salt": "s", "is_demo": False}))
    create_keys(made)
    fill(made, load_keys(made).storage_key)
    return made


def in_another_process(home: Home, code: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-c", code, str(home.root)],
        cwd=project_root(),
        env={**os.environ, "PYTHONPATH": str(project_root())},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def test_everything_reads_as_before_and_nothing_with_the_old_key(home: Home) -> None:
    before = load_keys(home)
    expected = content_of(home, before.storage_key)
    rotated = rotate(home)
    after = load_keys(home)
    assert content_of(home, after.storage_key) == expected
    assert (rotated.n_files, rotated.n_before, rotated.unknown) == (5, 0, ())
    assert (rotated.old_fingerprint, rotated.new_fingerprint) == tuple(
        fingerprint(each.storage_key) for each in (before, after)
    )
    with pytest.raises(KeysRefused):
        zone_of(home, before.storage_key).read("totals")
    assert read_kept(zone_of(home, before.storage_key), "sums") is None
    originals = Originals(home.zone("linkage"), before.storage_key)
    assert not [file.name for file in encrypted_files(home) if file.kind == "original" and originals.opens(file.path)]


def test_all_other_keys_stay_as_they_are(home: Home) -> None:
    before = load_keys(home)
    rotate(home)
    changed = {name for name, key in vars(load_keys(home)).items() if key != getattr(before, name)}
    assert changed == {"storage_key"}
    assert (home.keys / "linkage.json").stat().st_mode & 0o777 == 0o600


def test_a_rotation_that_is_killed_at_any_step_is_finished_by_the_next(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.linkage.rotation.killing", str(tmp_path), "4"],
        cwd=project_root(),
        env={**{k: v for k, v in os.environ.items() if k not in KEY_VARIABLES}, "PYTHONPATH": str(project_root())},
        capture_output=True,
        text=True,
    )
    told = json.loads(done.stdout)
    assert told["wrong"] == [], done.stderr[-4000:]
    assert told["n_kills"] > 10


def test_a_process_that_works_with_the_keys_is_not_disturbed(home: Home) -> None:
    worker = in_another_process(
        home,
        "import sys, pathlib\n"
        "from tf_assets.linkage.keys import load_keys\n"
        "from tf_assets.warehouse.home import Home\n"
        "load_keys(Home(pathlib.Path(sys.argv[1])))\n"
        "print('at work', flush=True)\n"
        "sys.stdin.readline()\n",
    )
    assert worker.stdout is not None and worker.stdout.readline() == "at work\n"
    key = load_keys(home).storage_key
    try:
        with pytest.raises(KeysRefused, match="Another process works with the keys"):
            rotate(home)
    finally:
        worker.communicate("\n")
    assert load_keys(home).storage_key == key
    assert rotate(home).n_files == 5


def test_a_process_waits_for_a_rotation_and_then_says_so(home: Home) -> None:
    code = (
        "import sys, pathlib\n"
        "from tf_assets.linkage import key_lock\n"
        "from tf_assets.linkage.keys import load_keys\n"
        "from tf_assets.warehouse.errors import KeysRefused\n"
        "from tf_assets.warehouse.home import Home\n"
        "key_lock.PATIENCE_SECONDS = 0\n"
        "try:\n"
        "    load_keys(Home(pathlib.Path(sys.argv[1])))\n"
        "except KeysRefused as refused:\n"
        "    print(refused)\n"
    )
    with alone_with_keys(home):
        told, _ = in_another_process(home, code).communicate()
    assert told == (
        "The storage key of this home is being replaced. Begin again when `tf-eval keys rotate` has ended.\n"
    )
    assert in_another_process(home, code).communicate()[0] == ""


def test_no_command_begins_after_an_interrupted_rotation(home: Home) -> None:
    (home.keys / "rotation.json").write_text("{}")
    with pytest.raises(KeysRefused, match="finish it with `tf-eval keys rotate`"):
        load_keys(home)
    with pytest.raises(KeysRefused, match="finish it with `tf-eval keys rotate`"), held(home):
        pass


def test_no_sensor_asks_for_a_run_meanwhile(home: Home) -> None:
    landed = unless_rotating(lambda home: iter(["a delivery"]))
    assert landed(home) == ["a delivery"]
    (home.keys / "rotation.json").write_text("{}")
    assert landed(home) == []
    for kind, deliveries in LANDED.items():
        (home.landing / "opt-outs").mkdir(parents=True, exist_ok=True)
        (home.landing / "opt-outs" / "asked.csv").write_text("x")
        assert deliveries(home) == [], kind
    (home.keys / "rotation.json").unlink()
    assert len(LANDED["opt_outs"](home)) == 1


def test_a_file_that_no_key_opens_stops_the_rotation_and_nothing_is_lost(home: Home) -> None:
    expected = content_of(home, load_keys(home).storage_key)
    original = max(home.zone("linkage").glob("originals/*/*.aesgcm"), key=lambda path: path.stat().st_size)
    sealed = original.read_bytes()
    original.write_bytes(sealed[:-1] + bytes([sealed[-1] ^ 1]))
    with pytest.raises(KeysRefused, match=r"original .* cannot be opened|opens with neither"):
        rotate(home)
    original.write_bytes(sealed)
    rotate(home)
    assert content_of(home, load_keys(home).storage_key) == expected


def test_a_copy_that_reads_otherwise_does_not_take_the_place_of_the_file(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = load_keys(home).storage_key
    expected = content_of(home, key)
    monkeypatch.setattr(ciphers, "_digest", lambda connection, relation: object())
    with pytest.raises(EvaluationError, match="read otherwise than before"):
        rotate(home)
    monkeypatch.undo()
    assert content_of(home, key) == expected
    rotate(home)
    assert content_of(home, load_keys(home).storage_key) == expected


def test_the_old_key_is_kept_while_a_file_is_not_proved(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    before = load_keys(home).storage_key

    def refuse(self: object, path: Path) -> None:
        raise KeysRefused("not proved")

    monkeypatch.setattr(ciphers.Databases, "prove", refuse)
    with pytest.raises(KeysRefused, match="not proved"):
        rotate(home)
    assert before in (home.keys / "linkage.json").read_text()
    monkeypatch.undo()
    assert rotate(home).n_before == 5
    assert before not in "".join(path.read_text() for path in home.keys.iterdir())


def test_a_database_whose_writer_was_killed_is_settled_first(home: Home) -> None:
    key = load_keys(home).storage_key
    code = (
        "import os, sys, pathlib\n"
        "from tf_assets.warehouse.instances import prepare_instance\n"
        "root = pathlib.Path(sys.argv[1]) / 'linkage'\n"
        "c = prepare_instance(root / 'spill', None)\n"
        "import duckdb_extension_httpfs as e\n"
        "c.execute(f\"LOAD '{next(pathlib.Path(e.__file__).parent.rglob('httpfs.duckdb_extension'))}'\")\n"
        "c.execute(f\"ATTACH '{root}/linkage.duckdb' AS z (ENCRYPTION_KEY $key)\", {'key': sys.stdin.readline().strip()})\n"
        "c.execute('INSERT INTO z.totals VALUES (7, 0.5, true)')\n"
        "os._exit(9)\n"
    )
    in_another_process(home, code).communicate(key + "\n")
    assert (home.zone("linkage") / "linkage.duckdb.wal").exists()
    rotate(home)
    assert zone_of(home, load_keys(home).storage_key).read("totals")["n_people"].to_list() == [0, 1, 7]
    assert not (home.zone("linkage") / "linkage.duckdb.wal").exists()


def test_a_persons_copy_is_left_and_told(home: Home) -> None:
    (home.zone("linkage") / "before.duckdb").write_bytes(b"a copy")
    assert rotate(home).unknown == ("before.duckdb",)
    assert (home.zone("linkage") / "before.duckdb").exists()


def test_a_home_of_a_rebuild_that_was_killed_goes(home: Home) -> None:
    (home.root / ".rebuild-1" / "linkage").mkdir(parents=True)
    (home.root / ".rebuild-1" / "linkage" / "originals").symlink_to(home.zone("linkage") / "originals")
    expected = content_of(home, load_keys(home).storage_key)
    rotate(home)
    assert not (home.root / ".rebuild-1").exists()
    assert content_of(home, load_keys(home).storage_key) == expected


def keys_with(home: Home, **other: str) -> str:
    return json.dumps({**json.loads((home.keys / "linkage.json").read_text()), **other})


def test_keys_in_a_file_elsewhere_are_replaced_there(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    elsewhere = home.root.parent / "secrets.json"
    (home.keys / "linkage.json").rename(elsewhere)
    monkeypatch.setenv("TF_LINKAGE_KEYS_FILE", str(elsewhere))
    before = load_keys(home).storage_key
    expected = content_of(home, before)
    rotate(home)
    assert before not in elsewhere.read_text() and elsewhere.stat().st_mode & 0o777 == 0o600
    assert content_of(home, load_keys(home).storage_key) == expected


def test_keys_of_a_key_manager_are_replaced_by_a_person(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = content_of(home, load_keys(home).storage_key)
    present, coming = home.root.parent / "present.json", home.root.parent / "coming.json"
    coming.write_text(keys_with(home, storage_key=new_key()))
    (home.keys / "linkage.json").rename(present)
    monkeypatch.setenv("TF_LINKAGE_KEYS_COMMAND", f"cat {present}")
    with pytest.raises(KeysRefused, match="cannot be written to from here"):
        rotate(home)
    monkeypatch.setenv("TF_LINKAGE_NEW_KEYS_COMMAND", f"cat {coming}")
    rotated = rotate(home)
    assert rotated.is_to_be_replaced
    # the old keys are refused, lest a run writes what the new ones cannot read
    with pytest.raises(KeysRefused, match="is not the one that this home's files have had since it was replaced"):
        load_keys(home)
    monkeypatch.setenv("TF_LINKAGE_KEYS_COMMAND", f"cat {coming}")
    monkeypatch.delenv("TF_LINKAGE_NEW_KEYS_COMMAND")
    assert content_of(home, load_keys(home).storage_key) == expected
    assert not [path.name for path in home.keys.iterdir() if load_keys(home).storage_key in path.read_text()]


def test_new_keys_may_differ_in_the_storage_key_alone(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    coming = home.root.parent / "coming.json"
    replace_private_file(coming, keys_with(home, storage_key=new_key(), opt_out_key=new_key()))
    monkeypatch.setenv("TF_LINKAGE_NEW_KEYS_FILE", str(coming))
    with pytest.raises(KeysRefused, match="differ in opt_out_key too"):
        rotate(home)
    assert not (home.keys / "rotation.json").exists()
