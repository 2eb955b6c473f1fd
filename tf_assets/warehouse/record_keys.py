"""The record key: a supplier's reference, re-keyed so that the reference itself stops at the door.

Both environments need the same key for the same record, the linkage environment to write it into a release and the
research environment to re-key attributes while it reads them. The salt belongs to the project: two projects' extracts
cannot be joined on it. It is no secret and opens nothing.
"""

import hashlib

KEY_DIGITS = 32


def record_key(salt: str, extract: str, record_ref: str) -> str:
    """The record key of one reference: 32 hexadecimal digits."""
    return hashlib.sha256(f"{salt}|{extract}|{record_ref}".encode()).hexdigest()[:KEY_DIGITS]


def record_key_sql(extract: str = "extract", record_ref: str = "record_ref") -> str:
    """The same key as a SQL expression; `$record_salt` is bound by the caller."""
    return f"substr(sha256(concat($record_salt, '|', {extract}, '|', {record_ref})), 1, {KEY_DIGITS})"
