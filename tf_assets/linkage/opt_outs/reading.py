"""A file of opt-outs, in any shape that a return may have, as rows of text for `judge`."""

import polars as pl

from tf_assets.linkage.opt_outs.evidence import FIELDS, ROW_NUMBER
from tf_assets.linkage.returns.archives import ZIP_MAGIC
from tf_assets.linkage.returns.encodings import plain_text
from tf_assets.linkage.returns.grid import Grid, grid_of
from tf_assets.linkage.returns.reading import read_grids
from tf_assets.linkage.returns.spreadsheets import OLE_MAGIC
from tf_assets.linkage.returns.vocabulary import FIELDS as RETURN_FIELDS
from tf_assets.linkage.returns.vocabulary import plain_words
from tf_assets.warehouse.errors import InputRefused

HEADING_ROWS = 60
"""As for returns: titles and notes above the headings are never longer than this (ours)."""

_ALIASES: dict[str, str] = {
    **{
        alias: field.name
        for field in RETURN_FIELDS
        if field.name in FIELDS
        for alias in (plain_words(field.name), *field.aliases)
    },
    **dict.fromkeys(
        ["council", "council code", "council name", "local authority", "authority", "la", "la code", "gss code"],
        "council",
    ),
    **dict.fromkeys(["nhs number", "nhs no", "nhs num", "nhs"], "nhs_number"),
}
"""Headings in plain words -> field."""


def read_opt_outs(content: bytes) -> pl.DataFrame:
    """Rows of text: row_number as the sender counts, and those of `FIELDS` that the file has.

    `InputRefused` when it is no table, or none of its first rows names two fields or one that is enough by itself.
    Columns that are none of the fields are left alone: an objection may come with a letter's reference.
    """
    if not content.strip():
        raise InputRefused("The file of opt-outs is empty. Send it again.")
    grids = _grids(content)
    found = [(fields, at, grid) for grid in grids for at, fields in [_headings(grid)] if fields]
    if not found:
        raise InputRefused(
            f"The file of opt-outs has no row of headings that is known. Name its columns {', '.join(FIELDS)}; "
            "those that you do not have may be left out."
        )
    if len(found) > 1:
        raise InputRefused("More than one sheet of the file holds opt-outs. Send one file with one sheet.")
    fields, at, grid = found[0]
    below = grid.cells.slice(at + 1).select(ROW_NUMBER, **{field: pl.col(column) for field, column in fields.items()})
    return below.filter(pl.any_horizontal(pl.col(list(fields)).is_not_null()))


def _grids(content: bytes) -> list[Grid]:
    if content.startswith((ZIP_MAGIC, OLE_MAGIC)):
        return read_grids(content)
    lines = [line.strip().strip('"') for line in plain_text(content)[0].decode().splitlines()]
    if plain_words(next((line for line in lines if line), "")) in _ALIASES:
        # a list of numbers has no delimiter, which a return cannot be without
        return [grid_of(pl.DataFrame({"c0": lines}), "csv", "one column")]
    return read_grids(content)


def _headings(grid: Grid) -> tuple[int, dict[str, str]]:
    """The row that names most fields, and field -> column; no fields where no row does."""
    best: tuple[int, dict[str, str]] = (0, {})
    for at, row in enumerate(grid.cells.select(grid.columns).head(HEADING_ROWS).rows()):
        named: dict[str, str] = {}
        for column, cell in zip(grid.columns, row, strict=True):
            field = _ALIASES.get(plain_words(cell)) if cell else None
            if field in named:
                raise InputRefused(
                    f"Two columns of the file of opt-outs are headed {field.replace('_', ' ')}. Send one."
                )
            if field:
                named[field] = column
        if len(named) > len(best[1]):
            best = (at, named)
    return best
