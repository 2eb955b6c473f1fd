"""What a release calls people, families and records.

Pseudonyms are keyed (HMAC-SHA256): whoever holds a list of names cannot find them by trying. They are the same in every
release of one project, and others in another project. Rounding keys belong to the person for ever, in every project, so
that the disclosure controller gives the same cell the same noise.
"""

import polars as pl

from tf_assets.linkage.keys import LinkageKeys, keyed_digest
from tf_assets.warehouse.record_keys import record_key

PSEUDONYM_DIGITS = 32
ROUNDING_KEY_DIGITS = 16
"""64 bits."""


def person_pseudonyms(person_ids: pl.Series, keys: LinkageKeys, project: str) -> pl.Series:
    """The pseudonym of each person id."""
    return _keyed(person_ids, keys.pseudonym_key, f"{project}|person", PSEUDONYM_DIGITS)


def family_pseudonyms(family_ids: pl.Series, keys: LinkageKeys, project: str) -> pl.Series:
    """The pseudonym of each family id."""
    return _keyed(family_ids, keys.pseudonym_key, f"{project}|family", PSEUDONYM_DIGITS)


def rounding_keys(person_ids: pl.Series, keys: LinkageKeys) -> pl.Series:
    """The permanent 64-bit rounding key of each person id, unsigned."""
    digits = _keyed(person_ids, keys.rounding_key, "rounding", ROUNDING_KEY_DIGITS)
    return pl.Series(digits.name, [int(each, 16) for each in digits], dtype=pl.UInt64)


def record_keys(extracts: pl.Series, record_refs: pl.Series, salt: str) -> pl.Series:
    """The record key of each supplier's reference."""
    pairs = zip(extracts, record_refs, strict=True)
    return pl.Series("record_key", [record_key(salt, extract, ref) for extract, ref in pairs], dtype=pl.String)


def _keyed(ids: pl.Series, key: str, purpose: str, digits: int) -> pl.Series:
    """Each distinct id worked out once."""
    distinct = ids.unique().sort()
    keyed = pl.Series([keyed_digest(key, f"{purpose}|{each}")[:digits] for each in distinct], dtype=pl.String)
    return ids.replace_strict(distinct, keyed, return_dtype=pl.String)
