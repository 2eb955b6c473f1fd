"""A slot, received: of the files that arrived for it, which one stands, and why the others do not."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tf_assets.linkage.arrivals import Arrival
from tf_assets.linkage.partitions import Slot
from tf_assets.linkage.returns.judging import JudgedReturn, Received, ReturnRefused, refuse_file
from tf_assets.warehouse.errors import InputRefused

Judge = Callable[[bytes, Received], JudgedReturn]
"""Judges the bytes of a file for a slot; `ReturnRefused` when they cannot be used there."""


@dataclass(frozen=True)
class SlotVerdict:
    """What the files of a slot gave.

    received: the file that arrived last; judged: what stands for the slot, None when nothing does; refusals: why files
    that arrived after it were refused, the last first; is_withdrawn: nothing stands because the council withdrew it.
    """

    received: Received
    judged: JudgedReturn | None
    refusals: tuple[ReturnRefused, ...]
    is_withdrawn: bool

    @property
    def refusal(self) -> ReturnRefused | None:
        """Why the file that arrived last was refused, None when it was not."""
        return next(iter(self.refusals), None)


def receive_slot(
    slot: Slot, arrivals: Sequence[Arrival], others: Sequence[Arrival], read: Callable[[str], bytes], judge: Judge
) -> SlotVerdict:
    """Judge the last file of a slot and, where it is refused, those before it, back to the last withdrawal.

    arrivals: of the slot, in the order of receipt; others: of the same council's other slots; read: the bytes of an
    original by their hash. The order in which files are handled makes no difference to what stands.
    `InputRefused` when nothing arrived.
    """
    files = without_repeats([each for each in arrivals if each.fault is None])
    if not files:
        raise InputRefused(
            f"There is no file in the slot {slot.council_code}/{slot.quarter_date}. Ask the council for its return."
        )
    last = _received(slot, files[-1])
    refusals: list[ReturnRefused] = []
    for file in reversed(files):
        if file.kind == "withdrawal":
            return SlotVerdict(last, None, tuple(refusals), is_withdrawn=True)
        if any(refusal.received.sha256 == file.sha256 for refusal in refusals):
            continue  # the same bytes again are refused once
        try:
            judged = _judge_here(slot, file, others, read, judge)
        except ReturnRefused as refusal:
            refusals.append(refusal)
            continue
        return SlotVerdict(last, judged, tuple(refusals), is_withdrawn=False)
    return SlotVerdict(last, None, tuple(refusals), is_withdrawn=False)


def without_repeats(arrivals: Sequence[Arrival]) -> list[Arrival]:
    """The same bytes twice running were received once, the first time."""
    return [file for before, file in zip([None, *arrivals], arrivals, strict=False) if not is_repeat(before, file)]


def is_repeat(before: Arrival | None, file: Arrival) -> bool:
    """The same bytes as the file before it in the slot."""
    return before is not None and before.sha256 == file.sha256


def seen_before(file: Arrival, others: Sequence[Arrival]) -> list[Arrival]:
    """Arrivals of the same bytes, not later, for an earlier quarter of the same council."""
    return [
        each
        for each in others
        if each.sha256 == file.sha256
        and each.fault is None
        and each.slot < file.slot
        and each.received_at <= file.received_at
    ]


def _judge_here(
    slot: Slot, file: Arrival, others: Sequence[Arrival], read: Callable[[str], bytes], judge: Judge
) -> JudgedReturn:
    """The verdict on a file, which is refused when it is the good return of an earlier quarter, sent again."""
    content, received = read(file.sha256), _received(slot, file)
    for other in seen_before(file, others):
        earlier = Slot.of_folder(other.slot)
        try:
            judge(content, _received(earlier, other))
        except ReturnRefused:
            continue  # it was sent for that quarter by mistake: here it may be right
        raise refuse_file(
            received,
            "wrong_quarter",
            f"These are the same bytes as the return for the {earlier.quarter_date:%B %Y} quarter, which was received "
            "before. Send the return of this quarter; if nothing changed in it, export it again.",
        )
    return judge(content, received)


def _received(slot: Slot, file: Arrival) -> Received:
    return Received(slot.council_code, slot.quarter_date, file.received_at, file.sha256)
