"""Links people to a file of hashes (`hashed_keys`): by keys alone, strongest first, each judged by the others.

Nothing is there to be compared, so no weight can say what strangers have in common. A key is judged by the people whom
stronger keys have linked, of whom the partner is known. Of those whose partner does not share the key with them, a share q
shares it all the same with another record: so often does it find a stranger for somebody whose partner it cannot find. If m
people without a link can form the key, and it finds somebody for L of them, of whom a share p is right, then the m - L p
others were at risk, and

    L (1 - p) = q (m - L p)      so      p = (1 - q m / L) / (1 - q)

The first key is judged by all that come after it. A key below the precision that the settings ask for links nobody.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb
import polars as pl

from tf_assets.linkage.spine.hashed_keys import NUMBER_KEYS, HashedKey, make_hashes, refuse_other_hashes, usable_keys
from tf_assets.linkage.spine.preparing import SIDES, People, side_alone
from tf_assets.linkage.spine.settings import LINK_SCHEMA, LinkSettings

KEY_SCHEMA = {"stage": pl.String, "n_links": pl.Int64, "estimated_precision": pl.Float64, "is_used": pl.Boolean}

SUPPOSED_SHARE, SUPPOSED_PEOPLE = 1e-4, 200
"""The share q where there is nobody to count, and the weight of this supposition in people."""

SUREST = 0.999999


@dataclass(frozen=True)
class HashedLinkage:
    """links: `LINK_SCHEMA`, sorted by record ids, each record at most once; keys: `KEY_SCHEMA`, a row a key that found
    somebody, strongest first; n_left, n_right: records."""

    links: pl.DataFrame
    keys: pl.DataFrame
    n_left: int
    n_right: int


def link_hashed(
    left: People, hashes: Path, key: bytes, settings: LinkSettings | None = None, threads: int = 2
) -> HashedLinkage:
    """Link people to the records of a file of hashes; `InputRefused` where that was made otherwise than it should be."""
    settings = settings or LinkSettings()
    n_right = refuse_other_hashes(hashes, key)
    with side_alone("left", left, threads) as (connection, columns):
        connection.execute("SET VARIABLE hashes = $path", {"path": str(hashes)})
        keys = usable_keys(columns)
        numbers = [each for each in keys if each in NUMBER_KEYS]
        for each in numbers:
            _load_numbers(connection, each, key)
        connection.execute(
            "CREATE TABLE pairs (strength INTEGER, matchkey VARCHAR, left_record_id VARCHAR, right_record_id VARCHAR)"
        )
        connection.execute("CREATE TABLE formed (matchkey VARCHAR, left_record_id VARCHAR)")
        for strength, each in enumerate(keys):
            if each not in numbers:
                _find_pairs(connection, each, strength, key, numbers)
        connection.execute("CREATE TABLE links (left_record_id VARCHAR, right_record_id VARCHAR, stage VARCHAR)")
        judged = _link_in_order(connection, settings)
        links = connection.sql("SELECT * FROM links").pl()
        n_left = _count(connection, "SELECT count(DISTINCT record_id) FROM left_rows")
    return HashedLinkage(_with_probability(links, judged), judged, n_left, n_right)


def _load_numbers(connection: duckdb.DuckDBPyConnection, number: HashedKey, key: bytes) -> None:
    """Make `left_<key>` and `right_<key>` (record_id, hashes): the numbers of each record."""
    make_hashes(connection, "left", number, key)
    for side, source in (("left", "made"), ("right", _of_right(number))):
        connection.execute(
            f"CREATE TABLE {side}_{number.name} AS SELECT record_id, list(hash) AS hashes FROM {source} GROUP BY 1"
        )


def _find_pairs(
    connection: duckdb.DuckDBPyConnection, matchkey: HashedKey, strength: int, key: bytes, numbers: Sequence[HashedKey]
) -> None:
    """Add to `pairs` those that alone share a key's value and have no number that contradicts; to `formed` who can form it."""
    make_hashes(connection, "left", matchkey, key)
    joins, agreements = "", ""
    for number in (each.name for each in numbers):
        joins += "".join(
            f" LEFT JOIN {side}_{number} ON {side}_{number}.record_id = {side}_made.record_id" for side in SIDES
        )
        agreements += f" AND coalesce(list_has_any(left_{number}.hashes, right_{number}.hashes), true)"
    connection.execute(
        f"""
        INSERT INTO pairs
        SELECT {strength}, '{matchkey.name}', left_record_id, right_record_id
        FROM (
            SELECT DISTINCT left_made.record_id AS left_record_id, right_made.record_id AS right_record_id
            FROM made AS left_made JOIN {_of_right(matchkey)} AS right_made USING (hash) {joins} WHERE true {agreements}
        )
        QUALIFY count(*) OVER (PARTITION BY left_record_id) = 1 AND count(*) OVER (PARTITION BY right_record_id) = 1
        """
    )
    connection.execute(f"INSERT INTO formed SELECT DISTINCT '{matchkey.name}', record_id FROM made")


