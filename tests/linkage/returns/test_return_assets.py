"""A return on its way through the gate: published, corrected, refused, late."""

import os
import shutil
from datetime import UTC, date, datetime
from pathlib import Path

import dagster as dg
import pytest

from tf_assets.linkage.keys import create_keys
from tf_assets.linkage.registering import originals_of
from tf_assets.linkage.resources import LinkageZone
from tf_assets.linkage.returns.assets import council_return, register_schools, return_receipts
from tf_assets.linkage.returns.deliveries import return_deliveries
from tf_assets.warehouse.home import HOME_VARIABLE, Home
from tf_assets.warehouse.zone import Zone

HEADINGS = "family_ref,person_ref,forename,surname,date_of_birth,postcode,school_name,programme_group,start_date\n"
ROW = "F1,{ref},Quenilda,Zzyzxcanary,13/02/1985,M1 1AE,{school},programme,13/05/2015\n"
HARTLEPOOL, MIDDLESBROUGH = "E06000001", "E06000002"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path))
    create_keys(Home(tmp_path))
    return Home(tmp_path)


def _land(home: Home, council: str, quarter: str, name: str, content: str, arrived: str) -> None:
    path = home.landing / "returns" / council / quarter / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)
    at = datetime.fromisoformat(arrived).replace(tzinfo=UTC).timestamp()
    os.utime(path, (at, at))


def _return(*refs: str, school: str = "") -> str:
    return HEADINGS + "".join(ROW.format(ref=ref, school=school) for ref in refs)


def _materialise(
    asset: dg.AssetsDefinition, instance: dg.DagsterInstance, partition_key: str | None = None
) -> dg.ExecuteInProcessResult:
    return dg.materialize(
        [asset],
        instance=instance,
        resources={"zone": LinkageZone()},
        partition_key=partition_key,
        raise_on_error=False,
    )


def _zone() -> Zone:
    return LinkageZone().zone()


def _people(key: str) -> list[str]:
    return _zone().read_partition("council_register", key)["person_ref"].to_list()


def test_a_return_is_published_corrected_and_stands_when_a_later_one_is_refused(home: Home) -> None:
    key = f"{HARTLEPOOL}|2015-04-01"
    with dg.DagsterInstance.ephemeral() as instance:
        _land(home, HARTLEPOOL, "2015-04-01", "Ann Canary.csv", _return("P1"), "2015-07-20")
        assert _materialise(council_return, instance, key).success
        assert _people(key) == ["P1"]

        _land(home, HARTLEPOOL, "2015-04-01", "b.csv", _return("P1", "P2"), "2015-08-01")
        assert _materialise(council_return, instance, key).success
        assert _people(key) == ["P1", "P2"]

        _land(home, HARTLEPOOL, "2015-04-01", "c.csv", "%PDF-1.4", "2015-08-02")
        result = _materialise(council_return, instance, key)
        assert not result.success
        assert _people(key) == ["P1", "P2"]
        told = _zone().read_partition("return_judgements", key)
        assert told.filter(severity="refused").select("row_number", "rule").rows() == [(0, "file_unreadable")]
        page = (home.feedback / HARTLEPOOL / "2015-04-01" / "feedback.html").read_text()
        assert "We could not use this return. The file is not a table." in page

        assert _materialise(return_receipts, instance).success
        found = _zone().read("return_receipts").sort("receipt_number").select("receipt_number", "verdict").rows()
        assert found == [(1, "superseded"), (2, "current"), (3, "refused")]
        events = "".join(str(event) for event in instance.all_logs(result.run_id)) + page
        assert [text for text in ("Canary", "canary", "Quenilda", "M1 1AE") if text in events] == []


def test_a_withdrawn_return_leaves_an_empty_register_and_the_next_one_fills_it(home: Home) -> None:
    key = f"{HARTLEPOOL}|2015-04-01"
    with dg.DagsterInstance.ephemeral() as instance:
        _land(home, HARTLEPOOL, "2015-04-01", "a.csv", _return("P1"), "2015-07-20")
        assert _materialise(council_return, instance, key).success
        _land(home, HARTLEPOOL, "2015-04-01", "withdrawal.yml", "reason: Quenilda is not ours", "2015-07-21")
        assert _materialise(council_return, instance, key).success
        assert _people(key) == []
        assert _zone().read_partition("return_judgements", key)["rule"].to_list() == ["withdrawn"]
        page = (home.feedback / HARTLEPOOL / "2015-04-01" / "feedback.html").read_text()
        assert "was withdrawn and we do not use it" in page
        assert "Quenilda" not in page
        _land(home, HARTLEPOOL, "2015-04-01", "b.csv", _return("P2"), "2015-07-22")
        assert _materialise(council_return, instance, key).success
        assert _people(key) == ["P2"]


def test_what_has_arrived_stands_when_the_transfer_area_is_emptied(home: Home) -> None:
    key = f"{HARTLEPOOL}|2015-04-01"
    with dg.DagsterInstance.ephemeral() as instance:
        _land(home, HARTLEPOOL, "2015-04-01", "a.csv", _return("P1"), "2015-07-20")
        assert _materialise(council_return, instance, key).success
        before = _zone().read_partition("council_register", key)
        shutil.rmtree(home.landing)
        assert _materialise(council_return, instance, key).success
        assert _zone().read_partition("council_register", key).equals(before)
        assert _materialise(return_receipts, instance).success
        assert _zone().read("return_receipts")["verdict"].to_list() == ["current"]


