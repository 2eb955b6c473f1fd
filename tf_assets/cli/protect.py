"""`tf-eval protect`: disclosure control of tables of counts, by a declared protocol and against a ledger."""

import hashlib
import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import polars as pl
import typer

from tf_assets.cli.console import console
from tf_assets.research.disclosure.protecting import (
    DisclosureProtocol,
    figures,
    keep_unsafe,
    protect,
    read_protocol,
    read_tables,
    with_rates,
)
from tf_assets.research.publication.ledger import Ledger, write_whole
from tf_assets.warehouse.errors import InputRefused

RELATIONS = "within.json"
"""Beside a ledger: of each table that was protected into it which counts are part of which."""


def protect_command(
    tables: Annotated[Path, typer.Argument(help="A folder of CSV or Parquet files, a row a cell.")],
    protocol: Annotated[Path, typer.Option(help="YAML that declares the tables, their counts and keys.")],
    ledger: Annotated[Path, typer.Option(help="The ledger's folder; made if there is none.")],
    out: Annotated[Path, typer.Option(help="Where the protected tables are written; a new folder.")],
) -> None:
    """Round, attack together with everything published before, record, and only then write."""
    declared = read_protocol(protocol)
    cells = read_tables(tables, declared)
    if out.exists() and any(out.iterdir()):
        raise InputRefused(f"{out} is not empty. A publication is never changed: name a new folder.")
    recorded = Ledger(ledger)
    recorded.verify()
    within = read_within(ledger) | {name: list(table.within) for name, table in declared.tables.items()}
    rounded = {name: protect(cells[name], table) for name, table in declared.tables.items()}
    kept = keep_unsafe(rounded, declared, recorded, within)
    identity = _identity(kept, declared)
    write_whole(ledger / RELATIONS, json.dumps(within, indent=2, sort_keys=True) + "\n")
    recorded.append(identity, figures(kept, declared, identity))
    _write(kept, declared, identity, out)
    n_kept = sum(table["is_kept"].sum() for table in kept.values())
    rows = sum(table.height for table in kept.values())
    console.print(
        f"{identity}: {rows:,} protected rows in {out}, {n_kept:,} of them kept as they were published last.",
        highlight=False,
    )


def read_within(ledger: Path) -> dict[str, list[tuple[str, str]]]:
    """Which counts are part of which, of the tables that were protected into a ledger."""
    path = ledger / RELATIONS
    return (
        {name: [(a, b) for a, b in pairs] for name, pairs in json.loads(path.read_text()).items()}
        if path.exists()
        else {}
    )


def _identity(tables: Mapping[str, pl.DataFrame], protocol: DisclosureProtocol) -> str:
    digest = hashlib.sha256()
    for name in sorted(tables):
        digest.update(f"{name}\n{tables[name].write_csv()}".encode())
    return f"{protocol.release}-{digest.hexdigest()[:8]}"


def _write(tables: Mapping[str, pl.DataFrame], protocol: DisclosureProtocol, identity: str, out: Path) -> None:
    staged = out.with_name(f".staged-{out.name}")
    shutil.rmtree(staged, ignore_errors=True)
    staged.mkdir(parents=True)
    for name, table in protocol.tables.items():
        with_rates(tables[name], table).write_csv(staged / f"{name}.csv")
    (staged / "publication.json").write_text(
        json.dumps({"publication_id": identity, "release": protocol.release}) + "\n"
    )
    if out.exists():
        out.rmdir()
    staged.rename(out)
