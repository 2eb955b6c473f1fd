"""Open files in processes that may be killed: one that dies or hangs is a finding, and the next goes on after it."""

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

BATCH = 500
"""Files a process opens before a new one takes its place, so that what one file leaves behind cannot hide for long."""


@dataclass(frozen=True)
class Opened:
    """What came of a file.

    sentence: of its refusal, None when it was accepted; broken: what of the property it broke, None for nothing;
    seconds: of processor time; peak: resident memory in bytes.
    """

    number: int
    name: str
    sentence: str | None
    broken: str | None
    seconds: float
    peak: int


def open_files(seed: int, n_files: int, seconds: int) -> Iterator[Opened]:
    """Open the files 0 to `n_files` - 1 of a seed."""
    at = 0
    while at < n_files:
        stop = min(at + BATCH, n_files)
        command = [sys.executable, "-m", "tests.fuzz.worker", *map(str, (seed, at, stop, seconds))]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as worker:
            assert worker.stdout and worker.stderr
            for line in worker.stdout:
                if line.startswith("{"):
                    found = Opened(**json.loads(line))
                    at = found.number + 1
                    yield found
            told = worker.stderr.read()[-300:]
        if worker.returncode != 0:
            yield Opened(at, "unknown", None, f"The process ended with {worker.returncode}: {told}", 0.0, 0)
            at += 1


def findings_of(opened: Sequence[Opened], most_memory: int) -> list[tuple[Opened, str]]:
    """Each file that broke the property or took too much memory, and why."""
    found = [(each, each.broken) for each in opened if each.broken]
    return found + [(each, f"{each.peak / 2**20:,.0f} MiB") for each in opened if each.peak > most_memory]
