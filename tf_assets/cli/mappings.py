"""`tf-eval mappings`: what is confirmed of councils' headings, what waits, and how a file would be understood."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from tf_assets.cli.console import console
from tf_assets.linkage.returns.headings import ReadHeadings, absent_fields, read_headings
from tf_assets.linkage.returns.mapping_files import confirm as confirm_mapping
from tf_assets.linkage.returns.mapping_files import mapping_files, mapping_in_force
from tf_assets.linkage.returns.mappings import CouncilMapping
from tf_assets.linkage.returns.reading import read_rows
from tf_assets.linkage.returns.vocabulary import FIELDS
from tf_assets.warehouse.errors import InputRefused
from tf_assets.warehouse.home import Home

app = typer.Typer(no_args_is_help=True, help="What councils' headings and words mean: look, check, confirm.")


@app.command("list")
def list_command() -> None:
    """Every council with a mapping: its state, when it was confirmed and by whom."""
    table = Table("council", "file", "state", "confirmed on", "by")
    found = mapping_files(Home.from_environment().mappings)
    for file in found:
        by, on = (file.mapping.confirmed_by, file.mapping.confirmed_on) if file.mapping else (None, None)
        table.add_row(file.council_code, file.path.name, file.state, on.isoformat() if on else "", by or "")
    console.print(table if found else "No council has a mapping: every heading was understood by its words.")
    for file in found:
        if file.fault:
            console.print(file.fault, markup=False, highlight=False)


@app.command()
def show(council: Annotated[str, typer.Argument(help="The council's code, as E06000001.")]) -> None:
    """The council's mapping files as they stand."""
    files = [file for file in mapping_files(Home.from_environment().mappings) if file.council_code == council]
    if not files:
        raise InputRefused(
            f"There is no mapping of {council}. It is written when a return of the council waits for it."
        )
    for file in files:
        console.print(f"{file.path} ({file.state})", markup=False, highlight=False)
        console.print(file.path.read_text("utf-8-sig"), markup=False, highlight=False)
        if file.fault:
            console.print(file.fault, markup=False, highlight=False)


@app.command()
def confirm(
    council: Annotated[str, typer.Argument(help="The council's code, as E06000001.")],
    by: Annotated[str, typer.Option(help="Who confirms it.")],
) -> None:
    """Check a council's mapping and put it in force, for all its returns, past and to come."""
    mapping = confirm_mapping(Home.from_environment().mappings, council, by, datetime.now(UTC).date())
    told = f"Confirmed the mapping of {council}: {len(mapping.fields)} headings. Returns that wait are read again."
    console.print(told, markup=False, highlight=False)
    for name in _uncovered(mapping):
        console.print(f"No heading is given to {name}: a return waits unless it has that column under a known heading.")


@app.command()
def check(
    file: Annotated[Path, typer.Argument(help="A council's file, of any shape.")],
    council: Annotated[str | None, typer.Option(help="Apply this council's confirmed mapping.")] = None,
) -> None:
    """How each heading of a file would be understood; no cell of it is shown."""
    if not file.is_file():
        raise InputRefused(f"There is no file {file}.")
    mapping = mapping_in_force(Home.from_environment().mappings, council) if council else None
    read = read_headings(read_rows(file.read_bytes()).headings, mapping)
    console.print(_readings(read))
    for field in absent_fields(read.matches):
        needed = "a return waits without it" if field in read.missing else "a return can do without it"
        console.print(f"Missing: {field.name} ({field.meaning}); {needed}.", markup=False, highlight=False)
    if read.missing:
        raise typer.Exit(InputRefused.exit_code)


def _readings(read: ReadHeadings) -> Table:
    matches = {match.column: match for match in read.matches}
    proposals = {each.column: each for each in read.proposals if each.nearest}
    table = Table("heading", "field", "method", "score")
    for column, name in read.names.items():
        match, near = matches.get(column), proposals.get(column)
        if match:
            table.add_row(name, match.field, match.method, f"{match.score:.2f}")
        elif column in read.ignored:
            table.add_row(name, "not used", "confirmed", "")
        elif near:
            how = "proposed" if near.is_likely else near.method if near.method == "contested" else "nearest"
            table.add_row(name, f"({near.nearest})", how, f"{near.score:.2f}")
        else:
            table.add_row(name, "not used", "", "")
    return table


def _uncovered(mapping: CouncilMapping) -> list[str]:
    """Fields a return cannot do without that no heading of the mapping means."""
    given = set(mapping.fields.values())
    if not mapping.fields:
        return []
    needed = [field.name for field in FIELDS if field.is_required]
    has_name = "full_name" in given or {"forename", "surname"} <= given
    return [name for name in [*needed, *([] if has_name else ["forename and surname"])] if name not in given]