def _of_right(matchkey: HashedKey) -> str:
    return f"(SELECT record_id, hash FROM read_parquet(getvariable('hashes')) WHERE matchkey = '{matchkey.name}')"


def _link_in_order(connection: duckdb.DuckDBPyConnection, settings: LinkSettings) -> pl.DataFrame:
    """Fill `links` by each key that is good enough, after the stronger ones; what became of each key (`KEY_SCHEMA`)."""
    found = connection.sql("SELECT matchkey FROM pairs GROUP BY 1 ORDER BY min(strength)").fetchall()
    names = [name for (name,) in found]
    judged: list[tuple[str, int, float | None, bool]] = []
    for name in names:
        if not judged:  # nothing is stronger: what all others would find tells
            for other in names[1:]:
                _take(connection, other)
        share = _share_with_strangers(connection, name)
        if not judged:
            connection.execute("DELETE FROM links")
        n_links, n_at_risk = _reach(connection, name)
        precision = _precision(share, n_links, n_at_risk)
        is_used = precision is not None and precision >= settings.key_precision
        if is_used:
            _take(connection, name)
        judged.append((name, n_links if is_used else 0, precision, is_used))
    return pl.DataFrame(judged, schema=KEY_SCHEMA, orient="row")


def _precision(share: float, n_links: int, n_at_risk: int) -> float | None:
    if not n_links:
        return None
    return round(min(max((1 - share * n_at_risk / n_links) / (1 - share), 0.0), SUREST), 6)


def _take(connection: duckdb.DuckDBPyConnection, name: str) -> None:
    """Add to `links` a key's pairs of records without a link."""
    connection.execute(
        f"INSERT INTO links SELECT left_record_id, right_record_id, matchkey FROM pairs WHERE matchkey = '{name}' AND {_FREE}"
    )


_FREE = """
    left_record_id NOT IN (SELECT left_record_id FROM links) AND right_record_id NOT IN (SELECT right_record_id FROM links)
"""


def _reach(connection: duckdb.DuckDBPyConnection, name: str) -> tuple[int, int]:
    """How many links a key would add, and how many people without a link can form it."""
    return (
        _count(connection, f"SELECT count(*) FROM pairs WHERE matchkey = '{name}' AND {_FREE}"),
        _count(
            connection,
            f"SELECT count(*) FROM formed WHERE matchkey = '{name}' "
            "AND left_record_id NOT IN (SELECT left_record_id FROM links)",
        ),
    )


def _share_with_strangers(connection: duckdb.DuckDBPyConnection, name: str) -> float:
    """Of linked people whose partner does not share a key with them, the share that shares it with another record."""
    partners = f"(SELECT * FROM pairs WHERE matchkey = '{name}') AS p JOIN links USING (left_record_id)"
    n_known = _count(
        connection, f"SELECT count(*) FROM formed JOIN links USING (left_record_id) WHERE matchkey = '{name}'"
    )
    n_right = _count(connection, f"SELECT count(*) FROM {partners} WHERE p.right_record_id = links.right_record_id")
    n_wrong = _count(connection, f"SELECT count(*) FROM {partners} WHERE p.right_record_id <> links.right_record_id")
    return (n_wrong + SUPPOSED_SHARE * SUPPOSED_PEOPLE) / (max(n_known - n_right, n_wrong) + SUPPOSED_PEOPLE)


def _with_probability(links: pl.DataFrame, judged: pl.DataFrame) -> pl.DataFrame:
    probabilities = judged.select("stage", probability="estimated_precision")
    odds = pl.col("probability") / (1 - pl.col("probability"))
    joined = links.join(probabilities, on="stage").with_columns(match_weight=odds.log(2).round(4))
    return joined.select(list(LINK_SCHEMA)).cast(LINK_SCHEMA).sort("left_record_id", "right_record_id")  # type: ignore[arg-type]


def _count(connection: duckdb.DuckDBPyConnection, query: str) -> int:
    return int(connection.sql(query).fetchall()[0][0])
