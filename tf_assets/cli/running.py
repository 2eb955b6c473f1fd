"""Run both locations on what has landed, and say what came out."""

import importlib
import time

from tf_assets.cli.console import console
from tf_assets.cli.governance import renew_record
from tf_assets.cli.locations import Workers, run_locations
from tf_assets.warehouse.errors import EvaluationError
from tf_assets.warehouse.home import Home


def run_and_summarise(home: Home, workers: Workers) -> None:
    """Run both locations; a refused return is a result, any other failure is an error."""
    started = time.monotonic()
    summary = run_locations(workers, meanwhile=_load_what_tells)
    from tf_assets.cli.summary import print_summary

    try:
        renew_record(home)
    except EvaluationError as error:
        summary.failed.append(f"The record for the information governance board: {error}")
    print_summary(home, summary, console)
    if summary.n_runs:
        console.print(f"\n{summary.n_runs} Dagster runs in {time.monotonic() - started:.0f} s.", highlight=False)
    else:
        console.print("\nNothing new had landed: nothing was run, nothing was changed.", highlight=False)
    if summary.failed:
        raise EvaluationError("\n".join(["These steps failed:", *summary.failed]))


def _load_what_tells() -> None:
    """What tells of a run takes seconds to import: it is done while the workers are at work, not while they start."""
    for module in ("tf_assets.cli.summary", "tf_assets.governance.writing"):
        importlib.import_module(module)
