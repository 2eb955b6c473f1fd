"""`tf-eval link`: the linkage engine on two files that need have nothing to do with this programme."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import polars as pl
import typer
import yaml
from rich.table import Table

from tf_assets.cli.console import console
from tf_assets.linkage.spine.preparing import IDENTITY_COLUMNS, REQUIRED_COLUMNS, columns_of
from tf_assets.warehouse.errors import InputRefused

SIDES = ("left", "right")
OUR_COLUMNS = tuple(dict.fromkeys((*REQUIRED_COLUMNS, *IDENTITY_COLUMNS, "aliases", "family_id")))


def link_command(
    left: Annotated[Path, typer.Argument(help="CSV or Parquet: record_id, forename, surname, date_of_birth, ...")],
    right: Annotated[Path, typer.Argument(help="The other file; a record may have several rows.")],
    out: Annotated[Path, typer.Option(help="Where the links are written, CSV or Parquet.")],
    clerical: Annotated[Path | None, typer.Option(help="Where pairs in doubt are written.")] = None,
    columns: Annotated[
        Path | None, typer.Option(help="YAML with our column names and theirs, for both files or under left and right.")
    ] = None,
    rename: Annotated[
        list[str] | None, typer.Option(help="theirs=ours, for a column of either file; repeat it.")
    ] = None,
    model: Annotated[
        Path | None, typer.Option(help="JSON with what was learnt: used if it is there, written if it is not.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Of the sample that teaches the weights.")] = 1,
) -> None:
    """Link the people of two files, each to one at most, and estimate how good the links are."""
    # Splink takes seconds to import
    from tf_assets.linkage.spine.cascade import link
    from tf_assets.linkage.spine.model_files import read_model, write_model
    from tf_assets.linkage.spine.preparing import PeopleFile
    from tf_assets.linkage.spine.settings import LinkSettings

    names = _names({"left": left, "right": right}, columns, rename or [])
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


def _names(files: Mapping[str, Path], columns: Path | None, rename: list[str]) -> dict[str, dict[str, str]]:
    """Their name of each column by ours, for each side: what the mapping says, then what is renamed and is there."""
    given = _read_mapping(columns) if columns is not None else {}
    pairs = [_pair(each) for each in rename]
    names: dict[str, dict[str, str]] = {}
    for side, path in files.items():
        both = {ours: theirs for ours, theirs in given.items() if ours not in files}
        theirs_here = columns_of(path)
        names[side] = {
            **{ours: str(theirs) for ours, theirs in {**both, **given.get(side, {})}.items()},
            **{ours: theirs for ours, theirs in pairs if theirs in theirs_here},
        }
        unknown = sorted(set(names[side]) - set(OUR_COLUMNS))
        if unknown:
            raise InputRefused(
                f"There is no column {', '.join(unknown)} to map to. There are {', '.join(OUR_COLUMNS)}."
            )
    return names


def _read_mapping(path: Path) -> dict[str, Any]:
    try:
        mapping = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InputRefused(f"There is no file {path}.") from None
    except (yaml.YAMLError, UnicodeDecodeError):
        raise InputRefused(f"{path} is not YAML. Write lines of the form forename: their column.") from None
    parts = [mapping, *(mapping.get(side, {}) for side in SIDES)] if isinstance(mapping, dict) else [mapping]
    if not all(isinstance(part, dict) for part in parts):
        raise InputRefused(
            f"{path} is no mapping. Write lines of the form forename: their column, or under left and right."
        )
    return dict(mapping)


def _pair(text: str) -> tuple[str, str]:
    """Ours and theirs."""
    theirs, equals, ours = text.partition("=")
    if not (theirs and equals and ours):
        raise InputRefused(f"--rename {text} is not of the form theirs=ours.")
    return ours.strip(), theirs.strip()


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
