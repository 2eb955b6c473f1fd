"""Kill a rotation before each of its steps on the disk in turn, go on, and see what came of it.

A script of its own: each rotation is a process that ends there and then, without cleaning up. Its arguments are a folder to
work in and the distance from one step to the next that is tried (1 for every step). It prints one JSON object: how many
kills there were, and after which step something was wrong.
"""

import itertools
import json
import os
import pickle
import shutil
import sys
import traceback
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

from tests.linkage.rotation.homes import content_of, fill, rotate
from tf_assets.linkage.key_lock import has_unfinished_rotation
from tf_assets.linkage.key_sources import key_source
from tf_assets.linkage.keys import create_keys, load_keys, parse_keys
from tf_assets.linkage.rotation import journal
from tf_assets.linkage.rotation.encrypted_files import encrypted_files
from tf_assets.linkage.rotation.rotating import _ciphers, _Keys
from tf_assets.warehouse.errors import KeysRefused
from tf_assets.warehouse.home import Home

STEPS = ("replace", "rename", "link", "unlink", "fsync", "write")
KILLED = 137


def die_before_step(number: int) -> None:
    """Let this process end before it does so many-th of its steps on the disk."""
    counted = itertools.count(1)

    def counting(step: Callable[..., object]) -> Callable[..., object]:
        def instead(*arguments: object, **named: object) -> object:
            if next(counted) == number:
                os._exit(KILLED)
            return step(*arguments, **named)

        return instead

    for name in STEPS:
        setattr(os, name, counting(getattr(os, name)))


def in_a_process(work: Callable[[], object]) -> int:
    """Do something in a fork; what it ended with."""
    child = os.fork()
    if child == 0:
        try:
            work()
        except BaseException:
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def make(home: Home) -> None:
    home.root.mkdir()
    home.project_file.write_text(json.dumps({"project": "p", "record_salt": "s", "is_demo": False}))
    create_keys(home)
    fill(home, storage_key(home))


def storage_key(home: Home) -> str:
    return parse_keys(key_source(home).read(), "the key file").storage_key


def killed(home: Home, step: int) -> None:
    die_before_step(step)
    rotate(home)


def go_on(home: Home, old_key: str, expected: Path) -> None:
    """After the kill each file opens with one of the two keys that are on the disk, and no process is given keys; when it
    is finished, all is as it was under one key, and that is not the old one."""
    in_file, begun = storage_key(home), journal.unfinished(home)
    new_key = (begun and begun.new_storage_key) or in_file
    now = parse_keys(key_source(home).read(), "the key file")
    ciphers = _ciphers(home, _Keys(key_source(home), replace(now, storage_key=old_key), new_key, is_replaced=False))
    for file in encrypted_files(home):
        assert any(ciphers[file.kind].is_opened_by(file.path, key) for key in {in_file, new_key}), file.name
    if begun:
        try:
            load_keys(home)
        except KeysRefused as refused:
            assert "tf-eval keys rotate" in str(refused)
        else:
            raise AssertionError("keys were given out in the middle of a rotation")
    if begun or in_file == old_key:
        rotate(home)
    assert not has_unfinished_rotation(home)
    new_key = load_keys(home).storage_key
    assert new_key != old_key
    assert content_of(home, new_key) == pickle.loads(expected.read_bytes())
    assert not [file.name for file in encrypted_files(home) if ciphers[file.kind].is_opened_by(file.path, old_key)]
    assert sorted(path.name for path in home.keys.iterdir()) == ["linkage.json", "lock", "storage_key.json"]
    assert not [path for path in home.zone("linkage").rglob(".*") if path.is_file()]
    assert not list(home.zone("linkage").glob("staging/*"))


def main(root: Path, distance: int) -> None:
    whole, expected = Home(root / "whole"), root / "expected"
    in_a_process(lambda: make(whole))
    old_key = storage_key(whole)
    in_a_process(lambda: expected.write_bytes(pickle.dumps(content_of(whole, old_key))))
    n_kills, wrong = 0, []
    for step in itertools.count(1, distance):
        home = Home(root / str(step))
        shutil.copytree(whole.root, home.root)
        ended = in_a_process(partial(killed, home, step))
        if ended == 0:
            break
        n_kills += 1
        if ended != KILLED or in_a_process(partial(go_on, home, old_key, expected)):
            wrong.append(step)
        shutil.rmtree(home.root)
    sys.stdout.write(json.dumps({"n_kills": n_kills, "wrong": wrong}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
