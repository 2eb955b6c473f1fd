"""`tf-eval attack`: what an intruder could work out from everything that a ledger holds."""

import json
from pathlib import Path
from typing import Annotated

import polars as pl
import typer
from rich.progress import Progress
from rich.table import Table

from tf_assets.cli.console import console
from tf_assets.cli.protect import read_within
from tf_assets.research.disclosure.attack import NARROW, SMALL, attack_blocks, summarised
from tf_assets.research.disclosure.published import attackable, blocks_of, changes_of, parents_of_areas
from tf_assets.research.publication.ledger import Ledger
from tf_assets.research.publication.sources import read_sources
from tf_assets.warehouse.errors import InputRefused
from tf_assets.warehouse.whole_files import write_whole

MOST_SHOWN = 10


def attack_command(
    ledger: Annotated[Path, typer.Argument(help="The ledger's folder; in a home, research/ledger.")],
    findings: Annotated[Path | None, typer.Option(help="Write the bounds of every small group here, Parquet.")] = None,
    report_json: Annotated[Path | None, typer.Option("--json", help="Write the summary here as well.")] = None,
) -> None:
    """Play an intruder who combines everything ever published; exit code 1 if a small group is found."""
    if not (ledger / "head.json").is_file():
        raise InputRefused(f"There is no ledger in {ledger}: it has no head.json.")
    recorded = Ledger(ledger)
    counts = attackable(recorded)
    changes = changes_of(counts, recorded.publications(), read_sources(recorded))
    blocks = list(blocks_of(counts, read_within(ledger)))
    with Progress(console=console, transient=True) as progress:
        task = progress.add_task("Attacking", total=len(blocks))
        found = attack_blocks(blocks, parents_of_areas(), changes, lambda block: progress.advance(task))
    summary = summarised(found)
    if findings is not None:
        _write_table(findings, found)
    if report_json is not None:
        told = {"n_figures": counts.height, "last_hash": recorded.verify().last_hash, "targets": summary.to_dicts()}
        write_whole(report_json, json.dumps(told, indent=2) + "\n")
    console.print(_summary_table(summary))
    breaches = found.filter("is_breach")
    if breaches.is_empty():
        console.print(f"No group of 1 to {SMALL} people is found within fewer than {NARROW}.", highlight=False)
        return
    console.print(_breach_table(breaches))
    console.print(
        f"{breaches.height:,} small groups are found within fewer than {NARROW}. Nothing that adds to these figures may be "
        "published.",
        highlight=False,
    )
    raise typer.Exit(1)


def _summary_table(summary: pl.DataFrame) -> Table:
    words = {
        "count": "groups",
        "added": "people added from one publication to the next",
        "outside": "people of a group outside a part of it",
    }
    table = Table("Small groups", "attacked", "found exactly", f"within fewer than {NARROW}", "narrowest width")
    for target, n_targets, n_exact, n_narrow, narrowest in summary.iter_rows():
        table.add_row(words[target], f"{n_targets:,}", f"{n_exact:,}", f"{n_narrow:,}", f"{narrowest:.0f}")
    return table


def _breach_table(breaches: pl.DataFrame) -> Table:
    table = Table("of", "series", "area", "group", "publication", "between", title="The narrowest")
    worst = breaches.sort(pl.col("most") - pl.col("least"), "block", "area", "group").head(MOST_SHOWN)
    for row in worst.iter_rows(named=True):
        table.add_row(
            f"{row['block']} ({row['target']})",
            row["series"],
            row["area"],
            row["group"],
            str(row["step"] + 1),
            f"{row['least']:.0f} and {row['most']:.0f}",
        )
    return table


def _write_table(path: Path, table: pl.DataFrame) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    half = path.with_name(path.name + ".writing")
    table.write_parquet(half)
    half.replace(path)
