"""Read a department's attributes and replace the supplier's reference by the record key.

A file is taken whole or not at all: a department can send it again, and half an extract would read as a fall in
whatever it measures. What is wrong is told by column and number of rows, never by value.
"""

from datetime import date
from pathlib import Path

import duckdb
import polars as pl

from tf_assets.research.extracts.shapes import REFERENCE, SHAPES, Attribute
from tf_assets.warehouse.calendar import EXTRACTS
from tf_assets.warehouse.errors import InputRefused
from tf_assets.warehouse.record_keys import record_key_sql

TRUE_WORDS, FALSE_WORDS = ("true", "1"), ("false", "0")


def read_attributes(path: Path, extract: str, record_salt: str, year_start: date | None = None) -> pl.DataFrame:
    """An attributes file (Parquet or CSV) as record_key, its attributes with their types, and year_start_date.

    year_start: the first day of the extract's year that the file was sent for; the year of a slot's folder if absent.
    Raises `InputRefused`, with a sentence, for a file that cannot be read, lacks columns, has others, or holds values
    that do not fit. Rows are in the order of the record key, so that equal files give equal tables.
    """
    raw = _read(path, extract)
    attributes = SHAPES[extract]
    _refuse_other_columns(raw, extract, attributes)
    if raw.get_column(REFERENCE).is_null().any():
        raise InputRefused(
            f"{_named(extract)} has {raw.get_column(REFERENCE).null_count()} rows without record_ref. "
            f"{_ask(extract)} the file with a reference in each row."
        )
    typed = raw.select(pl.col(REFERENCE).cast(pl.String), *(_typed(raw, extract, each) for each in attributes))
    for each in attributes:
        _refuse_unfit_values(typed, extract, each)
    keyed = _re_key(typed, extract, record_salt)
    start = year_start or date.fromisoformat(path.parent.name)
    return keyed.with_columns(year_start_date=pl.lit(start)).sort(keyed.columns)


def _read(path: Path, extract: str) -> pl.DataFrame:
    """All columns as they stand; a CSV's as text."""
    try:
        if path.suffix == ".parquet":
            return pl.read_parquet(path)
        return pl.read_csv(path, infer_schema=False, null_values="")
    except (pl.exceptions.PolarsError, OSError, ValueError):
        raise InputRefused(
            f"{_named(extract)} cannot be read as {path.suffix.lstrip('.').upper()}. {_ask(extract)} it again."
        ) from None


def _refuse_other_columns(raw: pl.DataFrame, extract: str, attributes: tuple[Attribute, ...]) -> None:
    declared = {REFERENCE, *(each.name for each in attributes)}
    missing, n_other = sorted(declared - set(raw.columns)), len(set(raw.columns) - declared)
    if missing:
        raise InputRefused(f"{_named(extract)} lacks {', '.join(missing)}. {_ask(extract)} all the columns.")
    if n_other:
        # an undeclared column may be an identifier, and its heading may be one too
        raise InputRefused(
            f"{_named(extract)} has {n_other} columns that the data schedule does not list, and research may not "
            f"hold what it was not meant to have. {_ask(extract)} the listed columns only."
        )


def _typed(raw: pl.DataFrame, extract: str, attribute: Attribute) -> pl.Series:
    """One column as its declared type; a value that cannot be converted refuses the file."""
    column = raw.get_column(attribute.name)
    if column.dtype == attribute.dtype:
        return column
    if column.dtype == pl.String and attribute.dtype == pl.Boolean:
        converted = _flags(column)
    elif column.dtype == pl.Float64 and attribute.dtype == pl.Int32:
        converted = column.set(column != column.floor(), None).cast(pl.Int32, strict=False)
    else:
        converted = _cast(column, attribute.dtype)
    n_unfit = converted.null_count() - column.null_count()
    if n_unfit:
        raise InputRefused(
            f"{_named(extract)} has {n_unfit} rows whose {attribute.name} is not {_in_words(attribute)}. "
            f"{_ask(extract)} the file with these mended."
        )
    return converted


def _cast(column: pl.Series, dtype: type[pl.DataType]) -> pl.Series:
    if column.dtype == pl.String and dtype == pl.Date:
        return column.str.to_date("%Y-%m-%d", strict=False)
    try:
        return column.cast(dtype, strict=False)
    except pl.exceptions.PolarsError:
        return pl.Series(column.name, [None] * len(column), dtype)


def _flags(column: pl.Series) -> pl.Series:
    words = column.str.to_lowercase()
    found = pl.when(words.is_in(TRUE_WORDS)).then(True).when(words.is_in(FALSE_WORDS)).then(False)
    return pl.select(found.otherwise(None).alias(column.name)).to_series()


def _refuse_unfit_values(typed: pl.DataFrame, extract: str, attribute: Attribute) -> None:
    column = typed.get_column(attribute.name)
    faults = {
        "is missing": column.is_null() if attribute.is_required else None,
        "is not one of the codes of the data schedule": (~column.is_in(attribute.values) if attribute.values else None),
        "is below zero": column < 0 if attribute.is_count else None,
    }
    for fault, rows in faults.items():
        n_rows = int(rows.sum()) if rows is not None else 0
        if n_rows:
            raise InputRefused(
                f"{_named(extract)} has {n_rows} rows whose {attribute.name} {fault}. "
                f"{_ask(extract)} the file with these mended."
            )


def _re_key(typed: pl.DataFrame, extract: str, record_salt: str) -> pl.DataFrame:
    with duckdb.connect() as connection:
        connection.register("typed", typed.to_arrow())
        return connection.execute(
            f"SELECT {record_key_sql('$extract', REFERENCE)} AS record_key, * EXCLUDE ({REFERENCE}) FROM typed",
            {"record_salt": record_salt, "extract": extract},
        ).pl()


def _in_words(attribute: Attribute) -> str:
    return {
        pl.Int32: "a whole number",
        pl.Float64: "a number",
        pl.Date: "a date in the form YYYY-MM-DD",
        pl.Boolean: "true or false",
    }.get(attribute.dtype, "text")


def _named(extract: str) -> str:
    return f"The attributes file of {extract}"


def _ask(extract: str) -> str:
    return f"Ask {EXTRACTS[extract].supplier} for"
