"""`tf-eval link`: the linkage engine on two files that need have nothing to do with this programme."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import polars as pl
import typer
from rich.table import Table

from tf_assets.cli.console import console
from tf_assets.cli.hashing import KeyFileOption
from tf_assets.cli.people_files import ColumnsOption, RenameOption, names_of_columns
from tf_assets.linkage.exchange_keys import read_exchange_key
from tf_assets.linkage.spine.hashed_keys import are_hashes
from tf_assets.linkage.spine.hashed_links import link_hashed
from tf_assets.linkage.spine.preparing import PeopleFile
from tf_assets.warehouse.errors import InputRefused


def link_command(
    left: Annotated[Path, typer.Argument(help="CSV or Parquet: record_id, forename, surname, date_of_birth, ...")],
    right: Annotated[
        Path, typer.Argument(help="The other file, or its hashes (tf-eval hash); a record may have several rows.")
    ],
    out: Annotated[Path, typer.Option(help="Where the links are written, CSV or Parquet.")],
    clerical: Annotated[Path | None, typer.Option(help="Where pairs in doubt are written.")] = None,
    columns: ColumnsOption = None,
    rename: RenameOption = None,
    key_file: KeyFileOption = None,
    model: Annotated[
        Path | None, typer.Option(help="JSON with what was learnt: used if it is there, written if it is not.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Of the sample that teaches the weights.")] = 1,
) -> None:
    """Link the people of two files, each to one at most, and estimate how good the links are."""
    if are_hashes(right):
        if clerical is not None or model is not None:
            raise InputRefused("Hashes leave nothing in doubt and teach nothing. Leave --clerical and --model out.")
        names = names_of_columns({"left": left}, columns, rename or [])
        _link_hashes(PeopleFile(left, names["left"]), right, read_exchange_key(key_file), out)
        return
    # Splink takes seconds to import
    from tf_assets.linkage.spine.cascade import link
    from tf_assets.linkage.spine.model_files import read_model, write_model
    from tf_assets.linkage.spine.settings import LinkSettings

    names = names_of_columns({"left": left, "right": right}, columns, rename or [])
    known = read_model(model) if model is not None and model.exists() else None
    linkage = link(
        PeopleFile(left, names["left"]), PeopleFile(right, names["right"]), LinkSettings(seed=seed), parameters=known
    )
    _write(linkage.links, out)
    if clerical is not None:
        _write(linkage.clerical, clerical)
    if model is not None and known is None:
        write_model(linkage.model, model)
    console.print(_quality_table(linkage.quality))
    for what, value in linkage.summary.items():
        console.print(f"{what}: {value}", highlight=False, markup=False)


def _link_hashes(left: PeopleFile, hashes: Path, key: bytes, out: Path) -> None:
    linkage = link_hashed(left, hashes, key)
    _write(linkage.links, out)
    table = Table("matchkey", "links", "est. precision")
    for stage, n_links, precision, is_used in linkage.keys.iter_rows():
        told = "" if precision is None else f"{precision:.4f}" + ("" if is_used else ", not used")
        table.add_row(stage, f"{n_links:,}", told)
    console.print(table)
    console.print(f"links: {linkage.links.height:,} of {linkage.n_left:,} people", highlight=False)


def _write(frame: pl.DataFrame, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".parquet":
        frame.write_parquet(path)
    else:
        frame.write_csv(path)


def _quality_table(quality: pl.DataFrame) -> Table:
    table = Table("stage", "left", "links", "est. precision", "95%", "est. recall", "95%")
    for row in quality.iter_rows(named=True):
        estimates = [each for what in ("precision", "recall") for each in _estimate(row, what)]
        table.add_row(row["stage"], f"{row['n_left']:,}", f"{row['n_links']:,}", *estimates)
    return table


def _estimate(row: Mapping[str, Any], what: str) -> tuple[str, str]:
    value = row[f"estimated_{what}"]
    return ("", "") if value is None else (f"{value:.4f}", f"{row[f'{what}_low']:.4f} to {row[f'{what}_high']:.4f}")
