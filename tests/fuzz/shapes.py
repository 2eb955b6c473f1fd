"""Good returns in every shape of the fictional country, with words in them that no message may repeat."""

import io
import struct
import tempfile
import zipfile
from functools import cache
from pathlib import Path

import polars as pl

from tf_assets.country.country import clean_register
from tf_assets.country.dirty.council import make_council, page_of, save_page, written_rows
from tf_assets.country.dirty.faults import FAULT
from tf_assets.country.dirty.shapes import SHAPES
from tf_assets.country.sizes import ALL_YEARS, Size

CANARIES = ("zyzxcanary", "quenildaq", "quxmarvell", "vexillumschool", "krnx")
"""Surname, forename, address, school and references, in lower case."""

SEED = 5
N_ROWS = 24
SIZE = Size("fuzz", n_families=60, n_people=900, n_councils=1, n_quarters=2, years=ALL_YEARS, chunk=10_000)


@cache
def good_returns() -> dict[str, bytes]:
    """A name for each shape, and its bytes."""
    register, schools = clean_register(SEED, SIZE)
    canary = pl.int_range(pl.len()).cast(pl.String)
    rows = register.filter(pl.col("quarter_date") == SIZE.quarters[0]).head(N_ROWS)
    planted = rows.with_columns(
        surname=pl.lit("Zyzxcanary"),
        forename=pl.lit("Quenildaq"),
        address=pl.lit("7 Quxmarvell Row"),
        person_ref=pl.lit("KRNXP") + canary,
        family_ref=pl.lit("KRNXF") + pl.col("family_ref"),
    )
    schools = schools.with_columns(school_name=pl.lit("Vexillumschool"))
    code = rows["council_code"][0]
    nothing_forced = pl.DataFrame(schema={"person_ref": pl.String(), FAULT: pl.String()})
    made: dict[str, bytes] = {}
    with tempfile.TemporaryDirectory() as folder:
        for at, shape in enumerate(SHAPES):
            council = make_council(code, "Somewhere", shape, planted, schools, nothing_forced, SEED)
            path = Path(folder) / f"{at}.{shape.suffix}"
            save_page(page_of(council, written_rows(council, council.rows), SIZE.quarters[0]), shape, path)
            made[f"{at:02d} {shape.suffix} {shape.vocabulary} {shape.encoding}"] = path.read_bytes()
    names = list(made)
    made |= {f"zip of {name}": zipped({f"Zyzxcanary family/{name}": made[name]}) for name in names[:6]}
    made["xls"] = xls_of(_cells(made[names[0]]))
    return made


def _cells(csv: bytes) -> list[list[str]]:
    return [line.split(",") for line in csv.decode().splitlines()]


def zipped(members: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """An ordinary archive."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name, (2015, 7, 1, 0, 0, 0)), content, method)
    return buffer.getvalue()


def xls_of(rows: list[list[str]], at: tuple[int, int] = (0, 0)) -> bytes:
    """A BIFF8 workbook of one sheet of text whose first cell stands at a row and column (from 0).

    Compound file and records after Microsoft's [MS-CFB] and [MS-XLS]; only what a reader needs.
    """
    bof = lambda kind: _record(0x0809, struct.pack("<HHHHII", 0x0600, kind, 0x0DBB, 0x07CC, 0, 6))  # noqa: E731
    texts = [text for row in rows for text in row]
    cells = [(at[0] + r, at[1] + c) for r, row in enumerate(rows) for c in range(len(row))]
    labels = b"".join(
        _record(0x0204, struct.pack("<HHHHB", row, column, 0, len(text), 1) + text.encode("utf-16-le"))
        for (row, column), text in zip(cells, texts, strict=True)
        if text
    )
    sheet = bof(0x0010) + labels + _record(0x000A, b"")
    codepage = _record(0x0042, struct.pack("<H", 1200))
    name = b"Register"
    head = bof(0x0005) + codepage
    start = len(head) + 4 + 8 + len(name) + 4
    bound = _record(0x0085, struct.pack("<IBBBB", start, 0, 0, len(name), 0) + name)
    return _compound_file(head + bound + _record(0x000A, b"") + sheet)


def _record(kind: int, body: bytes) -> bytes:
    return struct.pack("<HH", kind, len(body)) + body


def _compound_file(stream: bytes) -> bytes:
    """One stream named Workbook: header, then one sector table after another, the directory, and the stream."""
    stream = stream.ljust(4096, b"\0")
    n_stream = -(-len(stream) // 512)
    n_fat = -(-(n_stream + 1) // 127)
    chain = [0xFFFFFFFD] * n_fat + [0xFFFFFFFE] + [n_fat + 2 + at for at in range(n_stream - 1)] + [0xFFFFFFFE]
    fat = struct.pack(f"<{len(chain)}I", *chain).ljust(n_fat * 512, b"\xff")
    header = (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6) + bytes(6)
        + struct.pack("<IIIIIIIII", 0, n_fat, n_fat, 0, 4096, 0xFFFFFFFE, 0, 0xFFFFFFFE, 0)
        + struct.pack("<109I", *range(n_fat), *[0xFFFFFFFF] * (109 - n_fat))
    )  # fmt: skip
    directory = _entry("Root Entry", 5, 1, 0xFFFFFFFE, 0) + _entry("Workbook", 2, 0xFFFFFFFF, n_fat + 1, len(stream))
    return header + fat + directory.ljust(512, b"\0") + stream.ljust(n_stream * 512, b"\0")


def _entry(name: str, kind: int, child: int, start: int, size: int) -> bytes:
    text = name.encode("utf-16-le")
    return (
        text.ljust(64, b"\0") + struct.pack("<HBBIII", len(text) + 2, kind, 1, 0xFFFFFFFF, 0xFFFFFFFF, child)
        + bytes(36) + struct.pack("<IQ", start, size)
    )  # fmt: skip
