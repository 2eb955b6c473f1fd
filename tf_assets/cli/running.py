"""Run both locations on what has landed, and say what came out."""

import importlib
import time

from tf_assets.cli.console import console
from tf_assets.cli.locations import Workers, run_locations
from tf_assets.warehouse.errors import EvaluationError
from tf_assets.warehouse.home import Home


def run_and_summarise(home: Home, workers: Workers) -> None:
    """Run both locations; a refused return is a result, any other failure is an error."""
    started = time.monotonic()
    # what tells of a run takes a second to import: it is done while the workers are at work, not while they start
    summary = run_locations(workers, meanwhile=lambda: importlib.import_module("tf_assets.cli.summary"))
    from tf_assets.cli.summary import print_summary

    print_summary(home, summary, console)
    if summary.n_runs:
        console.print(f"\n{summary.n_runs} Dagster runs in {time.monotonic() - started:.0f} s.", highlight=False)
    else:
        console.print("\nNothing new had landed: nothing was run, nothing was changed.", highlight=False)
    if summary.failed:
        raise EvaluationError("\n".join(["These steps failed:", *summary.failed]))
