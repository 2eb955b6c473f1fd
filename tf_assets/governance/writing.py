"""The record on disk: one file a release, the newest state of the newest release; those of earlier releases stay.

governance/<release id>.html
"""

from pathlib import Path

import dagster as dg

from tf_assets.governance.page import record_html
from tf_assets.governance.record import Record, read_record
from tf_assets.warehouse.home import Home
from tf_assets.warehouse.whole_files import write_whole


def write_record(home: Home, instance: dg.DagsterInstance) -> tuple[Record, Path]:
    """Write the record of the current release, whole or not at all; what it says, and where it lies.

    The same release, declarations and results give the same bytes, and then the file is left as it is. Errors as of
    `read_record`; the file then stays as it was.
    """
    record = read_record(home, instance)
    path = record_file(home, record.release.release_id)
    write_whole(path, record_html(record))
    return record, path


def record_file(home: Home, release_id: str) -> Path:
    """Where a release's record lies."""
    return home.governance / f"{release_id}.html"
