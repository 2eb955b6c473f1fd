"""`tf-eval`: the command line."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Annotated, TextIO

import typer
from rich.console import Console

from tf_assets.cli.attack import attack_command
from tf_assets.cli.console import console
from tf_assets.cli.estimate import estimate_command
from tf_assets.cli.governance import governance_command, renew_record
from tf_assets.cli.hashing import exchange_key_command, hash_command
from tf_assets.cli.keys import app as keys_app
from tf_assets.cli.link import link_command
from tf_assets.cli.mappings import app as mappings_app
from tf_assets.cli.opt_out import opt_out_command
from tf_assets.cli.protect import protect_command
from tf_assets.cli.purge import purge_command
from tf_assets.cli.review import app as review_app
from tf_assets.linkage.guarded_process import guard_process
from tf_assets.warehouse.errors import EvaluationError
from tf_assets.warehouse.home import Environment, Home

PRIVATE_UMASK = 0o007
"""Nothing for others. The group, which both environments' users belong to, shares releases and Dagster's storage; what is
the linkage environment's alone lies in folders of mode 0700."""

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Link, compare, protect and publish the evidence of the Troubled Families programme.",
)


def main() -> None:
    """Run a command; an error that a person can mend is a sentence and an exit code, never a traceback.

    What it writes is for its user and group, and what it holds is gone when it dies.
    """
    os.umask(PRIVATE_UMASK)
    guard_process()
    try:
        app()
    except EvaluationError as error:
        Console(stderr=True).print(str(error), style="red", markup=False, highlight=False)
        sys.exit(error.exit_code)


@app.command()
def init(project: Annotated[str, typer.Argument(help="The release project's name.")]) -> None:
    """Make an instance's home (TF_HOME) with keys of its own."""
    from tf_assets.cli.instance import make_home
    from tf_assets.linkage.keys import create_keys

    home = Home.from_environment()
    make_home(home, project)
    create_keys(home)
    console.print(f"Made the home of {project} in {home.root}. Its keys are in {home.keys}: keep a copy apart.")


@app.command()
def country(
    out: Annotated[Path, typer.Option(help="Where landing/ and truth/ are written.")],
    seed: Annotated[int, typer.Option(help="The same seed gives the same country.")] = 1,
    size: Annotated[str, typer.Option(help="demo, region or national.")] = "demo",
    families: Annotated[int | None, typer.Option(help="Families on the registers, instead of the size's.")] = None,
    councils: Annotated[int | None, typer.Option(help="Councils, instead of the size's.")] = None,
    quarters: Annotated[int | None, typer.Option(help="Quarters of returns, instead of the size's.")] = None,
    scenario: Annotated[str, typer.Option(help="Which effects are planted.")] = "headline",
) -> None:
    """Write a fictional England as the files that suppliers would send, and its truth apart."""
    from tf_assets.cli.demo import write_country

    write_country(out, seed, size, scenario, families, councils, quarters)


@app.command()
def materialise(
    environment: Annotated[str, typer.Argument(help="linkage or research.")],
    phase: Annotated[str, typer.Argument(help="opt_outs, reviews, returns, identities, attributes or national.")],
) -> None:
    """Run one code location's assets in this process."""
    from tf_assets.cli.materialise import alone_in
    from tf_assets.cli.materialise import materialise as run

    home = Home.from_environment()
    _set_dagster_home(home)
    with alone_in(home):
        outcome = run(_environment(environment), phase, lambda step, done, total: None)  # type: ignore[arg-type]
    for sentence in [*outcome.refused, *outcome.failed]:
        console.print(sentence, markup=False, highlight=False)
    if outcome.failed:
        raise typer.Exit(1)


@app.command(hidden=True)
def work(environment: Annotated[str, typer.Argument(help="linkage or research.")]) -> None:
    """Do what standard input asks for, a task a line, and report as lines of JSON."""
    from tf_assets.cli.work import serve

    told = _own_stdout()

    def tell(what: dict[str, object]) -> None:
        told.write(json.dumps(what) + "\n")
        told.flush()

    serve(_environment(environment), sys.stdin, tell)


@app.command()
def run() -> None:
    """Run both code locations on whatever has landed, and say what came out."""
    from tf_assets.cli.holding import held
    from tf_assets.cli.locations import Workers
    from tf_assets.cli.running import run_and_summarise

    home = Home.from_environment()
    _set_dagster_home(home)
    with held(home), Workers(home) as workers:
        workers.end_abandoned_runs()
        run_and_summarise(home, workers)


