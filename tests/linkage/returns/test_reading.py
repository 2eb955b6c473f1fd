"""Any format in, rows and headings out; whatever is no table is refused in a sentence."""

import io
import zipfile
from collections.abc import Callable
from datetime import date
from typing import Any

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from tests.fuzz.shapes import xls_of, zipped
from tf_assets.linkage.returns.reading import Sheet, read_rows
from tf_assets.linkage.returns.spreadsheets import OLE_MAGIC
from tf_assets.warehouse.errors import InputRefused

HEADINGS = ["Family ref", "Person ref", "Forename", "Surname", "DOB", "Postcode", "Group", "Start date"]
ANN = ["F1", "P1", "Zoë", "O'Neil", "13/02/1985", "M1 1AE", "programme", "01/05/2015"]
BEN = ["F1", "P2", "Ben", "O'Neil", "14/02/2005", "M1 1AE", "programme", "01/05/2015"]


def _csv(*rows: list[str], delimiter: str = ",", end: str = "\n") -> str:
    return "".join(delimiter.join(row) + end for row in rows)


def _rows(sheet: Sheet) -> list[list[object]]:
    return [list(row) for row in sheet.cells.rows()]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_text_in_any_encoding_and_delimiter(encoding: str, delimiter: str) -> None:
    sheet = read_rows(_csv(HEADINGS, ANN, BEN, delimiter=delimiter).encode(encoding))
    assert list(sheet.headings.values()) == HEADINGS
    assert _rows(sheet) == [[2, *ANN], [3, *BEN]]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_any_line_end(end: str) -> None:
    assert _rows(read_rows(_csv(HEADINGS, ANN, BEN, end=end).encode())) == [[2, *ANN], [3, *BEN]]


def test_titles_blanks_totals_and_footnotes_leave_row_numbers_alone() -> None:
    text = "Register of families\n\n" + _csv(HEADINGS, ANN) + ",,,,,,,\n\n" + _csv(BEN) + "Total,2\nEnd of the report\n"
    sheet = read_rows(text.encode())
    assert _rows(sheet) == [[4, *ANN], [7, *BEN]]
    assert (sheet.heading_row, sheet.n_blank, sheet.n_totals) == (3, 2, 2)


def test_headings_printed_again_are_left_out() -> None:
    sheet = read_rows(_csv(HEADINGS, ANN, HEADINGS, BEN).encode())
    assert _rows(sheet) == [[2, *ANN], [4, *BEN]]


def test_quoted_text_may_hold_delimiters_quotes_and_line_breaks() -> None:
    row = 'F1,P1,Ann,"Smith, ""the"" elder\nof Leeds",13/02/1985,M1 1AE,programme,01/05/2015\n'
    sheet = read_rows((_csv(HEADINGS) + row + _csv(BEN)).encode())
    assert _rows(sheet)[0][4] == 'Smith, "the" elder\nof Leeds'
    assert [row[0] for row in _rows(sheet)] == [2, 3]  # a row with a line break is one row


def test_stray_quotes_are_read_as_they_stand() -> None:
    row = ["F1", "P1", 'Bo "the" Great', 'Smi"th', "13/02/1985", "M1 1AE", "programme", "01/05/2015"]
    assert _rows(read_rows(_csv(HEADINGS, row, BEN).encode())) == [[2, *row], [3, *BEN]]


def test_a_row_wider_than_the_headings_keeps_all_its_cells() -> None:
    wide = [*ANN, "01/06/2016"]
    sheet = read_rows(_csv(HEADINGS, wide, BEN).encode())
    assert len(sheet.stray_columns) == 1
    assert _rows(sheet)[0] == [2, *wide]


def test_the_line_that_tells_excel_the_delimiter_is_no_row() -> None:
    assert _rows(read_rows(b"sep=;\r\n" + _csv(HEADINGS, ANN, delimiter=";").encode())) == [[2, *ANN]]


def test_a_few_foreign_bytes_do_not_spoil_the_accents_of_the_others() -> None:
    other = ["F2", "P3", "Renée", "Müller", *ANN[4:]]
    content = _csv(HEADINGS, ANN, other).encode() + _csv(["F3", "P4", "José", "Hall", *ANN[4:]]).encode("cp1252")
    sheet = read_rows(content)
    assert sheet.cells["c2"].to_list() == ["Zoë", "Renée", "José"]
    assert sheet.detail == "utf-8 with 1 broken characters, comma"


