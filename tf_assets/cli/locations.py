"""Both code locations at work side by side, with one progress bar a phase.

The research environment's process is started without the keys, as it is in production.
"""

import contextlib
import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from tf_assets.cli.tasks import COUNT_PENDING, END_ABANDONED, FROM_THE_END, LOAD_GATES, LOAD_TOOLS
from tf_assets.linkage.key_sources import KEY_VARIABLES
from tf_assets.warehouse.errors import EvaluationError
from tf_assets.warehouse.home import Environment, Home

_ENVIRONMENTS: dict[str, Environment] = {"register": "linkage", "identities": "linkage", "research": "research"}
"""The workers and the code location of each."""

_CHIEF = "register"
"""The worker that is always at work first."""

_HELPER = "identities"
"""The worker that takes a share of what the first could do alone."""

WORTH_A_HELPER = 8
"""So many pending files that a helper has done its share before the first worker has done all; to start it takes as long
as to receive a few (ours)."""

Stages = tuple[dict[str, tuple[str, ...]], ...]

RELEASE_STAGES: Stages = (
    {"register": ("opt_outs", "reviews", "returns"), "identities": ("identities", f"returns{FROM_THE_END}")},
    {"register": ("national",)},
)
"""Everything up to door 1."""

_STAGES: Stages = (
    {
        "register": ("opt_outs", "reviews", "returns"),
        "identities": ("identities", f"returns{FROM_THE_END}"),
        "research": ("attributes",),
    },
    {"register": ("national",)},
    {"research": ("national",)},
)
"""Stages one after another; in each the workers side by side, each with its tasks one after another."""

_TITLES: dict[tuple[Environment, str], str] = {
    ("linkage", "opt_outs"): "Opt-outs",
    ("linkage", "reviews"): "Clerical review",
    ("linkage", "returns"): "Councils' returns",
    ("linkage", "identities"): "Departments' identities",
    ("research", "attributes"): "Departments' attributes",
    ("linkage", "national"): "Spine and release",
    ("research", "national"): "Cohorts to publication",
}


@dataclass
class RunSummary:
    """What a run of both locations came to.

    n_runs: Dagster runs; refused, failed: one sentence each.
    """

    n_runs: int = 0
    refused: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)


