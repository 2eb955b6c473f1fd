"""What a council is told of its return: row numbers, rules and advice, never a value that it sent.

Two files in feedback/<council>/<quarter>/: `feedback.html`, a page for people, and `feedback-<digest>.xlsx`, every row
to sort and filter. The digest is of all that both say, so a page can only ever name the spreadsheet that was made with
it. The spreadsheet is written first and the page, whole, last: until then the old page stands beside its own
spreadsheet, and what the new page does not name goes after it. A crash leaves the old pair or the new one.
"""

import fcntl
import hashlib
import os
import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from functools import lru_cache
from importlib.resources import files
from pathlib import Path

import polars as pl

from tf_assets.linkage.returns.feedback_content import Feedback, compose_feedback
from tf_assets.linkage.returns.feedback_page import render_page
from tf_assets.linkage.returns.feedback_workbook import workbook_bytes
from tf_assets.linkage.returns.judging import JudgedReturn, Received, ReturnRefused
from tf_assets.linkage.returns.trend import EarlierReturns

PAGE = "feedback.html"

_OURS = re.compile(r"feedback-[0-9a-f]{12}\.xlsx|feedback\.csv|\.[0-9a-f]{32}")
"""What a folder may hold beside the page: spreadsheets, the list that was written before them, unfinished files."""

_MADE_BY = (
    "column_readings.py", "feedback.css", "feedback.html.jinja", "feedback_content.py", "feedback_page.py",
    "feedback_tables.py", "feedback_words.py", "feedback_workbook.py", "row_ranges.py", "trend.py", "trend_chart.py",
)  # fmt: skip


def write_feedback(
    feedback: Path,
    received: Received,
    judged: JudgedReturn | ReturnRefused | None,
    earlier: EarlierReturns | None = None,
    changes: pl.DataFrame | None = None,
    *,
    standing: JudgedReturn | None = None,
    answer_by: date | None = None,
) -> Path:
    """Write the page and the spreadsheet of one return; their folder. What is there already is left untouched.

    judged: None when the council withdrew what it had sent for the quarter. earlier: the council's earlier returns
    (`trend.earlier_returns`), None for none. changes: rows of `register_changes`, of which those of this council,
    quarter and, where the table has it, file are told. standing: the earlier file of the quarter that is used where
    this one is not. answer_by: the day by which the council is asked to act, if there is one.
    """
    told = compose_feedback(received, judged, earlier or EarlierReturns(), changes, standing, answer_by)
    digest = _digest(told)
    workbook_name = f"feedback-{digest[:12]}.xlsx"
    folder = feedback / received.council_code / received.quarter_date.isoformat()
    folder.mkdir(parents=True, exist_ok=True)
    with _alone_in(folder):
        if not _is_written(folder, workbook_name, digest):
            _write(folder / workbook_name, workbook_bytes(told))
            _write(folder / PAGE, render_page(told, workbook_name, digest).encode())
        _remove_older(folder, workbook_name)
    return folder


def _digest(told: Feedback) -> str:
    """Of everything that is said and of the code that says it: a new layout is written too."""
    said = hashlib.sha256(repr(told).encode())
    said.update(told.listed.write_csv().encode())
    said.update(_code_digest())
    return said.hexdigest()


@lru_cache(maxsize=1)
def _code_digest() -> bytes:
    package = files("tf_assets.linkage.returns")
    return hashlib.sha256(b"".join((package / name).read_bytes() for name in _MADE_BY)).digest()


def _is_written(folder: Path, workbook_name: str, digest: str) -> bool:
    page = folder / PAGE
    return (folder / workbook_name).is_file() and page.is_file() and digest.encode() in page.read_bytes()


@contextmanager
def _alone_in(folder: Path) -> Iterator[None]:
    """Two writers of one return take turns: neither may remove what the other has just written."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _write(path: Path, content: bytes) -> None:
    staged = path.with_name(f".{uuid.uuid4().hex}")
    with staged.open("xb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    staged.replace(path)


def _remove_older(folder: Path, workbook_name: str) -> None:
    """Spreadsheets of earlier pages, and what a writer that was stopped left behind."""
    for path in folder.iterdir():
        if path.name != workbook_name and _OURS.fullmatch(path.name):
            path.unlink(missing_ok=True)
