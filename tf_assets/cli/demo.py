"""Make the fictional England in a home, run both locations on it, and say what came out."""

import hashlib
import os
import shutil
import time
from pathlib import Path

from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from tf_assets.cli.console import console
from tf_assets.cli.instance import make_home
from tf_assets.cli.locations import Workers
from tf_assets.cli.materialise import alone_in
from tf_assets.cli.running import run_and_summarise
from tf_assets.country.country import make_country
from tf_assets.country.scenarios import scenario_named
from tf_assets.country.sizes import size_named
from tf_assets.linkage.keys import KEY_FILE, create_demo_keys
from tf_assets.warehouse.errors import EvaluationError
from tf_assets.warehouse.home import Home


def run_demo(home: Home, seed: int, size: str, scenario: str) -> None:
    """The whole way on a fictional country; what the workers need first is loaded while the country is made."""
    with Workers(home) as workers:
        make_demo_home(home, seed, size, scenario)
        os.environ["DAGSTER_HOME"] = str(home.dagster)
        with alone_in(home):
            if not home.truth.exists():
                workers.load_ahead()
                write_country(home.root, seed, size, scenario, None, None)
            run_and_summarise(home, workers)


def make_demo_home(home: Home, seed: int, size: str, scenario: str) -> None:
    """A home for a fictional country, with keys derived from its seed; a home that has one already stays as it is."""
    project = f"{size}-{scenario}-{seed}"
    salt = hashlib.sha256(f"record salt of {project}".encode()).hexdigest()[:32]
    make_home(home, project, salt, is_demo=True)
    if not (home.keys / KEY_FILE).exists():
        create_demo_keys(home, seed)


def write_country(
    out: Path,
    seed: int,
    size: str,
    scenario: str,
    families: int | None,
    councils: int | None,
    quarters: int | None = None,
) -> None:
    """Write `landing/` and `truth/` below `out`; they appear whole, the truth last, or not at all."""
    chosen = size_named(size, families=families, councils=councils, quarters=quarters)
    part = out / ".country"
    shutil.rmtree(part, ignore_errors=True)
    started = time.monotonic()
    with _bar() as bars:
        task = bars.add_task("Fictional England", total=1.0, step="")
        made = make_country(
            seed=seed,
            size=chosen,
            scenario=scenario_named(scenario),
            landing=part / "landing",
            truth=part / "truth",
            progress=lambda step, share: bars.update(task, completed=share, step=step),
        )
        bars.update(task, completed=1.0, step="")
    _put_in_place(part, out)
    console.print(f"{made} ({time.monotonic() - started:.0f} s)", highlight=False)


def _put_in_place(part: Path, out: Path) -> None:
    landing = out / "landing"
    if landing.exists() and not any(landing.iterdir()):
        landing.rmdir()
    if landing.exists() or (out / "truth").exists():
        raise EvaluationError(f"{out} holds a landing area or a truth already. Choose another place, or empty it.")
    (part / "landing").rename(landing)
    (part / "truth").rename(out / "truth")
    part.rmdir()


def _bar() -> Progress:
    return Progress(
        TextColumn("{task.description:<24}"),
        BarColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[step]}", style="dim"),
        console=console,
    )
