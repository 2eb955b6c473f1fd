"""Deliveries: files that landed and the partitions that they ask for.

A run that was asked for because a file landed carries the file's hash as a tag. The sensors and the command line both
ask here, so neither handles a delivery twice, and a refused file is not tried again until its sender mends it. A run
whose process died gave no verdict: its delivery is tried again.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import dagster as dg
from dagster._core.definitions.assets.graph.base_asset_graph import BaseAssetGraph
from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition

from tf_assets.warehouse.home import Home
from tf_assets.warehouse.landing import Half, landed_extracts

DELIVERY_TAG = "tf/delivery"
"""The run tag that holds a delivery's fingerprint."""

VERDICT_TAG = "tf/verdict"
"""The run tag that a failed run has if it ended by a verdict on what it was given, not because its process died."""

MOST_ATTEMPTS = 3
"""Runs of a delivery that may die before it is left to a person: what kills a process three times will kill it again."""

PARTITION_TAG = "dagster/partition"

CODE_VERSION_TAG = "dagster/code_version"
"""Which rules a table was made by; Dagster writes it with each materialisation."""


@dataclass(frozen=True)
class Delivery:
    """A landed file, the partition it belongs to, and the job that receives it.

    partition_key: None where the job has no partitions; fingerprint: changes when the file does; attempt: how many
    runs of it have died.
    """

    job_name: str
    partition_key: str | None
    fingerprint: str
    attempt: int = 0


def receiving_job(extract: str, half: Half) -> str:
    """The name of the job that receives one half of an extract."""
    return f"receive_{extract}_{half}"


def extract_deliveries(home: Home, half: Half) -> Iterator[Delivery]:
    """Departments' files of one half that have landed."""
    for landed in landed_extracts(home.landing, half):
        yield Delivery(receiving_job(landed.extract, half), landed.partition_key, landed.fingerprint)


def pending_deliveries(instance: dg.DagsterInstance, landed: Iterable[Delivery]) -> list[Delivery]:
    """Those that no run has dealt with or is dealing with."""
    landed = list(landed)
    past = {job: _past_runs(instance, job) for job in {each.job_name for each in landed}}
    pending = []
    for each in landed:
        runs = past[each.job_name].get((each.partition_key, each.fingerprint), [])
        n_died = sum(_has_died(run) for run in runs)
        if n_died == len(runs) and n_died < MOST_ATTEMPTS:
            pending.append(replace(each, attempt=n_died))
    return pending


def is_taken(instance: dg.DagsterInstance, delivery: Delivery) -> bool:
    """Whether a run has dealt with this delivery, or is dealing with it, since the pending ones were listed.

    Two processes that ask at one moment may both take it: it is then received twice, to the same end.
    """
    tags = {DELIVERY_TAG: delivery.fingerprint}
    if delivery.partition_key is not None:
        tags[PARTITION_TAG] = delivery.partition_key
    runs = instance.get_runs(filters=dg.RunsFilter(job_name=delivery.job_name, tags=tags))
    return any(not _has_died(run) and run.status != dg.DagsterRunStatus.CANCELED for run in runs)


def delivery_sensor(
    name: str, jobs: Sequence[UnresolvedAssetJobDefinition], landed: Callable[[Home], Iterable[Delivery]]
) -> dg.SensorDefinition:
    """A sensor that asks for one run for each delivery that is pending."""

    @dg.sensor(
        name=name,
        jobs=jobs,
        minimum_interval_seconds=30,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Sees what landed and asks for the partition it belongs to, once for each file.",
    )
    def sensor(context: dg.SensorEvaluationContext) -> Iterator[dg.RunRequest | dg.SkipReason]:
        pending = pending_deliveries(context.instance, landed(Home.from_environment()))
        if not pending:
            yield dg.SkipReason("Everything that has landed was dealt with.")
        for each in pending:
            yield dg.RunRequest(
                job_name=each.job_name,
                partition_key=each.partition_key,
                run_key=f"{each.partition_key or each.job_name} {each.fingerprint}"
                + (f" {each.attempt}" if each.attempt else ""),
                tags={DELIVERY_TAG: each.fingerprint},
            )

    return sensor


def stale_assets(instance: dg.DagsterInstance, graph: BaseAssetGraph, keys: Iterable[dg.AssetKey]) -> set[dg.AssetKey]:
    """Those of `keys` that were never published, or by other rules (code version), or before something that they are made of.

    What is made of a stale table is stale itself; tables that are made together are stale together.
    """
    wanted = set(keys)
    made_at = {
        key: _published_at(instance, key) for key in wanted | {p for k in wanted for p in graph.get(k).parent_keys}
    }
    stale: set[dg.AssetKey] = set()
    for level in graph.toposorted_asset_keys_by_level:
        for key in sorted(wanted & set(level)):
            parents = graph.get(key).parent_keys
            own = made_at[key]
            is_late = own is None or any((at := made_at[each]) and at > own for each in parents)
            if is_late or parents & stale or _is_by_other_rules(instance, graph, key):
                stale |= graph.get(key).execution_set_asset_keys
    return stale


def _is_by_other_rules(instance: dg.DagsterInstance, graph: BaseAssetGraph, key: dg.AssetKey) -> bool:
    wanted, event = graph.get(key).code_version, instance.get_latest_materialization_event(key)
    made = event.asset_materialization if event else None
    return wanted is not None and made is not None and (made.tags or {}).get(CODE_VERSION_TAG) != wanted


def _past_runs(instance: dg.DagsterInstance, job_name: str) -> dict[tuple[str | None, str], list[dg.DagsterRun]]:
    """The runs of a job that have ended or are under way, by partition key and fingerprint; not those called off."""
    past: dict[tuple[str | None, str], list[dg.DagsterRun]] = {}
    for run in instance.get_runs(filters=dg.RunsFilter(job_name=job_name)):
        if DELIVERY_TAG in run.tags and run.status != dg.DagsterRunStatus.CANCELED:
            past.setdefault((run.tags.get(PARTITION_TAG), run.tags[DELIVERY_TAG]), []).append(run)
    return past


def _has_died(run: dg.DagsterRun) -> bool:
    return run.status == dg.DagsterRunStatus.FAILURE and VERDICT_TAG not in run.tags


def _published_at(instance: dg.DagsterInstance, key: dg.AssetKey) -> float | None:
    event = instance.get_latest_materialization_event(key)
    return event.timestamp if event else None
