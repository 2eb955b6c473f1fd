"""A slot of the transfer area, received: the last usable file counts, every file is kept, the council is told."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tf_assets.linkage.partitions import Slot
from tf_assets.linkage.returns.judging import JudgedReturn, Received, ReturnRefused, judge_return
from tf_assets.linkage.returns.slots import LandedFile, files_of_slot
from tf_assets.warehouse.errors import InputRefused


@dataclass(frozen=True)
class SlotVerdict:
    """What a slot's files gave.

    received: the file that arrived last; judged: what stands for the slot, None when no file is usable; refusal: why
    the last file was refused, None when it stands. With both, an earlier file of the slot stands.
    """

    received: Received
    judged: JudgedReturn | None
    refusal: ReturnRefused | None


def receive_slot(landing: Path, slot: Slot, keep: Callable[[bytes], object]) -> SlotVerdict:
    """Judge the last file of a slot and, where it is refused, those before it, so that the order in which files were
    handled makes no difference to what stands.

    keep: stores the bytes of each file. `InputRefused` when the slot holds no file.
    """
    files = files_of_slot(landing, slot)
    if not files:
        raise InputRefused(
            f"There is no file in the slot {slot.council_code}/{slot.quarter_date}. Ask the council for its return."
        )
    contents = {file.sha256: file.read() for file in files}
    for content in contents.values():
        keep(content)
    first_refusal: ReturnRefused | None = None
    for file in reversed(files):
        try:
            judged = judge_return(contents[file.sha256], _received(slot, file))
        except ReturnRefused as refusal:
            first_refusal = first_refusal or refusal
            continue
        return SlotVerdict(_received(slot, files[-1]), judged, first_refusal)
    return SlotVerdict(_received(slot, files[-1]), None, first_refusal)


def _received(slot: Slot, file: LandedFile) -> Received:
    return Received(slot.council_code, slot.quarter_date, file.received_at, file.sha256)
