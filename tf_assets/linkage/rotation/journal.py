"""What a rotation has come to, on the disk: to which key it goes, and which files have it already.

`keys/rotation.json` (0600) is there from before the first file is touched until the old key is gone. `keys/rotation.done`
gains one line a file, after the file is in its place. A line that is missing costs a look at the file, never more: a file
says itself which key opens it.
"""

import json
import os
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from tf_assets.linkage.key_lock import ROTATION_FILE
from tf_assets.linkage.private_files import read_private_file, write_private_file
from tf_assets.warehouse.errors import KeysRefused
from tf_assets.warehouse.home import Home
from tf_assets.warehouse.whole_files import sync_folder

DONE_FILE = "rotation.done"


@dataclass(frozen=True)
class Journal:
    """A rotation that was begun.

    old_fingerprint, new_fingerprint: of the two keys; new_storage_key: the new one where this home's key file will hold
    it, None where it comes from elsewhere; begun_at: UTC.
    """

    old_fingerprint: str
    new_fingerprint: str
    new_storage_key: str | None = field(repr=False)
    begun_at: str


def begin(home: Home, old_fingerprint: str, new_fingerprint: str, new_storage_key: str | None) -> Journal:
    """Write down a rotation before it touches anything."""
    journal = Journal(
        old_fingerprint, new_fingerprint, new_storage_key, datetime.now(UTC).isoformat(timespec="seconds")
    )
    (home.keys / DONE_FILE).unlink(missing_ok=True)
    write_private_file(home.keys / ROTATION_FILE, json.dumps(asdict(journal), indent=1))
    return journal


def unfinished(home: Home) -> Journal | None:
    """The rotation that was begun and not finished, if there is one."""
    path = home.keys / ROTATION_FILE
    if not path.exists():
        return None
    try:
        return Journal(**json.loads(read_private_file(path, "keys/rotation.json")))
    except (ValueError, TypeError):
        raise KeysRefused(
            "keys/rotation.json is damaged. Restore keys/ from a copy that was made after the rotation began: it holds the "
            "new key."
        ) from None


def done_files(home: Home) -> frozenset[str]:
    """The files that have the new key, by their paths below the zone; a torn last line counts for nothing."""
    path = home.keys / DONE_FILE
    return frozenset(path.read_text().split("\n")[:-1]) if path.exists() else frozenset()


def note_done(home: Home, name: str) -> None:
    """Note that a file has the new key, on the disk."""
    descriptor = os.open(home.keys / DONE_FILE, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        os.write(descriptor, f"{name}\n".encode())
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def end(home: Home) -> None:
    """Forget the rotation, and what killed processes left of key files."""
    for draft in home.keys.glob(".*.json.*"):
        draft.unlink(missing_ok=True)
    (home.keys / DONE_FILE).unlink(missing_ok=True)
    Path(home.keys / ROTATION_FILE).unlink(missing_ok=True)
    sync_folder(home.keys)
