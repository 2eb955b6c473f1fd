"""A file is the old one or the new one, whatever happens."""

import os
import stat
from pathlib import Path

import pytest

from tf_assets.warehouse.whole_files import write_whole


def test_a_crash_leaves_the_old_file_and_no_draft(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "deep" / "told.json"
    write_whole(path, "old")
    monkeypatch.setattr(os, "fsync", lambda descriptor: (_ for _ in ()).throw(OSError("the disk is full")))
    with pytest.raises(OSError, match="full"):
        write_whole(path, "new")
    assert {each.name: each.read_text() for each in path.parent.iterdir()} == {"told.json": "old"}


def test_the_same_content_touches_nothing_and_the_mode_is_that_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "told.json"
    write_whole(path, b"one", 0o600)
    before = path.stat()
    assert stat.S_IMODE(before.st_mode) == 0o600
    write_whole(path, "one")
    assert path.stat().st_ino == before.st_ino
    write_whole(path, "two")
    assert path.read_text() == "two"
