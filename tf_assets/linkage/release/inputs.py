"""What a release was made of: a content hash of each input, and of the code."""

import hashlib
from collections.abc import Iterable

import polars as pl

from tf_assets.linkage.keys import LinkageKeys, keyed_digest
from tf_assets.warehouse.calendar import EXTRACTS
from tf_assets.warehouse.project import project_root
from tf_assets.warehouse.zone import Zone

INPUT_TABLES = ("council_register", *(f"{extract}_identities" for extract in EXTRACTS))

CONTENT_KEY_DIGITS = 32


def input_hashes(zone: Zone, keys: LinkageKeys, tables: Iterable[str] = INPUT_TABLES) -> dict[str, str]:
    """The content hash of each input, whatever the order of its rows: of the register as a whole, and of each year of an
    extract as `<table>|<first day>`, so that it can be told which year a department sent again.

    Keyed, because the manifest leaves this environment and the hash of a table of few rows could be guessed.
    """
    hashes = {}
    with zone.connect() as connection:
        for table in tables:
            for name, source in _parts(zone, table).items():
                counted = connection.sql(
                    "SELECT count(*), sum(md5_number_lower(row_text)), sum(md5_number_upper(row_text)) "
                    f"FROM (SELECT CAST(input AS VARCHAR) AS row_text FROM {source} AS input)"
                ).fetchone()
                hashes[name] = keyed_digest(keys.pseudonym_key, f"input|{name}|{counted}")
    return hashes


def _parts(zone: Zone, table: str) -> dict[str, str]:
    """What is hashed of a table, by name, as relations of SQL."""
    if zone.schemas[table].partitions in (None, "council_quarter"):  # each return is in the release by itself
        return {table: table}
    return {f"{table}|{path.stem}": zone.parquet_sql([path]) for path in zone.partition_files(table)}


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
