"""Run one code location's assets in this process, through Dagster, into the home's instance.

Phases: `returns`, `identities` and `attributes` receive every file that no run has dealt with, one partition a run;
`opt_outs` records those that have landed or that the command recorded; `reviews` takes notice of reviewers' decisions;
`national` makes those unpartitioned tables again that something they are made of has changed for.
"""

import importlib
import logging
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Literal

import dagster as dg

from tf_assets.cli.holding import held
from tf_assets.warehouse.deliveries import DELIVERY_TAG, Delivery, is_taken, pending_deliveries, stale_assets
from tf_assets.warehouse.errors import EvaluationError
from tf_assets.warehouse.home import Environment, Home

Phase = Literal["opt_outs", "reviews", "returns", "identities", "attributes", "national"]
Report = Callable[[str, int, int], None]
"""Told of progress: a job's or an asset's name, steps done, steps in all."""

_STEP_EVENTS = {
    dg.DagsterEventType.STEP_START,
    dg.DagsterEventType.STEP_SUCCESS,
    dg.DagsterEventType.STEP_FAILURE,
}
_OURS = {"tf/launcher": "tf-eval"}
"""The tag of runs that have no daemon to watch over them."""

_QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


@dataclass
class Outcome:
    """What became of one phase: steps that ran, and sentences of refusals and of failures."""

    n_runs: int = 0
    refused: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)


def materialise(environment: Environment, phase: Phase, report: Report, from_the_end: bool = False) -> Outcome:
    """Run one phase of one code location.

    from_the_end: take what landed in the opposite order, so that two processes can share a phase and meet in its middle.
    """
    logging.getLogger("dagster").setLevel(logging.CRITICAL)
    logging.getLogger("great_expectations").setLevel(logging.ERROR)
    location = importlib.import_module(f"tf_assets.{environment}.definitions")
    if phase not in (*location.LANDED, "national"):
        raise EvaluationError(f"{environment} has the phases {', '.join(location.LANDED)} and national, not {phase}.")
    with dg.DagsterInstance.get() as instance:
        if phase in location.LANDED:
            return _receive(location.defs, instance, location.LANDED[phase], report, from_the_end)
        return _make_national(location.defs, instance, location.NATIONAL_JOB, report)


def count_pending(environment: Environment) -> int:
    """How many files have landed for a code location that no run has dealt with."""
    location = importlib.import_module(f"tf_assets.{environment}.definitions")
    home = Home.from_environment()
    with dg.DagsterInstance.get() as instance:
        return sum(len(pending_deliveries(instance, landed(home))) for landed in location.LANDED.values())


@contextmanager
def alone_in(home: Home) -> Iterator[None]:
    """Hold a home against a second command that would run something in it, and end what an earlier one left behind."""
    with held(home):
        end_abandoned_runs()
        yield


def end_abandoned_runs() -> None:
    """Fail the runs whose process died, and free the places that they held in pools; for whoever holds the home."""
    with dg.DagsterInstance.get() as instance:
        _end_abandoned_runs(instance)


def _end_abandoned_runs(instance: dg.DagsterInstance) -> None:
    under_way = [dg.DagsterRunStatus.NOT_STARTED, dg.DagsterRunStatus.STARTING, dg.DagsterRunStatus.STARTED]
    for run in instance.get_runs(filters=dg.RunsFilter(tags=_OURS, statuses=under_way)):
        instance.report_run_failed(run, "Its process ended before it did. The next run makes good for it.")
        instance.event_log_storage.free_concurrency_slots_for_run(run.run_id)


def _receive(
    defs: dg.Definitions,
    instance: dg.DagsterInstance,
    landed: Callable[[Home], list[Delivery]],
    report: Report,
    from_the_end: bool,
) -> Outcome:
    outcome = Outcome()
    pending = pending_deliveries(instance, landed(Home.from_environment()))
    for delivery in _from_the_end(pending) if from_the_end else pending:
        if is_taken(instance, delivery):
            continue
        report(delivery.job_name, outcome.n_runs, len(pending))
        result = defs.resolve_job_def(delivery.job_name).execute_in_process(
            run_config=_QUIET,
            instance=instance,
            partition_key=delivery.partition_key,
            tags={DELIVERY_TAG: delivery.fingerprint, **_OURS},
            raise_on_error=False,
        )
        _note(outcome, f"{delivery.job_name} {delivery.partition_key or ''}".strip(), result)
    report("", outcome.n_runs, len(pending))
    return outcome


def _from_the_end(pending: list[Delivery]) -> list[Delivery]:
    """The last council first, but each council's quarters in their order, so that a return is held beside those before."""
    return sorted(pending, key=lambda each: (each.partition_key or "").split("|")[0], reverse=True)


def _make_national(defs: dg.Definitions, instance: dg.DagsterInstance, job_name: str, report: Report) -> Outcome:
    outcome = Outcome()
    job = defs.resolve_job_def(job_name)
    graph = defs.resolve_asset_graph()
    stale = sorted(stale_assets(instance, graph, job.asset_layer.selected_asset_keys))
    if not stale:
        return outcome
    run_id = str(uuid.uuid4())
    with _progress(instance, run_id, len(stale), report):
        result = job.execute_in_process(
            run_config=_QUIET,
            instance=instance,
            run_id=run_id,
            tags=_OURS,
            raise_on_error=False,
            asset_selection=stale,
        )
    _note(outcome, job_name, result)
    return outcome


@contextmanager
def _progress(instance: dg.DagsterInstance, run_id: str, total: int, report: Report) -> Iterator[None]:
    """Report the steps of a run while it goes on: the run itself does not say until it has ended."""
    ended = threading.Event()

    def watch() -> None:
        cursor, done, current = None, 0, ""
        while not ended.wait(1):
            found = instance.get_records_for_run(run_id, cursor, of_type=_STEP_EVENTS)
            cursor = found.cursor
            for record in found.records:
                entry = record.event_log_entry
                if entry.dagster_event_type == dg.DagsterEventType.STEP_START:
                    current = entry.step_key or ""
                else:
                    done += 1
            report(current, done, total)

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield
    finally:
        ended.set()
        watcher.join()
        report("", total, total)


def _note(outcome: Outcome, name: str, result: dg.ExecuteInProcessResult) -> None:
    outcome.n_runs += 1
    if result.success:
        return
    for event in result.all_events:
        if not event.is_step_failure:
            continue
        failure = event.step_failure_data.user_failure_data
        sentence = (failure.description if failure else None) or _first_line(event)
        refused = bool(failure and "refused" in failure.metadata)
        (outcome.refused if refused else outcome.failed).append(f"{name}: {sentence}")


def _first_line(event: dg.DagsterEvent) -> str:
    error = event.step_failure_data.error
    return error.message.strip().splitlines()[0] if error else "it ended without a reason"
