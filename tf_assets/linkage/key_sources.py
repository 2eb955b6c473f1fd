"""Where the keys of a home come from: a variable, a file of mode 0600, or a command for a key manager.

`TF_LINKAGE_KEYS` holds the keys themselves (JSON), `TF_LINKAGE_KEYS_FILE` names a file, `TF_LINKAGE_KEYS_COMMAND` a
command that prints them; where none is set, they lie in `keys/linkage.json` of the home. What a command prints is kept in
memory until the process ends. Nothing of it is ever repeated, nor what it writes to standard error.
"""

import os
import shlex
import subprocess
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

from tf_assets.linkage.private_files import read_private_file
from tf_assets.warehouse.errors import KeysRefused
from tf_assets.warehouse.home import Home

KEYS_VARIABLE = "TF_LINKAGE_KEYS"
NEW_KEYS_VARIABLE = "TF_LINKAGE_NEW_KEYS"
"""As `TF_LINKAGE_KEYS`, for the keys to which a rotation goes over."""

KEY_VARIABLES = tuple(
    f"{name}{how}" for name in (KEYS_VARIABLE, NEW_KEYS_VARIABLE) for how in ("", "_FILE", "_COMMAND")
)
"""Every variable that holds keys or leads to them: none is for the research environment."""

KEY_FILE = "linkage.json"
COMMAND_SECONDS = 60
"""A key manager that has not answered by then will not (ours)."""


@dataclass(frozen=True)
class KeySource:
    """One place that keys come from.

    kind; called: what a sentence calls it; place: the variable, the file's path, or the variable that holds the command.
    """

    kind: Literal["variable", "file", "command"]
    called: str
    place: str

    @property
    def is_writable(self) -> bool:
        """Whether a rotation can put the new key there itself."""
        return self.kind == "file" and os.access(Path(self.place).parent, os.W_OK)

    def read(self) -> str:
        """The keys as they stand there, unexamined; `KeysRefused` when they are not to be had."""
        if self.kind == "variable":
            return os.environ[self.place]
        if self.kind == "command":
            return _printed_by(os.environ[self.place], self.called)
        path = Path(self.place)
        if not path.is_symlink() and not path.exists():
            raise KeysRefused(
                f"This home has no linkage keys: there is no {_short(path)}. "
                "Make them with `tf-eval init`, or put that file back."
            )
        return read_private_file(path, _capitalised(self.called))


def key_source(home: Home) -> KeySource:
    """Where a home's keys come from; `KeysRefused` where two variables say different things."""
    return _named_source(KEYS_VARIABLE) or _file_source(home.keys / KEY_FILE)


def new_key_source() -> KeySource | None:
    """Where the keys to go over to come from; None where no variable says so."""
    return _named_source(NEW_KEYS_VARIABLE)


def variables_for_another_home(home: Home) -> dict[str, str]:
    """What to set so that a process of another home reads this home's keys; never a key."""
    source = key_source(home)
    return {f"{KEYS_VARIABLE}_FILE": source.place} if source.kind == "file" else {}


def _named_source(variable: str) -> KeySource | None:
    """The source that one of a variable's three forms names."""
    given = [name for name in (variable, f"{variable}_FILE", f"{variable}_COMMAND") if os.environ.get(name)]
    if not given:
        return None
    if len(given) > 1:
        raise KeysRefused(
            f"{' and '.join(given)} are both set. Unset all but one, so that it is plain which keys count."
        )
    name = given[0]
    if name.endswith("_FILE"):
        return _file_source(Path(os.environ[name]).absolute())
    if name.endswith("_COMMAND"):
        return KeySource("command", f"the command in {name}", name)
    return KeySource("variable", f"the variable {name}", name)


def _file_source(path: Path) -> KeySource:
    return KeySource("file", f"the key file {_short(path)}", str(path))


@cache
def _printed_by(command: str, called: str) -> str:
    """What a command prints; asked once a process, because a key manager may count or charge."""
    try:
        done = subprocess.run(
            shlex.split(command),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,  # it may hold what it should not
            timeout=COMMAND_SECONDS,
            check=False,
        )
    except (OSError, ValueError, subprocess.TimeoutExpired) as error:
        raise KeysRefused(
            f"{_capitalised(called)} could not be run ({type(error).__name__}). Try it at a prompt as the same user."
        ) from None
    if done.returncode != 0:
        raise KeysRefused(
            f"{_capitalised(called)} ended with {done.returncode} and gave no keys. Try it at a prompt as the same user; "
            "what it said is not repeated here."
        )
    return done.stdout.decode(errors="replace")


def _short(path: Path) -> str:
    return f"{path.parent.name}/{path.name}"


def _capitalised(called: str) -> str:
    return called[0].upper() + called[1:]
