"""The forms in which an identifier may stand in a file: cases, dates the other way round, and the common encodings.

Each form is long enough not to occur by chance in what is searched; shorter ones are left out, which is said where.
"""

import base64
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from urllib.parse import quote, quote_plus

SHORTEST_PACKED = 8
"""Characters: eight of one case each occur by chance once in 10^17 random bytes, five once in 10^11."""

SHORTEST_BASE64 = 8
"""Characters that a value fixes wherever it stands in the encoded text: once in 10^14 of random ones."""

SHORTEST_HEX = 12
"""Digits: once in 10^14 of random ones. Hashes and keys are hexadecimal by the megabyte."""

ENCODINGS = ("utf-8", "utf-16-le", "utf-16-be")

_HEX_ALONE = re.compile(r"[0-9A-Fa-f]{1,8}")


@dataclass(frozen=True)
class Disguises:
    """The forms of some identifiers, as text of one character a byte.

    any_case: to be found in whatever case; exact: as they stand (base64); alone: digits that count only where no digit
    stands beside them.
    """

    any_case: tuple[str, ...]
    exact: tuple[str, ...]
    alone: tuple[str, ...]


def disguises_of(values: Iterable[str]) -> Disguises:
    """Every form of every value; a date of birth is given as `1985-02-13`."""
    texts = {text for value in values for text in _texts(value)}
    any_case, exact, alone = set[str](), set[str](), set[str]()
    for text in texts:
        if re.fullmatch(r"\d{8}", text):
            alone.add(text)
            continue
        # a postcode of hexadecimal digits alone, without its space, stands in keys and hashes by chance
        if not _HEX_ALONE.fullmatch(text):
            any_case.update(text.encode(encoding).decode("latin-1") for encoding in ENCODINGS)
        any_case.update(
            {quote(text, safe=""), quote_plus(text), "".join(f"%{byte:02X}" for byte in text.encode())} - {text}
        )
        for case in {text, text.upper(), text.lower(), text.title()}:
            for encoding in ENCODINGS:
                encoded = case.encode(encoding)
                exact |= _base64(encoded)
                if len(encoded) * 2 >= SHORTEST_HEX:
                    any_case.add(encoded.hex())
    return Disguises(*(tuple(sorted(forms)) for forms in (any_case, exact, alone)))


def _texts(value: str) -> set[str]:
    """A value as it may be written: with and without its spaces, a date in each order."""
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", value):
        return {value, value.replace(" ", "")}
    year, month, day = value.split("-")
    whole = date.fromisoformat(value)
    orders = ((year, month, day), (day, month, year), (month, day, year))
    return {
        *(mark.join(order) for order in orders for mark in "-/. "),
        *("".join(order) for order in orders),
        *(mark.join((str(whole.day), str(whole.month), year)) for mark in "/.-"),
        f"{whole.day} {whole:%B} {year}",
        f"{whole.day} {whole:%b} {year}",
        f"{day}-{whole:%b}-{year}",
    }


def _base64(encoded: bytes) -> set[str]:
    """A value in base64: by itself, and the characters that are the same whatever stands before and behind it."""
    forms = {base64.b64encode(encoded).decode()}
    for before in range(3):
        within = base64.b64encode(b"\0" * before + encoded).decode().rstrip("=")
        whole = (before + len(encoded)) * 8 // 6
        forms.add(within[-(-before * 8 // 6) : whole])
    forms |= {form.translate(str.maketrans("+/", "-_")) for form in forms}
    return {form for form in forms if len(form) >= SHORTEST_BASE64}
