"""Delimited text of unknown encoding and delimiter."""

import codecs
import csv
import io
import re
from collections import Counter

import polars as pl

from tf_assets.linkage.returns.grid import Grid, grid_of
from tf_assets.warehouse.errors import InputRefused

DELIMITERS = ",;\t|"
SAMPLE_LINES = 400
MOST_COLUMNS = 400
MOST_CONTROL_CHARACTERS = 0.001
"""Share of control characters above which a file is not text (ours)."""

_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
NOT_A_TABLE = "The file is not a table. Send the register as CSV, XLSX or ODS."
CUT_SHORT = "The file ends in the middle of a row, as if its transfer was cut short. Send it again."


def read_delimited(content: bytes) -> Grid:
    """The table in a text file; InputRefused when it is not text, not a table, or cut short."""
    text, encoding = decode(content)
    lines = [line for line in text.splitlines()[:SAMPLE_LINES] if line.strip()]
    if not lines:
        raise InputRefused("The file is empty. Send the register again.")
    delimiter = delimiter_of(lines)
    if delimiter is None:
        raise InputRefused(NOT_A_TABLE)
    frame = _parse(text, delimiter)
    detail = f"{encoding}, {_DELIMITER_NAMES[delimiter]}"
    return grid_of(frame, "csv", detail, _fields_of_unfinished_line(text, delimiter))


_DELIMITER_NAMES = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}


def decode(content: bytes) -> tuple[str, str]:
    """Text and encoding: a byte order mark decides, else UTF-16 by its zero bytes, else UTF-8, else Windows-1252."""
    for mark, encoding in _BOMS:
        if content.startswith(mark):
            return _strict(content, encoding), encoding
    guessed = _utf16_without_mark(content)
    if guessed:
        return _strict(content, guessed), guessed
    try:
        text, encoding = content.decode("utf-8"), "utf-8"
    except UnicodeDecodeError:
        # cp1252 leaves five bytes undefined; they are controls in latin-1 and are counted as such below.
        text, encoding = content.decode("cp1252", errors="replace"), "cp1252"
    _refuse_binary(text)
    return text, encoding


def _strict(content: bytes, encoding: str) -> str:
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError:
        raise InputRefused(CUT_SHORT) from None
    _refuse_binary(text)
    return text


def _utf16_without_mark(content: bytes) -> str | None:
    sample = content[:4000]
    if len(sample) < 8:
        return None
    even, odd = sample[0::2].count(0) * 2 / len(sample), sample[1::2].count(0) * 2 / len(sample)
    if odd > 0.6 and even < 0.1:
        return "utf-16-le"
    return "utf-16-be" if even > 0.6 and odd < 0.1 else None


def _refuse_binary(text: str) -> None:
    sample = text[:100_000]
    strange = len(re.findall(r"[\x00-\x08\x0e-\x1f\x7f\ufffd]", sample))
    if strange > MOST_CONTROL_CHARACTERS * max(len(sample), 1000):
        raise InputRefused(NOT_A_TABLE)


def delimiter_of(lines: list[str]) -> str | None:
    """The delimiter that gives most lines the same, largest number of fields; None when none gives two or more.

    Quoted text is left out of the count. A title or a footnote may have no delimiter at all.
    """
    bare = [re.sub(r'"[^"]*"', "", line) for line in lines]
    best: tuple[float, str] | None = None
    for delimiter in DELIMITERS:
        counts = Counter(n for line in bare if (n := line.count(delimiter)))
        if not counts:
            continue
        fields, n_lines = max(counts.items(), key=lambda item: (item[1] * item[0], item[0]))
        score = n_lines / len(bare) * (1 + min(fields, 40))
        if best is None or score > best[0]:
            best = (score, delimiter)
    return best[1] if best else None


def _parse(text: str, delimiter: str) -> pl.DataFrame:
    """Rows in order, blank ones included; wide enough for the widest line, so that no cell is lost."""
    plain = text.replace("\r\n", "\n").replace("\r", "\n")
    width = pl.Series(plain.split("\n")).str.count_matches(delimiter, literal=True).max()
    n_columns = min(int(width if isinstance(width, int) else 0) + 1, MOST_COLUMNS)
    columns = [f"c{at}" for at in range(n_columns)]
    # polars takes the number of columns from the first line, which may be a title: give it a full one.
    first = delimiter.join(columns) + "\n"
    try:
        frame = pl.read_csv(
            (first + plain).encode(),
            separator=delimiter,
            has_header=False,
            infer_schema=False,
            schema=dict.fromkeys(columns, pl.String),
            truncate_ragged_lines=True,
            raise_if_empty=False,
        )
    except pl.exceptions.PolarsError:
        # The message would quote the line. Quotes that do not follow the rules are read by the slower, tolerant reader.
        return _parse_tolerantly(plain, delimiter, columns)
    return frame.slice(1)


def _parse_tolerantly(text: str, delimiter: str, columns: list[str]) -> pl.DataFrame:
    rows: list[list[str | None]] = []
    try:
        for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter):
            padded: list[str | None] = [*row[: len(columns)], *[None] * (len(columns) - len(row))]
            rows.append(padded)
    except csv.Error:
        raise InputRefused(NOT_A_TABLE) from None
    if rows and any(cell is not None and cell.count("\n") > 1 for cell in rows[-1]):
        raise InputRefused(CUT_SHORT)
    return pl.DataFrame(rows, schema=dict.fromkeys(columns, pl.String), orient="row")


def _fields_of_unfinished_line(text: str, delimiter: str) -> int | None:
    """Fields of the last line when it has no line end and the others do; None otherwise."""
    if text.endswith(("\n", "\r")):
        return None
    tail = text.splitlines()[-3:]
    if len(tail) < 2:
        return None
    counts = [re.sub(r'"[^"]*"', "", line).count(delimiter) + 1 for line in tail]
    return counts[-1] if counts[-1] < max(counts[:-1]) else None
