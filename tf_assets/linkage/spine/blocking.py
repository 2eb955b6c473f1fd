"""Which pairs are worth weighing: pairs that share at least one block.

Each block survives an error in something else: a mistyped date of birth, another surname, swapped names, a move. A
block that would compare more pairs than the settings allow (an institution's postcode, a default date) tells nobody
apart and is left out.
"""

from tf_assets.linkage.spine.comparisons import NUMBERS
from tf_assets.linkage.spine.preparing import SIDES, Workspace

_INITIALS = "least(left(forename, 1), left(surname, 1)) || greatest(left(forename, 1), left(surname, 1))"
"""The same for a name and for the same name swapped."""

_BLOCKS: tuple[tuple[tuple[str, ...], str], ...] = (
    *(((number,), number) for number in NUMBERS),
    ((), "forename || '|' || surname || '|' || left(date_of_birth, 4)"),
    ((), "date_of_birth || left(forename, 2)"),
    ((), "date_of_birth || left(surname, 2)"),
    ((), f"date_of_birth || {_INITIALS}"),
    (("postcode",), "date_of_birth || postcode"),
    (("postcode",), "forename || '|' || surname || '|' || left(postcode, -4)"),
    (("postcode",), "forename || '|' || postcode"),
    (("postcode",), "surname || '|' || postcode"),
    (("postcode",), f"postcode || {_INITIALS}"),
    (("address",), "address"),
)
"""Columns that a block needs besides names and date of birth, and the SQL of its value."""

KEY_BLOCK = "key_block"


def add_blocks(work: Workspace, max_block_pairs: int) -> tuple[list[str], int]:
    """Make `<side>_blocked`, the rows with a column for each block; those columns, and how many blocks were left out.

    Rows of a record that a key has linked have a value in `key_block` alone, so that they are weighed against their
    partner and against nobody else.
    """
    usable = [sql for columns, sql in _BLOCKS if set(columns) <= set(work.columns)]
    names = [f"block_{position}" for position in range(len(usable))]
    for side in SIDES:
        values = ", ".join(
            f"CASE WHEN k.{side}_record IS NULL THEN hash({sql}) END AS {name}"
            for sql, name in zip(usable, names, strict=True)
        )
        work.connection.execute(
            f"CREATE OR REPLACE TABLE {side}_blocked AS "
            f"SELECT rows.*, k.left_record AS {KEY_BLOCK}, {values} "
            f"FROM {side}_rows AS rows LEFT JOIN key_links AS k ON rows.record = k.{side}_record"
        )
    n_capped = sum(_cap(work, name, max_block_pairs) for name in names)
    return [KEY_BLOCK, *names], n_capped


def _cap(work: Workspace, block: str, max_block_pairs: int) -> int:
    """Empty the values of one block that would compare too many pairs; how many values those were."""
    connection = work.connection
    counted = " JOIN ".join(
        f"(SELECT {block}, count(*) AS n FROM {side}_blocked WHERE {block} IS NOT NULL GROUP BY 1) AS {side}_counts"
        for side in SIDES
    )
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE capped AS SELECT {block} FROM {counted} USING ({block}) "
        f"WHERE left_counts.n * right_counts.n > {max_block_pairs}"
    )
    found = connection.sql("SELECT count(*) FROM capped").fetchone()
    n_capped = int(found[0]) if found else 0
    if n_capped:
        for side in SIDES:
            connection.execute(
                f"UPDATE {side}_blocked SET {block} = NULL WHERE {block} IN (SELECT {block} FROM capped)"
            )
    return n_capped
