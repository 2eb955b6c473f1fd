"""From the bytes of a text file to UTF-8 with plain line ends.

A byte order mark decides, else UTF-16 by its zero bytes, else UTF-8, else Windows-1252: the encodings that the
programs of councils write. charset-normalizer was tried on the fictional country's files and took Windows-1252 for
Windows-1250, which turns no letter of an English name wrong until one of them does.
"""

import codecs

from tf_assets.warehouse.errors import InputRefused

NOT_A_TABLE = "The file is not a table. Send the register as CSV, XLSX or ODS."
CUT_SHORT = "The file ends in the middle of a row, as if its transfer was cut short. Send it again."
TOO_LARGE = "The file is far larger than a register can be, so it was not opened. Send the register of one quarter."

MOST_BYTES = 64 * 2**20
"""A register of 400,000 rows has some 60 MB of text; the largest council's has 20,000 rows (ours)."""

MOST_CONTROL_CHARACTERS = 0.001
"""Share of control characters above which a file is not text (ours)."""

MOST_BROKEN_SHARE = 0.25
"""Of the characters beyond ASCII: if so few are broken, the file is UTF-8 into which something else was pasted (ours)."""

_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_CONTROLS = bytes([*range(0x00, 0x09), *range(0x0E, 0x20), 0x7F])
_SAMPLE = 4000


def plain_text(content: bytes) -> tuple[bytes, str]:
    """UTF-8 with `\\n` as the line end and without control characters, and the encoding that was found.

    `InputRefused` when the content is not text, is cut short in the middle of a character, or is too large.
    """
    if len(content) > MOST_BYTES:
        raise InputRefused(TOO_LARGE)
    text, encoding = _as_utf8(content)
    without = text.translate(None, delete=_CONTROLS)
    strange = len(text) - len(without) + text.count("\ufffd".encode())
    if strange > MOST_CONTROL_CHARACTERS * max(len(text), 1000):
        raise InputRefused(NOT_A_TABLE)
    return without.replace(b"\r\n", b"\n").replace(b"\r", b"\n"), encoding


def _as_utf8(content: bytes) -> tuple[bytes, str]:
    for mark, encoding in _BOMS:
        if content.startswith(mark):
            if encoding == "utf-8-sig":
                return _utf8_or_windows(content[len(mark) :], encoding)
            return _strict(content, encoding), encoding
    guessed = _utf16_without_mark(content)
    if guessed:
        return _strict(content, guessed), guessed
    return _utf8_or_windows(content, "utf-8")


def _utf8_or_windows(content: bytes, utf8: str) -> tuple[bytes, str]:
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return _mended(content, utf8)
    return content, utf8


def _mended(content: bytes, utf8: str) -> tuple[bytes, str]:
    """UTF-8 with a few foreign bytes, which are read as Windows-1252; or Windows-1252 throughout.

    A byte that Windows-1252 does not define is the replacement character, and is counted as a control character.
    """
    replaced = content.decode("utf-8", errors="replace")
    broken = replaced.count("\ufffd")
    beyond_ascii = len(replaced) - len(replaced.encode("ascii", errors="ignore"))
    if utf8 == "utf-8-sig" or broken <= MOST_BROKEN_SHARE * beyond_ascii:
        return content.decode("utf-8", errors="windows-1252").encode(), f"{utf8} with {broken} broken characters"
    return content.decode("cp1252", errors="replace").encode(), "cp1252"


def _foreign_byte(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return error.object[error.start : error.end].decode("cp1252", errors="replace"), error.end


codecs.register_error("windows-1252", _foreign_byte)


def _strict(content: bytes, encoding: str) -> bytes:
    try:
        return content.decode(encoding).encode("utf-8", errors="replace")
    except UnicodeDecodeError:
        raise InputRefused(CUT_SHORT) from None


def _utf16_without_mark(content: bytes) -> str | None:
    sample = content[:_SAMPLE]
    if len(sample) < 8:
        return None
    even, odd = sample[0::2].count(0) * 2 / len(sample), sample[1::2].count(0) * 2 / len(sample)
    if odd > 0.6 and even < 0.1:
        return "utf-16-le"
    return "utf-16-be" if even > 0.6 and odd < 0.1 else None
