# ruff: noqa: E501
"""Files that somebody made to do harm, one of each kind, small as they lie and vast when they are opened."""

import io
import struct
import zipfile
import zlib
from collections.abc import Callable

from tests.fuzz.shapes import good_returns, xls_of, zipped

_TYPES = (
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/></Types>'
)
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_RELATIONS = '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{}</Relationships>'


def workbook(sheet: str, strings: str = "", sheet_path: str = "worksheets/sheet1.xml", doctype: str = "") -> bytes:
    """An XLSX of one sheet, by the XML of its rows and of its shared strings."""
    relation = '<Relationship Id="r{}" Type="' + _OFFICE + '/{}" Target="{}"/>'
    return zipped(
        {
            "[Content_Types].xml": _TYPES.encode(),
            "_rels/.rels": _RELATIONS.format(relation.format(1, "officeDocument", "xl/workbook.xml")).encode(),
            "xl/workbook.xml": (
                f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets><sheet name="S" sheetId="1" r:id="r1"/></sheets>'
                "</workbook>"
            ).encode(),
            "xl/_rels/workbook.xml.rels": _RELATIONS.format(
                relation.format(1, "worksheet", sheet_path) + relation.format(2, "sharedStrings", "sharedStrings.xml")
            ).encode(),
            "xl/sharedStrings.xml": f'{doctype}<sst xmlns="{_MAIN}">{strings}</sst>'.encode(),
            f"xl/{sheet_path}": f'{doctype}<worksheet xmlns="{_MAIN}">{sheet}</worksheet>'.encode(),
        },
        zipfile.ZIP_STORED,  # what packs too well is refused before anybody looks inside
    )


def _data(rows: str, before: str = "") -> str:
    return f"{before}<sheetData>{rows}</sheetData>"


def ods(rows: str, doctype: str = "") -> bytes:
    """An ODS of one sheet, by the XML of its rows."""
    names = " ".join(f'xmlns:{n}="urn:oasis:names:tc:opendocument:xmlns:{n}:1.0"' for n in ("office", "table", "text"))
    kind = "application/vnd.oasis.opendocument.spreadsheet"
    body = f'<office:body><office:spreadsheet><table:table table:name="S">{rows}</table:table></office:spreadsheet></office:body>'
    manifest = (
        '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">'
        f'<manifest:file-entry manifest:full-path="/" manifest:media-type="{kind}"/></manifest:manifest>'
    )
    return zipped(
        {
            "mimetype": kind.encode(),
            "META-INF/manifest.xml": manifest.encode(),
            "content.xml": f"{doctype}<office:document-content {names}>{body}</office:document-content>".encode(),
        },
        zipfile.ZIP_STORED,
    )


def _false_size(content: bytes, claimed: int) -> bytes:
    """A member that says it is small, with the checksum of what it says, and goes on."""
    packed = zlib.compress(content, 9)[2:-4]
    name, crc = b"register.csv", zlib.crc32(content[:claimed])
    sizes = struct.pack("<III", crc, len(packed), claimed)
    local = b"PK\x03\x04" + struct.pack("<HHHHH", 20, 0, 8, 0, 0) + sizes + struct.pack("<HH", len(name), 0) + name
    central = (
        b"PK\x01\x02" + struct.pack("<HHHHHH", 20, 20, 0, 8, 0, 0) + sizes
        + struct.pack("<HHHHHII", len(name), 0, 0, 0, 0, 0, 0) + name
    )  # fmt: skip
    end = b"PK\x05\x06" + struct.pack("<HHHHIIH", 0, 0, 1, 1, len(central), len(local) + len(packed), 0)
    return local + packed + central + end


def _encrypted(content: bytes) -> bytes:
    made = bytearray(zipped({"register.csv": content}))
    made[6] |= 1
    made[made.index(b"PK\x01\x02") + 8] |= 1
    return bytes(made)


