"""What a release was made of: a content hash of each input, and of the code."""

import hashlib
from collections.abc import Iterable

from tf_assets.linkage.keys import LinkageKeys, keyed_digest
from tf_assets.warehouse.calendar import EXTRACTS
from tf_assets.warehouse.project import project_root
from tf_assets.warehouse.zone import Zone

INPUT_TABLES = ("council_register", *(f"{extract}_identities" for extract in EXTRACTS))


def input_hashes(zone: Zone, keys: LinkageKeys, tables: Iterable[str] = INPUT_TABLES) -> dict[str, str]:
    """The content hash of each input table, whatever the order of its rows.

    Keyed, because the manifest leaves this environment and the hash of a table of few rows could be guessed.
    """
    hashes = {}
    with zone.connect() as connection:
        for table in tables:
            counted = connection.sql(
                "SELECT count(*), sum(md5_number_lower(row_text)), sum(md5_number_upper(row_text)) "
                f"FROM (SELECT CAST(input AS VARCHAR) AS row_text FROM {table} AS input)"
            ).fetchone()
            hashes[table] = keyed_digest(keys.pseudonym_key, f"input|{table}|{counted}")
    return hashes


def code_version() -> str:
    """A hash of the linkage environment's code and SQL, which is what makes a release of the same inputs differ."""
    root = project_root()
    digest = hashlib.sha256()
    for folder, pattern in (("tf_assets/linkage", "*.py"), ("dbt_like_sql/linkage", "*.sql")):
        for path in sorted((root / folder).rglob(pattern)):
            digest.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:16]
