"""Keyed hashes of evidence: one text a purpose, the same for an opt-out and for a record, hashed by DuckDB.

Unkeyed hashes of names and dates of birth fall to a dictionary, so each is an HMAC-SHA256 under the opt-out key (RFC
2104, written out because DuckDB has the plain hash alone). The key reaches a statement as bound blobs, never as text.
Purposes stand in the hashed text, so that a hash of one purpose says nothing of another.

Names compare by the root of the first forename (Bob is Robert) and by all forenames where both sides give several, so
that a twin with another second name stays: the `whole` name of one side is held against the `whole` of the other, and
`first` carries the first forename of an opt-out that has several, for records that have that one alone.
"""

from dataclasses import dataclass

import duckdb
import polars as pl

from tf_assets.linkage.spine.nicknames import forename_roots

BLOCK_BYTES = 64
"""SHA-256's block, to which HMAC pads its key."""

NUMBER_PURPOSES = ("upn", "nino", "nhs_number")


@dataclass(frozen=True)
class NamePurpose:
    """A purpose whose text begins with a name.

    columns: what the text holds after all forenames, in order: SQL over a row; needed: columns without which it is not
    made; tagged: columns of `TAG_DIGITS` by which a record is known not to match.
    """

    columns: tuple[str, ...]
    needed: tuple[str, ...]
    tagged: tuple[str, ...]


def _at_postcode(*parts: str) -> NamePurpose:
    needed = ("family", "postcode", *(["date_of_birth"] if parts else []))
    return NamePurpose(("family", "postcode", *parts), needed, ("postcode",))


NAME_PURPOSES: dict[str, NamePurpose] = {
    "name_dob": NamePurpose(
        ("family", "CAST(date_of_birth AS VARCHAR)"), ("family", "date_of_birth"), ("date_of_birth",)
    ),
    "forename_dob_postcode": NamePurpose(
        ("CAST(date_of_birth AS VARCHAR)", "postcode"), ("date_of_birth", "postcode"), ("date_of_birth", "postcode")
    ),
    "name_postcode": _at_postcode(),
    "name_postcode_undated": _at_postcode(),
    "name_postcode_year_month": _at_postcode("strftime(date_of_birth, '%Y-%m')"),
    "name_postcode_year_day": _at_postcode("strftime(date_of_birth, '%Y-%d')"),
    "name_postcode_month_day": _at_postcode("strftime(date_of_birth, '%m-%d')"),
}
"""The last four are for an opt-out that gives its date of birth too: a namesake at one postcode is out where the record
has no date of birth or one slip in it, and stays where the dates plainly differ (father and son)."""

PURPOSES = ("register_ref", *NUMBER_PURPOSES, *NAME_PURPOSES)

TAG_DIGITS = {"date_of_birth": 3, "postcode": 4}
"""Hexadecimal digits that are kept of the hash of a date of birth (one in 4,096, shared by eight days of a lifetime)
and of a postcode (one in 65,536, shared by some 26): by these few bits records that cannot match are left unhashed."""


@dataclass(frozen=True)
class Pads:
    """The two padded keys of HMAC, as DuckDB parameters."""

    parameters: dict[str, bytes]

    @classmethod
    def of(cls, key: str) -> "Pads":
        """From 32 bytes as hexadecimal text."""
        padded = bytes.fromhex(key).ljust(BLOCK_BYTES, b"\0")
        return cls({"inner": bytes(b ^ 0x36 for b in padded), "outer": bytes(b ^ 0x5C for b in padded)})

    def __repr__(self) -> str:
        return "Pads()"


def hmac_sql(text: str) -> str:
    """HMAC-SHA256 of a text expression under the parameters `$inner` and `$outer`: 64 hexadecimal digits."""
    return f"sha256($outer::BLOB || unhex(sha256($inner::BLOB || encode({text}))))"


def tag_sql(column: str) -> str:
    """The few digits by which records are left out before they are hashed."""
    text = f"concat('tag|{column}|', CAST({column} AS VARCHAR))"
    return f"left({hmac_sql(text)}, {TAG_DIGITS[column]})"


