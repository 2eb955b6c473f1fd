"""A zone keeps published tables whole, apart from what is staged, and encrypted where it has a key."""

import subprocess
import sys
import threading
from pathlib import Path

import duckdb
import polars as pl
import pytest

from tf_assets.warehouse.errors import EvaluationError, GateFailed, KeysRefused
from tf_assets.warehouse.schema import Column, Partitions, TableSchema
from tf_assets.warehouse.zone import Zone

KEY = "ab" * 32
MARKER = "QZXMARKER"


def declared(name: str, columns: dict[str, str], partitions: Partitions | None = None) -> TableSchema:
    return TableSchema(
        environment="linkage",
        stage="returns",
        name=name,
        kind="python",
        description=f"{name}, the council's own",
        grain="one row per person",
        key=(next(iter(columns)),),
        foreign_keys=(),
        partitions=partitions,
        owner="team:linkage",
        columns=tuple(Column(c, t, f"what {c} means", "measure") for c, t in columns.items()),
    )


SCHEMAS = {
    "people": declared("people", {"person_ref": "VARCHAR", "n_visits": "INTEGER"}, "council_quarter"),
    "totals": declared("totals", {"n_people": "BIGINT"}),
}


@pytest.fixture
def zone(tmp_path: Path) -> Zone:
    return Zone("linkage", tmp_path / "linkage", SCHEMAS, KEY)


def people(*refs: str) -> pl.DataFrame:
    return pl.DataFrame({"person_ref": list(refs), "n_visits": [1] * len(refs)})


def publish(zone: Zone, table: str, data: pl.DataFrame | str, key: str | None = None) -> None:
    zone.publish(zone.stage(table, data, key))


def test_a_table_that_was_never_published_is_empty_and_typed(zone: Zone) -> None:
    with zone.connect() as connection:
        assert connection.sql("SELECT * FROM people").fetchall() == []
        assert [str(each) for each in connection.sql("SELECT * FROM people").types] == ["VARCHAR", "INTEGER"]
        assert connection.sql("SELECT * FROM totals").fetchall() == []


def test_partitions_are_read_as_one_table_and_replaced_one_by_one(zone: Zone) -> None:
    publish(zone, "people", people("a", "b"), "E1|2015-04-01")
    publish(zone, "people", people("c"), "E2|2015-04-01")
    publish(zone, "people", people("d"), "E1|2015-04-01")
    assert zone.read("people")["person_ref"].to_list() == ["d", "c"]
    assert zone.read_partition("people", "E2|2015-04-01")["person_ref"].to_list() == ["c"]


def test_a_national_table_is_made_by_sql_over_published_tables(zone: Zone) -> None:
    publish(zone, "people", people("a", "b"), "E1|2015-04-01")
    publish(zone, "totals", "SELECT count(*) AS n_people FROM people")
    assert zone.read("totals").rows() == [(2,)]


def test_what_is_staged_is_not_read_until_it_is_published(zone: Zone) -> None:
    publish(zone, "people", people("a"), "E1|2015-04-01")
    staged = zone.stage("people", people("b"), "E1|2015-04-01")
    assert zone.read("people")["person_ref"].to_list() == ["a"]
    zone.discard(staged)
    assert not list((zone.root / "staging").iterdir())


def test_the_version_is_of_the_content_not_of_the_order(zone: Zone) -> None:
    one, two, other = (zone.stage("people", people(*refs)).version for refs in ("ab", "ba", "ac"))
    assert one == two != other


def test_other_columns_than_declared_are_refused_by_name(zone: Zone) -> None:
    with pytest.raises(GateFailed, match="missing: n_visits; not declared: extra"):
        zone.stage("people", pl.DataFrame({"person_ref": ["a"], "extra": [1]}))


def test_a_value_that_does_not_fit_its_type_is_refused_and_not_repeated(zone: Zone) -> None:
    with pytest.raises(GateFailed) as refused:
        zone.stage("people", pl.DataFrame({"person_ref": ["a"], "n_visits": [MARKER]}))
    assert MARKER not in str(refused.value)
    assert not list((zone.root / "staging").iterdir())


