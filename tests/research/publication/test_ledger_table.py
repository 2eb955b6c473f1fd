"""The ledger's table gains what it lacks and ends as if it were made of the whole ledger."""

from pathlib import Path

import polars as pl
import pytest

from tests.research.publication.test_ledger import figures
from tf_assets.quality.gate import Produced
from tf_assets.research.publication.ledger import Ledger
from tf_assets.research.publication.ledger_table import TABLE, ledger_as_table
from tf_assets.warehouse.errors import EvaluationError
from tf_assets.warehouse.schema import load_schemas
from tf_assets.warehouse.zone import Zone


def zone_in(folder: Path) -> Zone:
    schemas = {name: schema for (environment, name), schema in load_schemas().items() if environment == "research"}
    return Zone("research", folder, schemas)


@pytest.fixture
def zone(tmp_path: Path) -> Zone:
    return zone_in(tmp_path / "zone")


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    ledger = Ledger(tmp_path / "ledger")
    ledger.append("p1", figures("p1", 10.0, 20.0))
    ledger.append("p2", figures("p2", 10.0, 30.0))
    return ledger


def made(zone: Zone, ledger: Ledger) -> Produced:
    return ledger_as_table(zone, ledger, ledger.verify())


def publish(zone: Zone, produced: Produced) -> None:
    zone.publish(zone.stage(TABLE, produced.data, appended_to=produced.appended_to))


def test_only_what_is_new_is_made_and_the_end_is_the_same(zone: Zone, ledger: Ledger, tmp_path: Path) -> None:
    publish(zone, made(zone, ledger))
    ledger.append("p3", figures("p3", 40.0))
    new = made(zone, ledger)
    assert isinstance(new.data, pl.DataFrame) and new.data["publication_id"].to_list() == ["p3"]
    publish(zone, new)
    assert zone.read(TABLE).sort("record_hash").equals(ledger.read().sort("record_hash"))
    from_nothing = zone_in(tmp_path / "other")
    publish(from_nothing, made(from_nothing, ledger))
    assert from_nothing.standing() == zone.standing()


def test_nothing_new_appends_nothing(zone: Zone, ledger: Ledger) -> None:
    publish(zone, made(zone, ledger))
    before = zone.standing()
    publish(zone, made(zone, ledger))
    assert (zone.standing(), zone.read(TABLE).height) == (before, 4)


@pytest.mark.parametrize("held", [[0], [0, 1, 2], [0, 2, 3], [2, 3]])
def test_a_table_that_holds_anything_but_first_parts_is_made_whole(zone: Zone, ledger: Ledger, held: list[int]) -> None:
    zone.publish(zone.stage(TABLE, ledger.read()[held]))
    again = made(zone, ledger)
    assert again.appended_to is None
    publish(zone, again)
    assert zone.read(TABLE).height == 4


def test_rows_for_a_table_that_has_changed_since_are_refused(zone: Zone, ledger: Ledger) -> None:
    publish(zone, made(zone, ledger))
    ledger.append("p3", figures("p3", 40.0))
    produced = made(zone, ledger)
    staged = zone.stage(TABLE, produced.data, appended_to=produced.appended_to)
    zone.publish(zone.stage(TABLE, ledger.read()[:1]))
    with pytest.raises(EvaluationError, match="changed while"):
        zone.publish(staged)
    assert zone.read(TABLE).height == 1
