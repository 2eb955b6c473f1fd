"""Both code locations, each in a process of its own, with one progress bar a phase.

The research environment's process is started without the keys, as it is in production.
"""

import json
import os
import subprocess
import sys
import threading
from dataclasses import dataclass, field

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from tf_assets.cli.materialise import Phase
from tf_assets.warehouse.errors import EvaluationError
from tf_assets.warehouse.home import Environment, Home

KEYS_VARIABLE = "TF_LINKAGE_KEYS"

Step = tuple[Environment, Phase]

_TITLES: dict[Step, str] = {
    ("linkage", "returns"): "Councils' returns",
    ("linkage", "identities"): "Departments' identities",
    ("research", "attributes"): "Departments' attributes",
    ("linkage", "national"): "Spine and release",
    ("research", "national"): "Cohorts to publication",
}

_LANES: tuple[tuple[tuple[Step, ...], ...], ...] = (
    ((("linkage", "returns"),), (("linkage", "identities"), ("research", "attributes"))),
    ((("linkage", "national"),),),
    ((("research", "national"),),),
)
"""Stages one after another; the lanes of a stage side by side; the steps of a lane one after another."""

_SMALL_TABLES = {"POLARS_MAX_THREADS": "1"}
"""Deliveries are many and small: threads cost them more than they bring, and the lanes fill the processors."""


@dataclass
class RunSummary:
    """What a run of both locations came to.

    n_runs: Dagster runs; refused, failed: one sentence each.
    """

    n_runs: int = 0
    refused: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)


def run_locations(home: Home) -> RunSummary:
    """Receive what has landed in both environments side by side, then release, then evaluate and publish."""
    summary = RunSummary()
    with Progress(
        TextColumn("{task.description:<24}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[step]}", style="dim"),
    ) as bars:
        tasks = {step: bars.add_task(title, total=None, start=False, step="") for step, title in _TITLES.items()}
        for lanes in _LANES:
            threads = [threading.Thread(target=_run_lane, args=(home, lane, bars, tasks, summary)) for lane in lanes]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
    return summary


def _run_lane(
    home: Home, lane: tuple[Step, ...], bars: Progress, tasks: dict[Step, TaskID], summary: RunSummary
) -> None:
    for step in lane:
        _run_step(home, step, bars, tasks[step], summary)


def _run_step(home: Home, step: Step, bars: Progress, task: TaskID, summary: RunSummary) -> None:
    environment, phase = step
    bars.start_task(task)
    ended = False
    with _start(home, environment, phase) as process:
        assert process.stdout is not None
        for line in process.stdout:
            told = json.loads(line)
            if "n_runs" in told:
                summary.n_runs += told["n_runs"]
                summary.refused += told["refused"]
                summary.failed += told["failed"]
                ended = True
            else:
                bars.update(task, completed=told["done"], total=max(told["total"], 1), step=told["step"])
    total = bars.tasks[task].total or 1
    bars.update(task, completed=total, total=total, step="" if ended else "failed")
    bars.stop_task(task)
    if not ended:
        summary.failed.append(f"{environment}, {phase}: the process ended with {process.returncode}.")


def _start(home: Home, environment: Environment, phase: Phase) -> "subprocess.Popen[str]":
    variables = {**os.environ, "TF_HOME": str(home.root), "DAGSTER_HOME": str(home.dagster)}
    if phase != "national":
        variables |= _SMALL_TABLES
    if environment == "research":
        variables.pop(KEYS_VARIABLE, None)
    try:
        return subprocess.Popen(
            [sys.executable, "-m", "tf_assets.cli", "materialise", environment, phase, "--report-json"],
            env=variables,
            stdout=subprocess.PIPE,
            stderr=(home.root / f"{environment}.log").open("ab"),
            text=True,
        )
    except OSError as error:
        raise EvaluationError(f"The {environment} location could not be started: {error.strerror}.") from None
