"""`tf-eval protect`: disclosure control of tables of counts, by a declared protocol and against a ledger."""

import fcntl
import hashlib
import json
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
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
from tf_assets.research.publication.ledger import Ledger
from tf_assets.warehouse.errors import InputRefused
from tf_assets.warehouse.whole_files import write_whole

Within = dict[str, list[tuple[str, str]]]

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
    _refuse_places(ledger, out)
    with _alone(ledger):
        _protect(cells, declared, ledger, out)


def _protect(cells: Mapping[str, pl.DataFrame], declared: DisclosureProtocol, ledger: Path, out: Path) -> None:
    recorded = Ledger(ledger)
    recorded.verify()
    within = _declared_ever(read_within(ledger), declared)
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


def _refuse_places(ledger: Path, out: Path) -> None:
    if (out.exists() and not out.is_dir()) or not _can_be_made(out.parent):
        raise InputRefused(f"No folder can be made at {out}. Name a new folder, below one that is there.")
    if out.exists() and any(out.iterdir()):
        raise InputRefused(f"{out} is not empty. A publication is never changed: name a new folder.")
    if (ledger.exists() and not ledger.is_dir()) or not _can_be_made(ledger.parent):
        raise InputRefused(f"{ledger} cannot be a ledger: name a folder, below one that is there.")
    if ledger.resolve() == out.resolve():
        raise InputRefused("The ledger and what is published cannot lie in one folder: name two.")


def _can_be_made(folder: Path) -> bool:
    return next(place for place in (folder.resolve(), *folder.resolve().parents) if place.exists()).is_dir()


@contextmanager
def _alone(ledger: Path) -> Iterator[None]:
    """Nobody else attacks and appends meanwhile, or two publications would not know of one another."""
    ledger.mkdir(parents=True, exist_ok=True)
    with (ledger / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _declared_ever(before: Within, protocol: DisclosureProtocol) -> Within:
    """What was ever declared to be part of what; it does not cease to be so."""
    return before | {name: sorted({*before.get(name, []), *table.within}) for name, table in protocol.tables.items()}


def read_within(ledger: Path) -> Within:
    """Which counts are part of which, of the tables that were protected into a ledger; an `InputRefused` if it is damaged."""
    path = ledger / RELATIONS
    if not path.exists():
        return {}
    try:
        return {name: [(part, whole) for part, whole in pairs] for name, pairs in json.loads(path.read_text()).items()}
    except (ValueError, AttributeError, TypeError):
        raise InputRefused(
            f"{path} cannot be read. Restore it from a copy: without it the attack knows less."
        ) from None


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
