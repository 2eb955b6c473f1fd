"""Nobody replaces keys while a process works with them, and nobody begins to work while they are replaced.

Whoever reads a home's keys shares the lock `keys/lock` until its process ends: a command, a worker, a run that the UI or
the daemon launched. A rotation holds it alone.
"""

import fcntl
import os
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TypeVar

from tf_assets.warehouse.errors import KeysRefused
from tf_assets.warehouse.home import Home

T = TypeVar("T")

PATIENCE_SECONDS = 120
"""How long a process waits for a rotation that is under way; after that it says so and ends (ours)."""

ROTATION_FILE = "rotation.json"
"""In `keys/` while a rotation goes on, and after one that was interrupted."""


def share_keys(home: Home) -> None:
    """Keep the home's keys as they are until this process ends; `KeysRefused` while they are being replaced."""
    lock = _lock_file(home.keys / "lock")
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
            break
        except BlockingIOError:
            if time.monotonic() > deadline:
                raise KeysRefused(
                    "The storage key of this home is being replaced. Begin again when `tf-eval keys rotate` has ended."
                ) from None
            time.sleep(0.1)
    refuse_unfinished_rotation(home)


@contextmanager
def alone_with_keys(home: Home) -> Iterator[None]:
    """Hold the home's keys against every other process; `KeysRefused` where one works with them.

    A share of this process itself is set aside meanwhile.
    """
    lock = _lock_file(home.keys / "lock")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise KeysRefused(
            "Another process works with the keys of this home: a command, a review, or a run of the UI or the daemon. "
            "Wait until it has ended, or stop it, and begin again."
        ) from None
    try:
        yield
    finally:
        fcntl.flock(lock, fcntl.LOCK_UN)


def has_unfinished_rotation(home: Home) -> bool:
    """Was the replacement of the storage key begun and not finished? Not for a user who may not look: it has no key."""
    try:
        return (home.keys / ROTATION_FILE).exists()
    except PermissionError:
        return False


def refuse_unfinished_rotation(home: Home) -> None:
    """`KeysRefused` while some files have the old storage key and some the new."""
    if has_unfinished_rotation(home):
        raise KeysRefused(
            "The storage key of this home was being replaced when something stopped it. Nothing is lost: finish it with "
            "`tf-eval keys rotate`, and begin again."
        )


def unless_rotating(deliveries: Callable[[Home], Iterable[T]]) -> Callable[[Home], list[T]]:
    """The deliveries that there are, or none while keys are being replaced: a run would fail, and it is tried only so
    often."""

    def landed(home: Home) -> list[T]:
        return [] if has_unfinished_rotation(home) else list(deliveries(home))

    return landed


@cache
def _lock_file(path: Path) -> int:
    """One open file for each home and process, so that a process is never its own obstacle."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    except OSError as error:
        raise KeysRefused(
            f"keys/{path.name} cannot be opened ({error.strerror}), and without it a change of keys would go unnoticed. "
            "Run as the user whom keys/ belongs to."
        ) from None
