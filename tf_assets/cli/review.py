"""`tf-eval review`: decide on the pairs that the linkage leaves in doubt.

The screen shows who people are, on purpose and to nobody else: nothing that is shown here is logged or written anywhere.
"""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import polars as pl
import typer
from rich.console import Console
from rich.table import Table

from tf_assets.cli.console import console
from tf_assets.linkage.reviews.decisions import REASONS, Decision, Verdict
from tf_assets.linkage.reviews.queue import Pair, pairs_to_see, waiting
from tf_assets.linkage.reviews.sheet import check_inside, read_sheet, write_sheet
from tf_assets.linkage.reviews.store import record_decisions, recorded_decisions
from tf_assets.warehouse.errors import InputRefused
from tf_assets.warehouse.home import Home
from tf_assets.warehouse.zone import Zone

app = typer.Typer(
    invoke_without_command=True, help="Clerical review: decide on pairs that the linkage leaves in doubt."
)

_KEYS: dict[str, Verdict] = {"s": "same", "d": "different", "c": "cannot_tell"}
AT_A_TIME = 20
"""Pairs whose identifiers are fetched at once."""


@app.callback()
def review(
    context: typer.Context,
    again: Annotated[bool, typer.Option(help="Show those too of which nobody could tell.")] = False,
    extract: Annotated[str | None, typer.Option(help="One extract alone.")] = None,
) -> None:
    """Look at pairs one after another and decide; each decision is kept at once."""
    if context.invoked_subcommand:
        return
    home, zone = _home_and_zone()
    pairs = _waiting(home, zone, again, extract)
    if pairs.is_empty():
        console.print("No pair waits for a decision.")
        return
    reviewer = _reviewer(typer.prompt("Your name or staff number, which is kept with each decision"))
    n_decided = 0
    for at in range(0, pairs.height, AT_A_TIME):
        for number, pair in enumerate(pairs_to_see(zone, pairs.slice(at, AT_A_TIME)), start=at + 1):
            console.rule(f"pair {number} of {pairs.height}: {pair.extract}, probability {pair.probability:.2f}")
            console.print(_side_by_side(pair))
            answer = _asked("[s]ame person, [d]ifferent people, [c]annot tell, [n]ext, [q]uit", {*_KEYS, "n", "q"})
            if answer == "q":
                break
            if answer != "n":
                n_decided += _decide(home, pair, _KEYS[answer], reviewer)
        else:
            continue
        break
    console.print(f"{n_decided} decisions kept. The next run links by them.", highlight=False)


@app.command("export")
def export_command(
    sheet: Annotated[Path, typer.Argument(help="A file inside the home's linkage zone.")],
    again: Annotated[bool, typer.Option(help="With those too of which nobody could tell.")] = False,
    extract: Annotated[str | None, typer.Option(help="One extract alone.")] = None,
) -> None:
    """Write the pairs that wait as a sheet to fill in, for its owner alone."""
    home, zone = _home_and_zone()
    path = check_inside(sheet, zone.root)
    pairs = _waiting(home, zone, again, extract)
    write_sheet(path, pairs_to_see(zone, pairs))
    console.print(f"Wrote {pairs.height} pairs to {path}. It shows who people are: import it, which removes it.")
    console.print(_reasons_table())


@app.command("import")
def import_command(
    sheet: Annotated[Path, typer.Argument(help="The sheet, with verdicts and reasons filled in.")],
    reviewer: Annotated[str, typer.Option(help="Who decided: a name or staff number.")],
    keep: Annotated[bool, typer.Option(help="Leave the sheet where it is.")] = False,
) -> None:
    """Record the decisions of a sheet, all of them or none, and remove the sheet."""
    home, zone = _home_and_zone()
    path = check_inside(sheet, zone.root)
    decided = recorded_decisions(home).select("extract", "person_id", "record_ref", "probability")
    in_doubt = zone.read("clerical_pairs").select(decided.columns)
    decisions = read_sheet(path, pl.concat([decided, in_doubt]), _reviewer(reviewer))
    if decisions:
        record_decisions(home, decisions)
    if not keep:
        path.unlink()
    console.print(f"{len(decisions)} decisions kept. The next run links by them.", highlight=False)


def _home_and_zone() -> tuple[Home, Zone]:
    from tf_assets.linkage.resources import LinkageZone  # with it comes Dagster, which takes seconds to import

    home = Home.from_environment()
    home.project()
    return home, LinkageZone().zone()


def _waiting(home: Home, zone: Zone, again: bool, extract: str | None) -> pl.DataFrame:
    pairs = waiting(zone.read("clerical_pairs"), recorded_decisions(home), again)
    return pairs if extract is None else pairs.filter(pl.col("extract") == extract)


def _reviewer(text: str) -> str:
    name = text.strip()
    if not name:
        raise InputRefused("A decision is somebody's. Give the reviewer's name or staff number.")
    return name


def _side_by_side(pair: Pair) -> Table:
    table = Table("", "register", pair.extract, "", box=None, pad_edge=False)
    for name in pair.fields:
        left, right = (side.values.get(name, ()) for side in (pair.person, pair.record))
        mark = "" if not left or not right else "same" if set(left) & set(right) else "[red]differs[/red]"
        table.add_row(name.replace("_", " "), "\n".join(left), "\n".join(right), mark)
    if pair.n_relatives:
        table.add_row("family", "", f"{pair.n_relatives} of the family are linked to records at this postcode", "")
    return table


def _decide(home: Home, pair: Pair, verdict: Verdict, reviewer: str) -> int:
    """Ask why and keep the decision; 1, or 0 where it contradicts another, which is said."""
    reasons = [name for name, verdicts in REASONS.items() if verdict in verdicts]
    told = ", ".join(f"{number} {name.replace('_', ' ')}" for number, name in enumerate(reasons, start=1))
    number = _asked(f"Why? {told}", {str(each) for each in range(1, len(reasons) + 1)})
    now = datetime.now(UTC).replace(tzinfo=None)
    names = (pair.extract, pair.person_id, pair.record_ref)
    try:
        record_decisions(home, [Decision(*names, verdict, reasons[int(number) - 1], reviewer, now, pair.probability)])
    except InputRefused as refusal:
        Console(stderr=True).print(str(refusal), style="red", markup=False, highlight=False)
        return 0
    return 1


def _asked(question: str, answers: set[str]) -> str:
    """An answer that is one of those allowed, asked for until it is."""
    while True:
        console.print(question, markup=False, highlight=False)
        answer = str(typer.prompt(">", prompt_suffix=" ")).strip().lower()
        if answer in answers:
            return answer


def _reasons_table() -> Table:
    table = Table("reason", "explains")
    for name, verdicts in REASONS.items():
        table.add_row(name, ", ".join(verdicts))
    return table