def test_stray_nulls_and_the_apostrophe_of_a_spreadsheet_are_taken_out() -> None:
    row = ["'00123", "P1\0", *ANN[2:]]
    assert _rows(read_rows(_csv(HEADINGS, row, *[BEN] * 30).encode()))[0] == [2, "00123", "P1", *ANN[2:]]


def test_a_name_that_begins_with_an_apostrophe_keeps_it() -> None:
    row = [*ANN[:3], "'t Hooft", *ANN[4:]]
    assert _rows(read_rows(_csv(HEADINGS, row).encode()))[0][4] == "'t Hooft"


def test_a_sheet_saved_to_its_last_row_is_read_to_the_last_that_holds_anything() -> None:
    sheet = read_rows(_csv(HEADINGS, ANN).encode() + b",,,,,,,\n" * 1_400_000)
    assert _rows(sheet) == [[2, *ANN]]


def test_headings_on_two_rows_under_merged_cells() -> None:
    upper = ["Family", "Person", "", "", "", "Home", "Programme", ""]
    lower = ["ref", "ref", "Forename", "Surname", "DOB", "Postcode", "status", "start date"]
    sheet = read_rows(_csv(["Register"], upper, lower, ANN).encode())
    assert list(sheet.headings.values())[:2] == ["Family ref", "Person ref"]
    assert (sheet.heading_row, _rows(sheet)) == (3, [[4, *ANN]])


def test_a_row_of_a_person_is_never_taken_for_headings() -> None:
    cells = ["Zoë", "Smith", "female", "adult", "programme", "Oak", *["yes", "no"] * 5, "M1 1AE"]
    with pytest.raises(InputRefused, match="No row of headings"):
        read_rows(_csv(cells, cells).encode())


def test_a_value_that_was_joined_to_the_headings_is_no_heading() -> None:
    sheet = read_rows(_csv([*HEADINGS, "Zyzxcanary"], [*ANN, ""], [*BEN[:3], "Zyzxcanary", *BEN[4:], "x"]).encode())
    assert "Zyzxcanary" not in sheet.headings.values()
    assert sheet.stray_columns == ()


def _workbook(fill: Callable[[openpyxl.Workbook], None]) -> bytes:
    book = openpyxl.Workbook()
    fill(book)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def test_a_workbook_with_notes_titles_and_cells_of_every_type() -> None:
    def fill(book: openpyxl.Workbook) -> None:
        book.active["A1"] = "How to fill this in"  # type: ignore[index]
        sheet = book.create_sheet("Data")
        sheet["B2"] = "Register, merged title"
        sheet.merge_cells("B2:F2")
        rows: list[list[Any]] = [
            HEADINGS,
            ["F1", 7, "Ann", "Smith", date(1985, 2, 13), "M1 1AE", "programme", 42125],
            [None] * 8,
        ]
        for at, row in enumerate([*rows, ["F1", 8.0, "Ben", "Smith", "14/02/2005", "M1 1AE", "programme", "1/5/15"]]):
            for column, value in enumerate(row, start=2):
                sheet.cell(4 + at, column, value)

    sheet = read_rows(_workbook(fill))
    assert sheet.kind == "xlsx"
    assert _rows(sheet) == [
        [5, "F1", "7", "Ann", "Smith", "1985-02-13 00:00:00", "M1 1AE", "programme", "42125"],
        [7, "F1", "8", "Ben", "Smith", "14/02/2005", "M1 1AE", "programme", "1/5/15"],
    ]


def test_formulas_give_their_last_result_and_hidden_sheets_give_nothing() -> None:
    def fill(book: openpyxl.Workbook) -> None:
        sheet = book.active
        assert sheet is not None
        sheet.append(HEADINGS)
        sheet.append([*ANN[:2], '=cmd|"/C calc"!A0', *ANN[3:]])
        sheet.row_dimensions[2].hidden = True
        hidden = book.create_sheet("Old")
        hidden.append(HEADINGS)
        hidden.append(BEN)
        hidden.sheet_state = "hidden"

    rows = _rows(read_rows(_workbook(fill)))  # a workbook that no program has calculated holds no result
    assert rows == [[2, *ANN[:2], None, *ANN[3:]]]