@app.command()
def rebuild(
    as_of: Annotated[str, typer.Option(help="A date, or a date and time (UTC): what was known then.")],
    out: Annotated[Path | None, typer.Option(help="Where the release is put; else rebuilt/ in the home.")] = None,
) -> None:
    """Make a past release again from the files that were known at a date, and compare it with what was released."""
    from tf_assets.cli.rebuild import parse_moment
    from tf_assets.cli.rebuild import rebuild as run

    home = Home.from_environment()
    _set_dagster_home(home)
    made = run(home, parse_moment(as_of), out)
    console.print(str(made), highlight=False, soft_wrap=True)
    if made.past_release_id is not None and not made.is_identical:
        raise typer.Exit(1)


@app.command()
def withdraw(
    council_code: Annotated[str, typer.Argument(help="The council's GSS code.")],
    quarter: Annotated[str, typer.Argument(help="The first day of the quarter, 2015-04-01.")],
    reason: Annotated[str, typer.Option(help="Why; kept encrypted, never shown. Name nobody.")] = "",
) -> None:
    """Take back what a council sent for a quarter; what it sends later counts again."""
    from tf_assets.linkage.returns.withdrawing import withdraw_return

    home = Home.from_environment()
    _set_dagster_home(home)
    withdraw_return(home, council_code, quarter, reason)
    console.print(f"Withdrawn: {council_code} {quarter}. `tf-eval run`, or the sensor, rebuilds what follows from it.")


@app.command()
def demo(
    size: Annotated[str, typer.Option(help="demo, region or national.")] = "demo",
    seed: Annotated[int, typer.Option(help="The same seed gives the same country.")] = 1,
    scenario: Annotated[str, typer.Option(help="Which effects are planted.")] = "headline",
) -> None:
    """Make the fictional England in this home, run everything on it, and say what came out."""
    from tf_assets.cli.demo import run_demo

    run_demo(Home.from_environment(), seed, size, scenario)


@app.command()
def verify(
    report_json: Annotated[Path | None, typer.Option("--json", help="Write the comparison here as well.")] = None,
    returns: Annotated[bool, typer.Option(help="The intake of returns alone, before anything is linked.")] = False,
) -> None:
    """Compare a finished run on the fictional England with its planted truth."""
    from tf_assets.verification.report import verify_home, verify_returns

    verify_what = verify_returns if returns else verify_home
    home = Home.from_environment()
    is_good = verify_what(home, console, report_json)
    if not returns:
        renew_record(home)
    if not is_good:
        raise typer.Exit(1)


app.command("link")(link_command)
app.command("exchange-key")(exchange_key_command)
app.command("hash")(hash_command)
app.command("attack")(attack_command)
app.command("protect")(protect_command)
app.command("estimate")(estimate_command)
app.command("opt-out")(opt_out_command)
app.command("governance")(governance_command)
app.command("purge")(purge_command)
app.add_typer(keys_app, name="keys")
app.add_typer(mappings_app, name="mappings")
app.add_typer(review_app, name="review")


@app.command()
def ui(port: Annotated[int, typer.Option(help="Port on this machine.")] = 3000) -> None:
    """Open Dagster on this home, with its daemon, for this machine alone."""
    from tf_assets.warehouse.project import project_root

    home = Home.from_environment()
    _set_dagster_home(home)
    command = [str(Path(sys.executable).parent / "dagster"), "dev", "-w", str(project_root() / "workspace.yaml")]
    sys.exit(subprocess.call([*command, "--host", "127.0.0.1", "--port", str(port)], cwd=home.dagster))


def _environment(name: str) -> Environment:
    locations: dict[str, Environment] = {"linkage": "linkage", "research": "research"}
    if name not in locations:
        raise EvaluationError("Name one of the code locations, linkage or research.")
    return locations[name]


def _own_stdout() -> TextIO:
    """Standard output for ourselves; what libraries print goes to standard error, where it breaks no JSON."""
    own = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    return own


def _set_dagster_home(home: Home) -> None:
    if not (home.dagster / "dagster.yaml").exists():
        raise EvaluationError(f"There is no instance in {home.root}. Run `make run`, or `tf-eval init` first.")
    os.environ["TF_HOME"] = str(home.root)
    os.environ["DAGSTER_HOME"] = str(home.dagster)
