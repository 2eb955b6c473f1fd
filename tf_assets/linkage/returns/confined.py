"""Read the older XLS in a process of its own that may take neither much memory nor much time.

Its binary records cannot be measured beforehand as XML can: one cell in the last corner, or one long string that a
million cells name, takes gigabytes. So the limits are set by the operating system before the parser is called. Run as a
script: the workbook on standard input, the visible sheets as Arrow streams on standard output, nothing on disk.
"""

import io
import subprocess
import sys
from pathlib import Path

import polars as pl

from tf_assets.warehouse.errors import InputRefused


def read_confined(content: bytes, damaged: str) -> list[pl.DataFrame]:
    """The visible sheets of an XLS as text; `InputRefused` with the sentence when its process does not end well."""
    child = subprocess.run(
        [sys.executable, "-I", str(Path(__file__).with_name("xls_reader.py"))],
        input=content,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        check=False,
    )
    if child.returncode != 0:
        raise InputRefused(damaged)
    return _sheets(child.stdout)


def _sheets(output: bytes) -> list[pl.DataFrame]:
    frames, at = [], 0
    while at < len(output):
        length = int.from_bytes(output[at : at + 8], "big")
        frames.append(pl.read_ipc_stream(io.BytesIO(output[at + 8 : at + 8 + length])))
        at += 8 + length
    return frames
