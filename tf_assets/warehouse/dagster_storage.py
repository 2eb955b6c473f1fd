"""Dagster's SQLite storages for an instance of many small runs: one engine a process.

Dagster's own make an engine for every event, and with it compile each statement and open the file anew; that is half the
time of a small run. Write-ahead logging is on in both files, so that `synchronous = NORMAL` cannot corrupt them; after a
power cut the last events may be missing, and what they told of is then made again.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from typing import Any

import sqlalchemy as db
from dagster._core.storage.event_log import ConsolidatedSqliteEventLogStorage
from dagster._core.storage.runs import SqliteRunStorage
from dagster._core.storage.sqlite import SQLITE_BUSY_TIMEOUT_SECONDS
from dagster._serdes import ConfigurableClassData


def _engine(conn_string: str) -> db.Engine:
    engine = db.create_engine(conn_string, connect_args={"timeout": SQLITE_BUSY_TIMEOUT_SECONDS})

    @db.event.listens_for(engine, "connect")
    def _set_up(connection: Any, _record: Any) -> None:
        connection.execute("PRAGMA synchronous = NORMAL")

    return engine


class EventLog(ConsolidatedSqliteEventLogStorage):
    """The events of all runs in one file."""

    @cached_property
    def _engine(self) -> db.Engine:
        return _engine(self._conn_string)

    @contextmanager
    def _connect(self) -> Iterator[db.Connection]:
        with self._engine.begin() as connection:
            yield connection

    def dispose(self) -> None:
        """Close the file when the instance is closed."""
        super().dispose()
        self._engine.dispose()


class RunLog(SqliteRunStorage):
    """The runs and their tags."""

    @classmethod
    def from_config_value(cls, inst_data: ConfigurableClassData | None, config_value: Mapping[str, Any]) -> "RunLog":
        """What dagster.yaml's `config` gives."""
        return cls.from_local(inst_data=inst_data, **config_value)

    @cached_property
    def _engine(self) -> db.Engine:
        return _engine(self._conn_string)

    @contextmanager
    def connect(self) -> Iterator[db.Connection]:
        """A transaction."""
        with self._engine.begin() as connection:
            yield connection

    def dispose(self) -> None:
        """Close the file when the instance is closed."""
        super().dispose()
        self._engine.dispose()
