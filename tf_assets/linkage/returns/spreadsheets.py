"""XLSX, ODS and the older XLS, with the guards that a parser of untrusted archives needs."""

import io
import re
import zipfile

import fastexcel
import polars as pl

from tf_assets.linkage.returns.delimited import NOT_A_TABLE
from tf_assets.linkage.returns.grid import Grid, grid_of
from tf_assets.warehouse.errors import InputRefused

MOST_UNPACKED_BYTES = 600 * 2**20
"""A return of 100,000 rows unpacks to some 100 MB; an archive beyond this is not read (ours)."""

MOST_CELLS = 30_000_000
"""Rows times columns; the reader allocates them all, however few are filled (ours)."""

ZIP_MAGIC = b"PK\x03\x04"
OLE_MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
DAMAGED = "The spreadsheet is damaged or was cut short in transfer. Send it again."
TOO_LARGE = "The spreadsheet unpacks to far more than a register can be, so it was not opened. Save it again as CSV."
LOCKED = "The spreadsheet is protected by a password. Remove the password and send it again."

_REPEATED = re.compile(rb'number-(rows|columns)-repeated="(\d{1,12})"')
_ODS_TAG = re.compile(rb"<table:table-row\b([^>]*)>|<table:(?:covered-)?table-cell\b([^>]*)>|</table:table-row>")
_XLSX_ROW = re.compile(rb'<(?:\w+:)?row\b[^>]*?\br="(\d{1,9})"')
_XLSX_CELL = re.compile(rb'\br="([A-Z]{1,4})(\d{1,9})"')


def read_spreadsheet(content: bytes) -> list[Grid]:
    """Every visible sheet that holds anything; InputRefused when it cannot, or must not, be read."""
    kind = _kind_after_guards(content)
    try:
        reader = fastexcel.read_excel(content)
        names = reader.sheet_names
        frames = [_sheet_frame(reader, at) for at in range(len(names))]
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException:  # a panic of the parser is not an Exception, and its message may quote a cell
        raise InputRefused(DAMAGED) from None
    grids = [grid_of(frame, kind, kind) for frame in frames if frame is not None and frame.width]
    filled = [grid for grid in grids if grid.columns]
    if not filled:
        raise InputRefused("The spreadsheet is empty. Send the register again.")
    return filled


def _sheet_frame(reader: fastexcel.ExcelReader, at: int) -> pl.DataFrame | None:
    # skip_rows=0 keeps leading blank rows, so that row numbers are the sender's.
    sheet = reader.load_sheet(at, header_row=None, skip_rows=0, dtypes="string")
    return sheet.to_polars() if sheet.visible == "visible" else None


def _kind_after_guards(content: bytes) -> str:
    if content.startswith(OLE_MAGIC):
        if "EncryptedPackage".encode("utf-16-le") in content:
            raise InputRefused(LOCKED)
        return "xls"
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return _kind_of_archive(archive)
    except (zipfile.BadZipFile, zipfile.LargeZipFile, NotImplementedError, RuntimeError, EOFError, OSError, ValueError):
        raise InputRefused(DAMAGED) from None
    except zipfile.zlib.error:  # type: ignore[attr-defined]
        raise InputRefused(DAMAGED) from None


def _kind_of_archive(archive: zipfile.ZipFile) -> str:
    infos = archive.infolist()
    if any(info.flag_bits & 1 for info in infos):
        raise InputRefused(LOCKED)
    if sum(info.file_size for info in infos) > MOST_UNPACKED_BYTES:
        raise InputRefused(TOO_LARGE)
    names = {info.filename for info in infos}
    if "xl/workbook.xml" in names:
        for name in names:
            if re.match(r"xl/worksheets/[^/]+\.xml$", name):
                _refuse_vast_xlsx(archive.read(name))
        return "xlsx"
    if "content.xml" in names and "mimetype" in names and b"spreadsheet" in archive.read("mimetype"):
        _refuse_vast_ods(archive.read("content.xml"))
        return "ods"
    raise InputRefused(NOT_A_TABLE)


def _refuse_vast_xlsx(xml: bytes) -> None:
    """A single cell at XFD1048576 makes the reader allocate the whole rectangle."""
    rows, columns = {int(row) for row in _XLSX_ROW.findall(xml)}, {1}
    for letters, row in set(_XLSX_CELL.findall(xml)):
        rows.add(int(row))
        columns.add(_column_number(letters))
    if max(rows, default=1) * max(columns) > MOST_CELLS:
        raise InputRefused(TOO_LARGE)


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - ord("A") + 1
    return number


def _refuse_vast_ods(xml: bytes) -> None:
    """Repeated rows and cells are written once; count up to the last that holds something."""
    if not _REPEATED.search(xml):
        return
    row_repeat = width = height = widest = pending = at = 0
    for tag in _ODS_TAG.finditer(xml):
        attributes = tag.group(1) if tag.group(1) is not None else tag.group(2)
        if tag.group(0).startswith(b"<table:table-row"):
            row_repeat, width, at = _repeats(attributes), 0, 0
            ends = attributes.endswith(b"/")
        elif tag.group(0).startswith(b"</"):
            ends = True
        else:
            at += _repeats(attributes)
            ends = False
            if b"value-type" in attributes:
                width = at
        if ends:
            pending += row_repeat
            if width:
                height, widest = pending, max(widest, width)
    if height * widest > MOST_CELLS:
        raise InputRefused(TOO_LARGE)


def _repeats(attributes: bytes) -> int:
    found = _REPEATED.search(attributes)
    return int(found.group(2)) if found else 1