def named_sql(rows: str, columns: str) -> str:
    """Rows with the forms that names are compared in: `given` (all forenames, the first by its root), `first_given`
    and `family` (letters alone); `columns` are carried along. A name without letters gives null."""
    return f"""
        SELECT {columns}, nullif(concat_ws(' ', first_given, nullif(other_given, '')), '') AS given, first_given, family
        FROM (
            SELECT {columns}, coalesce(root, first_word) AS first_given,
                   trim(substr(words, len(first_word) + 1)) AS other_given, family
            FROM (
                SELECT *, nullif(split_part(words, ' ', 1), '') AS first_word FROM (
                    SELECT {columns}, trim(regexp_replace(replace(forename, '''', ''), '[^A-Z]+', ' ', 'g')) AS words,
                           nullif(regexp_replace(surname, '[^A-Z]+', '', 'g'), '') AS family
                    FROM {rows}
                )
            ) AS worded LEFT JOIN (SELECT forename AS short, root FROM forename_roots) AS roots ON first_word = short
        )
    """


def register_roots(connection: duckdb.DuckDBPyConnection) -> None:
    """Make `forename_roots`, which `named_sql` reads, known to a connection."""
    connection.register("forename_roots", forename_roots().to_arrow())


def name_text_sql(purpose: str) -> str:
    """The text of one purpose, of a row with `variant` (whole or first) and `given`; null where a part is missing."""
    made = NAME_PURPOSES[purpose]
    conditions = [f"{each} IS NOT NULL" for each in ("given", *made.needed)]
    if purpose == "name_postcode_undated":
        conditions.append("is_undated")
    text = f"concat_ws('|', '{purpose}', variant, given, {', '.join(made.columns)})"
    return f"CASE WHEN {' AND '.join(conditions)} THEN {text} END"


def hash_evidence(evidence: pl.DataFrame, key: str) -> pl.DataFrame:
    """The hashes of evidence: row_number, purpose, hash; and its tags, whose purposes are `tag|<column>`.

    evidence: EVIDENCE_COLUMNS. Nothing of it is ever written to a disk.
    """
    connection = duckdb.connect()
    try:
        connection.execute("SET temp_directory = ''")
        connection.register("evidence", evidence.to_arrow())
        register_roots(connection)
        columns = "row_number, date_of_birth, postcode"
        connection.execute(f"CREATE TABLE named AS {named_sql('evidence', columns)}")
        return connection.execute(_evidence_sql(), Pads.of(key).parameters).pl()
    finally:
        connection.close()


def _evidence_sql() -> str:
    # an opt-out that gives its date of birth is not applied by name and postcode alone
    when = dict.fromkeys(NAME_PURPOSES, "date_of_birth IS NOT NULL") | {"name_postcode": "date_of_birth IS NULL"}
    texts = " UNION ALL ".join(
        [
            "SELECT row_number, 'register_ref' AS purpose, concat('register_ref|', council_code, '|', person_ref) AS text "
            "FROM evidence WHERE council_code IS NOT NULL AND person_ref IS NOT NULL",
            *(
                f"SELECT row_number, '{number}', concat('{number}|', {number}) FROM evidence WHERE {number} IS NOT NULL"
                for number in NUMBER_PURPOSES
            ),
            *(
                f"SELECT row_number, '{purpose}', {name_text_sql(purpose)} FROM variants WHERE {when[purpose]}"
                for purpose in NAME_PURPOSES
            ),
        ]
    )
    tags = " UNION ALL ".join(
        f"SELECT row_number, 'tag|{column}' AS purpose, {tag_sql(column)} AS hash "
        f"FROM evidence WHERE {column} IS NOT NULL AND forename IS NOT NULL"
        for column in TAG_DIGITS
    )
    return f"""
        WITH variants AS (
            SELECT *, 'whole' AS variant, true AS is_undated FROM named
            UNION ALL
            SELECT * REPLACE (first_given AS given), 'first' AS variant, true AS is_undated FROM named
            WHERE given <> first_given
        ), texts AS ({texts})
        SELECT DISTINCT row_number, purpose, {hmac_sql("text")} AS hash FROM texts WHERE text IS NOT NULL
        UNION ALL {tags}
        ORDER BY row_number, purpose, hash
    """


def record_variants_sql(named: str) -> str:
    """The rows by which a record meets opt-outs: its whole name; and its first forename, as what an opt-out with one
    forename gives, or, where the record has one alone, as the first of an opt-out that gives several."""
    return f"""
        SELECT *, 'whole' AS variant, date_of_birth IS NULL AS is_undated FROM {named}
        UNION ALL
        SELECT * REPLACE (first_given AS given),
               CASE WHEN given = first_given THEN 'first' ELSE 'whole' END AS variant, date_of_birth IS NULL AS is_undated
        FROM {named}
    """
