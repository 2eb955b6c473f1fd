"""`tf-eval purge`: remove what has been kept as long as retention.yml says."""

import importlib
import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table

from tf_assets.cli.console import console
from tf_assets.warehouse.errors import EvaluationError
from tf_assets.warehouse.home import Home

if TYPE_CHECKING:
    from tf_assets.linkage.purging.purging import Purged
    from tf_assets.linkage.purging.runs_due import DeliveryKey


def purge_command(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be removed, and remove nothing.")] = False,
    retention: Annotated[Path | None, typer.Option(help="A declaration to use instead of retention.yml.")] = None,
) -> None:
    """Remove what has been kept as long as retention.yml says, and record it by kind and number."""
    import dagster as dg

    from tf_assets.cli.holding import held
    from tf_assets.linkage.purging.declaration import RETENTION_FILE, load_retention
    from tf_assets.linkage.purging.files_due import now_utc
    from tf_assets.linkage.purging.purging import Occasion, look, purge
    from tf_assets.linkage.resources import LinkageZone

    home = Home.from_environment()
    home.project()
    declared = load_retention(retention or RETENTION_FILE)
    os.environ["TF_HOME"], os.environ["DAGSTER_HOME"] = str(home.root), str(home.dagster)
    with held(home), dg.DagsterInstance.get() as instance, _bars() as bars:
        receipts = LinkageZone().zone().read("return_receipts")
        occasion = Occasion(home, declared, receipts, instance, landed_deliveries(home), now_utc())
        if dry_run:
            told = look(occasion)
        else:
            tasks: dict[str, TaskID] = {}

            def show(kind: str, done: int, total: int) -> None:
                if kind not in tasks:
                    tasks[kind] = bars.add_task(kind, total=total)
                bars.update(tasks[kind], completed=done, total=total)

            told = purge(occasion, show)
    _print(told, dry_run)
    if not dry_run:
        _compact(home)


def landed_deliveries(home: Home) -> "frozenset[DeliveryKey]":
    """Everything that has landed for either location: the runs that dealt with it are what says so."""
    found = set()
    for environment in ("linkage", "research"):
        location = importlib.import_module(f"tf_assets.{environment}.definitions")
        for landed in location.LANDED.values():
            found |= {(each.job_name, each.partition_key, each.fingerprint) for each in landed(home)}
    return frozenset(found)


def _compact(home: Home) -> None:
    """Give back what removed runs filled in Dagster's SQLite files: until then their bytes are still there."""
    import sqlite3

    for name in ("runs.db", "event_log.db"):
        path = home.dagster / name
        if not path.exists():
            continue  # another storage
        connection = sqlite3.connect(path, timeout=30)
        try:
            if connection.execute("PRAGMA freelist_count").fetchone()[0]:
                connection.execute("VACUUM")
        except sqlite3.OperationalError:
            raise EvaluationError(
                f"Everything due was removed, but {name} could not be compacted, because another process uses it. Stop the UI "
                "and its daemon and purge again."
            ) from None
        finally:
            connection.close()


def _print(told: "list[Purged]", dry_run: bool) -> None:
    table = Table("kind", "kept for", "stay", "due" if dry_run else "removed", "oldest", box=None, pad_edge=False)
    for each in told:
        days = f"{each.days} days" if each.days is not None else "as it stands"
        oldest = f"{each.oldest:%Y-%m-%d}" if each.oldest else ""
        table.add_row(each.kind, days, str(each.n_kept), str(each.n_due), oldest)
    console.print(table)
    n_due = sum(each.n_due for each in told)
    if dry_run:
        console.print(f"{n_due} things would be removed; nothing was.", highlight=False)
    else:
        console.print(f"{n_due} things were removed. The record is in linkage/purges.", highlight=False)


def _bars() -> Progress:
    return Progress(
        TextColumn("{task.description:<24}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), console=console
    )
