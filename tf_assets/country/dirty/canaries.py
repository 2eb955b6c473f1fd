"""Canaries on the registers: people whose identifiers nobody else has, made to pass by every place that could leak.

The country plants such people and lists their identifiers. Here every second one of those on a register gets a fault
of its own in all returns, for a message about a bad row is where a value is most likely to be repeated.
"""

import csv
from pathlib import Path

import polars as pl

from tf_assets.country.dirty.faults import FAULT, MISSING_REFERENCE

CANARY_FAULTS = (
    None,
    "group_unreadable",
    None,
    MISSING_REFERENCE,
    None,
    "sex_unknown",
    None,
    "birth_in_future",
    None,
    "postcode_cut_short",
)
"""By turns. Those that are refused leave every other identifier of the row as it is."""

CANARY_ADDRESS = "7 Quxmarvellhythe Row"
PERSON = ("council_code", "person_ref")


def canary_people(register: pl.DataFrame, listed: Path) -> pl.DataFrame:
    """council_code, person_ref, surname and fault (null for every second) of canaries on the registers, in order.

    listed: `canaries.csv` (kind, value); where there is none there are no canaries.
    """
    surnames = [] if not listed.exists() else _surnames(listed)
    found = (
        register.filter(pl.col("surname").str.to_uppercase().is_in(surnames))
        .select(*PERSON, "surname")
        .unique(list(PERSON))
        .sort("surname", *PERSON)
    )
    faults = pl.Series(FAULT, CANARY_FAULTS, dtype=pl.String)
    return found.with_columns(pl.int_range(pl.len()).mod(len(CANARY_FAULTS)).alias("turn")).select(
        *PERSON, "surname", pl.lit(faults).gather("turn").alias(FAULT)
    )


def _surnames(listed: Path) -> list[str]:
    rows = pl.read_csv(listed, infer_schema=False)
    return rows.filter(pl.col("kind") == "surname")["value"].str.to_uppercase().to_list()


def with_canary_address(rows: pl.DataFrame, canaries: pl.DataFrame) -> pl.DataFrame:
    """Give the first canary of all a home of its own in every return of its council."""
    if canaries.is_empty():
        return rows
    council, person = canaries.row(0)[:2]
    is_first = (pl.col("council_code") == council) & (pl.col("person_ref") == person)
    return rows.with_columns(
        pl.when(is_first).then(pl.lit(CANARY_ADDRESS)).otherwise(pl.col("address")).alias("address")
    )


def list_canary_address(listed: Path) -> None:
    """Add the planted address to the list, once."""
    text = listed.read_text(encoding="utf-8")
    if CANARY_ADDRESS in text:
        return
    with listed.open("a", encoding="utf-8", newline="") as file:
        if not text.endswith("\n"):
            file.write("\n")
        csv.writer(file, lineterminator="\n").writerow(["address", CANARY_ADDRESS])
