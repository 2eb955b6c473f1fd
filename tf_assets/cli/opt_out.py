"""`tf-eval opt-out`: record that somebody objects to taking part.

No option takes a value of a person: a command line stands in the shell's history and in the list of processes. Values
come from a file, from standard input, or at prompts that do not show them.
"""

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tf_assets.cli.console import console
from tf_assets.warehouse.errors import InputRefused
from tf_assets.warehouse.home import Home

if TYPE_CHECKING:
    import polars as pl

MOST_FAULTS_SHOWN = 50


def opt_out_command(
    source: Annotated[
        Path | None, typer.Option("--from", help="A CSV, XLSX or ODS file; - or nothing for standard input.")
    ] = None,
) -> None:
    """Record opt-outs as keyed hashes: from a file, from standard input (CSV with headings), or asked for one by one.

    Columns, any of which may be missing: council, person_ref, forename, surname, date_of_birth, postcode, upn, nino,
    nhs_number. The answer never says whether anybody is on a register.
    """
    from tf_assets.linkage.keys import load_keys
    from tf_assets.linkage.opt_outs.evidence import judge
    from tf_assets.linkage.opt_outs.reading import read_opt_outs
    from tf_assets.linkage.opt_outs.store import record_opt_outs

    home = Home.from_environment()
    home.project()
    key = load_keys(home).opt_out_key
    now = datetime.now(UTC)
    judged = judge(_asked() if source is None and is_at_a_terminal() else read_opt_outs(_content(source)))
    n_recorded = record_opt_outs(home.zone("linkage"), judged.usable, key, now, now, is_landed=False)
    console.print(
        f"{n_recorded} {'opt-out is' if n_recorded == 1 else 'opt-outs are'} on record. They are applied to every return "
        "and extract when the national tables are next made: by itself where the daemon runs, else with `tf-eval run`.",
        highlight=False,
    )
    for row_number, field, rule, sentence in judged.faults.head(MOST_FAULTS_SHOWN).iter_rows():
        console.print(f"  row {row_number}, {field}, {rule}: {sentence}", highlight=False, markup=False)
    if judged.n_refused:
        raise InputRefused(
            f"{judged.n_refused} {'row' if judged.n_refused == 1 else 'rows'} could not be used, and nobody is left out "
            "because of them. Mend what is said above and send those rows again."
        )


def is_at_a_terminal() -> bool:
    """Is there somebody to ask?"""
    return sys.stdin.isatty()


def _content(source: Path | None) -> bytes:
    if source is None or str(source) == "-":
        return sys.stdin.buffer.read()
    try:
        return source.read_bytes()
    except OSError as error:
        # the file's name may be a person's, and so is not repeated
        raise InputRefused(f"The file could not be read: {error.strerror}. Name a file that you may read.") from None


def _asked() -> "pl.DataFrame":
    """One opt-out, asked for at prompts that do not show what is typed."""
    import polars as pl

    from tf_assets.linkage.opt_outs.evidence import FIELDS

    console.print("Give what you have, and press Enter for what you have not. What you type is not shown.")
    said = {field: typer.prompt(field, default="", hide_input=True, show_default=False, err=True) for field in FIELDS}
    return pl.DataFrame({"row_number": [1], **{field: [value or None] for field, value in said.items()}})
