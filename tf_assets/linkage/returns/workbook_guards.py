"""What a workbook would unfold to, measured before the parser that unfolds it is called.

A single cell at XFD1048576 makes a parser allocate the whole rectangle; a row that is repeated a million times is
written once; a long shared string is written once and copied into each cell that names it. So the XML is read with
expat, which keeps nothing, and the rectangle and the text are counted. Declared dimensions are not believed.
"""

import re
from xml.parsers import expat

import numpy as np

from tf_assets.linkage.returns.archives import DAMAGED, TOO_LARGE, Member
from tf_assets.linkage.returns.grid import MOST_CELLS
from tf_assets.warehouse.errors import InputRefused

MOST_TEXT = 128 * 2**20
"""Characters in all cells together, each as often as it is used (ours)."""

MOST_TAGS = 16_000_000
"""Four for each cell of 100,000 rows, and as much again (ours)."""

MOST_DEPTH = 256
_XLSX_CELL = re.compile(r"^\s*([A-Za-z]{1,4})([0-9]{1,9})\s*$")
_MOST_REPEATS = 10**9


def refuse_vast_workbook(members: list[Member]) -> None:
    """`InputRefused` when the XML of an XLSX or ODS is malformed, declares entities, or unfolds to too much."""
    xml = [member for member in members if member.name.lower().endswith((".xml", ".rels"))]
    if sum(member.content.count(b"<") for member in xml) > MOST_TAGS:
        raise InputRefused(TOO_LARGE)
    extents = [_measured(member.content) for member in xml]
    lengths = np.array([length for each in extents for length in each.lengths], dtype=np.int64)
    used = np.array([at for each in extents for at in each.used if at < len(lengths)], dtype=np.int64)
    n_text = int(lengths[used].sum()) if used.size else 0
    if sum(each.n_cells for each in extents) > MOST_CELLS or n_text + sum(each.n_text for each in extents) > MOST_TEXT:
        raise InputRefused(TOO_LARGE)


def _measured(content: bytes) -> "_Extent":
    """The extent of one member; only what could not hold a table is passed over."""
    extent = _Extent()
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = extent.start
    parser.EndElementHandler = extent.end
    parser.CharacterDataHandler = extent.text
    parser.StartDoctypeDeclHandler = _refuse_doctype
    try:
        parser.Parse(content, True)
    except (expat.ExpatError, ValueError, LookupError):
        raise InputRefused(DAMAGED) from None
    extent.end_sheet()
    return extent


def _refuse_doctype(*declared: object) -> None:
    """No workbook declares entities; who does wants them unfolded."""
    raise InputRefused(DAMAGED)


class _Extent:
    """Counts of one member of a workbook, XLSX or ODS, while expat reads it.

    n_cells: rows times columns of every sheet; n_text: characters of ODS cells, repeats included; lengths: of the
    shared strings; used: the number of the shared string of each cell that has one.
    """

    def __init__(self) -> None:
        self.n_cells = self.n_text = 0
        self.lengths: list[int] = []
        self.used: list[int] = []
        self._depth = self._row = self._column = self._height = self._width = 0
        self._is_shared = self._is_value = False
        self._value = ""
        self._n_rows = self._n_columns = 1
        self._row_width = self._row_text = self._passed = self._cell_text = 0
        self._is_ods = False

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        if self._depth > MOST_DEPTH:
            raise InputRefused(DAMAGED)
        prefix, _, local = name.rpartition(":")
        if prefix == "table":
            self._start_ods(local, attributes)
        elif local == "c":
            self._start_cell(attributes)
        elif local in ("v", "is", "f"):
            self._height, self._width = max(self._height, self._row), max(self._width, self._column)
            self._is_value, self._value = self._is_shared and local == "v", ""
        elif local == "row":
            self._row = _counted(attributes["r"]) if "r" in attributes else self._row + 1
            self._column = 0
        elif local == "si":
            self.lengths.append(0)

    def end(self, name: str) -> None:
        self._depth -= 1
        if self._is_value and name.rpartition(":")[2] == "v":
            self._is_value = False
            if self._value.strip().isdecimal():
                self.used.append(min(int(self._value[:12]), _MOST_REPEATS))
        elif name == "table:table-row":
            self._end_ods_row()
        elif name == "table:table":
            self.end_sheet()
        elif name in ("table:table-cell", "table:covered-table-cell"):
            self._end_ods_cell()

    def text(self, data: str) -> None:
        if self._is_value:
            self._value += data
        elif self.lengths:
            self.lengths[-1] += len(data)
        elif self._is_ods:
            self._cell_text += len(data)

    def end_sheet(self) -> None:
        """Add the rectangle of the sheet that ends."""
        self.n_cells += self._height * self._width
        self._height = self._width = self._passed = 0

    def _start_cell(self, attributes: dict[str, str]) -> None:
        self._column += 1
        self._is_shared = attributes.get("t") == "s"
        if "r" in attributes:
            at = _XLSX_CELL.match(attributes["r"])
            if at is None:
                raise InputRefused(DAMAGED)
            self._column = _column_number(at[1])
            self._row = max(self._row, int(at[2]))

    def _start_ods(self, local: str, attributes: dict[str, str]) -> None:
        self._is_ods = True
        if local == "table-row":
            self._n_rows = _counted(attributes.get("table:number-rows-repeated", "1"))
            self._column = self._row_width = self._row_text = 0
        elif local in ("table-cell", "covered-table-cell"):
            self._n_columns = _counted(attributes.get("table:number-columns-repeated", "1"))
            self._column += self._n_columns
            self._cell_text = 0
            if any(each.endswith("value-type") for each in attributes):
                self._row_width = self._column

    def _end_ods_cell(self) -> None:
        if self._cell_text:
            self._row_width = self._column
            self._row_text += self._cell_text * self._n_columns
            self._cell_text = 0

    def _end_ods_row(self) -> None:
        self._passed += self._n_rows
        if self._row_width:
            self._height, self._width = self._passed, max(self._width, self._row_width)
        self.n_text += self._row_text * self._n_rows


def _counted(number: str) -> int:
    if not number.strip().isdecimal():
        raise InputRefused(DAMAGED)
    return min(int(number.strip()[:12]), _MOST_REPEATS)


def _column_number(letters: str) -> int:
    number = 0
    for letter in letters.upper():
        number = number * 26 + ord(letter) - ord("A") + 1
    return number
