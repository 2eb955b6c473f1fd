"""Pages as XLSX and ODS workbooks: several sheets, merged titles, dates as true dates, serial numbers or text."""

import zipfile
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from xml.sax.saxutils import escape

import xlsxwriter
from xlsxwriter.workbook import Workbook
from xlsxwriter.worksheet import Worksheet

from tf_assets.country.dirty.pages import Page
from tf_assets.country.dirty.shapes import Shape

Cell = str | int | date | None

GUIDANCE = (
    "How to fill in this workbook",
    "One row for each member of a family. Do not leave a family out because its work has ended.",
    "Send by secure transfer only, by the end of the month after the quarter.",
)
LISTS = ("Lists", "Programme", "Awaiting", "Adult", "Child")

_FIRST_OF_MARCH_1900 = date(1900, 3, 1)
_EPOCH = date(1899, 12, 30)
_MADE = datetime(2015, 4, 1)
"""Written into every workbook, so that the same register gives the same bytes."""


def serial_number(day: date) -> int:
    """A spreadsheet's number for a day. Its calendar has a 29 February 1900, so earlier days count one less."""
    return (day - _EPOCH).days - (day < _FIRST_OF_MARCH_1900)


def write_xlsx(page: Page, shape: Shape, path: Path) -> None:
    """Guidance, register and lists; title rows are merged across the table."""
    with xlsxwriter.Workbook(str(path), {"in_memory": True}) as book:
        book.set_properties({"created": _MADE})
        _write_column(book.add_worksheet("Guidance"), GUIDANCE)
        _write_register(book, book.add_worksheet("Register"), page, shape)
        _write_column(book.add_worksheet("Lists"), LISTS)


def _write_column(sheet: Worksheet, lines: tuple[str, ...]) -> None:
    for row, line in enumerate(lines):
        sheet.write_string(row, 0, line)


def _write_register(book: Workbook, sheet: Worksheet, page: Page, shape: Shape) -> None:
    bold, day_format = book.add_format({"bold": True}), book.add_format({"num_format": "dd/mm/yyyy"})
    for row, cells in enumerate(_typed_rows(page, shape)):
        if row < page.n_titles:
            sheet.merge_range(row, 0, row, page.cells.width - 1, cells[0] or "", bold)
            continue
        for column, cell in enumerate(cells):
            if isinstance(cell, str):
                sheet.write_string(row, column, cell)
            elif isinstance(cell, date):
                sheet.write_datetime(row, column, cell, day_format)
            elif cell is not None:
                sheet.write_number(row, column, cell)


def _typed_rows(page: Page, shape: Shape) -> Iterator[list[Cell]]:
    """Rows of the page with the cells of date and number columns as the shape holds them."""
    for row, texts in enumerate(page.cells.iter_rows()):
        cells: list[Cell] = list(texts)
        if row > page.n_titles:
            for column in page.date_columns:
                cells[column] = _date_cell(cells[column], shape, row)
            for column in page.number_columns:
                cells[column] = _number_cell(cells[column])
        yield cells


def _date_cell(cell: Cell, shape: Shape, row: int) -> Cell:
    if not isinstance(cell, str) or len(cell) != 10 or cell[4] != "-":
        return cell
    day = date.fromisoformat(cell)
    if shape.dates == "serial":
        return serial_number(day)
    if shape.dates == "mixed" and row % 2:
        return f"{day:%d/%m/%Y}"
    return day


def _number_cell(cell: Cell) -> Cell:
    return int(cell) if isinstance(cell, str) and cell.isdigit() else cell


_NAMESPACES = (
    'xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
    'xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" '
    'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" office:version="1.2"'
)
_MANIFEST = (
    '<?xml version="1.0" encoding="UTF-8"?><manifest:manifest '
    'xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0" manifest:version="1.2">'
    '<manifest:file-entry manifest:full-path="/" manifest:media-type="application/vnd.oasis.opendocument.spreadsheet"/>'
    '<manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml"/></manifest:manifest>'
)


def write_ods(page: Page, shape: Shape, path: Path) -> None:
    """The same three sheets as OpenDocument (ISO/IEC 26300), as text alone: no styles."""
    rows = [
        _ods_title(cells[0], page.cells.width) if row < page.n_titles else _ods_row(cells)
        for row, cells in enumerate(_typed_rows(page, shape))
    ]
    sheets = (
        _ods_sheet("Guidance", [_ods_row([line]) for line in GUIDANCE]),
        _ods_sheet("Register", rows),
        _ods_sheet("Lists", [_ods_row([line]) for line in LISTS]),
    )
    content = (
        f'<?xml version="1.0" encoding="UTF-8"?><office:document-content {_NAMESPACES}><office:body>'
        f"<office:spreadsheet>{''.join(sheets)}</office:spreadsheet></office:body></office:document-content>"
    )
    write_archive(
        path,
        {
            "mimetype": b"application/vnd.oasis.opendocument.spreadsheet",
            "META-INF/manifest.xml": _MANIFEST.encode(),
            "content.xml": content.encode(),
        },
    )


def write_archive(path: Path, members: dict[str, bytes]) -> None:
    """A zip file whose bytes depend on its members alone; the first is stored, as OpenDocument asks."""
    with zipfile.ZipFile(path, "w") as archive:
        for at, (name, content) in enumerate(members.items()):
            kind = zipfile.ZIP_STORED if at == 0 else zipfile.ZIP_DEFLATED
            archive.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), content, compress_type=kind)


def _ods_sheet(name: str, rows: list[str]) -> str:
    return f'<table:table table:name="{name}">{"".join(rows)}</table:table>'


def _ods_title(text: Cell, width: int) -> str:
    covered = f'<table:covered-table-cell table:number-columns-repeated="{width - 1}"/>' if width > 1 else ""
    cell = _ods_cell(text).replace("<table:table-cell", f'<table:table-cell table:number-columns-spanned="{width}"', 1)
    return f"<table:table-row>{cell}{covered}</table:table-row>"


def _ods_row(cells: list[Cell]) -> str:
    return f"<table:table-row>{''.join(map(_ods_cell, cells))}</table:table-row>"


def _ods_cell(cell: Cell) -> str:
    if cell is None:
        return "<table:table-cell/>"
    if isinstance(cell, date):
        kind, shown = f'office:value-type="date" office:date-value="{cell.isoformat()}"', f"{cell:%d/%m/%Y}"
    elif isinstance(cell, int):
        kind, shown = f'office:value-type="float" office:value="{cell}"', str(cell)
    else:
        kind, shown = 'office:value-type="string"', escape(cell)
    return f"<table:table-cell {kind}><text:p>{shown}</text:p></table:table-cell>"
