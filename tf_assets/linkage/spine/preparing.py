"""Two sources of people become two tables that can be compared, with a row for each identity a record goes by."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import polars as pl

from tf_assets.linkage.spine.comparisons import NUMBERS
from tf_assets.linkage.spine.decided_pairs import load_decisions
from tf_assets.linkage.spine.nicknames import forename_roots
from tf_assets.warehouse.errors import InputRefused

IDENTITY_COLUMNS = ("forename", "surname", "date_of_birth", "sex", "postcode", "address", *NUMBERS)
"""What two records can be compared by, where both sides have it."""

REQUIRED_COLUMNS = ("record_id", "forename", "surname", "date_of_birth")
NAMES = ("forename", "surname", "aliases")
ROOT_COLUMN = "forename_root"
"""The name that the forename is a form of; in both tables besides the identity columns."""

AREAS = {"postcode_sector": "left(postcode, -2)", "postcode_district": "left(postcode, -3)"}
"""Areas that a postcode lies in; in both tables where postcodes are."""

SIDES = ("left", "right")

DATE_FORMS = ("%Y-%m-%d", "%Y%m%d", "%d/%m/%Y", "%d-%m-%Y")
"""How a file may write dates of birth, the surest form first."""


@dataclass(frozen=True)
class PeopleFile:
    """A CSV or Parquet file of people, read as it streams by and never held as a frame.

    columns: its own names for columns, by ours. Text is put in capitals, dates of birth in any of `DATE_FORMS` become
    YYYY-MM-DD, and what is none becomes an empty one.
    """

    path: Path
    columns: Mapping[str, str] = field(default_factory=dict)


People = pl.DataFrame | PeopleFile


@dataclass(frozen=True)
class Workspace:
    """An in-memory DuckDB with the tables of one linkage.

    left_rows, right_rows: row_id, record (a number), record_id, is_latest (the last row given of its record), the
    identity columns as text, dates as `YYYY-MM-DD`, and what follows from them (`compared_columns`). left_families:
    record, family_id, of left records whose family is known (`has_families`: of any).
    columns: the identity columns that both sides have. n_left, n_right: records.
    """

    connection: duckdb.DuckDBPyConnection
    columns: tuple[str, ...]
    n_left: int
    n_right: int
    has_families: bool

    @property
    def compared_columns(self) -> tuple[str, ...]:
        """All that two rows can be compared by."""
        return (*self.columns, ROOT_COLUMN, *(AREAS if "postcode" in self.columns else ()))


@contextmanager
def workspace(
    left: People, right: People, threads: int = 2, decisions: pl.DataFrame | None = None
) -> Iterator[Workspace]:
    """A workspace of two sources, gone when it is left; nothing in it is ever written to a disk.

    `record_id`, forename, surname and date_of_birth must be there; a record may have several rows (identities over the
    years, moves), of which the last given is the latest; `aliases`, `FORENAME SURNAME` joined by `|`, make further
    rows. decisions: what people have decided on pairs (`load_decisions`). `InputRefused` names a missing column.
    """
    with _prepared(threads) as connection:
        given = {side: _give(connection, side, people) for side, people in zip(SIDES, (left, right), strict=True)}
        columns = tuple(
            column
            for column in IDENTITY_COLUMNS
            if column in REQUIRED_COLUMNS or all(_is_given(connection, side, given[side], column) for side in SIDES)
        )
        n_records = {side: _load(connection, side, given[side], columns) for side in SIDES}
        has_families = _load_families(connection, given["left"])
        load_decisions(connection, decisions)
        for side in SIDES:
            connection.execute(f"DROP VIEW {side}_given")
            connection.unregister(f"{side}_people")
        yield Workspace(connection, columns, n_records["left"], n_records["right"], has_families)


@contextmanager
def side_alone(
    side: str, people: People, threads: int = 2
) -> Iterator[tuple[duckdb.DuckDBPyConnection, tuple[str, ...]]]:
    """A connection with `<side>_rows` of one source, written as in a `workspace`, and its identity columns."""
    with _prepared(threads) as connection:
        given = _give(connection, side, people)
        columns = tuple(column for column in IDENTITY_COLUMNS if column in given)
        _load(connection, side, given, columns)
        yield connection, columns


@contextmanager
def _prepared(threads: int) -> Iterator[duckdb.DuckDBPyConnection]:
    connection = duckdb.connect()
    try:
        connection.execute("SET temp_directory = ''")
        connection.execute(f"SET threads = {threads}")
        connection.register("forename_roots", forename_roots().to_arrow())
        yield connection
    finally:
        connection.close()


def _give(connection: duckdb.DuckDBPyConnection, side: str, people: People) -> tuple[str, ...]:
    """Make the view `<side>_given`, whose columns are text without blanks at their ends, in our names; its columns."""
    if isinstance(people, pl.DataFrame):
        connection.register(f"{side}_people", people.to_arrow())
        source, names = f"{side}_people", {column: column for column in people.columns}
    else:
        source, names = _file_source(people)
    missing = [column for column in REQUIRED_COLUMNS if column not in names]
    if missing:
        raise InputRefused(f"The {side} table has no column {', '.join(missing)}. Rename its columns and try again.")
    columns = [column for column in ("record_id", *IDENTITY_COLUMNS, "aliases", "family_id") if column in names]
    is_file = isinstance(people, PeopleFile)
    texts = ", ".join(f"{_text_sql(column, names[column], is_file)} AS {column}" for column in columns)
    connection.execute(f"CREATE VIEW {side}_given AS SELECT {texts} FROM {source}")
    return tuple(columns)


def columns_of(path: Path) -> list[str]:
    """The names of a file's columns, as they stand in it; `InputRefused` where it cannot be read."""
    if not path.is_file():
        raise InputRefused(f"There is no file {path}.")
    try:
        with duckdb.connect() as connection:
            return [row[0] for row in connection.sql(f"DESCRIBE SELECT * FROM {_reader_sql(path)}").fetchall()]
    except duckdb.Error:
        raise InputRefused(f"{path} could not be read. Give a CSV file in UTF-8 or a Parquet file.") from None