def test_a_refused_return_publishes_its_judgements_and_no_rows(home: Home) -> None:
    key = f"{HARTLEPOOL}|2015-04-01"
    _land(home, HARTLEPOOL, "2015-04-01", "a.csv", _return(*[""] * 9, "P1"), "2015-07-20")
    with dg.DagsterInstance.ephemeral() as instance:
        assert not _materialise(council_return, instance, key).success
    zone = _zone()
    assert not zone.partition_file("council_register", key).exists()
    assert zone.read_partition("return_judgements", key).filter(row_number=0, severity="refused").height == 1


def test_a_late_return_replaces_only_its_own_partition(home: Home) -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        for council in (HARTLEPOOL, MIDDLESBROUGH):
            _land(home, council, "2015-07-01", "a.csv", _return("P1"), "2015-10-20")
            assert _materialise(council_return, instance, f"{council}|2015-07-01").success
        before = {path: path.read_bytes() for path in _zone().partition_files("council_register")}
        _land(home, HARTLEPOOL, "2015-04-01", "a.csv", _return("P9"), "2016-01-20")
        assert _materialise(council_return, instance, f"{HARTLEPOOL}|2015-04-01").success
    after = {path: path.read_bytes() for path in _zone().partition_files("council_register")}
    assert len(after) == 3
    assert {path: after[path] for path in before} == before
    assert _people(f"{HARTLEPOOL}|2015-04-01") == ["P9"]


def test_every_file_that_landed_is_kept_encrypted_the_refused_ones_too(home: Home) -> None:
    _land(home, HARTLEPOOL, "2015-04-01", "a.csv", _return("P1"), "2015-07-20")
    _land(home, "E99999999", "2015-04-01", "a.csv", "stray", "2015-07-20")
    with dg.DagsterInstance.ephemeral() as instance:
        assert _materialise(return_receipts, instance).success
    originals = originals_of(home)
    contents = {originals.read(sha256) for sha256 in _zone().read("return_receipts")["sha256"].to_list()}
    assert contents == {_return("P1").encode(), b"stray"}
    stored = [path.read_bytes() for path in home.zone("linkage").rglob("*") if path.is_file()]
    assert [data for data in stored if b"Zzyzxcanary" in data or b"ZZYZXCANARY" in data] == []


def test_schools_are_matched_from_the_register(home: Home) -> None:
    reference = home.landing / "reference" / "schools.csv"
    reference.parent.mkdir(parents=True)
    reference.write_text(f"urn,school_name,council_code\n100001,Oak Primary School,{HARTLEPOOL}\n")
    _land(home, HARTLEPOOL, "2015-04-01", "a.csv", _return("P1", school="Oak Pri. Sch."), "2015-07-20")
    with dg.DagsterInstance.ephemeral() as instance:
        assert _materialise(council_return, instance, f"{HARTLEPOOL}|2015-04-01").success
        assert _materialise(register_schools, instance).success
    assert _zone().read("register_schools").drop("matched_with").rows() == [
        (HARTLEPOOL, "OAK PRI SCH", "100001", "exact", 1.0)
    ]


def test_without_a_list_of_schools_the_run_says_whom_to_ask(home: Home) -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        result = _materialise(register_schools, instance)
        failures = [str(event.event_specific_data) for event in result.get_step_failure_events()]
    assert "There is no reference/schools.csv" in failures[0]


def test_the_last_quarter_of_a_return_is_a_date(home: Home) -> None:
    _land(home, HARTLEPOOL, "2020-01-01", "a.csv", _return("P1"), "2020-04-20")
    with dg.DagsterInstance.ephemeral() as instance:
        assert _materialise(council_return, instance, f"{HARTLEPOOL}|2020-01-01").success
    assert _zone().read("council_register")["quarter_date"].to_list() == [date(2020, 1, 1)]


def test_a_return_with_unfamiliar_headings_waits_until_a_person_confirms_them(home: Home) -> None:
    key = f"{HARTLEPOOL}|2015-04-01"
    odd = _return("P1", "P2").replace("family_ref", "cyfeirnod").replace("postcode", "where they dwell")
    with dg.DagsterInstance.ephemeral() as instance:
        _land(home, HARTLEPOOL, "2015-04-01", "a.csv", odd, "2015-07-20")
        (before,) = return_deliveries(home)
        assert not _materialise(council_return, instance, key).success
        proposal = home.mappings / f"{HARTLEPOOL}.yml"
        assert "confirmed: false" in proposal.read_text()
        assert "canary" not in proposal.read_text().lower()
        assert list(return_deliveries(home)) == [before]
        assert _materialise(return_receipts, instance).success
        assert _zone().read("return_receipts")["verdict"].to_list() == ["waiting"]
        assert "waiting" in (home.feedback / HARTLEPOOL / "2015-04-01" / "feedback.html").read_text()

        proposal.write_text(
            "council_code: E06000001\nconfirmed: true\nconfirmed_by: A N Officer\nconfirmed_on: 2015-08-01\n"
            "headings:\n  cyfeirnod: family_ref\n  where they dwell: postcode\n"
        )
        (after,) = return_deliveries(home)
        assert after.fingerprint != before.fingerprint
        assert _materialise(council_return, instance, key).success
        assert _people(key) == ["P1", "P2"]
        assert list(return_deliveries(home)) == [after]

        proposal.unlink()  # what was confirmed is remembered
        _land(home, HARTLEPOOL, "2015-07-01", "a.csv", odd, "2015-10-20")
        assert _materialise(council_return, instance, f"{HARTLEPOOL}|2015-04-01").success
