"""Departments' identities in the form of the registers that they are linked to."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import polars as pl

from tf_assets.linkage import standardise
from tf_assets.linkage.dates import PLACEHOLDER_BIRTH_DATES
from tf_assets.linkage.standard_columns import standardise_column
from tf_assets.warehouse.calendar import EXTRACTS
from tf_assets.warehouse.errors import InputRefused

_NAMED = ("record_ref", "forename", "surname", "date_of_birth", "sex", "postcode")
SENT_COLUMNS: dict[str, tuple[str, ...]] = {
    "attendance": (*_NAMED, "upn"),
    "attainment": (*_NAMED, "upn"),
    "social_care": (*_NAMED, "child_id", "upn"),
    "offences": (*_NAMED, "pnc_id", "aliases"),
    "benefits": (*_NAMED, "nino"),
    "employment": (*_NAMED, "nino"),
    "hospital": (*_NAMED, "nhs_number"),
}
"""What each identities file holds, and nothing else (docs/reference/data-schedule.md)."""

IDENTITY_COLUMNS = (
    "record_ref", "forename", "surname", "aliases", "date_of_birth", "sex", "postcode", "upn", "nino", "nhs_number",
    "year_start_date",
)  # fmt: skip
ALIAS_SEPARATOR = "|"
PARQUET_MAGIC = b"PAR1"


@dataclass(frozen=True)
class StandardisedIdentities:
    """One year of one extract.

    identities: IDENTITY_COLUMNS, one row a record; n_cleared: for each identifier, how many that were sent could not
    be used.
    """

    identities: pl.DataFrame
    n_cleared: dict[str, int]


def read_identities(source: Path | bytes, extract: str) -> pl.DataFrame:
    """The sent columns of an identities file (its path or its bytes), as text but for dates that Parquet typed.

    `InputRefused` when the file cannot be read, a column is missing, or a column is there that is no identity: an
    outcome must never come in by this door.
    """
    supplier = EXTRACTS[extract].supplier
    try:
        frame = pl.read_parquet(source) if _is_parquet(source) else pl.read_csv(source, infer_schema=False)
    except (pl.exceptions.PolarsError, OSError):
        raise InputRefused(
            f"The identities file of {extract} cannot be read. Ask {supplier} to send it again as Parquet or "
            "CSV in UTF-8."
        ) from None
    expected = SENT_COLUMNS[extract]
    missing = [column for column in expected if column not in frame.columns]
    if missing:
        raise InputRefused(
            f"The identities file of {extract} has no column {', '.join(missing)}. Ask {supplier} to send it again."
        )
    if strange := [column for column in frame.columns if column not in expected]:
        shown = [column[:40] for column in strange if re.match(r"^[A-Za-z][A-Za-z_ ]*\d?$", column)][:10]
        raise InputRefused(
            f"The identities file of {extract} holds {len(strange)} columns that do not belong in it"
            f"{': ' + ', '.join(shown) if shown else ''}. Ask {supplier} to send measures in the attributes file alone."
        )
    return frame.select(expected)


def _is_parquet(source: Path | bytes) -> bool:
    if isinstance(source, bytes):
        return source.startswith(PARQUET_MAGIC)
    with source.open("rb") as file:
        return file.read(len(PARQUET_MAGIC)) == PARQUET_MAGIC


def standardise_identities(frame: pl.DataFrame, extract: str, year_start: date) -> StandardisedIdentities:
    """Standardise the columns that the extract has; those that it has not are null.

    `record_ref` is left exactly as sent: the record key is made of it on both sides of the door. `InputRefused` when a
    record has none or two rows share one.
    """
    _refuse_bad_references(frame["record_ref"], extract)
    standards = {
        "forename": standardise.name,
        "surname": standardise.name,
        "sex": standardise.sex,
        "postcode": standardise.postcode,
        "upn": standardise.upn,
        "nino": standardise.nino,
        "nhs_number": standardise.nhs_number,
    }
    made = frame.select(
        pl.col("record_ref").cast(pl.String),
        *(_standard(frame, column, standard) for column, standard in standards.items()),
        aliases=_aliases(frame),
        date_of_birth=_date_of_birth(frame),
        year_start_date=pl.lit(year_start),
    )
    present = [column for column in IDENTITY_COLUMNS[1:-1] if column in frame.columns]
    n_cleared = {column: made[column].null_count() - frame[column].null_count() for column in present}
    return StandardisedIdentities(made.select(IDENTITY_COLUMNS).sort("record_ref"), n_cleared)


def _standard(frame: pl.DataFrame, column: str, standard: Callable[[pl.Expr], pl.Expr]) -> pl.Series | pl.Expr:
    """A column in standard form, or nulls where the extract has none."""
    if column not in frame.columns:
        return pl.lit(None, pl.String).alias(column)
    return standardise_column(frame[column].cast(pl.String), standard).alias(column)


def _date_of_birth(frame: pl.DataFrame) -> pl.Expr:
    born = pl.col("date_of_birth")
    dates = (
        born.str.to_date("%Y-%m-%d", strict=False) if frame["date_of_birth"].dtype == pl.String else born.cast(pl.Date)
    )
    return pl.when(~dates.is_in(list(PLACEHOLDER_BIRTH_DATES))).then(dates)


def _aliases(frame: pl.DataFrame) -> pl.Expr:
    """Each other name standardised, joined again; null where there is none."""
    if "aliases" not in frame.columns:
        return pl.lit(None, pl.String)
    names = pl.col("aliases").cast(pl.String).str.split(ALIAS_SEPARATOR)
    joined = names.list.eval(standardise.name(pl.element()).drop_nulls()).list.join(ALIAS_SEPARATOR)
    return pl.when(joined != "").then(joined)


def _refuse_bad_references(references: pl.Series, extract: str) -> None:
    missing = references.null_count() + int((references.cast(pl.String) == "").sum())
    repeated = references.len() - references.n_unique()
    if missing or repeated:
        raise InputRefused(
            f"In the identities of {extract}, {missing} records have no record_ref and {repeated} repeat one. "
            f"Ask {EXTRACTS[extract].supplier} to give each record its own and to send the file again."
        )
