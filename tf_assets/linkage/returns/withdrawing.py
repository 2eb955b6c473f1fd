"""A council takes back what it has sent for a quarter: a note in the slot, which arrives as a file does."""

import os
import uuid
from datetime import UTC, datetime
from pathlib import Path

import yaml

from tf_assets.linkage.returns.slots import slot_named
from tf_assets.warehouse.errors import InputRefused
from tf_assets.warehouse.home import Home


def withdraw_return(home: Home, council_code: str, quarter: str, reason: str) -> Path:
    """Put a withdrawal into a slot; it takes back every file that the slot received before it.

    `InputRefused` when the slot is none, or nothing has been sent for it.
    """
    slot = slot_named(council_code, quarter)
    folder = home.landing / "returns" / slot.folder
    if not folder.is_dir() and not (home.zone("linkage") / "arrivals" / "return" / slot.folder).is_dir():
        raise InputRefused(f"Nothing was sent for {slot.folder}, so there is nothing to withdraw.")
    folder.mkdir(parents=True, exist_ok=True)
    now = datetime.now(UTC)
    note = yaml.safe_dump({"withdrawn_at": now.isoformat(timespec="seconds"), "reason": reason}, allow_unicode=True)
    draft = folder / f".{uuid.uuid4().hex}"
    with draft.open("x", encoding="utf-8") as file:
        file.write(note)
        file.flush()
        os.fsync(file.fileno())
    path = folder / f"withdrawal-{now:%Y%m%dT%H%M%S%f}.yml"
    draft.replace(path)
    return path
