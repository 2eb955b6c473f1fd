"""Which council sends what."""

from tf_assets.country.dirty.rendering import COLUMNS
from tf_assets.country.dirty.shapes import SHAPES, SPREADSHEET_ROWS, shapes_of
from tf_assets.country.dirty.words import CODES, FULL_NAME, HEADINGS, NOTES, VOCABULARIES

TWENTY_FOUR = {f"E060000{n:02d}": 100 for n in range(24)}


def test_twenty_four_councils_show_every_shape_once() -> None:
    shapes = list(shapes_of(TWENTY_FOUR, seed=1).values())

    assert sorted(map(repr, shapes)) == sorted(map(repr, SHAPES))


def test_shapes_are_dealt_anew_for_another_seed() -> None:
    assert shapes_of(TWENTY_FOUR, seed=1) == shapes_of(TWENTY_FOUR, seed=1)
    assert shapes_of(TWENTY_FOUR, seed=1) != shapes_of(TWENTY_FOUR, seed=2)


def test_long_registers_are_never_spreadsheets() -> None:
    long = shapes_of(dict.fromkeys(TWENTY_FOUR, SPREADSHEET_ROWS + 1), seed=1).values()

    assert {shape.suffix for shape in long} == {"csv", "txt"}
    assert all("%" in shape.dates for shape in long)
    assert {shape.suffix for shape in shapes_of(dict.fromkeys(TWENTY_FOUR, SPREADSHEET_ROWS), seed=1).values()} == {
        "csv", "txt", "xlsx", "ods"
    }  # fmt: skip


def test_shapes_cover_every_format_that_councils_send() -> None:
    assert {shape.encoding for shape in SHAPES} == {"utf-8", "utf-8-sig", "utf-16", "cp1252"}
    assert {shape.delimiter for shape in SHAPES} == {",", ";", "\t", "|"}
    assert {shape.vocabulary for shape in SHAPES} == set(VOCABULARIES)
    assert {shape.codes for shape in SHAPES} == set(CODES)
    assert {"cell", "serial", "mixed"} < {shape.dates for shape in SHAPES}


def test_every_vocabulary_heads_every_column_and_no_two_alike() -> None:
    for name in VOCABULARIES:
        headings = HEADINGS[name]
        assert set(headings) == {*COLUMNS, FULL_NAME, NOTES}, name
        assert len(set(headings.values())) == len(headings), name
