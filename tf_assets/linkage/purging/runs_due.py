"""Runs of Dagster that nothing depends on.

Deliveries are told from one another by the runs that dealt with them, and what stands by its last materialisation and
check: a run that holds any of these stays, however old, or everything would be received and made again.
"""

from collections.abc import Iterator
from datetime import UTC

import dagster as dg
import sqlalchemy as db
from dagster._core.storage.event_log import SqlEventLogStorage
from dagster._core.storage.event_log.schema import AssetCheckExecutionsTable, SqlEventLogStorageTable

from tf_assets.linkage.purging.thing import Thing
from tf_assets.warehouse.deliveries import DELIVERY_TAG, PARTITION_TAG
from tf_assets.warehouse.errors import EvaluationError

DeliveryKey = tuple[str, str | None, str]
"""(job, partition key, fingerprint)."""

ENDED = [dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED]
PAGE = 500


def dispensable_runs(instance: dg.DagsterInstance, deliveries: frozenset[DeliveryKey]) -> Iterator[Thing]:
    """Runs that have ended and hold nothing that counts; deliveries: all that have landed, of both locations."""
    needed = _runs_that_stand(_storage(instance))
    cursor = None
    while records := instance.get_run_records(dg.RunsFilter(statuses=ENDED), limit=PAGE, cursor=cursor):
        cursor = records[-1].dagster_run.run_id
        for record in records:
            run = record.dagster_run
            tags = run.tags
            delivery = (run.job_name, tags.get(PARTITION_TAG), tags.get(DELIVERY_TAG, ""))
            if run.run_id not in needed and delivery not in deliveries:
                ended = record.update_timestamp.astimezone(UTC).replace(tzinfo=None)
                yield Thing(ended, lambda run_id=run.run_id: _remove(instance, run_id))  # type: ignore[misc]


def _remove(instance: dg.DagsterInstance, run_id: str) -> None:
    """Its events first: what is left of a removal that was stopped is a run, and that is found again."""
    storage = _storage(instance)
    storage.delete_events(run_id)
    with storage.index_connection() as connection:
        connection.execute(AssetCheckExecutionsTable.delete().where(AssetCheckExecutionsTable.c.run_id == run_id))
    instance.run_storage.delete_run(run_id)


def _runs_that_stand(storage: SqlEventLogStorage) -> set[str]:
    """The runs that hold the last materialisation or the last verdict of a check, of any table or partition."""
    events, checks = SqlEventLogStorageTable.c, AssetCheckExecutionsTable.c
    last_events = (
        db.select(db.func.max(events.id))
        .where(events.dagster_event_type == dg.DagsterEventType.ASSET_MATERIALIZATION.value)
        .group_by(events.asset_key, events.partition)
    )
    last_checks = (
        db.select(db.func.max(checks.id))
        .where(checks.evaluation_event.is_not(None))
        .group_by(checks.asset_key, checks.check_name, checks.partition)
    )
    with storage.index_connection() as connection:
        return {
            run_id
            for column, identifier, last in (
                (events.run_id, events.id, last_events),
                (checks.run_id, checks.id, last_checks),
            )
            for (run_id,) in connection.execute(db.select(column).where(identifier.in_(last)))
        }


def _storage(instance: dg.DagsterInstance) -> SqlEventLogStorage:
    storage = instance.event_log_storage
    if not isinstance(storage, SqlEventLogStorage):
        raise EvaluationError(
            "Dagster keeps its events where a purge cannot look. Purge them by the means of that storage, or use SQLite or "
            "PostgreSQL (dagster.yaml)."
        )
    return storage
