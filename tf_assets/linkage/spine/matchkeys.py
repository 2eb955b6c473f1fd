"""Matchkeys: two records are linked when they alone share a key, strongest key first.

A key's value must belong to one record of the left and one of the right, counted over all records and not only the
unlinked, so that twins, a father and a son, or a number that two people gave link nobody. What a key cannot say it
leaves to the next stage.
"""

import re
from dataclasses import dataclass

import polars as pl

from tf_assets.linkage.spine.comparisons import NUMBERS
from tf_assets.linkage.spine.decided_pairs import CLERICAL
from tf_assets.linkage.spine.preparing import Workspace


@dataclass(frozen=True)
class Matchkey:
    """A key: its name, the columns it needs, the SQL of its parts, and what two rows must agree on besides."""

    name: str
    columns: tuple[str, ...]
    parts: tuple[str, ...]
    agreement_sql: str


NAMES_AGREE_SQL = """
    (jaro_winkler_similarity(l.forename, r.forename) >= 0.8 OR l.forename_root = r.forename_root)
    AND (l.date_of_birth = r.date_of_birth OR jaro_winkler_similarity(l.surname, r.surname) >= 0.9)
"""
"""A number alone may be a brother's or a slip of the pen: the forename and one thing more must agree."""


_PLACES = {
    "name_dob_postcode": (("postcode", "postcode"),),
    "name_dob_address": (("address", "address"),),
    "name_dob_district": (("postcode", "left(postcode, -4)"), ("sex", "sex")),
}
"""What a name and a date of birth need beside them: columns and their SQL."""


def _number_key(number: str) -> Matchkey:
    return Matchkey(number, (number,), (number,), NAMES_AGREE_SQL)


def _name_key(name: str) -> Matchkey:
    columns = ("forename", "surname", "date_of_birth", *(column for column, _ in _PLACES[name]))
    return Matchkey(name, columns, ("forename", "surname", "date_of_birth", *(sql for _, sql in _PLACES[name])), "true")


MATCHKEYS: tuple[Matchkey, ...] = (
    *(_number_key(number) for number in NUMBERS),
    *(_name_key(name) for name in _PLACES),
)
"""Strongest first. A key for which strangers often coincide (a name and a place without the date of birth fell to a
precision of .887 among eight million) does not stand here: that is left to the weights."""


def link_by_keys(work: Workspace, refused: tuple[str, ...] = ()) -> pl.DataFrame:
    """Links that people decided, and by every usable key but the refused: left_record, right_record (numbers of the
    workspace), stage.

    Leaves them in the workspace's table `key_links` too.
    """
    connection = work.connection
    connection.execute("CREATE OR REPLACE TABLE key_links (left_record BIGINT, right_record BIGINT, stage VARCHAR)")
    connection.execute(f"INSERT INTO key_links SELECT left_record, right_record, '{CLERICAL}' FROM decided")
    for key in MATCHKEYS:
        if key.name not in refused and set(key.columns) <= set(work.columns):
            connection.execute(f"INSERT INTO key_links {_links_sql(key, work.columns)}")
    return connection.sql("SELECT * FROM key_links ORDER BY left_record").pl()


def _links_sql(key: Matchkey, columns: tuple[str, ...]) -> str:
    """Pairs that alone share a value of the key, agree as it demands, and have no number that contradicts.

    The right is asked only for values that the left has, so that little of millions of records is held at once. Values
    are held as hashes; that those of a pair are the same is looked at in the end.
    """
    contradictions = "".join(
        f" AND coalesce(bool_or(l.{number} = r.{number}), true)" for number in NUMBERS if number in columns
    )
    value, known = f"hash({', '.join(key.parts)})", " AND ".join(f"{part} IS NOT NULL" for part in key.parts)
    same = " AND ".join(f"{_qualified(part, columns, 'l')} = {_qualified(part, columns, 'r')}" for part in key.parts)
    return f"""
        WITH left_values AS (
            SELECT {value} AS value, min(record) AS record FROM left_rows
            WHERE {known} GROUP BY 1 HAVING min(record) = max(record)
        ),
        right_values AS (
            SELECT {value} AS value, min(record) AS record FROM right_rows
            WHERE {known} AND {value} IN (SELECT value FROM left_values)
            GROUP BY 1 HAVING min(record) = max(record)
        ),
        pairs AS (
            SELECT DISTINCT l.record AS left_record, r.record AS right_record
            FROM left_values AS l JOIN right_values AS r USING (value)
            WHERE l.record NOT IN (SELECT left_record FROM key_links)
              AND r.record NOT IN (SELECT right_record FROM key_links)
              AND (l.record, r.record) NOT IN (SELECT (left_record, right_record) FROM parted)
        ),
        agreeing AS (
            SELECT left_record, right_record
            FROM pairs JOIN left_rows AS l ON l.record = left_record JOIN right_rows AS r ON r.record = right_record
            GROUP BY left_record, right_record
            HAVING coalesce(bool_or({key.agreement_sql}), false) AND coalesce(bool_or({same}), false){contradictions}
        )
        SELECT left_record, right_record, '{key.name}' AS stage
        FROM agreeing
        QUALIFY count(*) OVER (PARTITION BY left_record) = 1 AND count(*) OVER (PARTITION BY right_record) = 1
    """


def _qualified(sql: str, columns: tuple[str, ...], alias: str) -> str:
    """SQL over columns of one table as SQL over those of the table's alias."""
    return re.sub(rf"\b({'|'.join(columns)})\b", rf"{alias}.\1", sql)
