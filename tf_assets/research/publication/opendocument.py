"""The published workbook as ODS, the format that the UK government asks for, the same bytes each time.

gptables writes XLSX only, and the OpenDocument packages make an object a cell and stamp files with the time. A
spreadsheet without formulas is three small XML files in a zip, so they are written here.
https://docs.oasis-open.org/office/OpenDocument/v1.3/os/part3-schema/
"""

import zipfile
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

from tf_assets.research.publication.sheets import Cell, Sheet

MIME = "application/vnd.oasis.opendocument.spreadsheet"

_NAMESPACES = " ".join(
    f'xmlns:{prefix}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
    for prefix, name in {
        "office": "office",
        "table": "table",
        "text": "text",
        "style": "style",
        "number": "datastyle",
        "meta": "meta",
        "fo": "xsl-fo-compatible",
    }.items()
)

_MANIFEST = f"""<?xml version="1.0" encoding="UTF-8"?>
<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0" manifest:version="1.3">
<manifest:file-entry manifest:full-path="/" manifest:version="1.3" manifest:media-type="{MIME}"/>
<manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml"/>
<manifest:file-entry manifest:full-path="meta.xml" manifest:media-type="text/xml"/>
</manifest:manifest>
"""

_STYLES = """<office:automatic-styles>
<style:style style:name="title" style:family="table-cell"><style:text-properties fo:font-weight="bold"
 fo:font-size="14pt"/></style:style>
<style:style style:name="heading" style:family="table-cell"><style:table-cell-properties fo:wrap-option="wrap"
 style:vertical-align="bottom" fo:border-bottom="0.75pt solid #000000"/><style:text-properties
 fo:font-weight="bold"/></style:style>
<style:style style:name="wrapped" style:family="table-cell"><style:table-cell-properties fo:wrap-option="wrap"
 style:vertical-align="top"/></style:style>
<style:style style:name="shorthand" style:family="table-cell"><style:paragraph-properties
 fo:text-align="end"/></style:style>
<number:number-style style:name="n0"><number:number number:min-integer-digits="1" number:decimal-places="0"
 number:grouping="true"/></number:number-style>
<number:number-style style:name="n1"><number:number number:min-integer-digits="1" number:decimal-places="1"
 number:min-decimal-places="1" number:grouping="true"/></number:number-style>
<number:number-style style:name="n2"><number:number number:min-integer-digits="1" number:decimal-places="2"
 number:min-decimal-places="2" number:grouping="true"/></number:number-style>
<style:style style:name="number0" style:family="table-cell" style:data-style-name="n0"/>
<style:style style:name="number1" style:family="table-cell" style:data-style-name="n1"/>
<style:style style:name="number2" style:family="table-cell" style:data-style-name="n2"/>
<style:style style:name="narrow" style:family="table-column"><style:table-column-properties
 style:column-width="3cm"/></style:style>
<style:style style:name="wide" style:family="table-column"><style:table-column-properties
 style:column-width="8cm"/></style:style>
<style:style style:name="page" style:family="table-column"><style:table-column-properties
 style:column-width="18cm"/></style:style>
</office:automatic-styles>"""

_WIDE_TEXT = 16


def write_ods(
    path: Path, title: str, introduction: list[str], notes: list[tuple[str, str]], sheets: list[Sheet]
) -> None:
    """Write a workbook with a cover, contents, notes and the sheets."""
    cover = _table("Cover", _column("page"), [_row([_text(title, "title")]), *_paragraphs(introduction)])
    contents = _table(
        "Contents",
        _column("wide") + _column("page"),
        [
            _row([_text("Contents", "title")]),
            _row([_text("Sheet", "heading"), _text("Title", "heading")]),
            *(_row([_text(sheet.name), _text(sheet.title)]) for sheet in sheets),
        ],
    )
    notes_sheet = _table(
        "Notes",
        _column("wide") + _column("page"),
        [
            _row([_text("Notes", "title")]),
            _row([_text("Note reference", "heading"), _text("Note text", "heading")]),
            *(_row([_text(reference), _text(text, "wrapped")]) for reference, text in notes),
        ],
    )
    tables = "".join([cover, contents, notes_sheet, *map(_sheet, sheets)])
    content = (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<office:document-content {_NAMESPACES} office:version="1.3">'
        f"{_STYLES}<office:body><office:spreadsheet>{tables}</office:spreadsheet></office:body>"
        "</office:document-content>"
    )
    meta = (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<office:document-meta {_NAMESPACES} '
        'xmlns:dc="http://purl.org/dc/elements/1.1/" office:version="1.3"><office:meta>'
        f"<dc:title>{escape(title)}</dc:title><dc:language>en-GB</dc:language></office:meta></office:document-meta>"
    )
    write_zip(path, {"mimetype": MIME, "META-INF/manifest.xml": _MANIFEST, "content.xml": content, "meta.xml": meta})


def write_zip(path: Path, members: dict[str, str]) -> None:
    """A zip with a constant date on each member; the first is stored plain, as OpenDocument asks of its type."""
    with zipfile.ZipFile(path, "w") as archive:
        for position, (name, text) in enumerate(members.items()):
            member = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            member.compress_type = zipfile.ZIP_DEFLATED if position else zipfile.ZIP_STORED
            archive.writestr(member, text)


def _sheet(sheet: Sheet) -> str:
    is_text = [
        any(len(cell) > _WIDE_TEXT for cell in cells if isinstance(cell, str))
        for cells in zip(*sheet.rows, strict=True)
    ]
    columns = "".join(_column("wide" if wide else "narrow") for wide in is_text)
    rows = [
        _row([_text(sheet.title, "title")]),
        *_paragraphs(sheet.notes, style=None),
        "<table:table-header-rows>",
        _row([_text(heading, "heading") for heading in sheet.headings]),
        "</table:table-header-rows>",
        *(_row([_cell(cell, places) for cell, places in zip(row, sheet.decimals, strict=True)]) for row in sheet.rows),
    ]
    return _table(sheet.name, columns, rows)


def _paragraphs(texts: list[str] | tuple[str, ...], style: str | None = "wrapped") -> list[str]:
    return [_row([_text(text, style)]) for text in texts]


def _table(name: str, columns: str, rows: list[str]) -> str:
    return f"<table:table table:name={quoteattr(name)}>{columns}{''.join(rows)}</table:table>"


def _column(style: str) -> str:
    return f'<table:table-column table:style-name="{style}"/>'


def _row(cells: list[str]) -> str:
    return f"<table:table-row>{''.join(cells)}</table:table-row>"


def _text(text: str, style: str | None = None) -> str:
    named = f' table:style-name="{style}"' if style else ""
    return f'<table:table-cell{named} office:value-type="string"><text:p>{escape(text)}</text:p></table:table-cell>'


def _cell(cell: Cell, places: int) -> str:
    if isinstance(cell, str):
        return _text(cell, "shorthand" if cell.startswith("[") else None)
    return (
        f'<table:table-cell table:style-name="number{places}" office:value-type="float" office:value="{cell}">'
        f"<text:p>{cell:,.{places}f}</text:p></table:table-cell>"
    )
