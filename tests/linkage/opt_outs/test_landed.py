"""Files of opt-outs that land, the run that they ask for, and what their sender is told."""

import os
from datetime import UTC, datetime
from pathlib import Path

import dagster as dg
import polars as pl
import pytest

from tf_assets.linkage.definitions import defs
from tf_assets.linkage.keys import create_keys, load_keys
from tf_assets.linkage.opt_outs.assets import opt_outs
from tf_assets.linkage.opt_outs.door import refuse_opted_out
from tf_assets.linkage.opt_outs.evidence import judge
from tf_assets.linkage.opt_outs.landed import landed_opt_outs, opt_out_deliveries
from tf_assets.linkage.opt_outs.reading import read_opt_outs
from tf_assets.linkage.opt_outs.store import record_opt_outs
from tf_assets.linkage.resources import LinkageZone
from tf_assets.warehouse.deliveries import DELIVERY_TAG, pending_deliveries
from tf_assets.warehouse.errors import GateFailed
from tf_assets.warehouse.home import HOME_VARIABLE, Home

CANARY = "Quenzzyzxcanary"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path))
    home = Home.from_environment()
    create_keys(home)
    return home


def _land(home: Home, name: str, content: str, arrived: str) -> None:
    path = home.landing / "opt-outs" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)
    at = datetime.fromisoformat(arrived).replace(tzinfo=UTC).timestamp()
    os.utime(path, (at, at))


def _materialise(instance: dg.DagsterInstance) -> dg.ExecuteInProcessResult:
    tags = {DELIVERY_TAG: next(iter(opt_out_deliveries(Home.from_environment()))).fingerprint}
    return defs.resolve_job_def("record_opt_outs").execute_in_process(
        instance=instance, tags=tags, raise_on_error=False
    )


def test_nothing_is_asked_for_while_there_is_no_opt_out(home: Home) -> None:
    assert list(opt_out_deliveries(home)) == []


def test_a_file_asks_for_one_run_and_the_command_for_another(home: Home) -> None:
    _land(home, f"{CANARY}.csv", "nino\nAB123456C\n", "2016-03-01")
    with dg.DagsterInstance.ephemeral() as instance:
        assert len(pending_deliveries(instance, opt_out_deliveries(home))) == 1
        assert _materialise(instance).success
        assert pending_deliveries(instance, opt_out_deliveries(home)) == []
        evidence = judge(read_opt_outs(b"nino\nCE123456D\n")).usable
        now = datetime(2016, 4, 1, tzinfo=UTC)
        record_opt_outs(home.zone("linkage"), evidence, load_keys(home).opt_out_key, now, now, is_landed=False)
        assert len(pending_deliveries(instance, opt_out_deliveries(home))) == 1
        assert _materialise(instance).success
        assert pending_deliveries(instance, opt_out_deliveries(home)) == []
    assert LinkageZone().zone().read("opt_outs")["evidence"].to_list() == ["nino", "nino"]


def test_the_sensor_asks_once_without_a_partition(home: Home) -> None:
    _land(home, "a.csv", "nino\nAB123456C\n", "2016-03-01")
    sensor = defs.get_sensor_def("opt_outs_landing")
    with dg.DagsterInstance.ephemeral() as instance, dg.build_sensor_context(instance, definitions=defs) as context:
        (request,) = sensor.evaluate_tick(context).run_requests or []
    assert (request.job_name, request.partition_key) == ("record_opt_outs", None)


def test_a_file_that_cannot_be_read_holds_up_no_other_and_is_told_without_its_name(home: Home) -> None:
    _land(home, f"{CANARY}.csv", f"{CANARY},{CANARY}\n1,2\n", "2016-03-01")
    _land(home, "b.csv", f"nino,surname\nAB123456C,\n,{CANARY}\n", "2016-03-02")
    with dg.DagsterInstance.ephemeral() as instance:
        result = _materialise(instance)
        assert not result.success
        told = str([event.message for event in result.all_events]) + str(instance.all_logs(result.run_id))
        assert "2 rows or files of opt-outs could not be used" in told
        assert pending_deliveries(instance, opt_out_deliveries(home)) == []
    assert LinkageZone().zone().read("opt_outs").height == 1
    feedback = sorted((home.feedback / "opt-outs").iterdir())
    rows = [pl.read_csv(path).select("row_number", "field", "rule").rows() for path in feedback]
    assert rows == [[(0, "file", "file_unreadable")], [(3, "row", "not_enough")]]
    names = [path.name for path in feedback]
    assert [name[:17] for name in names] == ["2016-03-01T000000", "2016-03-02T000000"]
    assert CANARY not in told + str(names) + "".join(path.read_text() for path in feedback)
    assert CANARY not in str(landed_opt_outs(home.landing))


def test_a_spine_that_still_holds_somebody_is_not_released(home: Home) -> None:
    zone = LinkageZone().zone()
    out = pl.DataFrame({"council_code": ["E08000035"], "person_ref": ["P1"]})
    clusters = pl.DataFrame(
        {
            "council_code": ["E08000035"] * 2, "person_ref": ["P1", "P2"], "person_id": ["1" * 32, "2" * 32],
            "family_id": ["3" * 32] * 2, "stage": ["founding"] * 2, "is_founding_record": [True] * 2, "n_records": [1, 1],
        }
    )  # fmt: skip
    zone.publish(zone.stage("opted_out_records", out))
    zone.publish(zone.stage("register_clusters", clusters.filter(pl.col("person_ref") == "P2")))
    refuse_opted_out(zone)
    zone.publish(zone.stage("register_clusters", clusters))
    with pytest.raises(GateFailed, match="1 records of people who have opted out"):
        refuse_opted_out(zone)


def test_the_asset_is_unpartitioned_and_the_table_it_makes_is_declared() -> None:
    assert opt_outs.partitions_def is None and opt_outs.keys == {dg.AssetKey("opt_outs")}
