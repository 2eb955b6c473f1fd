"""Keys: where they may lie, and which are refused."""

import json
from pathlib import Path

import pytest

from tf_assets.linkage.keys import KEY_NAMES, KEYS_VARIABLE, create_demo_keys, create_keys, load_keys
from tf_assets.warehouse.errors import KeysRefused
from tf_assets.warehouse.home import Home

GOOD = {name: bytes(range(position, position + 32)).hex() for position, name in enumerate(KEY_NAMES)}


@pytest.fixture(autouse=True)
def no_keys_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(KEYS_VARIABLE, raising=False)


def home_of(root: Path, is_demo: bool) -> Home:
    (root / "project.json").write_text(json.dumps({"project": "p", "record_salt": "s", "is_demo": is_demo}))
    return Home(root)


def write_keys(home: Home, keys: dict[str, object], mode: int = 0o600) -> None:
    home.keys.mkdir(exist_ok=True)
    (home.keys / "linkage.json").write_text(json.dumps(keys))
    (home.keys / "linkage.json").chmod(mode)


def test_created_keys_load_and_are_random(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    first, second = home_of(tmp_path / "a", False), home_of(tmp_path / "b", False)
    path = create_keys(first)
    create_keys(second)
    assert path.stat().st_mode & 0o777 == 0o600
    assert not load_keys(first).is_demo
    assert all(getattr(load_keys(first), name) != getattr(load_keys(second), name) for name in KEY_NAMES)


def test_keys_are_never_overwritten(tmp_path: Path) -> None:
    home = home_of(tmp_path, True)
    create_keys(home)
    before = (home.keys / "linkage.json").read_text()
    for create in (lambda: create_keys(home), lambda: create_demo_keys(home, 1)):
        with pytest.raises(KeysRefused, match="has linkage keys already"):
            create()
    assert (home.keys / "linkage.json").read_text() == before
    assert [path.name for path in home.keys.iterdir()] == ["linkage.json"]


def test_demo_keys_are_the_same_for_the_same_seed(tmp_path: Path) -> None:
    home = home_of(tmp_path, True)
    create_demo_keys(home, 7)
    keys = load_keys(home)
    create_demo_keys(home, 7)
    assert load_keys(home) == keys
    assert keys.is_demo


def test_demo_keys_are_refused_outside_a_demo_even_without_their_mark(tmp_path: Path) -> None:
    home = home_of(tmp_path, False)
    path = create_demo_keys(home, 7)
    with pytest.raises(KeysRefused, match="not a demo"):
        load_keys(home)
    path.write_text(json.dumps({**json.loads(path.read_text()), "demo": False}))
    with pytest.raises(KeysRefused, match="not a demo"):
        load_keys(home)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644, 0o700, 0o400])
def test_a_key_file_that_others_may_read_is_refused(tmp_path: Path, mode: int) -> None:
    home = home_of(tmp_path, False)
    write_keys(home, GOOD, mode)
    with pytest.raises(KeysRefused, match="mode"):
        load_keys(home)


def test_a_linked_key_file_is_refused(tmp_path: Path) -> None:
    home = home_of(tmp_path, False)
    write_keys(home, GOOD)
    (home.keys / "linkage.json").rename(tmp_path / "elsewhere.json")
    (home.keys / "linkage.json").symlink_to(tmp_path / "elsewhere.json")
    with pytest.raises(KeysRefused, match="may be a link"):
        load_keys(home)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"pseudonym_key": None}, "pseudonym_key is missing"),
        ({"pseudonym_key": "abcd"}, "too short"),
        ({"pseudonym_key": "not hexadecimal at all"}, "too short"),
        ({"pseudonym_key": "00" * 32}, "looks typed"),
        ({"pseudonym_key": GOOD["rounding_key"]}, "are the same"),
    ],
)
def test_weak_keys_are_refused(tmp_path: Path, change: dict[str, object], reason: str) -> None:
    home = home_of(tmp_path, False)
    write_keys(home, {**GOOD, **change})
    with pytest.raises(KeysRefused, match=reason):
        load_keys(home)


def test_missing_keys_say_how_to_make_them(tmp_path: Path) -> None:
    with pytest.raises(KeysRefused, match="tf-eval init"):
        load_keys(home_of(tmp_path, False))


def test_the_variable_comes_before_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = home_of(tmp_path, False)
    create_keys(home)
    monkeypatch.setenv(KEYS_VARIABLE, json.dumps(GOOD))
    assert load_keys(home).person_id_key == GOOD["person_id_key"]


def test_no_key_is_shown(tmp_path: Path) -> None:
    home = home_of(tmp_path, False)
    write_keys(home, {**GOOD, "storage_key": "zz" + GOOD["storage_key"]})
    with pytest.raises(KeysRefused) as refused:
        load_keys(home)
    write_keys(home, GOOD)
    shown = repr(load_keys(home)) + str(load_keys(home)) + str(refused.value)
    assert not [key for key in GOOD.values() if key in shown]