def test_dates_of_the_other_calendar_of_workbooks() -> None:
    def fill(book: openpyxl.Workbook) -> None:
        book.epoch = CALENDAR_MAC_1904
        assert book.active is not None
        book.active.append(HEADINGS)  # type: ignore[union-attr]
        book.active.append([*ANN[:4], date(1985, 2, 13), *ANN[5:]])  # type: ignore[union-attr]

    assert _rows(read_rows(_workbook(fill)))[0][5] == "1985-02-13 00:00:00"


def test_an_older_workbook() -> None:
    sheet = read_rows(xls_of([[], ["Register"], HEADINGS, ANN, BEN]))
    assert (sheet.kind, sheet.heading_row, _rows(sheet)) == ("xls", 3, [[4, *ANN], [5, *BEN]])


GOOD = _csv(HEADINGS, ANN, BEN).encode()


@pytest.mark.parametrize(
    "members",
    [
        {"register.csv": GOOD},
        {"July/Smith family.txt": GOOD},
        {"register.csv": GOOD, "__MACOSX/._register.csv": b"x,y\n", ".DS_Store": b"x"},
        {"register.csv": GOOD, "read me.txt": b"Dear colleague,\nplease find enclosed, as agreed, our return.\n"},
        {"register.csv": GOOD, "letter.docx": zipped({"[Content_Types].xml": b"<T/>", "word/document.xml": b"<w/>"})},
        {"register.xls": xls_of([HEADINGS, ANN, BEN])},
    ],
)
def test_the_one_register_of_a_zip_file(members: dict[str, bytes]) -> None:
    sheet = read_rows(zipped(members))
    assert sheet.detail.endswith(", zipped")
    assert _rows(sheet) == [[2, *ANN], [3, *BEN]]


@pytest.mark.parametrize(
    ("members", "sentence"),
    [
        ({}, "does not hold one register alone"),
        ({"1.csv": GOOD, "2.csv": GOOD}, "does not hold one register alone"),
        ({"1.csv": GOOD, "2.xlsx": b"PK\x03\x04 torn"}, "does not hold one register alone"),
        ({"1.csv": GOOD, "2.zip": zipped({"x.csv": GOOD})}, "does not hold one register alone"),
        ({"1.zip": zipped({"x.csv": GOOD})}, "holds another zip file"),
        ({"letter.txt": b"Dear colleague\n"}, "not a table"),
        ({"a.txt": b"Dear colleague\n", "b.txt": b"alpha;beta\n1;2\n"}, "No row of headings"),
        ({"../register.csv": GOOD}, "places outside itself"),
        ({"/register.csv": GOOD}, "places outside itself"),
        ({"C:\\register.csv": GOOD}, "places outside itself"),
        ({"register.csv": b" " * 3_000_000}, "unpacks to far more"),
        ({f"{at}.csv": GOOD for at in range(21)}, "does not hold one register alone"),
    ],
)
def test_a_zip_file_without_one_register_is_refused(members: dict[str, bytes], sentence: str) -> None:
    with pytest.raises(InputRefused, match=sentence) as refusal:
        read_rows(zipped(members))
    assert [name for name in members if name in str(refusal.value)] == []


def test_two_sheets_with_a_register_are_refused_rather_than_one_lost() -> None:
    def fill(book: openpyxl.Workbook) -> None:
        for sheet, row in ((book.active, ANN), (book.create_sheet("July"), BEN)):
            sheet.append(HEADINGS)  # type: ignore[union-attr]
            sheet.append(row)  # type: ignore[union-attr]

    with pytest.raises(InputRefused, match="More than one sheet holds a register"):
        read_rows(_workbook(fill))


