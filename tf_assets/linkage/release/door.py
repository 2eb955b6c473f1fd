"""The gate of door 1: what every release is examined for before it is written."""

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from tf_assets.linkage.release.contents import RELEASE_SCHEMAS
from tf_assets.warehouse.errors import GateFailed

_KEYED = r"^[0-9a-f]{32}$"


@dataclass(frozen=True)
class DoorCheck:
    """One rule of the door: the file it is about, the rule in words, and how many rows break it."""

    file: str
    rule: str
    n_unexpected: int


def examine(tables: Mapping[str, pl.DataFrame]) -> list[DoorCheck]:
    """Every rule with its count, all of them nought; else `GateFailed` names the rules that are broken."""
    _refuse_other_columns(tables)
    people, links, returns = tables["people"], tables["record_links"], tables["returns"]
    checks = [
        DoorCheck("people", "there is somebody", int(people.is_empty())),
        DoorCheck("people", "one row a person", people.height - people["person_pseudonym"].n_unique()),
        DoorCheck("people", "no two people share a rounding key", people.height - people["rounding_key"].n_unique()),
        DoorCheck("people", "birth_month is the first of a month", _count(people, pl.col("birth_month").dt.day() != 1)),
        DoorCheck(
            "record_links",
            "a record of an extract belongs to one person",
            links.height - links.select("extract", "record_key").n_unique(),
        ),
        DoorCheck(
            "record_links",
            "a person has one record in an extract",
            links.height - links.select("extract", "person_pseudonym").n_unique(),
        ),
        DoorCheck(
            "record_links",
            "match_probability is between 0 and 1",
            _count(links, ~pl.col("match_probability").is_between(0, 1)),
        ),
        DoorCheck(
            "returns",
            "one return a council and quarter",
            returns.height - returns.select("council_code", "quarter_date").n_unique(),
        ),
        DoorCheck(
            "returns",
            "quarter_date is the first day of a quarter",
            _count(returns, pl.col("quarter_date") != pl.col("quarter_date").dt.truncate("1q")),
        ),
        DoorCheck("returns", "every value is known", _count(returns, pl.any_horizontal(pl.all().is_null()))),
    ]
    checks += [
        _is_keyed(tables, file, column)
        for file, schema in RELEASE_SCHEMAS.items()
        for column in schema
        if column in ("person_pseudonym", "family_pseudonym", "record_key", "content_key")
    ]
    checks += [_is_known(tables[file], file, people) for file in ("programme_spells", "record_links")]
    broken = [f"{check.file}: {check.rule} ({check.n_unexpected} rows)" for check in checks if check.n_unexpected]
    if broken:
        raise GateFailed(f"No release was written, and the current one stands. Broken: {'; '.join(broken)}.")
    return checks


def _refuse_other_columns(tables: Mapping[str, pl.DataFrame]) -> None:
    for file, schema in RELEASE_SCHEMAS.items():
        if file not in tables or dict(tables[file].schema) != dict(schema):
            raise GateFailed(
                f"No release was written: the columns or types of {file} are not those of the data schedule."
            )
    if tables.keys() - RELEASE_SCHEMAS.keys():
        raise GateFailed("No release was written: it holds a table that the data schedule does not name.")


def _is_keyed(tables: Mapping[str, pl.DataFrame], file: str, column: str) -> DoorCheck:
    wrong = ~pl.col(column).str.contains(_KEYED).fill_null(False)
    return DoorCheck(file, f"{column} is 32 hexadecimal digits", _count(tables[file], wrong))


def _is_known(table: pl.DataFrame, file: str, people: pl.DataFrame) -> DoorCheck:
    unknown = table.join(people, on="person_pseudonym", how="anti")
    return DoorCheck(file, "every person_pseudonym is in people", unknown.height)


def _count(table: pl.DataFrame, wrong: pl.Expr) -> int:
    return int(table.select(wrong.fill_null(False).sum()).item())
