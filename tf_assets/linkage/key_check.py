"""How a home's keys are kept: where each comes from, how old it is, who else could read it."""

import os
import stat
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from tf_assets.linkage.key_lock import has_unfinished_rotation
from tf_assets.linkage.key_sources import key_source
from tf_assets.linkage.keys import KEY_NAMES, fingerprint, made_on, read_keys, stated_storage_key
from tf_assets.warehouse.home import Home

OLDEST_STORAGE_KEY = timedelta(days=2 * 365)
"""How long a key should encrypt: NIST SP 800-57 part 1, revision 5, table 1 (symmetric data-encryption key, two years)."""


@dataclass(frozen=True)
class CheckedKey:
    """One key; since: the day from which it has been in use, None where nobody wrote it down."""

    name: str
    source: str
    fingerprint: str
    since: date | None


@dataclass(frozen=True)
class CheckedKeys:
    """What was found: the keys, what is worth knowing, and what must be mended."""

    keys: tuple[CheckedKey, ...]
    notes: tuple[str, ...]
    faults: tuple[str, ...]


def check_keys(home: Home, today: date | None = None) -> CheckedKeys:
    """Examine a home's keys without changing anything; `KeysRefused` where there are none or they may not be used."""
    today = today or datetime.now(UTC).date()
    source = key_source(home)
    text, keys = source.read(), read_keys(home, source)
    since = made_on(text)
    checked = tuple(
        CheckedKey(name, source.called, fingerprint(getattr(keys, name)), since.get(name)) for name in KEY_NAMES
    )
    notes = [f"{Path(source.place).name} has mode 0600 and is yours."] if source.kind == "file" else []
    if source.kind == "variable":
        notes.append("Whoever may look at this user's processes can read a variable; a file or a command shows less.")
    age = today - since["storage_key"] if "storage_key" in since else None
    if age is not None and age > OLDEST_STORAGE_KEY:
        notes.append(f"storage_key has been in use for {age.days} days. Replace it: `tf-eval keys rotate`.")
    faults = [*_open_folders(home)]
    stated = stated_storage_key(home)
    if has_unfinished_rotation(home):
        faults.append("The storage key was being replaced when something stopped it. Finish it: `tf-eval keys rotate`.")
    elif stated and stated != fingerprint(keys.storage_key):
        faults.append(
            f"This home's files have the storage key {stated}, and {source.called} gives another. Let it give that one."
        )
    return CheckedKeys(checked, tuple(notes), tuple(faults))


def _open_folders(home: Home) -> list[str]:
    """A sentence for each folder of the linkage environment that others may look into."""
    faults = []
    for folder in (home.keys, home.zone("linkage")):
        if not folder.exists():
            continue
        status = folder.stat()
        mode = stat.S_IMODE(status.st_mode)
        if mode & 0o077:
            faults.append(f"{folder.name}/ has mode {mode:04o}, so others may look into it. Set it to 0700 with chmod.")
        if status.st_uid != os.getuid():
            faults.append(f"{folder.name}/ belongs to another user. Run as that user, or take the folder over.")
    return faults
