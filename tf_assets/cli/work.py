"""A worker: one process of one code location that does task after task, so that libraries and models load once.

Tasks are lines: a phase, a phase `from the end`, or one of the words of `tasks.py`.
"""

import gc
import importlib
from collections.abc import Callable, Iterable
from dataclasses import asdict

from tf_assets.cli.materialise import count_pending, end_abandoned_runs, materialise
from tf_assets.cli.tasks import COUNT_PENDING, END_ABANDONED, FROM_THE_END, LOAD_GATES, LOAD_TOOLS
from tf_assets.warehouse.home import Environment

_COLLECTION_THRESHOLDS = (20_000, 20, 50)
"""Python's own (700, 10, 10) are for small programs; a run makes thousands of objects that live as long as it does."""


def serve(environment: Environment, tasks: Iterable[str], tell: Callable[[dict[str, object]], None]) -> None:
    """Do each task; of a phase tell the progress and then what became of it, of a load nothing."""
    importlib.import_module(f"tf_assets.{environment}.definitions")
    gc.set_threshold(*_COLLECTION_THRESHOLDS)
    for line in tasks:
        task = line.strip()
        if task == COUNT_PENDING:
            tell({"pending": count_pending(environment)})
        elif task == END_ABANDONED:
            end_abandoned_runs()
            tell({"ended": True})
        elif task == LOAD_GATES:
            _load_gates()
            gc.freeze()
        elif task == LOAD_TOOLS:
            importlib.import_module(f"tf_assets.{environment}.definitions").load_tools()
            gc.freeze()  # what libraries made stays for ever: it need not be searched for garbage
        else:
            outcome = materialise(
                environment,
                task.removesuffix(FROM_THE_END),  # type: ignore[arg-type]
                lambda step, done, total: tell({"step": step, "done": done, "total": total}),
                from_the_end=task.endswith(FROM_THE_END),
            )
            tell(asdict(outcome))


def _load_gates() -> None:
    from tf_assets.quality.gx_rules import load_expectations

    load_expectations()
