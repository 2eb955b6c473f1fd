"""Replace the storage key: every encrypted file gets the new one, each at once, and the old key goes last.

For each file: a draft under the new key, synced, compared with the file, renamed over it, noted in the journal. When all
are done, every file is read through with the new key alone; only then is the key file replaced and the journal removed.
Until that moment both keys are kept. A rotation that was interrupted anywhere goes on from where it stands: each file is
asked whether the new key opens it before the old one is tried.
"""

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from tf_assets.linkage.key_sources import KeySource, key_source, new_key_source
from tf_assets.linkage.keys import KEY_NAMES, STATED_FILE, LinkageKeys, fingerprint, made_on, new_key, read_keys
from tf_assets.linkage.originals import Originals
from tf_assets.linkage.private_files import replace_private_file
from tf_assets.linkage.rotation import journal
from tf_assets.linkage.rotation.ciphers import Cipher, Databases, SealedOriginals, Tables
from tf_assets.linkage.rotation.encrypted_files import (
    EncryptedFile,
    Kind,
    encrypted_files,
    remove_unfinished,
    unknown_files,
)
from tf_assets.warehouse.errors import EvaluationError, KeysRefused
from tf_assets.warehouse.home import Home
from tf_assets.warehouse.whole_files import sync_folder

Progress = Callable[[str, int, int], None]
"""Told of each step: what is done, how many files of it, of how many."""


@dataclass(frozen=True)
class Rotated:
    """What a rotation did.

    n_files, n_bytes: files that have the new key, and their size; n_before: of them, those that an interrupted rotation had
    done; n_removed: unfinished files that nobody would have read; unknown: files left as they are, by their paths below the
    zone; old_fingerprint, new_fingerprint: of the two keys; source: where keys come from; is_to_be_replaced: it still gives
    the old key, and only a person can change that.
    """

    n_files: int
    n_bytes: int
    n_before: int
    n_removed: int
    unknown: tuple[str, ...]
    old_fingerprint: str
    new_fingerprint: str
    source: str
    is_to_be_replaced: bool


@dataclass(frozen=True)
class _Keys:
    """What is in force, and the storage key that takes its place."""

    source: KeySource
    now: LinkageKeys
    new_storage_key: str
    is_replaced: bool
    """The source gives the new key already: all that is left is to say so."""


def rotate_storage_key(home: Home, progress: Progress = lambda step, done, total: None) -> Rotated:
    """Replace the storage key of a home, or go on with that, for whoever is alone with its keys (`alone_with_keys`).

    `KeysRefused` where keys are not to be had or a file opens with neither; what was done until then stays done.
    """
    begun = journal.unfinished(home)
    keys = _keys_of(home, begun)
    if begun is None:
        in_file = keys.new_storage_key if keys.source.is_writable and new_key_source() is None else None
        begun = journal.begin(home, fingerprint(keys.now.storage_key), fingerprint(keys.new_storage_key), in_file)
    n_removed = remove_unfinished(home)
    ciphers = _ciphers(home, keys)
    n_before = 0 if keys.is_replaced else _encrypt_all(home, keys, ciphers, progress)
    files = encrypted_files(home)
    for number, file in enumerate(files, start=1):
        ciphers[file.kind].prove(file.path)
        progress("Proving", number, len(files))
    is_to_be_replaced = not keys.is_replaced and not keys.source.is_writable
    if not keys.is_replaced and keys.source.is_writable:
        _replace_key_file(keys)
    _state(home, begun.new_fingerprint)
    journal.end(home)
    return Rotated(
        len(files),
        sum(file.path.stat().st_size for file in files),
        n_before,
        n_removed,
        tuple(unknown_files(home)),
        begun.old_fingerprint,
        begun.new_fingerprint,
        keys.source.called,
        is_to_be_replaced,
    )


