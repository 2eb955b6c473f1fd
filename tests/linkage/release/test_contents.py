"""What research's schema says of a released column's origin is so: nothing else of the spine changes the column."""

from dataclasses import fields, replace

import polars as pl
import pytest

from tests.linkage.release.test_release import SPINE, tables
from tf_assets.linkage.release.contents import RELEASE_SCHEMAS, SpineTables
from tf_assets.warehouse.schema import load_schemas

SCHEMAS = load_schemas()
TABLE_OF = {"returns": "council_register"}
"""Where a part of the spine goes by another name than its table."""

JOINED = {
    *(("register_clusters", column) for column in ("council_code", "person_ref")),
    *(("register_programme", column) for column in ("council_code", "person_ref")),
}
"""Columns by which the register's parts are joined: another value would be another person, not another way."""


def declared(file: str, column: str) -> set[tuple[str, str]]:
    return set(SCHEMAS["research", f"released_{file}"].column(column).derived_from)


def other_values(column: pl.Series) -> pl.Series:
    """A column with other values of its type."""
    if column.dtype == pl.String:
        return column + "x"
    if column.dtype == pl.Boolean:
        return ~column
    if column.dtype.is_temporal():
        return column.dt.offset_by("3mo")
    return column + 1 if column.dtype.is_integer() else column / 2


SOURCES = [
    (part.name, column)
    for part in fields(SpineTables)
    for column in getattr(SPINE, part.name).columns
    if (part.name, column) not in JOINED
]


@pytest.mark.parametrize(("part", "column"), SOURCES, ids=[".".join(source) for source in SOURCES])
def test_a_released_column_follows_from_what_is_declared_alone(part: str, column: str) -> None:
    frame = getattr(SPINE, part)
    changed = replace(SPINE, **{part: frame.with_columns(other_values(frame[column]).alias(column))})
    before, after = tables(), tables(changed)
    source = (TABLE_OF.get(part, part), column)
    moved = {
        (file, name)
        for file, schema in RELEASE_SCHEMAS.items()
        for name in schema
        if not before[file][name].sort().equals(after[file][name].sort(), null_equal=True)
    }
    undeclared = {(file, name) for file, name in moved if source not in declared(file, name)}
    assert undeclared == set()
    says = {
        (file, name) for file, schema in RELEASE_SCHEMAS.items() for name in schema if source in declared(file, name)
    }
    assert moved == says


def test_every_released_column_says_where_it_comes_from() -> None:
    for file, schema in RELEASE_SCHEMAS.items():
        told = SCHEMAS["research", f"released_{file}"]
        assert {column.name for column in told.columns} == set(schema)
        assert all(column.derived_from for column in told.columns)
