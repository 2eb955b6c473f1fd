"""Family context: where one member of a family is found with confidence, the others are looked for.

A register says who belongs to which family, which no general linker knows. A member who is linked with confidence (an
anchor) shows where the family lives on the right-hand side, whatever postcode the left has for it. The few records
there are the pool of its other members, and are weighed by everything but the place, for which stands

    log2(k / (N / n))

k: the share of members who moved and live where another member is found, counted on the pairs themselves with their
probabilities (the members whom keys have linked already are those who stayed together, and would say too much); N:
records in the pool, of n on the right. So a hostel, a prison or a default postcode, with its thousand records, tells next
to nothing, and what relatives have in common is discounted as everywhere (`relatives`): inside its own household a person
has to be known by forename and date of birth. A record that lives elsewhere than the rest of the family loses
log2(1 - k) bits: some do, but few.
"""

import math

import polars as pl

from tf_assets.linkage.spine.preparing import ROOT_COLUMN, Workspace
from tf_assets.linkage.spine.probabilistic import Scales
from tf_assets.linkage.spine.relatives import HOME_COLUMNS

IDS = ["left_record", "right_record"]

SURE = 0.99
"""The probability from which a link is an anchor."""

MOST_IN_POOL = 300
"""Records of one place, beyond which nobody is looked for there: it tells too little to be worth the comparisons."""

SUPPOSED_TOGETHER, SUPPOSED_MEMBERS = 0.8, 20
"""The share of members who live together, and the weight of this supposition in members."""


def weigh_in_families(scales: Scales, anchors: pl.DataFrame, pairs: pl.DataFrame, together: float) -> pl.DataFrame:
    """Pairs, and those of members without a sure link with records of their pools, as families see them.

    anchors: left_record, right_record; pairs: `EVIDENCE_SCHEMA`; together: the share k. The result has `is_elsewhere`
    besides: of a person who moved, whether the right record lives elsewhere than all others of the family; null where that
    is not known.
    """
    work = scales.work
    homes = [column for column in HOME_COLUMNS if column in work.columns]
    if not homes or anchors.is_empty():
        return pairs.with_columns(is_elsewhere=pl.lit(None, pl.Boolean))
    _find_places(work, anchors, homes[-1])
    _make_pools(work, homes[-1])
    in_pools = scales.weigh("pools", place=f"{math.log2(together * work.n_right)} - log2(n_pool)")
    all_pairs = pl.concat([pairs, in_pools]).group_by(IDS).agg(pl.col("evidence").max())
    return _mark_elsewhere(work, homes[-1], all_pairs).sort(IDS)


def without_the_lonely(pairs: pl.DataFrame, together: float) -> pl.DataFrame:
    """Pairs with less evidence for those who live elsewhere than their family (`EVIDENCE_SCHEMA`)."""
    lost = pl.when(pl.col("is_elsewhere").fill_null(False)).then(math.log2(1 - together)).otherwise(0.0)
    return pairs.select(*IDS, evidence=(pl.col("evidence") + lost).round(4))


def share_together(pairs: pl.DataFrame, judged: pl.DataFrame) -> float:
    """The share k, from marked pairs and their probabilities; near what is supposed where there are few to count."""
    known = judged.join(pairs.filter(pl.col("is_elsewhere").is_not_null()), on=IDS)
    n = float(known["probability"].sum() or 0.0)
    n_together = float(known.filter(~pl.col("is_elsewhere"))["probability"].sum() or 0.0)
    return (n_together + SUPPOSED_TOGETHER * SUPPOSED_MEMBERS) / (n + SUPPOSED_MEMBERS)


def _find_places(work: Workspace, anchors: pl.DataFrame, home: str) -> None:
    """Make `anchors`, and `family_places` (family_id, left_record, place): where the anchors of a family live."""
    work.connection.register("given_anchors", anchors.select(IDS).to_arrow())
    work.connection.execute("CREATE OR REPLACE TABLE anchors AS SELECT * FROM given_anchors")
    work.connection.unregister("given_anchors")
    work.connection.execute(
        f"""
        CREATE OR REPLACE TABLE family_places AS
        SELECT DISTINCT family_id, left_record, {home} AS place
        FROM anchors JOIN left_families ON left_families.record = left_record
        JOIN right_rows ON right_rows.record = right_record
        WHERE {home} IS NOT NULL
        """
    )


