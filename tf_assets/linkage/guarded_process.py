"""A process that sees identifiers leaves nothing behind when it dies, and no process of another user looks into it."""

import ctypes
import resource
import sys

PR_SET_DUMPABLE = 4
"""From linux/prctl.h."""


def guard_process() -> None:
    """No core dump of this process or of any that it starts; on Linux no look into its memory and variables either.

    The limit alone would not do: Linux does not apply it where cores are piped to a program (core(5)).
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)