def _linked(target: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        info = zipfile.ZipInfo("register.csv")
        info.external_attr = 0o120777 << 16
        archive.writestr(info, target)
    return buffer.getvalue()


_LAUGHS = (
    '<!DOCTYPE x [<!ENTITY a "haha">'
    + "".join(f'<!ENTITY {chr(98 + at)} "{f"&{chr(97 + at)};" * 10}">' for at in range(12))
    + "]>"
)
_CELL = '<table:table-cell office:value-type="string" table:number-columns-repeated="{}"><text:p>{}</text:p></table:table-cell>'
_ODS_ROWS = '<table:table-row table:number-rows-repeated="{}">{}</table:table-row>'


def hostile_files() -> dict[str, Callable[[], bytes]]:
    """What each does, and what makes its bytes."""
    good = next(iter(good_returns().values()))
    head, row = good.split(b"\n")[:2]
    column = b"," * (2**20 - 1)
    text = '<c r="A{0}" t="s"><v>0</v></c>'
    long_text = "x" * 32_767
    return {
        "2^20 columns on one line": lambda: head + column + b"\n" + row + b"\n",
        "2^20 columns below the headings": lambda: head + b"\n" + row + column + b"\n",
        "2^20 columns and many lines": lambda: head + column + b"\n" + (row + b"\n") * 100_000,
        "a field of 20 MB": lambda: head + b"\n" + b"x" * 20_000_000 + b"," + row + b"\n",
        "a quoted field of 20 MB": lambda: head + b"\n" + b'"' + b"x\n" * 10_000_000 + b'",' + row + b"\n",
        "a quotation mark that never closes": lambda: head + b'\n"' + (row + b"\n") * 50_000,
        "a million quotation marks": lambda: head + b"\n" + b'"' * 1_000_001 + b"\n",
        "a million rows of nothing below": lambda: good + b"," * 22 + (b"," * 22 + b"\n") * 1_000_000,
        "a million blank lines": lambda: head + b"\n" * 1_000_000 + row + b"\n",
        "sixty million line ends": lambda: b"\n" * 60_000_000,
        "delimiters alone": lambda: b"," * 60_000_000,
        "more text than is opened": lambda: head + b"\n" + (row + b"\n") * 500_000,
        "nulls alone": lambda: bytes(1_000_000),
        "nulls in every cell": lambda: good.replace(b",", b"\0,"),
        "formulas": lambda: good.replace(b"KRNX", b"=cmd|'/C calc'!A0 KRNX"),
        "every heading the same": lambda: b",".join([b"surname"] * 23) + b"\n" + row + b"\n",
        "digits of other scripts": lambda: good.replace(b"2015-", "٢٠١٥-".encode()),
        "surrogates in UTF-16": lambda: b"\xff\xfe" + good.decode().encode("utf-16-le").replace(b"K\0", b"\x00\xd8"),
        "letters beyond the first plane": lambda: ("\U0001f600," * 3_000_000).encode(),
        "billion laughs in the sheet": lambda: workbook(_data('<row r="1"><c r="A1" t="str"><v>&m;</v></c></row>'), "", doctype=_LAUGHS),
        "billion laughs in an ODS": lambda: ods(_ODS_ROWS.format(1, _CELL.format(1, "&m;")), _LAUGHS),
        "an outside entity": lambda: ods("", '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>'),
        "elements a million deep": lambda: workbook(_data("<a>" * 1_000_000 + "</a>" * 1_000_000)),
        "elements a million deep in an ODS": lambda: ods("<text:p>" * 1_000_000 + "</text:p>" * 1_000_000),
        "elements five hundred deep": lambda: workbook(_data("<a>" * 500 + "</a>" * 500)),
        "one cell in the last corner": lambda: workbook(_data('<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>')),
        "the same in single quotes": lambda: workbook(_data("<row r='1048576'><c r='XFD1048576'><v>1</v></c></row>")),
        "the same elsewhere": lambda: workbook(_data('<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'), "", "other/s.xml"),
        "the same without numbers": lambda: workbook(_data("<row/>" * 1_048_575 + "<row>" + "<c/>" * 16_383 + "<c><v>1</v></c></row>")),
        "a row that says it is beyond all": lambda: workbook(_data('<row r="99999999999999"><c><v>1</v></c></row>')),
        "a dimension that lies": lambda: workbook(_data('<row r="1"><c r="A1"><v>1</v></c></row>', '<dimension ref="A1:XFD1048576"/>')),
        "a long string in 300,000 cells": lambda: workbook(
            _data("".join(f'<row r="{n}">{text.format(n)}</row>' for n in range(1, 300_001))), f"<si><t>{long_text}</t></si>"
        ),
        "a string that is not there": lambda: workbook(_data('<row r="1"><c r="A1" t="s"><v>99999999</v></c></row>')),
        "a million rows repeated": lambda: ods(_ODS_ROWS.format(1_000_000, _CELL.format(16_000, "x"))),
        "the same in single quotes, ODS": lambda: ods(_ODS_ROWS.format(1_000_000, _CELL.format(16_000, "x")).replace('"', "'")),
        "a long text repeated": lambda: ods(_ODS_ROWS.format(1000, _CELL.format(1000, long_text))),
        "repeats beyond all": lambda: ods(_ODS_ROWS.format(10**30, _CELL.format(10**30, "x"))),
        "blank repeats in many rows": lambda: ods(_ODS_ROWS.format(1, '<table:table-cell table:number-columns-repeated="16000"/>') * 20_000),
        "an XLSX that is an ODS too": lambda: zipped({"xl/workbook.xml": b"<w/>", "mimetype": b"x spreadsheet", "content.xml": b"<x/>"}),
        "a zip bomb": lambda: zipped({"register.csv": bytes(150 * 2**20)}),
        "a zip bomb of commas": lambda: zipped({"register.csv": head + b"," * (60 * 2**20)}),
        "a bomb in a workbook": lambda: zipped({"xl/workbook.xml": b"<w/>", "xl/worksheets/s.xml": b" " * (150 * 2**20)}),
        "a member that says it is small": lambda: _false_size(good + b"x" * 50_000_000, 1000),
        "nested zips": lambda: zipped({"a.zip": zipped({"b.zip": zipped({"register.csv": good})})}),
        "an encrypted zip": lambda: _encrypted(good),
        "a path out of the archive": lambda: zipped({"../../Zyzxcanary/register.csv": good}),
        "an absolute path": lambda: zipped({"/etc/cron.d/zyzxcanary": good}),
        "a path of Windows": lambda: zipped({"C:\\zyzxcanary\\register.csv": good}),
        "a link": lambda: _linked(b"/etc/passwd"),
        "ten thousand members": lambda: zipped({f"zyzxcanary {at}.csv": b"" for at in range(10_000)}),
        "no members": lambda: zipped({}),
        "two registers": lambda: zipped({"zyzxcanary 1.csv": good, "zyzxcanary 2.csv": good}),
        "an XLS with a cell in the last corner": lambda: xls_of([["x"]], (65_535, 255)),
        "an XLS cut short": lambda: xls_of([["x"] * 20] * 50)[:3000],
    }  # fmt: skip
