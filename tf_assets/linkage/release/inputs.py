"""What a release was made of: a content hash of each input, and of the code."""

import hashlib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TypeAlias

import duckdb
import polars as pl

from tf_assets.linkage.keys import LinkageKeys, keyed_digest
from tf_assets.warehouse.calendar import EXTRACTS
from tf_assets.warehouse.kept import keep, read_kept
from tf_assets.warehouse.project import project_root
from tf_assets.warehouse.zone import Zone

INPUT_TABLES = ("council_register", *(f"{extract}_identities" for extract in EXTRACTS))

CONTENT_KEY_DIGITS = 32

Sums: TypeAlias = tuple[int, int, int]
"""Rows, and the sums of the lower and of the upper halves of the MD5 of each row's text."""

KEPT = "input_hashes"
_KEPT_SCHEMA = {"file": pl.String, "state": pl.String, "n_rows": pl.Int64, "lower": pl.String, "upper": pl.String}
"""The sums of each partition file; state: which file it is, and how its rows are read."""


def input_hashes(zone: Zone, keys: LinkageKeys, tables: Sequence[str] = INPUT_TABLES) -> dict[str, str]:
    """The content hash of each input, whatever the order of its rows: of the register as a whole, and of each year of an
    extract as `<table>|<first day>`, so that it can be told which year a department sent again.

    Keyed, because the manifest leaves this environment and the hash of a table of few rows could be guessed. The sums of a
    partition file are kept, encrypted like the file itself, and taken again while the file is the same.
    """
    counted: dict[str, list[Sums]] = {}
    of_files = _sums_of_files(zone, [table for table in tables if zone.schemas[table].partitions])
    for table in tables:
        kind = zone.schemas[table].partitions
        if kind is None:
            counted[table] = _sums_of_table(zone, table)
        elif kind == "council_quarter":  # each return is in the release by itself
            counted[table] = list(of_files[table].values())
        else:
            counted.update({f"{table}|{path.stem}": [sums] for path, sums in of_files[table].items()})
    return {name: keyed_digest(keys.pseudonym_key, f"input|{name}|{_added(sums)}") for name, sums in counted.items()}


def _added(parts: Iterable[Sums]) -> Sums:
    """The sums of all parts together, which do not depend on how the rows were parted."""
    n_rows, lower, upper = (sum(column) for column in zip((0, 0, 0), *parts, strict=True))
    return n_rows, lower, upper


def _sums_of_table(zone: Zone, table: str) -> list[Sums]:
    with zone.connect([table]) as connection:
        rows = connection.sql(f"SELECT {_sums_sql(zone, table)} FROM {table}").fetchall()
    return [(n_rows, int(lower), int(upper)) for n_rows, lower, upper in rows]


def _sums_of_files(zone: Zone, tables: Iterable[str]) -> dict[str, dict[Path, Sums]]:
    """The sums of each partition file by table; they are worked out of those files alone that are new."""
    known = {(file, state): (n, int(lower), int(upper)) for file, state, n, lower, upper in _kept(zone).iter_rows()}
    found: dict[str, dict[Path, Sums]] = {}
    rows: list[tuple[str, str, int, str, str]] = []
    for table in tables:
        states = {path: _state(zone, table, path) for path in zone.partition_files(table)}
        names = {path: f"{table}/{path.name}" for path in states}
        new = [path for path, state in states.items() if (names[path], state) not in known]
        summed = _sum_files(zone, table, new)
        found[table] = {
            path: summed[path] if path in summed else known[names[path], state] for path, state in states.items()
        }
        rows += [(names[path], states[path], n, str(low), str(up)) for path, (n, low, up) in found[table].items()]
    now = pl.DataFrame(rows, schema=_KEPT_SCHEMA, orient="row")
    if not now.equals(_kept(zone)):
        keep(zone, KEPT, now)
    return found


def _kept(zone: Zone) -> pl.DataFrame:
    kept = read_kept(zone, KEPT)
    return kept if kept is not None and dict(kept.schema) == _KEPT_SCHEMA else pl.DataFrame(schema=_KEPT_SCHEMA)


def _state(zone: Zone, table: str, path: Path) -> str:
    """Which file lies there, for a partition is published by a rename, and how its rows are read."""
    lies = path.stat()
    told = (lies.st_ino, lies.st_mtime_ns, lies.st_size, _sums_sql(zone, table), duckdb.__version__)
    return hashlib.sha256(repr(told).encode()).hexdigest()


def _sum_files(zone: Zone, table: str, paths: list[Path]) -> dict[Path, Sums]:
    if not paths:
        return {}
    source = zone.parquet_sql(paths, with_filename=True)
    with zone.bare_connection() as connection:
        rows = connection.sql(f"SELECT filename, {_sums_sql(zone, table)} FROM {source} GROUP BY filename").fetchall()
    summed = {Path(name): (n_rows, int(lower), int(upper)) for name, n_rows, lower, upper in rows}
    return {path: summed.get(path, (0, 0, 0)) for path in paths}


def _sums_sql(zone: Zone, table: str) -> str:
    """The `Sums` of a table's rows as SQL."""
    fields = ", ".join(f"{column.name} := {column.name}" for column in zone.schemas[table].columns)
    text = f"CAST(struct_pack({fields}) AS VARCHAR)"
    return f"count(*), coalesce(sum(md5_number_lower({text})), 0), coalesce(sum(md5_number_upper({text})), 0)"


def current_returns(zone: Zone) -> pl.DataFrame:
    """The returns that the register is made of: council_code, quarter_date, source_sha256, received_at."""
    with zone.connect() as connection:
        return connection.sql(
            "SELECT DISTINCT council_code, quarter_date, source_sha256, received_at FROM council_register"
        ).pl()


def content_keys(source_hashes: pl.Series, keys: LinkageKeys) -> pl.Series:
    """What a release calls a return's file: the same bytes are the same key, and no hash of a file leaves."""
    distinct = source_hashes.unique()
    keyed = [keyed_digest(keys.pseudonym_key, f"return|{each}")[:CONTENT_KEY_DIGITS] for each in distinct]
    return source_hashes.replace_strict(distinct, keyed, return_dtype=pl.String).alias("content_key")


def code_version() -> str:
    """A hash of the linkage environment's code and SQL, which is what makes a release of the same inputs differ."""
    root = project_root()
    digest = hashlib.sha256()
    for folder, pattern in (("tf_assets/linkage", "*.py"), ("dbt_like_sql/linkage", "*.sql")):
        for path in sorted((root / folder).rglob(pattern)):
            digest.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:16]