def _keys_of(home: Home, begun: journal.Journal | None) -> _Keys:
    source, new_source = key_source(home), new_key_source()
    now = read_keys(home, source)
    given = read_keys(home, new_source) if new_source else None
    if given:
        _refuse_other_changes(now, given)
    if begun is None:
        if given is None and not source.is_writable:
            raise KeysRefused(
                f"The keys come from {source.called}, which cannot be written to from here. Put keys with another "
                "storage_key, and all others the same, where TF_LINKAGE_NEW_KEYS_FILE or TF_LINKAGE_NEW_KEYS_COMMAND "
                "leads, and begin again."
            )
        if given and given.storage_key == now.storage_key:
            raise KeysRefused(f"The storage key in {new_source.called} is the one in force. Give another.")  # type: ignore[union-attr]
        return _Keys(source, now, given.storage_key if given else new_key(), is_replaced=False)
    new_storage_key = begun.new_storage_key or (given.storage_key if given else now.storage_key)
    if fingerprint(new_storage_key) != begun.new_fingerprint:
        raise KeysRefused(
            f"A rotation to the storage key {begun.new_fingerprint} was begun, and that key is not to be had. Let "
            "TF_LINKAGE_NEW_KEYS_FILE or TF_LINKAGE_NEW_KEYS_COMMAND give it, and begin again."
        )
    is_replaced = fingerprint(now.storage_key) == begun.new_fingerprint
    if not is_replaced and fingerprint(now.storage_key) != begun.old_fingerprint:
        raise KeysRefused(
            f"A rotation from the storage key {begun.old_fingerprint} was begun, and {source.called} gives another. Restore "
            "that key: some files still have it."
        )
    return _Keys(source, now, new_storage_key, is_replaced)


def _refuse_other_changes(now: LinkageKeys, given: LinkageKeys) -> None:
    """A rotation is of the storage key; another person_id_key or opt_out_key would break what stands."""
    changed = [name for name in KEY_NAMES if name != "storage_key" and getattr(now, name) != getattr(given, name)]
    if changed:
        raise KeysRefused(
            f"The new keys differ in {', '.join(changed)} too. Only storage_key is replaced here: give the others as they are."
        )


def _ciphers(home: Home, keys: _Keys) -> dict[Kind, Cipher]:
    zone, old_key, new_key = home.zone("linkage"), keys.now.storage_key, keys.new_storage_key
    tables = Tables.between(zone / "spill", old_key, new_key)
    return {
        "table": tables,
        "database": Databases(tables.new, old_key, new_key),
        "original": SealedOriginals(Originals(zone, old_key), Originals(zone, new_key)),
    }


def _encrypt_all(home: Home, keys: _Keys, ciphers: Mapping[Kind, Cipher], progress: Progress) -> int:
    """Give every file the new key; how many had it."""
    files, done = encrypted_files(home), journal.done_files(home)
    n_before = 0
    for number, file in enumerate(files, start=1):
        cipher = ciphers[file.kind]
        if file.name in done or cipher.is_opened_by(file.path, keys.new_storage_key):
            n_before += 1
        elif cipher.is_opened_by(file.path, keys.now.storage_key):
            _encrypt(cipher, file)
            journal.note_done(home, file.name)
        elif file.is_derived:
            file.path.unlink()
        else:
            raise KeysRefused(
                f"{file.name} opens with neither the old nor the new storage key. Restore it from a copy, or remove it, and "
                "go on with `tf-eval keys rotate`."
            )
        progress("Encrypting", number, len(files))
    return n_before


def _encrypt(cipher: Cipher, file: EncryptedFile) -> None:
    try:
        cipher.copy(file)
        _sync(file.draft)
        file.draft.replace(file.path)
        sync_folder(file.path.parent)
    except OSError as error:
        raise EvaluationError(
            f"{file.name} could not be written anew: {error.strerror}. Mend that, and go on with `tf-eval keys rotate`."
        ) from None
    finally:
        file.draft.unlink(missing_ok=True)


def _replace_key_file(keys: _Keys) -> None:
    """The moment at which the old key is gone from this machine's own key file."""
    text = keys.source.read()
    declared = json.loads(text)
    since = {name: day.isoformat() for name, day in made_on(text).items()}
    declared |= {"storage_key": keys.new_storage_key, "made_on": {**since, "storage_key": _today()}}
    replace_private_file(Path(keys.source.place), json.dumps(declared, indent=1))


def _state(home: Home, new_fingerprint: str) -> None:
    told = {"fingerprint": new_fingerprint, "since": _today()}
    replace_private_file(home.keys / STATED_FILE, json.dumps(told, indent=1))


def _today() -> str:
    return datetime.now(UTC).date().isoformat()


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
