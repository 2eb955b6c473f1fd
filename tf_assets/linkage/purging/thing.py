"""A thing that is kept, as far as retention is concerned."""

import shutil
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from tf_assets.warehouse.whole_files import sync_folder

REMOVED_PREFIX = ".purged-"
"""Of a folder that has been taken out of the way and is being deleted."""


@dataclass(frozen=True)
class Thing:
    """One thing of one kind.

    since: from when its age is counted (UTC); remove: takes it away at once, or not at all.
    """

    since: datetime
    remove: Callable[[], None]


def file_thing(path: Path, since: datetime | None = None) -> Thing:
    """A file, which is unlinked; its age is that of its last change unless it is said."""
    return Thing(since or changed_at(path), lambda: path.unlink(missing_ok=True))


def folder_thing(path: Path, since: datetime | None = None) -> Thing:
    """A folder, which is taken out of the way at once and then deleted."""
    return Thing(since or changed_at(path), lambda: remove_folder(path))


def remove_folder(path: Path) -> None:
    """Take a folder away at once; what a crash leaves of it has a name that nobody reads."""
    gone = path.with_name(f"{REMOVED_PREFIX}{uuid.uuid4().hex}")
    path.rename(gone)
    sync_folder(path.parent)
    shutil.rmtree(gone)


def changed_at(path: Path) -> datetime:
    """When a file or folder was last changed: UTC, without a zone."""
    return datetime.fromtimestamp(path.lstat().st_mtime, UTC).replace(tzinfo=None)
