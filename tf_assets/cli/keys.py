"""`tf-eval keys`: replace the storage key, make a project with keys of its own, see where each key comes from."""

from datetime import date
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table

from tf_assets.cli.console import console
from tf_assets.warehouse.errors import KeysRefused
from tf_assets.warehouse.home import Home

app = typer.Typer(no_args_is_help=True, help="The keys of the linkage environment: replace, add a project, check.")


@app.command()
def rotate(
    storage: Annotated[
        bool, typer.Option("--storage", help="The storage key: the only one that can be replaced.")
    ] = True,
) -> None:
    """Encrypt everything anew under another storage key; go on where that was interrupted."""
    from tf_assets.cli.holding import held
    from tf_assets.linkage.key_lock import alone_with_keys
    from tf_assets.linkage.rotation.rotating import rotate_storage_key

    home = Home.from_environment()
    home.project()
    with held(home, to_rotate=True), alone_with_keys(home), _bars() as bars:
        tasks: dict[str, TaskID] = {}

        def show(step: str, done: int, total: int) -> None:
            if step not in tasks:
                tasks[step] = bars.add_task(step, total=total)
            bars.update(tasks[step], completed=done, total=total)

        rotated = rotate_storage_key(home, show)
    console.print(
        f"{rotated.n_files} files ({rotated.n_bytes / 2**20:.0f} MiB) have the storage key {rotated.new_fingerprint} and were "
        f"read through with it alone; the key {rotated.old_fingerprint} opens none of them.",
        highlight=False,
        soft_wrap=True,
    )
    if rotated.n_before:
        console.print(f"{rotated.n_before} had it from before the interruption.", highlight=False)
    if rotated.n_removed:
        console.print(
            f"{rotated.n_removed} unfinished files that nobody would have read were removed.", highlight=False
        )
    if rotated.unknown:
        console.print(
            f"Left as they are, for they are none of this system's: {', '.join(rotated.unknown)}. Whoever made them "
            "should remove them: they may be copies that the old key opens.",
            markup=False,
            highlight=False,
            soft_wrap=True,
        )
    if rotated.is_to_be_replaced:
        console.print(f"Now let {rotated.source} give the new keys: until then nothing runs.", highlight=False)
    console.print(
        "Copies of the home and of its keys from before still go together: keep or destroy both.", highlight=False
    )


@app.command("new-project")
def new_project(
    name: Annotated[str, typer.Argument(help="The new release project's name.")],
    home: Annotated[Path, typer.Option("--home", help="Where its home is made; nothing may be there.")],
) -> None:
    """Make the home of another project over the same arrivals, with pseudonyms that nothing joins with this one's."""
    from tf_assets.cli.holding import held
    from tf_assets.cli.new_project import make_project_home

    present = Home.from_environment()
    present.project()
    with held(present), _bars() as bars:
        task = bars.add_task("Files as they came", total=None)
        n_files = make_project_home(
            present, Home(home.resolve()), name, lambda done, total: bars.update(task, completed=done, total=total)
        )
    console.print(
        f"Made the home of {name} in {home.resolve()}, with {n_files} files that arrived here. It has pseudonyms, rounding "
        "keys and record keys of its own. `tf-eval run` with that TF_HOME makes its first release.",
        highlight=False,
        soft_wrap=True,
    )


@app.command()
def check() -> None:
    """Say where each key comes from, its fingerprint and age, and what is wrong; never a key."""
    from tf_assets.governance.evidence import record_keys
    from tf_assets.linkage.key_check import check_keys

    home = Home.from_environment()
    checked = check_keys(home)
    told = [
        {"name": each.name, "source": each.source, "fingerprint": each.fingerprint, "since": _day(each.since)}
        for each in checked.keys
    ]
    record_keys(home, told, checked.faults)
    table = Table("key", "comes from", "fingerprint", "in use since", box=None, pad_edge=False)
    for each in checked.keys:
        table.add_row(each.name, each.source, each.fingerprint, _day(each.since) or "not recorded")
    console.print(table)
    for sentence in checked.notes:
        console.print(sentence, markup=False, highlight=False, soft_wrap=True)
    if checked.faults:
        raise KeysRefused("\n".join(checked.faults))
    console.print("The keys are well kept.")


def _day(since: date | None) -> str | None:
    return since.isoformat() if since else None


def _bars() -> Progress:
    return Progress(
        TextColumn("{task.description:<24}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), console=console
    )
