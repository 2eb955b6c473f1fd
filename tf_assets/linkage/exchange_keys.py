"""The key that two parties share for one exchange of hashes; no key of a home is ever used for it.

It lies in a file of mode 0600 (64 hexadecimal digits), or stands in the variable `TF_EXCHANGE_KEY`.
"""

import os
from pathlib import Path

from tf_assets.linkage.private_files import read_private_file, write_private_file
from tf_assets.warehouse.errors import KeysRefused

EXCHANGE_VARIABLE = "TF_EXCHANGE_KEY"
EXCHANGE_KEY_BYTES = 32
FEWEST_DISTINCT_BYTES = 8
"""A random key of 32 bytes has about 30 distinct ones; fewer than 8 means that somebody typed it."""


def create_exchange_key(path: Path) -> None:
    """Write a fresh random key; `KeysRefused` if the file is there."""
    try:
        write_private_file(path, os.urandom(EXCHANGE_KEY_BYTES).hex() + "\n")
    except FileExistsError:
        raise KeysRefused(f"{path} is there already. Give another name; a key that is overwritten is lost.") from None
    except OSError as error:
        raise KeysRefused(
            f"{path} could not be written: {error.strerror}. Give a place that you may write to."
        ) from None


def read_exchange_key(path: Path | None) -> bytes:
    """The key from a file, or from the variable where no file is named; `KeysRefused` says what is wrong."""
    if path is not None:
        text, source = read_private_file(path, f"The key file {path}"), f"the key file {path}"
    else:
        text, source = os.environ.get(EXCHANGE_VARIABLE, ""), f"the variable {EXCHANGE_VARIABLE}"
        if not text:
            raise KeysRefused(
                f"A file of hashes needs the key of its exchange. Give --key-file, or set {EXCHANGE_VARIABLE}."
            )
    try:
        key = bytes.fromhex(text.strip())
    except ValueError:
        key = b""
    if len(key) != EXCHANGE_KEY_BYTES or len(set(key)) < FEWEST_DISTINCT_BYTES:
        raise KeysRefused(
            f"What stands in {source} is no key: it needs {2 * EXCHANGE_KEY_BYTES} random hexadecimal digits. "
            "Make one with `tf-eval exchange-key FILE`."
        )
    return key
