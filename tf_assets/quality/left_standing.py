"""What a step says of tables that it leaves as they stand: what was said when they were made, and that they were not."""

from collections.abc import Sequence

import dagster as dg
from dagster._core.storage.asset_check_execution_record import AssetCheckExecutionRecordStatus

from tf_assets.warehouse.schema import TableSchema

MADE_AGAIN = "made_again"
"""Metadata of a materialisation that left a table as it stood: False."""

Told = list[dg.AssetCheckResult | dg.MaterializeResult[None]]


def left_standing(instance: dg.DagsterInstance, check: str, schemas: Sequence[TableSchema]) -> Told | None:
    """The results of a step that leaves these tables as they stand; None where Dagster does not know that they stand.

    Metadata and data version are those of the last materialisation, so that the UI goes on showing them.
    """
    told: Told = []
    for schema in schemas:
        event = instance.get_latest_materialization_event(dg.AssetKey(schema.name))
        verdict = _last_verdict(instance, dg.AssetCheckKey(dg.AssetKey(schema.name), check))
        made = event.asset_materialization if event else None
        if made is None or verdict is None or not verdict.passed:
            return None
        version = (made.tags or {}).get("dagster/data_version")
        told.append(
            dg.AssetCheckResult(
                passed=True,
                check_name=check,
                asset_key=schema.name,
                description="Nothing that the table is made of has changed since it passed.",
                metadata=verdict.metadata,
            )
        )
        told.append(
            dg.MaterializeResult(
                asset_key=schema.name,
                metadata={**made.metadata, MADE_AGAIN: False},
                data_version=dg.DataVersion(version) if version else None,
            )
        )
    return told


def _last_verdict(instance: dg.DagsterInstance, key: dg.AssetCheckKey) -> dg.AssetCheckEvaluation | None:
    """The last verdict that was given; the run that asks has only planned its own."""
    given = {AssetCheckExecutionRecordStatus.SUCCEEDED, AssetCheckExecutionRecordStatus.FAILED}
    for record in instance.event_log_storage.get_asset_check_execution_history(key, limit=1, status=given):
        event = record.event.dagster_event if record.event else None
        if event and isinstance(event.event_specific_data, dg.AssetCheckEvaluation):
            return event.event_specific_data
    return None
