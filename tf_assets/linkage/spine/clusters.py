"""Who on the councils' registers is the same person, and the ids that people and families keep.

A family that moves stands on two registers, and a person may stand in two families of one. Records are brought together
only where an authority's number or the full identity says so, and never against a contradiction: a pair that is missed
costs a little power, two people in one cost an answer.
"""

import duckdb
import numpy as np
import polars as pl
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from tf_assets.linkage.keys import keyed_digest
from tf_assets.linkage.spine.nicknames import with_forename_root

ID_DIGITS = 32
MOST_RECORDS_WITH_ONE_NUMBER = 5
"""A number that more records give than this is somebody's placeholder."""

NUMBER_STAGES = ("upn", "nino")
FOUNDING = "founding"

_NAMES_AGREE = """
    (jaro_winkler_similarity(a.forename, b.forename) >= 0.8 OR a.forename_root = b.forename_root
     OR starts_with(a.forename, b.forename) OR starts_with(b.forename, a.forename))
    AND (a.date_of_birth = b.date_of_birth OR jaro_winkler_similarity(a.surname, b.surname) >= 0.9)
"""
_NOT_SIBLINGS = "NOT (a.council_code = b.council_code AND a.family_ref = b.family_ref AND a.forename <> b.forename)"
_NO_CONTRADICTION = "coalesce(a.upn = b.upn, true) AND coalesce(a.nino = b.nino, true)"
_SAME_IDENTITY = (
    "a.forename = b.forename AND a.surname = b.surname AND a.date_of_birth = b.date_of_birth AND a.sex = b.sex"
)


def cluster_register(people: pl.DataFrame, person_id_key: str) -> pl.DataFrame:
    """One row a register record: council_code, person_ref, person_id, family_id, stage, is_founding_record, n_records.

    people: `register_people`. person_id is a keyed function of the cluster's founding record, the one received first
    (then by council code and reference), so a record that comes later joins it without changing it. family_id is the
    same of the family that most of a family's members were first seen in. stage is how the record came to its person:
    `founding`, or the key.
    """
    records = people.sort("first_received_at", "council_code", "person_ref").with_row_index("record")
    pairs = _consistent(records, _pairs(records))
    clusters = pl.Series("cluster", _components(records.height, pairs))
    founded = records.with_columns(clusters).with_columns(
        founder=pl.col("record").min().over("cluster"),
        n_records=pl.len().over("cluster").cast(pl.Int32),
    )
    founders = founded.select(
        founder="record",
        founding_ref=pl.format("{}|{}", "council_code", "person_ref"),
        founding_family=pl.format("{}|{}", "council_code", "family_ref"),
    )
    members = founded.join(founders, on="founder", how="left").with_columns(
        family=pl.format("{}|{}", "council_code", "family_ref")
    )
    members = members.join(_founding_families(members), on="family", how="left").join(
        _stages(pairs), on="record", how="left"
    )
    return members.select(
        "council_code",
        "person_ref",
        person_id=_ids(members["founding_ref"], person_id_key, "person"),
        family_id=_ids(members["founded_as"], person_id_key, "family"),
        stage=pl.when(pl.col("record") == pl.col("founder")).then(pl.lit(FOUNDING)).otherwise("stage"),
        is_founding_record=pl.col("record") == pl.col("founder"),
        n_records="n_records",
    ).sort("council_code", "person_ref")


def _ids(references: pl.Series, key: str, kind: str) -> pl.Series:
    """Keyed ids of references, each distinct one worked out once."""
    distinct = references.unique().sort()
    ids = [keyed_digest(key, f"{kind}|{reference}")[:ID_DIGITS] for reference in distinct]
    return references.replace_strict(distinct, pl.Series(ids, dtype=pl.String), return_dtype=pl.String)


