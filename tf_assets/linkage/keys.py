"""The keys of the linkage environment: where they lie, and which are refused.

Whoever holds these keys can turn pseudonyms back into people, so they stay in this environment: in the variable
`TF_LINKAGE_KEYS` (JSON), or in `keys/linkage.json` of the home, a file of mode 0600 that belongs to the user who runs.
A key is never part of a repr, a log line or an error.
"""

import hashlib
import hmac
import json
import os
from dataclasses import dataclass, field, fields
from pathlib import Path

from tf_assets.linkage.private_files import read_private_file, write_private_file
from tf_assets.warehouse.errors import EvaluationError, KeysRefused
from tf_assets.warehouse.home import Home

KEYS_VARIABLE = "TF_LINKAGE_KEYS"
KEY_FILE = "linkage.json"
KEY_BYTES = 32
"""256 bits, the key length that NIST SP 800-107 gives HMAC-SHA256 its full strength at."""

KEY_NAMES = ("storage_key", "person_id_key", "pseudonym_key", "rounding_key", "opt_out_key")
FEWEST_DISTINCT_BYTES = 8
"""A random key of 32 bytes has about 30 distinct ones; fewer than 8 means that somebody typed it."""


@dataclass(frozen=True)
class LinkageKeys:
    """Five keys of 32 bytes as hexadecimal text, each for one purpose.

    storage_key: files at rest; person_id_key: person and family ids; pseudonym_key: what a release calls a person;
    rounding_key: the disclosure controller's permanent noise; opt_out_key: who has opted out, without their names;
    is_demo: derived from a seed, fit for a fictional country alone.
    """

    storage_key: str = field(repr=False)
    person_id_key: str = field(repr=False)
    pseudonym_key: str = field(repr=False)
    rounding_key: str = field(repr=False)
    opt_out_key: str = field(repr=False)
    is_demo: bool


def keys_text(home: Home) -> str:
    """The keys of a home as they stand in the variable if it is set, else in the key file, unexamined."""
    return os.environ.get(KEYS_VARIABLE) or _read_private_file(home.keys / KEY_FILE)


def load_keys(home: Home) -> LinkageKeys:
    """The keys of a home, from the variable if it is set, else from the key file; `KeysRefused` says what is wrong."""
    is_in_variable = bool(os.environ.get(KEYS_VARIABLE))
    source = f"the variable {KEYS_VARIABLE}" if is_in_variable else "the key file keys/linkage.json"
    keys = _parse(keys_text(home), source)
    if keys.is_demo or keys.person_id_key in _well_known_demo_keys():
        _refuse_demo_keys_outside_a_demo(home, source)
    return keys


def create_keys(home: Home) -> Path:
    """Write a key file of fresh random keys; `KeysRefused` if one is there, because no key may ever be overwritten."""
    return _write_key_file(home, {name: os.urandom(KEY_BYTES).hex() for name in KEY_NAMES}, is_demo=False)


def create_demo_keys(home: Home, seed: int) -> Path:
    """Write a key file derived from a seed and marked as a demo's, so that two runs of a demo give the same bytes.

    A file that is already there is left alone if it holds the keys of this seed, and refused otherwise.
    """
    path = home.keys / KEY_FILE
    derived = _demo_keys(seed)
    if path.exists():
        present = _parse(_read_private_file(path), "the key file keys/linkage.json")
        if present.is_demo and all(getattr(present, name) == derived[name] for name in KEY_NAMES):
            return path
    return _write_key_file(home, derived, is_demo=True)


def keyed_digest(key: str, text: str) -> str:
    """HMAC-SHA256 of a text under a hexadecimal key: 64 hexadecimal digits."""
    return hmac.new(bytes.fromhex(key), text.encode(), hashlib.sha256).hexdigest()


def _demo_keys(seed: int) -> dict[str, str]:
    return {name: hashlib.sha256(f"demo|{seed}|{name}".encode()).hexdigest() for name in KEY_NAMES}


def _well_known_demo_keys() -> frozenset[str]:
    """Demo keys that anybody can derive, whatever their file says of itself."""
    return frozenset(_demo_keys(seed)["person_id_key"] for seed in range(1000))


def _refuse_demo_keys_outside_a_demo(home: Home, source: str) -> None:
    try:
        is_demo_home = home.project().is_demo
    except EvaluationError:
        is_demo_home = False
    if not is_demo_home:
        raise KeysRefused(
            f"The keys in {source} are a demo's, which anybody can derive, and this home is not a demo. "
            "Make keys of its own with `tf-eval init`."
        )


def _read_private_file(path: Path) -> str:
    """The text of the key file; `KeysRefused` where there is none."""
    if not path.is_symlink() and not path.exists():
        raise KeysRefused(
            "This home has no linkage keys. Make them with `tf-eval init`, or put keys/linkage.json back."
        )
    return read_private_file(path, "The key file keys/linkage.json")


def _parse(text: str, source: str) -> LinkageKeys:
    """Keys from JSON; the error holds nothing of the text."""
    try:
        declared = json.loads(text)
    except ValueError:
        declared = None
    if not isinstance(declared, dict):
        raise KeysRefused(f"What stands in {source} is not JSON. It needs {', '.join(KEY_NAMES)}.")
    for name in KEY_NAMES:
        _refuse_weak_key(declared.get(name), name, source)
    if len({declared[name].lower() for name in KEY_NAMES}) < len(KEY_NAMES):
        raise KeysRefused(f"Two keys in {source} are the same. Each purpose needs a key of its own.")
    return LinkageKeys(
        **{each.name: declared[each.name] for each in fields(LinkageKeys) if each.name != "is_demo"},
        is_demo=declared.get("demo") is True,
    )


def _refuse_weak_key(key: object, name: str, source: str) -> None:
    if key is None:
        raise KeysRefused(f"{name} is missing from {source}. Make keys with `tf-eval init`.")
    try:
        decoded = bytes.fromhex(key) if isinstance(key, str) else b""
    except ValueError:
        decoded = b""
    if len(decoded) < KEY_BYTES:
        raise KeysRefused(f"{name} in {source} is too short: {2 * KEY_BYTES} hexadecimal digits are needed.")
    if len(set(decoded)) < FEWEST_DISTINCT_BYTES:
        raise KeysRefused(f"{name} in {source} looks typed, not random. Make keys with `tf-eval init`.")


def _write_key_file(home: Home, keys: dict[str, str], is_demo: bool) -> Path:
    """Write keys to the home's key file, which must not be there."""
    home.keys.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = home.keys / KEY_FILE
    try:
        write_private_file(path, json.dumps({**keys, "demo": is_demo}, indent=1))
    except FileExistsError:
        raise KeysRefused(
            "This home has linkage keys already, and keys that are overwritten are lost with all that they protect. "
            "Use another home, or move keys/linkage.json away yourself."
        ) from None
    return path
