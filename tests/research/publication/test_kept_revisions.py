"""What moved between two publications is worked out once, and the end is as if it were worked out each time."""

from pathlib import Path

import polars as pl
import pytest

from tests.research.publication.test_ledger import figures
from tests.research.publication.test_ledger_table import zone_in
from tf_assets.research.publication import kept_revisions
from tf_assets.research.publication.kept_revisions import revisions_of_ledger
from tf_assets.research.publication.ledger import Ledger
from tf_assets.research.publication.revisions import revisions_of
from tf_assets.research.publication.sources import RETURN_SCHEMA, Sources, record_sources
from tf_assets.warehouse.zone import Zone


@pytest.fixture
def zone(tmp_path: Path) -> Zone:
    return zone_in(tmp_path / "zone")


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    ledger = Ledger(tmp_path / "ledger")
    for name, values in (("p1", (10.0, 20.0)), ("p2", (10.0, 30.0)), ("p3", (10.0, 30.0))):
        ledger.append(name, figures(name, *values))
    return ledger


def kept(zone: Zone) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (zone.root / "kept").glob("*")}


def test_the_end_is_the_same_with_what_was_kept_without_it_and_worked_out_whole(zone: Zone, ledger: Ledger) -> None:
    whole = revisions_of(ledger.read_parts(), {})
    assert (whole.height, whole["published"].to_list()) == (1, [30.0])
    for _ in range(2):
        assert revisions_of_ledger(zone, ledger, {}).equals(whole)
    ledger.append("p4", figures("p4", 50.0, 30.0))
    assert revisions_of_ledger(zone, ledger, {}).equals(revisions_of(ledger.read_parts(), {}))


def test_a_pair_that_is_kept_is_not_read_again(zone: Zone, ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    revisions_of_ledger(zone, ledger, {})
    ledger.append("p4", figures("p4", 50.0, 30.0))
    read: list[str] = []
    whole = Ledger.read_publication

    def reading(self: Ledger, publication_id: str) -> pl.DataFrame:
        read.append(publication_id)
        return whole(self, publication_id)

    monkeypatch.setattr(Ledger, "read_publication", reading)
    revisions_of_ledger(zone, ledger, {})
    assert read == ["p3", "p4"]


@pytest.mark.parametrize("what", ["code", "sources"])
def test_what_was_kept_of_other_code_or_other_sources_is_not_taken(
    zone: Zone, ledger: Ledger, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    revisions_of_ledger(zone, ledger, {})
    before = kept(zone)
    if what == "code":
        monkeypatch.setattr(kept_revisions, "code_fingerprint", lambda environment: "other code")
    else:
        sources = Sources(pl.DataFrame(schema=RETURN_SCHEMA), {}, "software")
        other = Ledger(ledger.root.parent / "other")
        record_sources(other, "p1", sources)
        (ledger.root / "sources").mkdir()
        (ledger.root / "sources" / "p1.json").write_bytes((other.root / "sources" / "p1.json").read_bytes())
    revisions_of_ledger(zone, ledger, {})
    n_same = len(before.keys() & kept(zone).keys())
    assert (len(before), len(kept(zone)), n_same) == (2, 2, 0 if what == "code" else 1)


def test_damaged_keepsakes_are_made_again(zone: Zone, ledger: Ledger) -> None:
    whole = revisions_of_ledger(zone, ledger, {})
    for name in kept(zone):
        (zone.root / "kept" / name).write_bytes(b"damaged")
    assert revisions_of_ledger(zone, ledger, {}).equals(whole)
