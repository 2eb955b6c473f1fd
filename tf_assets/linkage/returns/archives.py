"""Zip archives from strangers: opened in memory, measured before they are unpacked, and never written to disk.

A workbook is such an archive too. Names of members may hold names of people and are never repeated.
"""

import io
import re
import stat
import zipfile
import zlib
from dataclasses import dataclass

from tf_assets.warehouse.errors import InputRefused

ZIP_MAGIC = b"PK\x03\x04"
EMPTY_ZIP_MAGIC = b"PK\x05\x06"

MOST_UNPACKED_BYTES = 192 * 2**20
"""A return of 100,000 rows unpacks to some 100 MB; an archive beyond this is not read (ours)."""

MOST_MEMBERS = 1000
MOST_RATIO = 500
LEAST_RATIO_BYTES = 2**20
"""A member larger than this that unpacks to more than the ratio was made to do harm: text shrinks to a tenth (ours)."""

DAMAGED = "The file is damaged or was cut short in transfer. Send it again."
TOO_LARGE = "The file unpacks to far more than a register can be, so it was not opened. Save it again as CSV."
LOCKED = "The file is protected by a password. Remove the password and send it again."
PATH_TRICK = "The archive names places outside itself, so it was not opened. Pack the register again and send it."
ODDLY_PACKED = "The archive is packed in a way that is not opened here. Pack it again as an ordinary zip file."

_STRANGE_NAME = re.compile(r"^[/\\]|^[A-Za-z]:|(?:^|[/\\])\.\.(?:[/\\]|$)|[\x00-\x1f]")


@dataclass(frozen=True)
class Member:
    """One file of an archive: its name, never to be repeated, and its content."""

    name: str
    content: bytes

    @property
    def is_programs_own(self) -> bool:
        """Left there by an operating system, not by a person."""
        parts = self.name.split("/")
        return "__MACOSX" in parts or parts[-1].startswith(".") or parts[-1].lower() in ("thumbs.db", "desktop.ini")


def unpack(content: bytes) -> list[Member]:
    """Every file of an archive; `InputRefused` when it cannot, or must not, be unpacked."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            infos = [info for info in archive.infolist() if not info.is_dir()]
            _refuse_harmful(infos, len(content))
            return [Member(info.filename, archive.read(info)) for info in infos]
    except (zipfile.BadZipFile, zipfile.LargeZipFile, NotImplementedError, RuntimeError, EOFError, OSError, ValueError):
        raise InputRefused(DAMAGED) from None
    except (zlib.error, IndexError, KeyError, OverflowError, MemoryError):
        raise InputRefused(DAMAGED) from None


def pack(members: list[Member]) -> bytes:
    """An archive of the same files that says of itself what is true: for a parser that believes what it is told."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for member in members:
            archive.writestr(zipfile.ZipInfo(member.name), member.content)
    return buffer.getvalue()


def _refuse_harmful(infos: list[zipfile.ZipInfo], n_packed: int) -> None:
    if any(info.flag_bits & 1 for info in infos):
        raise InputRefused(LOCKED)
    if any(_STRANGE_NAME.search(info.orig_filename) or stat.S_ISLNK(info.external_attr >> 16) for info in infos):
        raise InputRefused(PATH_TRICK)
    if any(info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) for info in infos):
        raise InputRefused(ODDLY_PACKED)
    names = [info.filename for info in infos]
    # members that overlap are packed once and unpacked many times
    if len(set(names)) < len(names) or sum(info.compress_size for info in infos) > n_packed:
        raise InputRefused(DAMAGED)
    if len(infos) > MOST_MEMBERS or sum(info.file_size for info in infos) > MOST_UNPACKED_BYTES:
        raise InputRefused(TOO_LARGE)
    if any(i.file_size > LEAST_RATIO_BYTES and i.file_size > MOST_RATIO * max(i.compress_size, 1) for i in infos):
        raise InputRefused(TOO_LARGE)
