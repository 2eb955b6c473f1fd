"""Files that nobody but their owner can read."""

import os
import stat
import uuid
from pathlib import Path

from tf_assets.warehouse.errors import KeysRefused
from tf_assets.warehouse.whole_files import sync_folder


def read_private_file(path: Path, called: str) -> str:
    """The text of a file of mode 0600 that belongs to the user who runs; called: what a sentence calls it."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    except OSError:
        raise KeysRefused(
            f"{called} cannot be opened as a plain file of yours. "
            "It may be a link or belong to another user; replace it with a file of your own."
        ) from None
    with os.fdopen(descriptor) as file:
        status = os.fstat(descriptor)
        if stat.S_IMODE(status.st_mode) != 0o600:
            raise KeysRefused(
                f"{called} has mode {stat.S_IMODE(status.st_mode):04o}, so others may read it. "
                "Set it to 0600 with chmod, and consider the keys known to whoever could read them."
            )
        if status.st_uid != os.getuid():
            raise KeysRefused(f"{called} belongs to another user. Run as that user, or take the file over.")
        return file.read()


def write_private_file(path: Path, text: str) -> None:
    """Write a file that is private from its first byte and there wholly or not at all; `FileExistsError` if there is one."""
    draft = _private_draft(path, text)
    try:
        os.link(draft, path)  # unlike a rename, never replaces keys that are there
    finally:
        draft.unlink(missing_ok=True)
    sync_folder(path.parent)


def replace_private_file(path: Path, text: str) -> None:
    """Put a private file in the place of another; after a crash the old or the new one is there."""
    draft = _private_draft(path, text)
    try:
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
    sync_folder(path.parent)


def _private_draft(path: Path, text: str) -> Path:
    """The text in a file of its own beside the one that is meant, on the disk."""
    draft = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        os.fchmod(file.fileno(), 0o600)
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    return draft
