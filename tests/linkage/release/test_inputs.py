"""What a release was made of: the returns that the register holds, and each year of each extract by itself."""

from datetime import date, datetime
from pathlib import Path

import polars as pl
import pytest

from tf_assets.linkage.keys import KEY_NAMES, LinkageKeys
from tf_assets.linkage.release.inputs import INPUT_TABLES, current_returns, input_hashes
from tf_assets.warehouse.schema import TableSchema, load_schemas
from tf_assets.warehouse.zone import Zone

KEYS = LinkageKeys(**{name: bytes(range(n, n + 32)).hex() for n, name in enumerate(KEY_NAMES)}, is_demo=False)
SCHEMAS = {name: schema for (environment, name), schema in load_schemas().items() if environment == "linkage"}
RECEIVED = datetime(2015, 7, 20, 9, 30)


def typed(schema: TableSchema, rows: list[dict[str, object]]) -> pl.DataFrame:
    """Rows with every declared column, null where a row has none."""
    return pl.DataFrame([{column.name: row.get(column.name) for column in schema.columns} for row in rows])


@pytest.fixture
def zone(tmp_path: Path) -> Zone:
    """Two returns, and two years of one extract."""
    zone = Zone("linkage", tmp_path, SCHEMAS, "0" * 64)
    put_return(zone, "E06000001", "a" * 64, people=["p1", "p2"])
    put_return(zone, "E06000002", "b" * 64, people=["q1"])
    put_year(zone, "2014-01-01", ["r1", "r2"])
    put_year(zone, "2015-01-01", ["r1"])
    return zone


def put_return(zone: Zone, council: str, sha256: str, people: list[str]) -> None:
    rows: list[dict[str, object]] = [
        {
            **{"council_code": council, "quarter_date": date(2015, 4, 1), "row_number": number, "person_ref": person},
            **{"received_at": RECEIVED, "source_sha256": sha256},
        }
        for number, person in enumerate(people)
    ]
    made = typed(SCHEMAS["council_register"], rows)
    zone.publish(zone.stage("council_register", made, f"{council}|2015-04-01"))


def put_year(zone: Zone, year: str, records: list[str]) -> None:
    made = typed(SCHEMAS["offences_identities"], [{"record_ref": record} for record in records])
    zone.publish(zone.stage("offences_identities", made, year))


def test_each_return_of_the_register_is_listed_once(zone: Zone) -> None:
    assert sorted(current_returns(zone).rows()) == [
        ("E06000001", date(2015, 4, 1), "a" * 64, RECEIVED),
        ("E06000002", date(2015, 4, 1), "b" * 64, RECEIVED),
    ]


def test_a_register_without_a_return_lists_none(tmp_path: Path) -> None:
    assert current_returns(Zone("linkage", tmp_path, SCHEMAS)).is_empty()


def test_each_year_of_an_extract_has_its_own_hash(zone: Zone) -> None:
    first = input_hashes(zone, KEYS)
    assert list(first) == ["council_register", "offences_identities|2014-01-01", "offences_identities|2015-01-01"]
    assert len(set(first.values())) == 3 and set(INPUT_TABLES) >= {name.split("|")[0] for name in first}

    put_year(zone, "2014-01-01", ["r2", "r1"])
    assert input_hashes(zone, KEYS) == first, "the order of rows does not matter"

    put_year(zone, "2014-01-01", ["r3", "r1"])
    again = input_hashes(zone, KEYS)
    assert {name for name in first if again[name] != first[name]} == {"offences_identities|2014-01-01"}


def test_a_corrected_return_changes_the_registers_hash_alone(zone: Zone) -> None:
    first = input_hashes(zone, KEYS)
    put_return(zone, "E06000002", "c" * 64, people=["q1", "q2"])
    again = input_hashes(zone, KEYS)
    assert {name for name in first if again[name] != first[name]} == {"council_register"}


def test_what_is_kept_of_the_inputs_changes_no_hash(zone: Zone) -> None:
    kept = zone.root / "kept" / "input_hashes.parquet"
    first = input_hashes(zone, KEYS)
    before = kept.read_bytes()
    assert input_hashes(zone, KEYS) == first and kept.read_bytes() == before
    put_return(zone, "E06000001", "d" * 64, people=["p9"])
    put_year(zone, "2014-01-01", ["r9"])
    with_kept = input_hashes(zone, KEYS)
    for unusable in (None, b"damaged"):
        kept.unlink()
        if unusable:
            kept.write_bytes(unusable)
        assert input_hashes(zone, KEYS) == with_kept
    assert {name for name in first if with_kept[name] != first[name]} == {
        "council_register",
        "offences_identities|2014-01-01",
    }


def test_a_file_that_was_put_in_the_place_of_another_is_hashed_again(zone: Zone) -> None:
    first = input_hashes(zone, KEYS)
    one, other = zone.partition_files("offences_identities")
    swapped = one.read_bytes(), other.read_bytes()
    one.write_bytes(swapped[1])
    other.write_bytes(swapped[0])
    again = input_hashes(zone, KEYS)
    assert {name for name in first if again[name] != first[name]} == {
        "offences_identities|2014-01-01",
        "offences_identities|2015-01-01",
    }


def test_what_is_kept_is_encrypted(zone: Zone) -> None:
    input_hashes(zone, KEYS)
    assert b"council_register" not in (zone.root / "kept" / "input_hashes.parquet").read_bytes()


def test_the_hashes_depend_on_the_key(zone: Zone) -> None:
    other = LinkageKeys(**{name: bytes(range(n + 7, n + 39)).hex() for n, name in enumerate(KEY_NAMES)}, is_demo=False)
    assert not set(input_hashes(zone, KEYS).values()) & set(input_hashes(zone, other).values())