def _reader_sql(path: Path) -> str:
    quoted = str(path).replace("'", "''")
    is_parquet = path.suffix == ".parquet"
    return f"read_parquet('{quoted}')" if is_parquet else f"read_csv('{quoted}', header = true, all_varchar = true)"


def _file_source(people: PeopleFile) -> tuple[str, dict[str, str]]:
    """The table function that reads a file, and the file's names of columns by ours."""
    theirs = columns_of(people.path)
    absent = [name for name in people.columns.values() if name not in theirs]
    if absent:
        raise InputRefused(
            f"{people.path} has no column {', '.join(absent)}, which the mapping names. It has {', '.join(theirs)}."
        )
    renamed = set(people.columns.values())
    own = {name.strip(): name for name in theirs if name not in renamed}
    return _reader_sql(people.path), {**own, **people.columns}


def _text_sql(column: str, name: str, is_file: bool) -> str:
    """A column of a source as text in one spelling; empty is null.

    A double name is the same with a hyphen and without, O'Neil is ONeil, and an accent makes no other name.
    """
    text = f'trim(CAST("{name.replace(chr(34), chr(34) * 2)}" AS VARCHAR))'
    if column in NAMES:
        text = f"translate(strip_accents({text}), '-''’.', ' ')"
    if is_file and column == "date_of_birth":
        text = f"strftime(coalesce({', '.join(_date_sql(text, form) for form in DATE_FORMS)}), '%Y-%m-%d')"
    elif is_file and column not in ("record_id", "family_id"):
        text = f"upper({text})"
    if is_file and column in NUMBERS:
        text = f"replace({text}, ' ', '')"
    if is_file and column == "postcode":
        text = f"CASE WHEN {text}[-4] = ' ' THEN {text} ELSE {_postcode_sql(text)} END"
    return f"nullif({text}, '')"


def _postcode_sql(text: str) -> str:
    """A British postcode with one blank before its last three characters; anything else as it is."""
    close = f"replace({text}, ' ', '')"
    return (
        f"CASE WHEN regexp_full_match({close}, '[A-Z]{{1,2}}[0-9][A-Z0-9]?[0-9][A-Z]{{2}}') "
        f"THEN left({close}, -3) || ' ' || right({close}, 3) ELSE {text} END"
    )


def _date_sql(text: str, form: str) -> str:
    return f"try_strptime({text}, '{form}')"


def _is_given(connection: duckdb.DuckDBPyConnection, side: str, columns: tuple[str, ...], column: str) -> bool:
    if column not in columns:
        return False
    return bool(connection.sql(f"SELECT 1 FROM {side}_given WHERE {column} IS NOT NULL LIMIT 1").fetchall())


