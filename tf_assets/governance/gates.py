"""The gates' verdicts, as Dagster recorded them: the latest on each table, and on each partition of it."""

from collections.abc import Iterator
from dataclasses import dataclass

import dagster as dg
from dagster._core.event_api import PartitionKeyFilter
from dagster._core.storage.asset_check_execution_record import AssetCheckExecutionRecordStatus

from tf_assets.quality.gate import CHECK
from tf_assets.warehouse.schema import load_schemas

_PASSED, _REFUSED = AssetCheckExecutionRecordStatus.SUCCEEDED, AssetCheckExecutionRecordStatus.FAILED


@dataclass(frozen=True)
class Refusal:
    """A verdict that stands against a table, or against one partition of it; the last good data stand.

    Why is not repeated: a sentence for whoever mends a return may say how few rows of it are wrong.
    """

    table: str
    partition: str | None


@dataclass(frozen=True)
class Gate:
    """One table: how many verdicts stand (one, or one a partition), by how many rules the last good one was judged, and
    what stands against it."""

    environment: str
    stage: str
    table: str
    n_verdicts: int
    n_rules: int
    refusals: tuple[Refusal, ...]


@dataclass(frozen=True)
class Gates:
    """Every table that has ever been judged, by environment, stage and table."""

    gates: tuple[Gate, ...]

    @property
    def n_verdicts(self) -> int:
        """Verdicts that stand."""
        return sum(gate.n_verdicts for gate in self.gates)

    @property
    def n_rules(self) -> int:
        """Rules of all tables."""
        return sum(gate.n_rules for gate in self.gates)

    @property
    def refusals(self) -> tuple[Refusal, ...]:
        """Verdicts that stand against a table or a partition."""
        return tuple(refusal for gate in self.gates for refusal in gate.refusals)

    @property
    def refused_deliveries(self) -> tuple[Refusal, ...]:
        """Those of partitions: a delivery was refused, and what it would have replaced stands."""
        return tuple(each for each in self.refusals if each.partition is not None)

    @property
    def refused_tables(self) -> tuple[Refusal, ...]:
        """Those of whole tables, which should all have passed."""
        return tuple(each for each in self.refusals if each.partition is None)


def read_gates(instance: dg.DagsterInstance) -> Gates:
    """The latest verdict on each declared table; only those against one are read whole."""
    schemas = sorted(load_schemas().values(), key=lambda each: (each.environment, each.stage, each.name))
    found = (_gate(instance, schema.environment, schema.stage, schema.name) for schema in schemas)
    return Gates(tuple(gate for gate in found if gate.n_verdicts))


def _gate(instance: dg.DagsterInstance, environment: str, stage: str, table: str) -> Gate:
    key = dg.AssetCheckKey(dg.AssetKey(table), CHECK)
    n_passed, refusals = 0, []
    for info in instance.event_log_storage.get_asset_check_partition_info([key]):
        if info.latest_execution_status == _PASSED:
            n_passed += 1
            continue
        # refused; or planned only, by a run that is under way or died: then what was said before it stands
        verdict = next(_verdicts(instance, key, PartitionKeyFilter(key=info.partition_key)), None)
        if verdict is not None and verdict.passed:
            n_passed += 1
        elif verdict is not None:
            refusals.append(Refusal(table, info.partition_key))
    refusals.sort(key=lambda each: each.partition or "")
    return Gate(environment, stage, table, n_passed + len(refusals), _n_rules(instance, key), tuple(refusals))


def _verdicts(
    instance: dg.DagsterInstance, key: dg.AssetCheckKey, partition: PartitionKeyFilter | None, passed_only: bool = False
) -> Iterator[dg.AssetCheckEvaluation]:
    """The newest verdict on a table, or on one partition, if there is any."""
    status = {_PASSED} if passed_only else {_PASSED, _REFUSED}
    found = instance.event_log_storage.get_asset_check_execution_history(
        key, limit=1, status=status, partition_filter=partition
    )
    return (record.evaluation for record in found if isinstance(record.evaluation, dg.AssetCheckEvaluation))


def _n_rules(instance: dg.DagsterInstance, key: dg.AssetCheckKey) -> int:
    """How many rules the newest good verdict judged; none where nothing was ever good."""
    verdict = next(_verdicts(instance, key, None, passed_only=True), None)
    said = verdict.metadata.get("n_rules") if verdict else None
    return int(said.value) if isinstance(said, dg.IntMetadataValue) and said.value is not None else 0
