"""Matchkeys as keyed hashes, for a department that may not hand identifiers out.

Both parties hold one key, agreed for this exchange alone. Each writes, for every record and every key below that it can
form, the first half of an HMAC-SHA-256 (RFC 2104; 5 allows the half) over the key's name and its parts. Equal hashes are
equal parts, and nothing else can be compared: so there are more keys here than the engine's, each of which survives one
kind of error (`hashed_links` judges them). A value that two records of a file share would link nobody; it is left out, and
no hash tells how common a value is.
"""

import hashlib
import hmac
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb

from tf_assets.linkage.spine.comparisons import NUMBERS
from tf_assets.linkage.spine.matchkeys import MATCHKEYS
from tf_assets.linkage.spine.preparing import IDENTITY_COLUMNS, ROOT_COLUMN, SIDES, People, side_alone
from tf_assets.warehouse.errors import InputRefused

HASH_BYTES = 16
_BLOCK_BYTES = 64
_PURPOSE = b"tf-eval: which key a file of hashes was made with"


NUMBER_FORMS = (r"[A-Z]{2}\d{6}[A-D]", r"[A-Z]\d{11}[0-9A-Z]", r"\d{3} \d{3} \d{4}|[4-7]\d{9}")
"""National insurance, unique pupil and NHS numbers (those given out in England begin with 4, 6 or 7)."""

LARGEST_SHARE_OF_NUMBERS = 0.5


@dataclass(frozen=True)
class HashedKey:
    """A key: its name, the columns it needs, and the SQL of its parts."""

    name: str
    columns: tuple[str, ...]
    parts: tuple[str, ...]


_NAME = ("forename", "surname")
_INITIAL, _DISTRICT = "left(forename, 1)", "left(postcode, -3)"


def _key(name: str, *parts: str) -> HashedKey:
    return HashedKey(name, tuple(column for column in IDENTITY_COLUMNS if column in " ".join(parts)), parts)


HASHED_KEYS: tuple[HashedKey, ...] = (
    *(_key(f"{number}_forename", number, ROOT_COLUMN) for number in NUMBERS),
    *(_key(f"{number}_dob", number, "date_of_birth", _INITIAL) for number in NUMBERS),
    *(HashedKey(key.name, key.columns, key.parts) for key in MATCHKEYS if key.name not in NUMBERS),
    _key("root_dob_postcode", ROOT_COLUMN, "date_of_birth", "postcode"),
    _key("initial_surname_dob_postcode", _INITIAL, "surname", "date_of_birth", "postcode"),
    _key("swapped_dob", "least(forename, surname)", "greatest(forename, surname)", "date_of_birth"),
    _key("name_year_postcode", *_NAME, "left(date_of_birth, 4)", "postcode"),
    _key("name_birthday_postcode", *_NAME, "right(date_of_birth, 5)", "postcode"),
    _key("root_surname_dob", ROOT_COLUMN, "surname", "date_of_birth", "sex"),
    _key("starts_dob_postcode", "left(forename, 3)", "left(surname, 3)", "date_of_birth", "postcode"),
    _key("starts_dob_district", "left(forename, 3)", "left(surname, 3)", "date_of_birth", _DISTRICT, "sex"),
    _key("forename_dob_district", "forename", "date_of_birth", _DISTRICT, "sex"),
    _key("name_address", *_NAME, "address"),
    _key("initial_dob_address", _INITIAL, "date_of_birth", "address"),
    _key("root_address", ROOT_COLUMN, "address"),
    _key("initials_dob_postcode", _INITIAL, "left(surname, 1)", "date_of_birth", "postcode"),
    _key("root_birthday_postcode", ROOT_COLUMN, "right(date_of_birth, 5)", "postcode"),
    _key("root_month_postcode", ROOT_COLUMN, "left(date_of_birth, 7)", "postcode"),
    _key("surname_dob_district", "surname", "date_of_birth", _DISTRICT, "sex"),
    _key("root_surname_month_district", ROOT_COLUMN, "surname", "left(date_of_birth, 7)", _DISTRICT),
    _key("name_postcode", *_NAME, "postcode"),
)
"""Strongest first."""

NUMBER_KEYS: tuple[HashedKey, ...] = tuple(_key(f"{number}_alone", number) for number in NUMBERS)
"""These link nobody: two records of one person whose numbers differ are not one person."""

VERSION = hashlib.sha256(repr((HASHED_KEYS, NUMBER_KEYS)).encode()).hexdigest()[:12]
"""Both parties must form the same keys."""


def key_check_value(key: bytes) -> str:
    """What tells one key from another, and tells nothing else."""
    return hmac.new(key, _PURPOSE, hashlib.sha256).hexdigest()[:16]


