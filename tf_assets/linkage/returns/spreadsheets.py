"""XLSX, ODS and the older XLS, with the guards that a parser of untrusted files needs."""

import fastexcel
import polars as pl

from tf_assets.linkage.returns.archives import DAMAGED, LOCKED, Member, pack
from tf_assets.linkage.returns.confined import read_confined
from tf_assets.linkage.returns.grid import Grid, grid_of
from tf_assets.linkage.returns.workbook_guards import refuse_vast_workbook
from tf_assets.warehouse.errors import InputRefused

OLE_MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
BINARY_WORKBOOK = "The file is a binary workbook. Save it as XLSX or CSV and send it again."
EMPTY = "The spreadsheet is empty. Send the register again."

_LOCKS = ("EncryptedPackage".encode("utf-16-le"), "EncryptedSummary".encode("utf-16-le"))


def kind_of_workbook(members: list[Member]) -> str | None:
    """xlsx, ods or xlsb by what the archive holds; None when it is no workbook.

    `InputRefused` when it is two at once: a parser that fails on one may try the other, which nobody has looked at.
    """
    contents = {member.name: member.content for member in members}
    found = [kind for kind, name in (("xlsx", "xl/workbook.xml"), ("xlsb", "xl/workbook.bin")) if name in contents]
    if "content.xml" in contents and b"spreadsheet" in contents.get("mimetype", b""):
        found.append("ods")
    if len(found) > 1:
        raise InputRefused(DAMAGED)
    return found[0] if found else None


def read_workbook(members: list[Member], kind: str) -> list[Grid]:
    """Every visible sheet that holds anything of an XLSX or ODS; InputRefused when it cannot, or must not, be read."""
    if kind == "xlsb":
        raise InputRefused(BINARY_WORKBOOK)
    manifest = next((member.content for member in members if member.name == "META-INF/manifest.xml"), b"")
    if b"encryption-data" in manifest:
        raise InputRefused(LOCKED)
    kept = [member for member in members if member.name == "mimetype" or _is_xml(member)]
    refuse_vast_workbook(kept)
    return _filled(_frames(pack(kept)), kind)


def read_xls(content: bytes) -> list[Grid]:
    """The same of an XLS."""
    if any(lock in content for lock in _LOCKS):
        raise InputRefused(LOCKED)
    return _filled(read_confined(content, DAMAGED), "xls")


def _is_xml(member: Member) -> bool:
    return member.name.lower().endswith((".xml", ".rels"))


def _frames(content: bytes) -> list[pl.DataFrame]:
    try:
        reader = fastexcel.read_excel(content)
        # skip_rows=0 keeps leading blank rows, so that row numbers are the sender's
        sheets = (
            reader.load_sheet(at, header_row=None, skip_rows=0, dtypes="string")
            for at in range(len(reader.sheet_names))
        )
        return [sheet.to_polars() for sheet in sheets if sheet.visible == "visible"]
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException:  # a panic of the parser is not an Exception, and its message may quote a cell
        raise InputRefused(DAMAGED) from None


def _filled(frames: list[pl.DataFrame], kind: str) -> list[Grid]:
    grids = [grid_of(frame, kind, kind) for frame in frames if frame.width]
    filled = [grid for grid in grids if grid.columns]
    if not filled:
        raise InputRefused(EMPTY)
    return filled
