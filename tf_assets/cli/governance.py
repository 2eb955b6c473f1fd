"""`tf-eval governance`: write the record for the information governance board."""

import os
from typing import TYPE_CHECKING

import typer

from tf_assets.cli.console import console
from tf_assets.warehouse.errors import EvaluationError
from tf_assets.warehouse.home import Home

if TYPE_CHECKING:
    import dagster as dg


def governance_command() -> None:
    """Write the governance record of the current release; exit code 1 if anything in it failed."""
    from tf_assets.governance.five_safes import five_safes
    from tf_assets.governance.safes import gaps, verdict
    from tf_assets.governance.writing import write_record

    home = Home.from_environment()
    with _instance(home) as instance:
        record, path = write_record(home, instance)
    safes = five_safes(record)
    console.print(verdict(safes), highlight=False, soft_wrap=True)
    for each in (evidence for safe in safes for evidence in safe.evidence if evidence.state == "failed"):
        console.print(f"  failed: {each.sentence}", style="red", highlight=False, markup=False, soft_wrap=True)
    for gap in gaps(safes):
        console.print(f"  gap: {gap.sentence} {gap.remedy}", highlight=False, markup=False, soft_wrap=True)
    console.print(f"The record lies in {path}.", highlight=False, soft_wrap=True)
    if any(safe.state == "failed" for safe in safes):
        raise typer.Exit(1)


def renew_record(home: Home) -> None:
    """Bring the current release's record up to date, where there is a release."""
    from tf_assets.governance.release_facts import has_release
    from tf_assets.governance.writing import write_record

    if has_release(home):
        with _instance(home) as instance:
            write_record(home, instance)


def _instance(home: Home) -> "dg.DagsterInstance":
    import dagster as dg

    if not (home.dagster / "dagster.yaml").exists():
        raise EvaluationError(f"There is no instance in {home.root}. Run `make run`, or `tf-eval init` first.")
    os.environ["DAGSTER_HOME"] = str(home.dagster)
    return dg.DagsterInstance.get()