def _load(connection: duckdb.DuckDBPyConnection, side: str, given: tuple[str, ...], columns: tuple[str, ...]) -> int:
    """Make `<side>_rows` of what is given; how many records there are."""
    roots = "LEFT JOIN forename_roots USING (forename)"
    identity = f"{', '.join(columns)}, coalesce(root, forename) AS {ROOT_COLUMN}"
    connection.execute(f"CREATE TABLE {side}_stored AS SELECT record_id, {identity} FROM {side}_given {roots}")
    # a number of the table's own costs nothing, one counted over millions of rows does
    number = "rowid + 1 AS row_id, rowid + 1 AS record, true AS is_latest"
    connection.execute(f"CREATE VIEW {side}_rows AS SELECT {number}, *{_areas_sql(columns)} FROM {side}_stored")
    n_rows, n_without_id, n_odd = _counts(connection, side)
    if n_without_id:
        raise InputRefused(f"The {side} table has rows without a record_id. Give each record one and try again.")
    if n_odd:
        raise InputRefused(
            f"{n_odd} rows of the {side} table have a date_of_birth that is neither empty nor YYYY-MM-DD. "
            "Write dates of birth as YYYY-MM-DD and try again."
        )
    # hashes that all differ are of ids that all differ; the ids themselves would take four times the memory
    n_ids = connection.sql(f"SELECT count(DISTINCT hash(record_id)) FROM {side}_rows").fetchall()[0][0]
    if n_ids == n_rows and "aliases" not in given:
        return int(n_rows)
    return _load_identities(connection, side, columns, "aliases" in given)


def _counts(connection: duckdb.DuckDBPyConnection, side: str) -> tuple[int, int, int]:
    counted = connection.sql(
        "SELECT count(*), count(*) FILTER (record_id IS NULL), "
        r"count(*) FILTER (NOT regexp_full_match(date_of_birth, '\d{4}-\d{2}-\d{2}')) "
        f"FROM {side}_rows"
    ).fetchall()[0]
    return int(counted[0]), int(counted[1]), int(counted[2])


def _load_identities(
    connection: duckdb.DuckDBPyConnection, side: str, columns: tuple[str, ...], has_aliases: bool
) -> int:
    """Make `<side>_rows` anew, of records with several rows or other names."""
    given = {"forename", "surname"}
    others = "".join(f", {column}" for column in columns if column not in given)
    alias_rows = _alias_rows_sql(others) if has_aliases else ""
    aliases = ", aliases" if has_aliases else ""
    connection.execute(
        f"""
        CREATE OR REPLACE TABLE {side}_stored AS
        WITH given AS (
            SELECT row_number() OVER () AS given_order, record_id, {", ".join(columns)}{aliases} FROM {side}_given
        ), identities AS (
            SELECT record_id, given_order, false AS is_alias, forename, surname{others} FROM given
            {alias_rows}
        ), distinct_identities AS (
            SELECT record_id, max(given_order) AS given_order, bool_and(is_alias) AS is_alias, forename, surname{others}
            FROM identities GROUP BY ALL
        ), records AS (
            SELECT record_id, row_number() OVER (ORDER BY record_id) AS record
            FROM (SELECT DISTINCT record_id FROM given)
        )
        SELECT row_number() OVER (ORDER BY record, is_alias DESC, given_order) AS row_id, record, record_id,
               row_number() OVER (PARTITION BY record ORDER BY is_alias, given_order DESC) = 1 AS is_latest,
               {", ".join(columns)}, coalesce(root, forename) AS {ROOT_COLUMN}
        FROM distinct_identities JOIN records USING (record_id)
        LEFT JOIN forename_roots USING (forename)
        ORDER BY row_id
        """
    )
    connection.execute(f"CREATE OR REPLACE VIEW {side}_rows AS SELECT *{_areas_sql(columns)} FROM {side}_stored")
    return int(connection.sql(f"SELECT count(*) FROM {side}_rows WHERE is_latest").fetchall()[0][0])


def _areas_sql(columns: tuple[str, ...]) -> str:
    return "".join(f", {sql} AS {area}" for area, sql in AREAS.items()) if "postcode" in columns else ""


def _load_families(connection: duckdb.DuckDBPyConnection, given: tuple[str, ...]) -> bool:
    """Make `left_families`; is there any?"""
    source = "left_given" if "family_id" in given else "(SELECT NULL AS record_id, NULL AS family_id WHERE false)"
    connection.execute(
        f"""
        CREATE TABLE left_families AS
        SELECT record, family_id
        FROM (SELECT DISTINCT record_id, family_id FROM {source} WHERE family_id IS NOT NULL)
        JOIN (SELECT record, record_id FROM left_rows WHERE is_latest) USING (record_id)
        ORDER BY record, family_id
        """
    )
    return bool(connection.sql("SELECT 1 FROM left_families LIMIT 1").fetchall())


def _alias_rows_sql(others: str) -> str:
    """Further identities from `aliases`: the last word is the surname."""
    return f"""
            UNION ALL
            SELECT record_id, given_order, true AS is_alias,
                   nullif(trim(regexp_replace(alias, '[^ ]+$', '')), '') AS forename,
                   regexp_extract(alias, '[^ ]+$') AS surname{others}
            FROM (SELECT *, unnest(string_split(aliases, '|')) AS alias FROM given WHERE aliases IS NOT NULL)
            WHERE trim(alias) <> ''
    """
