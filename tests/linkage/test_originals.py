"""Every file is kept as it came, and nobody reads it without the key."""

import hashlib
from pathlib import Path

import pytest

from tf_assets.linkage.originals import Originals
from tf_assets.warehouse.errors import KeysRefused

KEY, OTHER_KEY = "11" * 32, "22" * 32
CONTENT = b"surname\nZzyzxcanary\n" * 50


def test_a_kept_file_comes_back_as_it_was(tmp_path: Path) -> None:
    originals = Originals(tmp_path, KEY)
    sha256 = originals.keep(CONTENT)
    assert sha256 == hashlib.sha256(CONTENT).hexdigest()
    assert originals.holds(sha256)
    assert originals.read(sha256) == CONTENT


def test_nothing_of_it_is_readable_on_disk_or_in_messages(tmp_path: Path) -> None:
    originals = Originals(tmp_path, KEY)
    path = originals.path(originals.keep(CONTENT))
    assert b"canary" not in path.read_bytes()
    assert KEY not in repr(originals)


def test_another_key_opens_nothing(tmp_path: Path) -> None:
    sha256 = Originals(tmp_path, KEY).keep(CONTENT)
    with pytest.raises(KeysRefused, match="cannot be opened with this storage key"):
        Originals(tmp_path, OTHER_KEY).read(sha256)


def test_a_changed_or_exchanged_file_is_noticed(tmp_path: Path) -> None:
    originals = Originals(tmp_path, KEY)
    first, second = originals.keep(CONTENT), originals.keep(b"other")
    originals.path(second).write_bytes(originals.path(first).read_bytes())
    with pytest.raises(KeysRefused):
        originals.read(second)


@pytest.mark.parametrize("n_bytes", [0, 1, 9, 10, 11, 20, 25])
def test_files_of_any_size_come_back_chunk_by_chunk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, n_bytes: int
) -> None:
    monkeypatch.setattr("tf_assets.linkage.originals.CHUNK_BYTES", 10)
    originals, sent = Originals(tmp_path, KEY), tmp_path / "sent"
    sent.write_bytes(bytes(range(n_bytes)))
    sha256 = originals.keep_file(sent)
    assert originals.read(sha256) == bytes(range(n_bytes))


def test_a_chunk_that_was_dropped_or_exchanged_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tf_assets.linkage.originals.CHUNK_BYTES", 10)
    originals = Originals(tmp_path, KEY)
    sha256 = originals.keep(bytes(range(30)))
    sealed = originals.path(sha256).read_bytes()
    head, chunks = sealed[:11], [sealed[11 + 26 * at : 37 + 26 * at] for at in range(3)]
    for others in ([0, 1], [1, 0, 2], [0, 1, 2, 2], []):
        originals.path(sha256).write_bytes(head + b"".join(chunks[at] for at in others))
        with pytest.raises(KeysRefused):
            originals.read(sha256)


def test_keeping_twice_writes_once(tmp_path: Path) -> None:
    originals = Originals(tmp_path, KEY)
    path = originals.path(originals.keep(CONTENT))
    sealed = path.read_bytes()
    originals.keep(CONTENT)
    assert path.read_bytes() == sealed
    assert [each for each in tmp_path.rglob("*") if each.is_file()] == [path]


def test_a_failed_write_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(descriptor: int) -> None:
        raise OSError

    monkeypatch.setattr("tf_assets.linkage.originals.os.fsync", fail)
    with pytest.raises(OSError):
        Originals(tmp_path, KEY).keep(CONTENT)
    assert [each for each in tmp_path.rglob("*") if each.is_file()] == []