def _make_pools(work: Workspace, home: str) -> None:
    """`pools` (left_row, right_row, n_pool): a member without an anchor of its own, and those of the records in its pool
    with whom it has at least a little in common; how many records are in that pool.

    Pools that the member has been looked for in before (`looked_at`) are not among them.
    """
    connection = work.connection
    connection.execute("CREATE TABLE IF NOT EXISTS looked_at (record BIGINT, place VARCHAR)")
    connection.execute(
        """
        CREATE OR REPLACE TEMP TABLE member_places AS
        SELECT DISTINCT record, place FROM left_families JOIN family_places USING (family_id)
        WHERE record NOT IN (SELECT left_record FROM anchors)
        EXCEPT SELECT record, place FROM looked_at
        """
    )
    connection.execute("INSERT INTO looked_at SELECT record, place FROM member_places")
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE living AS SELECT row_id, record, {home} AS place, forename, surname, date_of_birth, "
        f"{ROOT_COLUMN} FROM right_rows WHERE {home} IN (SELECT place FROM member_places)"
    )
    connection.execute(
        f"""
        CREATE OR REPLACE TABLE pools AS
        WITH sizes AS (
            SELECT place, count(DISTINCT record) AS n FROM living GROUP BY 1 HAVING count(DISTINCT record) <= {MOST_IN_POOL}
        ),
        members AS (
            SELECT row_id, record, forename, {ROOT_COLUMN}, ascii(forename) AS initial,
                   left(date_of_birth, 5) AS birth_year, right(date_of_birth, 6) AS birthday
            FROM left_rows WHERE record IN (SELECT record FROM member_places)
        )
        SELECT l.row_id AS left_row, r.row_id AS right_row, min(sizes.n) AS n_pool
        FROM member_places JOIN sizes USING (place)
        JOIN (SELECT * FROM living WHERE record NOT IN (SELECT right_record FROM anchors)) AS r USING (place)
        JOIN members AS l ON l.record = member_places.record
        WHERE l.initial = ascii(r.forename) OR l.{ROOT_COLUMN} = r.{ROOT_COLUMN} OR l.forename = r.surname
           OR starts_with(r.date_of_birth, l.birth_year) OR ends_with(r.date_of_birth, l.birthday)
        GROUP BY ALL
        """
    )


def _mark_elsewhere(work: Workspace, home: str, pairs: pl.DataFrame) -> pl.DataFrame:
    """Pairs with `is_elsewhere`."""
    work.connection.register("given_pairs", pairs.to_arrow())
    marked = work.connection.sql(
        f"""
        WITH member_places AS (
            SELECT DISTINCT record AS left_record, place
            FROM left_families JOIN family_places USING (family_id) WHERE family_places.left_record <> record
        ),
        lived AS (
            SELECT p.left_record, p.right_record, {home} AS place
            FROM given_pairs AS p JOIN right_rows ON record = right_record
            WHERE left_record IN (SELECT left_record FROM member_places) AND {home} IS NOT NULL
        ),
        compared AS (
            SELECT lived.left_record, right_record,
                   CASE WHEN bool_or(own.record IS NOT NULL) THEN NULL ELSE count(p.place) = 0 END AS is_elsewhere
            FROM lived LEFT JOIN member_places AS p ON p.left_record = lived.left_record AND p.place = lived.place
            LEFT JOIN left_rows AS own ON own.record = lived.left_record AND own.{home} = lived.place
            GROUP BY ALL
        )
        SELECT given_pairs.*, is_elsewhere FROM given_pairs LEFT JOIN compared USING (left_record, right_record)
        """
    ).pl()
    work.connection.unregister("given_pairs")
    return marked