def test_nothing_readable_is_on_disk(zone: Zone) -> None:
    publish(zone, "people", people(MARKER), "E1|2015-04-01")
    publish(zone, "totals", "SELECT count(*) AS n_people FROM people")
    zone.stage("people", people(MARKER), "E1|2015-04-01")
    files = [path for path in zone.root.rglob("*") if path.is_file()]
    assert len(files) == 3
    assert not [path for path in files if MARKER.encode() in path.read_bytes()]
    with pytest.raises(duckdb.Error):
        duckdb.sql(f"SELECT * FROM read_parquet('{files[0]}')").fetchall()


def test_another_key_opens_nothing(zone: Zone) -> None:
    publish(zone, "totals", "SELECT 1 AS n_people")
    with pytest.raises(KeysRefused, match="Restore the key"):
        Zone("linkage", zone.root, SCHEMAS, "cd" * 32).read("totals")


def test_a_partition_that_was_never_published_is_named(zone: Zone) -> None:
    with pytest.raises(EvaluationError, match="people has no published partition E9"):
        zone.read_partition("people", "E9|2015-04-01")


def test_tables_carry_their_descriptions_into_the_database(zone: Zone) -> None:
    publish(zone, "totals", "SELECT 1 AS n_people")
    with zone.connect() as connection:
        described = connection.sql("SELECT comment FROM duckdb_tables() WHERE table_name = 'totals'").fetchall()
    assert described == [("totals, the council's own",)]


def test_a_writer_in_another_process_is_waited_for(zone: Zone) -> None:
    publish(zone, "totals", "SELECT 1 AS n_people")
    holder = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import sys, time, duckdb, duckdb_extension_httpfs as e, pathlib\n"
            "c = duckdb.connect()\n"
            "c.execute(f\"LOAD '{next(pathlib.Path(e.__file__).parent.rglob('httpfs.duckdb_extension'))}'\")\n"
            f"c.execute(\"ATTACH '{zone.database}' AS z (ENCRYPTION_KEY '{KEY}')\")\n"
            "print('held', flush=True)\n"
            "sys.stdin.readline()\n",
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert holder.stdout is not None and holder.stdout.readline() == "held\n"
    try:
        assert holder.stdin is not None
        threading.Timer(0.5, lambda: holder.communicate("\n")).start()
        assert zone.read("totals").rows() == [(1,)]
    finally:
        holder.kill()


def test_a_connection_meets_nothing_of_the_one_before(zone: Zone) -> None:
    with zone.connect() as connection:
        connection.execute("CREATE TEMP TABLE left_behind AS SELECT 1 AS n")
        connection.register("registered", pl.DataFrame({"n": [1]}).to_arrow())
    with zone.connect() as connection:
        for name in ("left_behind", "registered"):
            with pytest.raises(duckdb.CatalogException):
                connection.sql(f"SELECT * FROM {name}")


def test_connections_at_one_time_are_apart(zone: Zone) -> None:
    publish(zone, "totals", "SELECT 1 AS n_people")
    with zone.connect() as one, zone.connect() as other:
        one.execute("CREATE TEMP TABLE own AS SELECT 1 AS n")
        assert other.sql("SELECT * FROM totals").fetchall() == [(1,)]
        with pytest.raises(duckdb.CatalogException):
            other.sql("SELECT * FROM own")


def test_whatever_ends_a_connection_lets_the_database_go(zone: Zone) -> None:
    publish(zone, "totals", "SELECT 1 AS n_people")
    with pytest.raises(duckdb.Error), zone.connect() as connection:
        connection.sql("SELECT error('it ends here')").fetchall()
    with pytest.raises(KeyboardInterrupt), zone.connect() as connection:
        connection.execute("BEGIN")
        connection.execute("SELECT * FROM totals")  # a result that nobody fetches
        raise KeyboardInterrupt
    writer = (
        "import sys, duckdb, duckdb_extension_httpfs as e, pathlib\n"
        "c = duckdb.connect()\n"
        "c.execute(f\"LOAD '{next(pathlib.Path(e.__file__).parent.rglob('httpfs.duckdb_extension'))}'\")\n"
        f"c.execute(\"ATTACH '{zone.database}' AS z (ENCRYPTION_KEY '{KEY}')\")\n"
        "c.execute('UPDATE z.totals SET n_people = 2')\n"
    )
    subprocess.run([sys.executable, "-c", writer], check=True)
    assert zone.read("totals").rows() == [(2,)]
