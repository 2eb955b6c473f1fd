"""`tf-eval exchange-key` and `tf-eval hash`: what a department runs that may not hand identifiers out."""

from pathlib import Path
from typing import Annotated

import typer

from tf_assets.cli.console import console
from tf_assets.cli.people_files import ColumnsOption, RenameOption, names_of_columns
from tf_assets.linkage.exchange_keys import create_exchange_key, read_exchange_key

KeyFileOption = Annotated[
    Path | None, typer.Option("--key-file", help="The key of the exchange; without it, the variable TF_EXCHANGE_KEY.")
]


def exchange_key_command(path: Annotated[Path, typer.Argument(help="The file to make, for its owner alone.")]) -> None:
    """Make a key for one exchange of hashes; both parties need the same."""
    create_exchange_key(path)
    console.print(f"Made {path}. Give a copy to the other party by a way that you trust, and to nobody else.")


def hash_command(
    people: Annotated[Path, typer.Argument(help="CSV or Parquet: record_id, forename, surname, date_of_birth, ...")],
    out: Annotated[Path, typer.Option(help="Where the hashes are written, Parquet.")],
    key_file: KeyFileOption = None,
    columns: ColumnsOption = None,
    rename: RenameOption = None,
) -> None:
    """Write a file of people as keyed hashes, which `tf-eval link` links without their names."""
    from tf_assets.linkage.spine.hashed_keys import key_check_value, write_hashes
    from tf_assets.linkage.spine.preparing import PeopleFile

    key = read_exchange_key(key_file)
    names = names_of_columns({"right": people}, columns, rename or [])
    n_records = write_hashes(PeopleFile(people, names["right"]), key, out)
    console.print(f"Wrote {out}: hashes of {n_records:,} records. Key check: {key_check_value(key)}.", highlight=False)
