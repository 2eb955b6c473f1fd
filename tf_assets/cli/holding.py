"""One command at a time in a home."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager

from tf_assets.linkage.key_lock import refuse_unfinished_rotation
from tf_assets.warehouse.errors import EvaluationError
from tf_assets.warehouse.home import Home


@contextmanager
def held(home: Home, to_rotate: bool = False) -> Iterator[None]:
    """Hold a home against a second command that would run something in it; an `EvaluationError` if one is at work.

    to_rotate: the one command that goes on where a rotation of the storage key was interrupted.
    """
    with (home.root / "run.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise EvaluationError(
                f"Another command is at work in {home.root}. Run this one when it has ended."
            ) from None
        if not to_rotate:
            refuse_unfinished_rotation(home)
        yield
