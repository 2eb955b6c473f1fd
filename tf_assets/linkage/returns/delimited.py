"""Delimited text of unknown encoding and delimiter."""

import csv
import io
import re
from collections import Counter

import numpy as np
import polars as pl

from tf_assets.linkage.returns.encodings import CUT_SHORT, NOT_A_TABLE, TOO_LARGE, plain_text
from tf_assets.linkage.returns.grid import MOST_CELLS, Grid, grid_of
from tf_assets.warehouse.errors import InputRefused

DELIMITERS = ",;\t|"
SAMPLE_LINES = 400
SAMPLE_BYTES = 2**20
MOST_COLUMNS = 400
MOST_TOLERATED_BYTES = 20 * 2**20
"""The tolerant reader is slow and makes an object of each cell; a larger file must keep to the rules (ours)."""

_DELIMITER_NAMES = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}
_SEPARATOR_LINE = re.compile(rb'^"?sep=([,;\t|])"?[,;\t|]*\n', re.IGNORECASE)
"""What Excel reads as an instruction and does not show as a row."""

_TEXT_MARK = re.compile(rb"'[0-9=+\-@]")
"""What tells a spreadsheet that a number, or what it would take for a formula, is text."""


def read_delimited(content: bytes) -> Grid:
    """The table in a text file; InputRefused when it is not text, not a table, or cut short."""
    text, encoding = plain_text(content)
    told = _SEPARATOR_LINE.match(text)
    if told:
        text = text[told.end() :]
    sample = text[:SAMPLE_BYTES].decode(errors="replace")
    lines = [line for line in sample.split("\n", SAMPLE_LINES)[:SAMPLE_LINES] if line.strip()]
    if not lines:
        raise InputRefused("The file is empty. Send the register again.")
    delimiter = told.group(1).decode() if told else delimiter_of(lines)
    if delimiter is None:
        raise InputRefused(NOT_A_TABLE)
    frame = _parse(text, delimiter)
    if _TEXT_MARK.search(text):
        frame = frame.with_columns(pl.all().str.replace(r"^'([0-9=+\-@])", "${1}"))
    detail = f"{encoding}, {_DELIMITER_NAMES[delimiter]}"
    return grid_of(frame, "csv", detail, _fields_of_unfinished_line(text, delimiter))


def delimiter_of(lines: list[str]) -> str | None:
    """The delimiter that gives most lines the same, largest number of fields; None when none gives two or more.

    Quoted text is left out of the count. A title or a footnote may have no delimiter at all. clevercsv finds the same
    on the fictional country's files and takes ten times as long.
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


def _parse(text: bytes, delimiter: str) -> pl.DataFrame:
    """Rows in order, blank ones included; wide enough for the widest line, so that no cell is lost."""
    n_lines, n_columns = _extent(text, delimiter)
    if n_lines * n_columns > MOST_CELLS:
        text = _without_blank_end(text, delimiter)
        n_lines, n_columns = _extent(text, delimiter)
    if n_lines * n_columns > MOST_CELLS:
        raise InputRefused(TOO_LARGE)
    columns = [f"c{at}" for at in range(n_columns)]
    # polars takes the number of columns from the first line, which may be a title: give it a full one.
    first = (delimiter.join(columns) + "\n").encode()
    try:
        frame = pl.read_csv(
            first + text,
            separator=delimiter,
            has_header=False,
            infer_schema=False,
            schema=dict.fromkeys(columns, pl.String),
            truncate_ragged_lines=True,
            raise_if_empty=False,
        )
    except pl.exceptions.PolarsError:
        # The message would quote the line. Quotes that do not follow the rules are read by the slower, tolerant reader.
        return _parse_tolerantly(text, delimiter, columns)
    return frame.slice(1)


def _extent(text: bytes, delimiter: str) -> tuple[int, int]:
    """Lines, and columns wanted for the widest; quotes are not looked at, so that neither is counted too low."""
    letters = np.frombuffer(text, dtype=np.uint8)
    ends = np.append(np.flatnonzero(letters == ord("\n")), len(letters))
    before = np.searchsorted(np.flatnonzero(letters == ord(delimiter)), ends)
    return len(ends), min(int(np.diff(before, prepend=0).max()) + 1, MOST_COLUMNS)


def _without_blank_end(text: bytes, delimiter: str) -> bytes:
    """The text as far as its last line that holds anything: a sheet formatted to its end is saved to its end."""
    end = text.find(b"\n", len(text.rstrip(f'{delimiter}\n "'.encode())))
    return text if end < 0 else text[: end + 1]


def _parse_tolerantly(text: bytes, delimiter: str, columns: list[str]) -> pl.DataFrame:
    if len(text) > MOST_TOLERATED_BYTES:
        raise InputRefused("A quotation mark of the file is not closed. Save the register again as CSV and send it.")
    rows: list[list[str | None]] = []
    try:
        for row in csv.reader(io.StringIO(text.decode(), newline=""), delimiter=delimiter):
            padded: list[str | None] = [*row[: len(columns)], *[None] * (len(columns) - len(row))]
            rows.append(padded)
    except csv.Error:
        raise InputRefused(NOT_A_TABLE) from None
    if rows and any(cell is not None and cell.count("\n") > 1 for cell in rows[-1]):
        raise InputRefused(CUT_SHORT)
    return pl.DataFrame(rows, schema=dict.fromkeys(columns, pl.String), orient="row")


def _fields_of_unfinished_line(text: bytes, delimiter: str) -> int | None:
    """Fields of the last line when it has no line end and the others do; None otherwise."""
    if text.endswith(b"\n"):
        return None
    tail = [line.decode(errors="replace") for line in text.rsplit(b"\n", 3)[-3:]]
    if len(tail) < 2:
        return None
    counts = [re.sub(r'"[^"]*"', "", line).count(delimiter) + 1 for line in tail]
    return counts[-1] if counts[-1] < max(counts[:-1]) else None
