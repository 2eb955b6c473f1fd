"""`tf-eval link`: the linkage engine on two files that need have nothing to do with this programme."""

from pathlib import Path
from typing import Annotated

import polars as pl
import typer
from rich.table import Table

from tf_assets.cli.console import console
from tf_assets.warehouse.errors import InputRefused

DATE_FORMS = ("%Y-%m-%d", "%Y%m%d", "%d/%m/%Y", "%d-%m-%Y")


def link_command(
    left: Annotated[Path, typer.Argument(help="CSV or Parquet: record_id, forename, surname, date_of_birth, ...")],
    right: Annotated[Path, typer.Argument(help="The other file; a record may have several rows.")],
    out: Annotated[Path, typer.Option(help="Where the links are written, CSV or Parquet.")],
    clerical: Annotated[Path | None, typer.Option(help="Where pairs in doubt are written.")] = None,
    rename: Annotated[list[str] | None, typer.Option(help="theirs=ours, for a column; repeat it.")] = None,
    seed: Annotated[int, typer.Option(help="Of the sample that teaches the weights.")] = 1,
) -> None:
    """Link the people of two files, each to one at most, and estimate how good the links are."""
    from tf_assets.linkage.spine.cascade import link
    from tf_assets.linkage.spine.settings import LinkSettings

    names = dict(_pair(each) for each in rename or [])
    linkage = link(_read(left, names), _read(right, names), LinkSettings(seed=seed))
    _write(linkage.links, out)
    if clerical is not None:
        _write(linkage.clerical, clerical)
    console.print(_quality_table(linkage.quality))
    for what, value in linkage.summary.items():
        console.print(f"{what}: {value}", highlight=False, markup=False)


def _pair(text: str) -> tuple[str, str]:
    theirs, equals, ours = text.partition("=")
    if not (theirs and equals and ours):
        raise InputRefused(f"--rename {text} is not of the form theirs=ours.")
    return theirs.strip(), ours.strip()


def _read(path: Path, names: dict[str, str]) -> pl.DataFrame:
    """A file as text in capitals, dates of birth as YYYY-MM-DD; record ids stay as they are."""
    try:
        frame = pl.read_parquet(path) if path.suffix == ".parquet" else pl.read_csv(path, infer_schema=False)
    except FileNotFoundError:
        raise InputRefused(f"There is no file {path}.") from None
    except pl.exceptions.PolarsError:
        raise InputRefused(f"{path} could not be read. Give a CSV file in UTF-8 or a Parquet file.") from None
    frame = frame.rename(str.strip).rename(names, strict=False)
    text = [column for column, dtype in frame.schema.items() if dtype == pl.String and column != "record_id"]
    frame = frame.with_columns(pl.col(text).str.strip_chars().str.to_uppercase())
    if frame.schema.get("date_of_birth") == pl.String:
        day = pl.col("date_of_birth")
        read = pl.coalesce(day.str.to_date(form, strict=False, exact=True) for form in DATE_FORMS)
        frame = frame.with_columns(date_of_birth=read)
    return frame


def _write(frame: pl.DataFrame, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".parquet":
        frame.write_parquet(path)
    else:
        frame.write_csv(path)


def _quality_table(quality: pl.DataFrame) -> Table:
    table = Table("stage", "left", "links", "est. precision", "est. recall")
    for row in quality.iter_rows():
        table.add_row(
            *("" if value is None else f"{value:,}" if isinstance(value, int) else str(value) for value in row)
        )
    return table