def _pairs(records: pl.DataFrame) -> pl.DataFrame:
    """Pairs a < b of row numbers with their stage: numbers, full identity at one postcode, and identity of a family.

    The last needs no postcode, because families move: it holds where at least two people of the one family are found
    in the other, since that two strangers share names and dates of birth happens, but not twice in two households.
    """
    connection = duckdb.connect()
    try:
        connection.execute("SET temp_directory = ''")
        connection.execute("SET threads = 2")
        connection.register("people", with_forename_root(records).to_arrow())
        numbers = " UNION ALL ".join(
            f"""
            SELECT a.record AS a, b.record AS b, '{number}' AS stage, {strength} AS strength
            FROM people AS a JOIN people AS b ON a.{number} = b.{number} AND a.record < b.record
            WHERE a.{number} IN (
                SELECT {number} FROM people GROUP BY 1 HAVING count(*) <= {MOST_RECORDS_WITH_ONE_NUMBER}
            ) AND {_NAMES_AGREE} AND {_NOT_SIBLINGS}
            """
            for strength, number in enumerate(NUMBER_STAGES)
        )
        return connection.sql(
            f"""
            WITH numbers AS ({numbers}),
            identities AS (
                SELECT a.record AS a, b.record AS b, coalesce(a.postcode = b.postcode, false) AS is_same_place,
                       concat(a.council_code, '|', a.family_ref) AS family_a,
                       concat(b.council_code, '|', b.family_ref) AS family_b
                FROM people AS a JOIN people AS b ON {_SAME_IDENTITY} AND a.record < b.record
                WHERE {_NO_CONTRADICTION}
            ),
            alike_families AS (
                SELECT least(family_a, family_b) AS first, greatest(family_a, family_b) AS second
                FROM (
                    SELECT a, family_a, family_b FROM identities
                    UNION
                    SELECT a.record, concat(a.council_code, '|', a.family_ref),
                           concat(b.council_code, '|', b.family_ref)
                    FROM numbers JOIN people AS a ON a.record = numbers.a JOIN people AS b ON b.record = numbers.b
                )
                WHERE family_a <> family_b
                GROUP BY 1, 2 HAVING count(DISTINCT a) >= 2
            ),
            pairs AS (
                SELECT a, b, stage, strength FROM numbers
                UNION ALL
                SELECT a, b, 'name_dob_postcode', 2 FROM identities WHERE is_same_place
                UNION ALL
                SELECT a, b, 'name_dob_family', 3 FROM identities JOIN alike_families
                ON first = least(family_a, family_b) AND second = greatest(family_a, family_b)
            )
            SELECT a, b, stage, strength FROM pairs
            QUALIFY row_number() OVER (PARTITION BY a, b ORDER BY strength) = 1 ORDER BY a, b
            """
        ).pl()
    finally:
        connection.close()


def _components(n_records: int, pairs: pl.DataFrame) -> np.ndarray:
    """The connected component of each record: a number, no more."""
    a, b = pairs["a"].to_numpy(), pairs["b"].to_numpy()
    graph = coo_array((np.ones(len(a), dtype=np.int8), (a, b)), shape=(n_records, n_records))
    return np.asarray(connected_components(graph, directed=False)[1])


def _consistent(records: pl.DataFrame, pairs: pl.DataFrame) -> pl.DataFrame:
    """The pairs without those of clusters that contradict themselves: such a one keeps its number pairs, or nothing.

    A chain can join what no pair would: two numbers of one kind, or two forenames of one family, in a cluster mean that
    some link of the chain is false.
    """
    for allowed in (NUMBER_STAGES, ()):
        clusters = pl.Series("cluster", _components(records.height, pairs))
        contradictory = _contradictory(records.with_columns(clusters))
        is_in_doubt = clusters.gather(pairs["a"]).is_in(contradictory.to_list())
        pairs = pairs.filter(~is_in_doubt | pairs["stage"].is_in(list(allowed)))
    return pairs


def _contradictory(records: pl.DataFrame) -> pl.Series:
    several_numbers = records.group_by("cluster").agg(
        (pl.col("upn").drop_nulls().n_unique() > 1) | (pl.col("nino").drop_nulls().n_unique() > 1)
    )
    siblings = records.group_by("cluster", "council_code", "family_ref").agg(pl.col("forename").n_unique() > 1)
    return pl.concat(
        [several_numbers.filter(pl.col("upn"))["cluster"], siblings.filter(pl.col("forename"))["cluster"]]
    ).unique()


def _founding_families(members: pl.DataFrame) -> pl.DataFrame:
    """For each family the one it began as: where more than half its members were first seen, else itself."""
    counted = members.group_by("family", "founding_family").agg(n=pl.len())
    return (
        counted.group_by("family")
        .agg(founded_as=pl.col("founding_family").filter(2 * pl.col("n") > pl.col("n").sum()).first())
        .with_columns(founded_as=pl.coalesce("founded_as", "family"))
    )


def _stages(pairs: pl.DataFrame) -> pl.DataFrame:
    """The strongest stage that ties a record to another."""
    both = pl.concat([pairs.select("stage", "strength", record=end) for end in ("a", "b")])
    return both.sort("strength", "stage").group_by("record", maintain_order=True).agg(pl.col("stage").first())
