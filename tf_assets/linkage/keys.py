"""The keys of the linkage environment, and which are refused.

Whoever holds these keys can turn pseudonyms back into people, so they stay in this environment; where they come from is in
`key_sources.py`. A key is never part of a repr, a log line or an error.
"""

import hashlib
import hmac
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import UTC, date, datetime
from pathlib import Path

from tf_assets.linkage.key_lock import share_keys
from tf_assets.linkage.key_sources import KEY_FILE, KeySource, key_source
from tf_assets.linkage.key_sources import KEYS_VARIABLE as KEYS_VARIABLE
from tf_assets.linkage.private_files import read_private_file, write_private_file
from tf_assets.warehouse.errors import EvaluationError, KeysRefused
from tf_assets.warehouse.home import Home

KEY_BYTES = 32
"""256 bits, the key length that NIST SP 800-107 gives HMAC-SHA256 its full strength at."""

KEY_NAMES = ("storage_key", "person_id_key", "pseudonym_key", "rounding_key", "opt_out_key")
STATED_FILE = "storage_key.json"
"""In `keys/` after a rotation: the fingerprint of the storage key that is in force, and since when."""

FINGERPRINT_DIGITS = 12
FEWEST_DISTINCT_BYTES = 8
"""A random key of 32 bytes has about 30 distinct ones; fewer than 8 means that somebody typed it."""


@dataclass(frozen=True)
class LinkageKeys:
    """Five keys of 32 bytes as hexadecimal text, each for one purpose.

    storage_key: files at rest; person_id_key: person and family ids; pseudonym_key: what a release calls a person;
    rounding_key: the disclosure controller's noise, permanent within a project; opt_out_key: who has opted out, without
    their names;
    is_demo: derived from a seed, fit for a fictional country alone.
    """

    storage_key: str = field(repr=False)
    person_id_key: str = field(repr=False)
    pseudonym_key: str = field(repr=False)
    rounding_key: str = field(repr=False)
    opt_out_key: str = field(repr=False)
    is_demo: bool


def load_keys(home: Home) -> LinkageKeys:
    """The keys of a home, which nobody replaces from now on until this process ends.

    `KeysRefused` says what is wrong with them, or that they are being replaced.
    """
    share_keys(home)
    source = key_source(home)
    keys = read_keys(home, source)
    _refuse_replaced_storage_key(home, keys, source)
    return keys


def read_keys(home: Home, source: KeySource) -> LinkageKeys:
    """The keys of a source, examined, without a share in the lock; `KeysRefused` says what is wrong with them."""
    keys = parse_keys(source.read(), source.called)
    if keys.is_demo or keys.person_id_key in _well_known_demo_keys():
        _refuse_demo_keys_outside_a_demo(home, source.called)
    return keys


def create_keys(home: Home) -> Path:
    """Write a key file of fresh random keys; `KeysRefused` if one is there, because no key may ever be overwritten."""
    return write_keys(home, {name: new_key() for name in KEY_NAMES})


def new_key() -> str:
    """A fresh random key, as hexadecimal text."""
    return os.urandom(KEY_BYTES).hex()


def write_keys(home: Home, keys: Mapping[str, str], made_on: Mapping[str, str] | None = None) -> Path:
    """Write a key file of these keys by name; `KeysRefused` if one is there.

    made_on: since when each has been in use, ISO dates, where that is known; None if all are made today.
    """
    since = dict.fromkeys(keys, datetime.now(UTC).date().isoformat()) if made_on is None else dict(made_on)
    return _write_key_file(home, {**keys, "demo": False, "made_on": since})


def create_demo_keys(home: Home, seed: int) -> Path:
    """Write a key file derived from a seed and marked as a demo's, so that two runs of a demo give the same bytes.

    A file that is already there is left alone if it holds the keys of this seed, and refused otherwise.
    """
    path = home.keys / KEY_FILE
    derived = _demo_keys(seed)
    if path.exists():
        present = parse_keys(
            read_private_file(path, "The key file keys/linkage.json"), "the key file keys/linkage.json"
        )
        if present.is_demo and all(getattr(present, name) == derived[name] for name in KEY_NAMES):
            return path
    return _write_key_file(home, {**derived, "demo": True})


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


def _refuse_replaced_storage_key(home: Home, keys: LinkageKeys, source: KeySource) -> None:
    """`KeysRefused` for the storage key from before a rotation: what it wrote, nobody could read."""
    stated = stated_storage_key(home)
    if stated and stated != fingerprint(keys.storage_key):
        raise KeysRefused(
            f"The storage key in {source.called} is not the one that this home's files have had since it was replaced. "
            "Let it give the new keys; `tf-eval keys check` shows the fingerprint that is wanted."
        )


def stated_storage_key(home: Home) -> str | None:
    """The fingerprint of the key that the last rotation put in force; None where there was none."""
    path = home.keys / STATED_FILE
    return str(json.loads(path.read_text())["fingerprint"]) if path.exists() else None


def fingerprint(key: str) -> str:
    """Twelve hexadecimal digits by which people can tell one key from another; the key does not follow from them."""
    return keyed_digest(key, "fingerprint of a key")[:FINGERPRINT_DIGITS]


def made_on(text: str) -> dict[str, date]:
    """Since when keys have been in use, by name, as far as their JSON says."""
    try:
        told = json.loads(text).get("made_on", {})
        return {name: date.fromisoformat(day) for name, day in told.items() if name in KEY_NAMES}
    except (ValueError, AttributeError, TypeError):
        return {}


def parse_keys(text: str, source: str) -> LinkageKeys:
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


def _write_key_file(home: Home, content: Mapping[str, object]) -> Path:
    """Write the home's key file, which must not be there."""
    home.keys.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = home.keys / KEY_FILE
    try:
        write_private_file(path, json.dumps(content, indent=1))
    except FileExistsError:
        raise KeysRefused(
            "This home has linkage keys already, and keys that are overwritten are lost with all that they protect. "
            "Use another home, or move keys/linkage.json away yourself."
        ) from None
    return path
