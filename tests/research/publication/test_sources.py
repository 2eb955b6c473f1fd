"""What a publication was made of is written down before the ledger records it, and cannot be changed unnoticed."""

from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path

import polars as pl
import pytest

from tf_assets.research.publication.ledger import FIGURE_SCHEMA, Ledger, LedgerBroken
from tf_assets.research.publication.sources import (
    RETURN_SCHEMA,
    Sources,
    read_sources,
    record_sources,
    sources_of,
)
from tf_assets.warehouse.resource import ZoneResource
from tf_assets.warehouse.schema import load_schemas
from tf_assets.warehouse.zone import Zone


def sources(content_key: str) -> Sources:
    returns = [("E06000001", date(2015, 4, 1), content_key, datetime(2015, 7, 20, 9, 30, 1, 250))]
    return Sources(pl.DataFrame(returns, schema=RETURN_SCHEMA, orient="row"), {"benefits|2015-04-01": "b"}, "code")


def record(ledger: Ledger, publication_id: str) -> None:
    row = dict.fromkeys(FIGURE_SCHEMA.names())
    row |= {"publication_id": publication_id, "published": 10.0, "lower": 1.0, "upper": 19.0}
    ledger.append(publication_id, pl.DataFrame([row], schema=FIGURE_SCHEMA))


def recorded(folder: Path, *publication_ids: str) -> Ledger:
    ledger = Ledger(folder)
    for publication_id in publication_ids:
        record_sources(ledger, publication_id, sources(publication_id))
        record(ledger, publication_id)
    return ledger


def test_what_is_recorded_is_read_back(tmp_path: Path) -> None:
    read = read_sources(recorded(tmp_path, "r1-a", "r2-b"))
    assert list(read) == ["r1-a", "r2-b"]
    assert read["r2-b"].returns.equals(sources("r2-b").returns)
    assert (read["r2-b"].extracts, read["r2-b"].software) == ({"benefits|2015-04-01": "b"}, "code")


def test_a_publication_without_any_return_is_read_back(tmp_path: Path) -> None:
    nothing = Sources(pl.DataFrame(schema=RETURN_SCHEMA), {}, "code")
    ledger = Ledger(tmp_path)
    record_sources(ledger, "r1-a", nothing)
    record(ledger, "r1-a")
    assert read_sources(ledger)["r1-a"].returns.equals(nothing.returns)


def test_a_recorded_publication_keeps_its_sources(tmp_path: Path) -> None:
    ledger = recorded(tmp_path, "r1-a")
    before = (tmp_path / "sources" / "r1-a.json").read_bytes()
    record_sources(ledger, "r1-a", sources("other"))
    assert (tmp_path / "sources" / "r1-a.json").read_bytes() == before


def test_sources_whose_publication_was_never_recorded_are_not_read_and_are_written_anew(tmp_path: Path) -> None:
    ledger = recorded(tmp_path, "r1-a")
    record_sources(ledger, "r2-b", sources("interrupted"))
    assert list(read_sources(ledger)) == ["r1-a"]
    assert list(read_sources(recorded(tmp_path, "r3-c", "r2-b"))) == ["r1-a", "r3-c", "r2-b"]


def test_a_publication_from_before_sources_were_recorded_has_none(tmp_path: Path) -> None:
    record(Ledger(tmp_path), "r1-a")
    assert list(read_sources(recorded(tmp_path, "r2-b", "r3-c"))) == ["r2-b", "r3-c"]


def _remove(path: Path) -> None:
    path.unlink()


def _change(path: Path) -> None:
    path.write_text(path.read_text().replace("E06000001", "E06000002"))


@pytest.mark.parametrize("tamper", [_remove, _change])
def test_sources_that_were_changed_or_removed_are_noticed(tmp_path: Path, tamper: Callable[[Path], None]) -> None:
    ledger = recorded(tmp_path, "r1-a", "r2-b", "r3-c")
    tamper(tmp_path / "sources" / "r2-b.json")
    with pytest.raises(LedgerBroken, match=r"sources/r3-c\.json of the ledger does not follow"):
        read_sources(ledger)


@pytest.fixture
def zone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Zone:
    """A research zone with a return and two years of attributes."""
    monkeypatch.setenv("TF_HOME", str(tmp_path))
    zone = ZoneResource(environment="research").zone()
    zone.publish(zone.stage("released_returns", sources("k").returns))
    for year in ("2014-01-01", "2015-01-01"):
        publish_offences(zone, year, ["a", "b"])
    return zone


def publish_offences(zone: Zone, year: str, record_keys: list[str]) -> None:
    columns = load_schemas()["research", "offences_attributes"].columns
    keys = pl.DataFrame({"record_key": record_keys})
    rows = keys.select(
        pl.col("record_key") if column.name == "record_key" else pl.lit(None).alias(column.name) for column in columns
    )
    zone.publish(zone.stage("offences_attributes", rows, year))


MANIFEST = {
    "code_version": "c",
    "inputs": {"council_register": "r", "offences_identities|2015-01-01": "i", "hospital_identities|2015-04-01": "h"},
}


def test_an_extract_is_told_by_year_and_by_both_its_files(zone: Zone) -> None:
    first = sources_of(zone, MANIFEST)
    assert list(first.extracts) == ["hospital|2015-04-01", "offences|2014-01-01", "offences|2015-01-01"]
    assert first.returns.equals(sources("k").returns)

    publish_offences(zone, "2014-01-01", ["a", "b"])
    assert sources_of(zone, MANIFEST).extracts == first.extracts, "the same file again is no change"

    publish_offences(zone, "2014-01-01", ["a"])
    identities = {**MANIFEST["inputs"], "hospital_identities|2015-04-01": "h2"}  # type: ignore[dict-item]
    again = sources_of(zone, {**MANIFEST, "inputs": identities})
    changed = {name for name in again.extracts if again.extracts[name] != first.extracts[name]}
    assert changed == {"hospital|2015-04-01", "offences|2014-01-01"}


def test_the_code_of_both_environments_is_the_software(zone: Zone) -> None:
    first, same, other = (sources_of(zone, {**MANIFEST, "code_version": version}) for version in ("c", "c", "d"))
    assert (first.software == same.software, first.software == other.software) == (True, False)