def write_hashes(people: People, key: bytes, path: Path) -> int:
    """Write the hashes of a file of people as Parquet, whole or not at all; how many records it has.

    Columns record_id, matchkey, hash (`HASH_BYTES` bytes). A record of several rows may have several hashes of a key. What
    the file was made with stands in its metadata.
    """
    side = SIDES[1]
    staged = path.with_name(f".{path.name}.staged")
    with side_alone(side, people) as (connection, columns), TemporaryDirectory(dir=path.parent) as folder:
        _refuse_identifiers(connection, side)
        keys = usable_keys(columns)
        for at, each in enumerate(keys):
            make_hashes(connection, side, each, key)
            connection.execute(f"COPY made TO {_text(Path(folder) / f'{at:02}.parquet')} (FORMAT parquet)")
        n_records = int(connection.sql(f"SELECT count(DISTINCT record_id) FROM {side}_rows").fetchall()[0][0])
        parts = " UNION ALL ".join(
            f"SELECT record_id, '{each.name}' AS matchkey, hash FROM {_text(Path(folder) / f'{at:02}.parquet')}"
            for at, each in enumerate(keys)
        )
        told = {**_made_with(key), "n_records": str(n_records)}
        metadata = ", ".join(f"{name}: {_text(value)}" for name, value in told.items())
        connection.execute(
            f"COPY ({parts}) TO {_text(staged)} (FORMAT parquet, COMPRESSION zstd, KV_METADATA {{{metadata}}})"
        )
    with staged.open("rb") as stream:
        os.fsync(stream.fileno())
    staged.replace(path)
    return n_records


def _refuse_identifiers(connection: duckdb.DuckDBPyConnection, side: str) -> None:
    """A record_id goes out as it is, so it must be nobody's number."""
    likely = " OR ".join(f"regexp_full_match(upper(record_id), '{form}')" for form in NUMBER_FORMS)
    share = connection.sql(f"SELECT coalesce(avg(({likely})::INT), 0) FROM {side}_rows").fetchall()[0][0]
    if share > LARGEST_SHARE_OF_NUMBERS:
        raise InputRefused(
            "The record_id looks like a national insurance, pupil or NHS number, and it would go out as it is. "
            "Give each record an id of its own that means nothing elsewhere, and keep the list of them."
        )


def refuse_other_hashes(path: Path, key: bytes) -> int:
    """How many records a file of hashes is of; `InputRefused` where it was made with another key or in another version."""
    told = metadata_of(path)
    expected = _made_with(key)
    if told.get("version") != expected["version"]:
        raise InputRefused(
            f"{path} was made by another version of tf-eval, which forms other keys. "
            "Install the same version on both sides and make the file again."
        )
    if told.get("key_check") != expected["key_check"]:
        raise InputRefused(
            f"{path} was made with another key than the one given, so nothing in it could be found. "
            "Compare the key check that `tf-eval hash` showed on both sides, and use the key that was agreed."
        )
    return int(told["n_records"])


def are_hashes(path: Path) -> bool:
    """Whether a file holds hashes of people, and not people."""
    return path.suffix == ".parquet" and path.is_file() and "key_check" in metadata_of(path)


def metadata_of(path: Path) -> dict[str, str]:
    """What a Parquet file tells of itself; nothing where it is none."""
    try:
        with duckdb.connect() as connection:
            told = connection.sql(f"SELECT key, value FROM parquet_kv_metadata({_text(path)})").fetchall()
    except duckdb.Error:
        return {}
    return {bytes(name).decode(errors="replace"): bytes(value).decode(errors="replace") for name, value in told}


def usable_keys(columns: Sequence[str]) -> list[HashedKey]:
    """The keys that can be formed of columns, strongest first."""
    return [each for each in (*HASHED_KEYS, *NUMBER_KEYS) if set(each.columns) <= set(columns)]


def make_hashes(connection: duckdb.DuckDBPyConnection, side: str, key: HashedKey, secret: bytes) -> None:
    """Make `made` (record_id, hash) of `<side>_rows`: a key's hashes, without those that two records share."""
    inner, outer = (bytes(byte ^ pad for byte in secret.ljust(_BLOCK_BYTES, b"\0")) for pad in (0x36, 0x5C))
    known = " AND ".join(f"{part} IS NOT NULL" for part in key.parts)
    message = f"encode(concat_ws(chr(31), '{key.name}', {', '.join(key.parts)}))"
    digest = f"sha256($outer || unhex(sha256($inner || {message})))"
    alone = "" if key in NUMBER_KEYS else "QUALIFY count(*) OVER (PARTITION BY hash) = 1"
    connection.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE made AS
        SELECT record_id, hash
        FROM (
            SELECT DISTINCT record_id, unhex(left({digest}, {2 * HASH_BYTES})) AS hash
            FROM {side}_rows WHERE {known}
        )
        {alone}
        ORDER BY record_id, hash
        """,
        {"inner": inner, "outer": outer},
    )


def _made_with(key: bytes) -> dict[str, str]:
    return {"version": VERSION, "key_check": key_check_value(key)}


def _text(value: object) -> str:
    return "'" + str(value).replace("'", "''") + "'"