class Workers:
    """The worker processes of a home: `with Workers(home) as workers`; they end with the block.

    The helper starts when there is enough for it to do, or when all are asked to load ahead.
    """

    def __init__(self, home: Home, stages: Stages = _STAGES) -> None:
        self._home = home
        self.stages = stages
        self._names = sorted({name for stage in stages for name in stage})
        self._processes: dict[str, subprocess.Popen[str]] = {}

    def __enter__(self) -> "Workers":
        self._home.root.mkdir(parents=True, exist_ok=True)
        self._start({*self._names} - {_HELPER})
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for process in self._processes.values():
            if kind is not None:
                process.terminate()
            _let_go(process)
            process.wait()

    def end_abandoned_runs(self) -> None:
        """Let the first worker, which has Dagster at hand, end what an earlier command left behind; for whoever holds the
        home."""
        next(self._answers(_CHIEF, END_ABANDONED), None)

    def load_ahead(self, names: Iterable[str] | None = None) -> None:
        """Let workers (all, unless named) load what their gates and their national tables need, while something else is
        made."""
        names = set(self._names if names is None else names)
        self._start(names)
        for name in sorted(names):
            self._ask(name, LOAD_GATES)
        for name in sorted(
            names & {name for stage in self.stages for name, tasks in stage.items() if "national" in tasks}
        ):
            self._ask(name, LOAD_TOOLS)

    def dismiss(self, names: Iterable[str]) -> None:
        """End workers that have nothing more to do, so that they hold no memory."""
        for name in self._processes.keys() & set(names):
            _let_go(self._processes[name])

    def share_out(self, stage: Mapping[str, tuple[str, ...]]) -> Mapping[str, tuple[str, ...]]:
        """A stage as it is done: where little has landed, the first worker does the helper's part too."""
        if _HELPER not in stage or _HELPER in self._processes or self._count_pending() >= WORTH_A_HELPER:
            return stage
        tasks = (*stage[_CHIEF], *(task for task in stage[_HELPER] if not task.endswith(FROM_THE_END)))
        return {_CHIEF: tasks, **{name: tasks for name, tasks in stage.items() if name not in (_CHIEF, _HELPER)}}

    def run(self, name: str, task: str, bar: "_Bar", summary: RunSummary) -> None:
        """Let a worker do a task; a worker that dies is a failure of what it was doing."""
        for told in self._answers(name, task):
            if "n_runs" in told:
                summary.n_runs += told["n_runs"]
                summary.refused += told["refused"]
                summary.failed += told["failed"]
                return
            if "done" in told:
                bar.update(name, told)
        summary.failed.append(f"{_ENVIRONMENTS[name]}, {task}: the process ended with {self._processes[name].wait()}.")

    def _count_pending(self) -> int:
        """What has landed for the first worker; none if it has died, which its first task will tell."""
        return next((int(told["pending"]) for told in self._answers(_CHIEF, COUNT_PENDING)), 0)

    def _answers(self, name: str, task: str) -> Iterator[dict[str, Any]]:
        """What a worker says after it was asked for a task, until it dies."""
        self._start([name])
        self._ask(name, task)
        stdout = self._processes[name].stdout
        assert stdout is not None
        return map(json.loads, stdout)

    def _ask(self, name: str, task: str) -> None:
        stdin = self._processes[name].stdin
        assert stdin is not None
        with contextlib.suppress(BrokenPipeError):  # the worker has died: whoever reads its answers says so
            stdin.write(task + "\n")
            stdin.flush()

    def _start(self, names: Iterable[str]) -> None:
        """Start those of some workers that are not at work."""
        for name in sorted({*names} - self._processes.keys(), key=lambda name: (name != _CHIEF, name)):
            self._processes[name] = self._start_one(_ENVIRONMENTS[name])

    def _start_one(self, environment: Environment) -> "subprocess.Popen[str]":
        # the workers share the processors
        threads = str(max(1, (os.cpu_count() or 1) // len(_ENVIRONMENTS)))
        variables = {
            **os.environ,
            "TF_HOME": str(self._home.root),
            "DAGSTER_HOME": str(self._home.dagster),
            "POLARS_MAX_THREADS": threads,
        }
        if environment == "research":
            variables = {name: value for name, value in variables.items() if name not in KEY_VARIABLES}
        try:
            return subprocess.Popen(
                [sys.executable, "-m", "tf_assets.cli", "work", environment],
                env=variables,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=(self._home.root / f"{environment}.log").open("ab"),
                text=True,
            )
        except OSError as error:
            raise EvaluationError(f"The {environment} location could not be started: {error.strerror}.") from None


def _let_go(process: "subprocess.Popen[str]") -> None:
    """No more tasks: the worker ends when it has done the last, if it has not died already."""
    assert process.stdin is not None
    with contextlib.suppress(BrokenPipeError):
        process.stdin.close()


class _Bar:
    """One phase's bar; the workers that share the phase add up."""

    def __init__(self, bars: Progress, title: str) -> None:
        self._bars = bars
        self._task: TaskID = bars.add_task(title, total=None, start=False, step="")
        self._done: dict[str, int] = {}
        self._total = 1
        self._lock = threading.Lock()

    def start(self) -> None:
        self._bars.start_task(self._task)

    def update(self, worker: str, told: dict[str, Any]) -> None:
        with self._lock:
            self._done[worker] = told["done"]
            self._total = max(self._total, told["total"])
            self._bars.update(self._task, completed=sum(self._done.values()), total=self._total, step=told["step"])

    def stop(self) -> None:
        self._bars.update(self._task, completed=self._total, total=self._total, step="")
        self._bars.stop_task(self._task)


def run_locations(workers: Workers, meanwhile: Callable[[], object] = lambda: None) -> RunSummary:
    """Do the workers' stages: receive what has landed, then release, then evaluate and publish.

    meanwhile: done once, while the workers are at the last stage.
    """
    summary = RunSummary()
    with Progress(
        TextColumn("{task.description:<24}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[step]}", style="dim"),
    ) as progress:
        wanted = {_phase(name, task) for stage in workers.stages for name, tasks in stage.items() for task in tasks}
        bars = {phase: _Bar(progress, title) for phase, title in _TITLES.items() if phase in wanted}
        for at, stage in enumerate(workers.stages):
            if summary.n_runs:  # something came: the workers of later stages will have something to do
                workers.load_ahead({name for later in workers.stages[at + 1 :] for name in later}.difference(stage))
            threads = [
                threading.Thread(target=_run_tasks, args=(workers, name, tasks, bars, summary))
                for name, tasks in workers.share_out(stage).items()
            ]
            for thread in threads:
                thread.start()
            if at == len(workers.stages) - 1:
                meanwhile()
            for thread in threads:
                thread.join()
            workers.dismiss(set(stage).difference(*workers.stages[at + 1 :]))
    return summary


def _run_tasks(
    workers: Workers,
    name: str,
    tasks: tuple[str, ...],
    bars: dict[tuple[Environment, str], _Bar],
    summary: RunSummary,
) -> None:
    for task in tasks:
        bar = bars[_phase(name, task)]
        bar.start()
        workers.run(name, task, bar, summary)
        bar.stop()


def _phase(name: str, task: str) -> tuple[Environment, str]:
    """The code location and the phase of a worker's task."""
    return _ENVIRONMENTS[name], task.removesuffix(FROM_THE_END)
