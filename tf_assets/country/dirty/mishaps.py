"""What goes wrong with whole files: which slots it befalls, and what then lies in them."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import numpy as np
import polars as pl

from tf_assets.country.dirty.shapes import Shape
from tf_assets.warehouse.calendar import next_quarter

SLOTS_A_MISHAP = 12
"""At most one slot in twelve goes wrong, so that a small country still has returns to speak of."""

COUNCILS_A_ROUND = 24
"""Every kind of mishap once for so many councils: once each in the demonstration."""

LEAST_ROWS = 20
QUARTER_TITLE = 2
"""The title that names the quarter, from 1."""

LEAST_ENDINGS = 9
"""Endings a quarter from which a quarter without any cannot be chance: only there can a reader be sure."""

UNKNOWN_COUNCIL = "E99999999"
FUTURE_QUARTER = date(2031, 4, 1)


@dataclass(frozen=True)
class Slot:
    """A council's return of a quarter.

    n_rows: rows of its register then; n_endings: families whose work ended in each of the four quarters before, on
    average.
    """

    council_code: str
    quarter: date
    n_rows: int
    n_endings: float


def _any_slot(slot: Slot, shape: Shape, first_quarter: date) -> bool:
    return True


def _is_text(slot: Slot, shape: Shape, first_quarter: date) -> bool:
    return shape.is_text


def _is_first(slot: Slot, shape: Shape, first_quarter: date) -> bool:
    return slot.quarter == first_quarter


def _has_titles(slot: Slot, shape: Shape, first_quarter: date) -> bool:
    return shape.n_titles >= QUARTER_TITLE


def _has_forms(slot: Slot, shape: Shape, first_quarter: date) -> bool:
    """References that are numbers have one form everywhere."""
    return not shape.is_numbered


def _is_busy(slot: Slot, shape: Shape, first_quarter: date) -> bool:
    return slot.n_endings >= LEAST_ENDINGS


KINDS: dict[str, Callable[[Slot, Shape, date], bool]] = {
    "corrected": _any_slot,
    "late": _any_slot,
    "cut_short": _is_text,
    "wrong_quarter": _is_first,
    "sent_twice": _any_slot,
    "empty": _any_slot,
    "too_many_errors": _any_slot,
    "not_a_table": _any_slot,
    "not_a_workbook": _any_slot,
    "two_councils": _has_forms,
    "title_of_another_quarter": _has_titles,
    "earlier_quarter": _is_busy,
}
"""Kind -> slots it can befall, the likeliest first: in a small country only the first few happen."""


def plan_mishaps(register: pl.DataFrame, shapes: dict[str, Shape], seed: int) -> dict[tuple[str, date], str]:
    """(council, quarter) -> kind; as many councils as there are are hit before one is hit again."""
    slots = [Slot(*row) for row in _slots(register).iter_rows()]
    n_most = len(slots) // SLOTS_A_MISHAP
    kinds = [kind for _ in range(max(1, len(shapes) // COUNCILS_A_ROUND)) for kind in KINDS][:n_most]
    order = np.random.default_rng([seed, 3]).permutation(len(slots))
    first = min((slot.quarter for slot in slots), default=date.max)
    open_slots = [slots[at] for at in order if slots[at].n_rows >= LEAST_ROWS]
    plan: dict[tuple[str, date], str] = {}
    n_hit = dict.fromkeys(shapes, 0)
    for kind in kinds:
        fitting = [
            slot
            for slot in open_slots
            if (slot.council_code, slot.quarter) not in plan and KINDS[kind](slot, shapes[slot.council_code], first)
        ]
        if fitting:
            slot = min(fitting, key=lambda slot: n_hit[slot.council_code])
            plan[slot.council_code, slot.quarter] = kind
            n_hit[slot.council_code] += 1
    return plan


def _slots(register: pl.DataFrame) -> pl.DataFrame:
    """council_code, quarter_date, n_rows, n_endings."""
    slot = ["council_code", "quarter_date"]
    counts = register.group_by(slot).len("n_rows").sort(slot)
    ends = (
        register.filter(pl.col("end_date").dt.truncate("1q") == pl.col("quarter_date"))
        .group_by(slot)
        .agg(n_ended=pl.col("family_ref").n_unique())
    )
    usual = pl.col("n_ended").fill_null(0).shift(1).rolling_mean(4, min_samples=1).over("council_code")
    return counts.join(ends, on=slot, how="left", maintain_order="left").select(
        *slot, "n_rows", n_endings=usual.fill_null(0.0)
    )


def arrival(quarter: date, rng: np.random.Generator) -> datetime:
    """When a return of a quarter comes in: on a working day's hours, one to five weeks after the quarter's end."""
    start = datetime.combine(next_quarter(quarter), datetime.min.time(), tzinfo=UTC)
    seconds = int(rng.integers(9 * 3600, 17 * 3600))
    return start + timedelta(days=int(rng.integers(7, 35)), seconds=seconds)


def two_quarters_later(moment: datetime) -> datetime:
    """Half a year later, so that two further returns of the council are in before it."""
    return moment + timedelta(days=184)


def cut_short(content: bytes, encoding: str) -> bytes:
    """The first part of a text file, ending in the middle of a row."""
    text = content.decode(encoding)
    start = text.rfind("\n", 0, len(text) * 3 // 5) + 1
    end = text.find("\n", start)
    return text[: start + max((end - start) // 3, 1)].encode(encoding)


PDF = b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<< /Type /Catalog >>\nendobj\ntrailer << /Root 1 0 R >>\n%%EOF\n"
"""A scan of the register instead of the register."""

LETTER = {
    "[Content_Types].xml": b'<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    b'<Default Extension="xml" ContentType="application/xml"/></Types>',
    "word/document.xml": b'<?xml version="1.0"?><w:document '
    b'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body><w:p><w:r>'
    b"<w:t>Dear colleague, please find our register attached.</w:t></w:r></w:p></w:body></w:document>",
}
"""The covering letter, a Word document, renamed to look like a workbook."""