def _archive(**members: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in members.items():
            archive.writestr(name.replace("__", "/").replace("_xml", ".xml"), text)
    return buffer.getvalue()


def _ods(rows: str) -> bytes:
    names = " ".join(f'xmlns:{n}="urn:oasis:names:tc:opendocument:xmlns:{n}:1.0"' for n in ("office", "table", "text"))
    manifest = (
        '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">'
        '<manifest:file-entry manifest:full-path="/" '
        'manifest:media-type="application/vnd.oasis.opendocument.spreadsheet"/></manifest:manifest>'
    )
    body = f"<office:body><office:spreadsheet><table:table table:name='S'>{rows}</table:table></office:spreadsheet>"
    return _archive(
        mimetype="application/vnd.oasis.opendocument.spreadsheet",
        content_xml=f"<office:document-content {names}>{body}</office:body></office:document-content>",
        **{"META-INF__manifest_xml": manifest},
    )


def _ods_row(cells: list[str]) -> str:
    filled = "".join(
        f'<table:table-cell office:value-type="string"><text:p>{cell}</text:p></table:table-cell>' for cell in cells
    )
    return f'<table:table-row>{filled}<table:table-cell table:number-columns-repeated="16000"/></table:table-row>'


_ODS_BLANKS = '<table:table-row table:number-rows-repeated="{n}"><table:table-cell/></table:table-row>'


def test_an_ods_with_repeated_blank_rows() -> None:
    rows = _ODS_BLANKS.format(n=2) + _ods_row(HEADINGS) + _ods_row(ANN) + _ODS_BLANKS.format(n=1_000_000)
    sheet = read_rows(_ods(rows))
    assert (sheet.kind, _rows(sheet)) == ("ods", [[4, *ANN]])


_FAR_CELL = '<worksheet><sheetData><row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData></worksheet>'
_VAST_ODS = (
    '<table:table-row table:number-rows-repeated="1000000"><table:table-cell office:value-type="string" '
    'table:number-columns-repeated="16000"><text:p>x</text:p></table:table-cell></table:table-row>'
)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "is empty"),
        (b" \r\n \n", "is empty"),
        ("\ufeff".encode(), "is empty"),
        (b"%PDF-1.4 ...", "not a table"),
        (b"Dear colleague\nplease find enclosed\n", "not a table"),
        (bytes(range(256)) * 20, "not a table"),
        (_archive(**{"word__document_xml": "<w/>"}), "not a table"),
        (b"PK\x03\x04 not really", "damaged or was cut short"),
        (_ods(_ods_row(HEADINGS))[:200], "damaged or was cut short"),
        (OLE_MAGIC + b"x" * 600, "damaged or was cut short"),
        (OLE_MAGIC + "EncryptedPackage".encode("utf-16-le"), "protected by a password"),
        (_archive(**{"xl__workbook_xml": "<w/>", "xl__worksheets__sheet1_xml": _FAR_CELL}), "unpacks to far more"),
        (_ods(_VAST_ODS), "unpacks to far more"),
        (_csv(HEADINGS).encode(), "headings but no rows"),
        (b"alpha;beta\n1;2\n", "No row of headings"),
        (_csv(HEADINGS, ANN, BEN[:3]).encode()[:-1], "ends in the middle of a row"),
        ((_csv(HEADINGS, ANN) + 'F1,P2,"Ben').encode(), "ends in the middle of a row"),
        ((_csv(HEADINGS, ANN) + 'F1,P2,"Ben\n' + _csv(BEN, BEN)).encode(), "ends in the middle of a row"),
        (_csv(HEADINGS, ANN, BEN).encode("utf-16")[:-3], "ends in the middle of a row"),
    ],
)
def test_what_is_no_whole_table_is_refused(content: bytes, sentence: str) -> None:
    with pytest.raises(InputRefused, match=sentence):
        read_rows(content)


def test_an_archive_that_unpacks_to_too_much_is_not_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tf_assets.linkage.returns.archives.MOST_UNPACKED_BYTES", 1000)
    with pytest.raises(InputRefused, match="unpacks to far more"):
        read_rows(_archive(**{"xl__workbook_xml": "<w/>" * 1000}))


def test_a_last_line_without_an_end_is_whole_when_it_has_all_its_cells() -> None:
    assert len(_rows(read_rows(_csv(HEADINGS, ANN, BEN).encode()[:-1]))) == 2


@given(st.one_of(st.binary(max_size=400), st.text(alphabet=',;\t|"\n\rAé\x00 ', max_size=300).map(str.encode)))
@settings(max_examples=150, deadline=None)
def test_any_bytes_give_rows_or_a_refusal(content: bytes) -> None:
    try:
        assert read_rows(content).cells.height > 0
    except InputRefused as refusal:
        assert str(refusal).endswith(".")


@given(st.integers(0, 4000), st.binary(min_size=1, max_size=4))
@settings(max_examples=100, deadline=None)
def test_a_workbook_with_any_bytes_changed_gives_rows_or_a_refusal(at: int, noise: bytes) -> None:
    good = _ods(_ods_row(HEADINGS) + _ods_row(ANN))
    at %= len(good)
    for content in (good[:at] + noise + good[at + len(noise) :], good[:at]):
        try:
            read_rows(content)
        except InputRefused as refusal:
            assert str(refusal).endswith(".")
