"""Which pairs are worth weighing: pairs that share at least one block.

Each block survives an error in something else: a mistyped date of birth, another surname, swapped names, a move. A
block that would compare more pairs than the settings allow (an institution's postcode, a default date) tells nobody
apart and is left out.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tf_assets.linkage.spine.comparisons import NUMBERS
from tf_assets.linkage.spine.preparing import ROOT_COLUMN, SIDES, Workspace

_INITIALS = ("ascii(forename) + ascii(surname)", "ascii(forename) * ascii(surname)")
"""The same for a name and for the same name swapped."""


@dataclass(frozen=True)
class _Block:
    """The SQL of the parts of a block's value, the columns it needs besides names and date of birth, and whether many
    strangers share it, so that one thing more must agree (`_one_thing_more_sql`)."""

    parts: tuple[str, ...]
    columns: tuple[str, ...] = ()
    is_common: bool = False


_BLOCKS = (
    *(_Block((number,), (number,)) for number in NUMBERS),
    _Block(("forename", "surname", "left(date_of_birth, 4)")),
    _Block(("date_of_birth", "left(forename, 2)"), is_common=True),
    _Block(("date_of_birth", "left(surname, 2)"), is_common=True),
    _Block(("date_of_birth", *_INITIALS), is_common=True),
    _Block(("date_of_birth", "postcode"), ("postcode",)),
    _Block(("forename", "surname", "left(postcode, -4)"), ("postcode",)),
    _Block(("forename", "postcode"), ("postcode",)),
    _Block(("surname", "postcode"), ("postcode",)),
    _Block(("postcode", *_INITIALS), ("postcode",)),
    _Block(("address",), ("address",)),
)

_LOOSE_BLOCKS = (
    _Block(("date_of_birth",)),
    _Block(("postcode",), ("postcode",)),
    _Block(("surname",)),
    _Block(("forename",)),
    _Block(("left(forename, 3)", "left(surname, 3)")),
    _Block(("left(date_of_birth, 7)", *_INITIALS)),
    _Block(("left(address, 12)",), ("address",)),
    _Block(("right(address, 10)",), ("address",)),
    _Block(("regexp_extract(address, '^([0-9]+)')", "right(address, 5)"), ("address",)),
)
"""Blocks that bear more errors, each used only where the two sides are small enough for it."""

MOST_LOOSE_PAIRS = 500_000
"""Pairs that the loose blocks may compare in all: more would cost time and, among so many strangers, find few."""

MOST_LOOSE_RECORDS = 200_000
"""Records of one side, beyond which no loose block can be affordable."""


ROWS_AT_A_TIME = 5_000_000
"""Rows of the right whose values of all blocks are held at once."""


def find_candidates(work: Workspace, max_block_pairs: int) -> int:
    """Make `candidates` (left_row, right_row): the pairs of rows that share a block; how many blocks were left out.

    Records that a key has linked are in none of them. Of the right only what shares a value with the left is kept, so that
    little of millions of records is held at once.
    """
    connection = work.connection
    connection.execute("CREATE OR REPLACE TABLE candidates (left_row BIGINT, right_row BIGINT)")
    n_capped = 0
    for block in _hash_blocks(work, _BLOCKS):
        n_capped += _leave_out_large(work, max_block_pairs)
        _add_pairs(work, block)
    if max(work.n_left, work.n_right) <= MOST_LOOSE_RECORDS:
        _add_loose_pairs(work)
    connection.execute("CREATE OR REPLACE TABLE candidates AS SELECT DISTINCT left_row, right_row FROM candidates")
    return n_capped


def _hash_blocks(work: Workspace, blocks: Sequence[_Block]) -> Iterator[_Block]:
    """Each block that the columns allow, while `left_values` and `right_values` hold its values.

    Columns: row_id, value, and the hashes of what else must agree (`_others`); of the right, what the left has too. Each
    side is read once for all blocks: that, not the search, is what takes the time.
    """
    connection = work.connection
    numbered = [(at, block) for at, block in enumerate(blocks) if set(block.columns) <= set(work.columns)]
    others = _others(work) if any(block.is_common for _, block in numbered) else {}
    wanted = {**{f"v{at}": block.parts for at, block in numbered}, **others}
    parts = {part: f"part_{at}" for at, part in enumerate(sorted({part for each in wanted.values() for part in each}))}
    hashes = ", ".join(f"CASE WHEN {part} IS NOT NULL THEN hash({part}) END AS {name}" for part, name in parts.items())
    values = ", ".join(f"{_value_sql([parts[each] for each in of])} AS {name}" for name, of in wanted.items())
    for side in SIDES:
        for first in range(0, max(_n_rows(work, side), 1), ROWS_AT_A_TIME):
            connection.execute(
                f"CREATE OR REPLACE TEMP TABLE hashed AS SELECT row_id, {values} FROM (SELECT row_id, {hashes} "
                f"FROM {side}_rows WHERE row_id > {first} AND row_id <= {first + ROWS_AT_A_TIME} "
                f"AND record NOT IN (SELECT {side}_record FROM key_links))"
            )
            for at, block in numbered:
                more = "".join(f", {name}" for name in others) if block.is_common else ""
                shared = "" if side == "left" else f"AND v{at} IN (SELECT value FROM left_block_{at})"
                kept = f"SELECT row_id, v{at} AS value{more} FROM hashed WHERE v{at} IS NOT NULL {shared}"
                how = (
                    f"INSERT INTO {side}_block_{at}" if first else f"CREATE OR REPLACE TEMP TABLE {side}_block_{at} AS"
                )
                connection.execute(f"{how} {kept}")
    connection.execute("DROP TABLE IF EXISTS hashed")
    for at, block in numbered:
        for side in SIDES:
            connection.execute(f"DROP TABLE IF EXISTS {side}_values")
            connection.execute(f"ALTER TABLE {side}_block_{at} RENAME TO {side}_values")
        yield block


def _n_rows(work: Workspace, side: str) -> int:
    return int(work.connection.sql(f"SELECT coalesce(max(row_id), 0) FROM {side}_rows").fetchall()[0][0])


def _add_pairs(work: Workspace, block: _Block) -> None:
    agreement = f"WHERE {_one_thing_more_sql(work)}" if block.is_common else ""
    work.connection.execute(
        "INSERT INTO candidates SELECT l.row_id, r.row_id FROM left_values AS l JOIN right_values AS r USING (value) "
        + agreement
    )


def _value_sql(parts: Sequence[str]) -> str:
    """SQL of the value that parts make together, null where one is missing."""
    known = " AND ".join(f"{part} IS NOT NULL" for part in parts)
    return f"CASE WHEN {known} THEN hash({', '.join(parts)}) END"


def _others(work: Workspace) -> dict[str, tuple[str, ...]]:
    """What two people of one birthday may have in common besides, by name of its hash: its parts."""
    columns = ("forename", "surname", ROOT_COLUMN, *(("postcode_district",) if "postcode" in work.columns else ()))
    return {
        **{f"{column}_hash": (column,) for column in columns},
        "starts_hash": ("left(forename, 2)", "left(surname, 2)"),
    }


def _one_thing_more_sql(work: Workspace) -> str:
    """What two people of one birthday must have in common besides, of l and r."""
    agreements = [
        *(f"l.{name} = r.{name}" for name in _others(work)),
        "l.forename_hash = r.surname_hash",
        "l.surname_hash = r.forename_hash",
    ]
    return " OR ".join(agreements)


def _add_loose_pairs(work: Workspace) -> None:
    """Add the pairs of the loose blocks that can be afforded, in their order."""
    left_over = MOST_LOOSE_PAIRS
    for block in _hash_blocks(work, _LOOSE_BLOCKS):
        n_pairs = _n_pairs(work)
        if n_pairs <= left_over:
            _add_pairs(work, block)
            left_over -= n_pairs


_COUNTED_SQL = " JOIN ".join(
    f"(SELECT value, count(*) AS n FROM {side}_values GROUP BY 1) AS {side}_counts" for side in SIDES
)
"""Values of a block that both sides have, and how often."""


def _n_pairs(work: Workspace) -> int:
    found = work.connection.sql(
        f"SELECT coalesce(sum(left_counts.n * right_counts.n), 0) FROM {_COUNTED_SQL} USING (value)"
    )
    return int(found.fetchall()[0][0])


def _leave_out_large(work: Workspace, max_block_pairs: int) -> int:
    """Empty the values of a block that would compare too many pairs; how many those were."""
    connection = work.connection
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE large_values AS SELECT value FROM {_COUNTED_SQL} USING (value) "
        f"WHERE left_counts.n * right_counts.n > {max_block_pairs}"
    )
    n_large = int(connection.sql("SELECT count(*) FROM large_values").fetchall()[0][0])
    if n_large:
        connection.execute("DELETE FROM right_values WHERE value IN (SELECT value FROM large_values)")
    return n_large
