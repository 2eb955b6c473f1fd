"""The register of arrivals: append-only, in the order of receipt, whoever writes and however often."""

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from tf_assets.linkage.arrivals import Arrival, ArrivalRegister, known_at
from tf_assets.warehouse.errors import EvaluationError
from tf_assets.warehouse.home import Home

FIRST = Arrival(
    kind="return",
    slot="E06000001/2015-04-01",
    sha256="a" * 64,
    received_at=datetime(2015, 7, 20, 9, 30),
    known_at=datetime(2015, 7, 20, 9, 30),
    n_bytes=10,
    came_by="landing area",
)


def test_an_arrival_is_recorded_once_and_read_as_it_was(tmp_path: Path) -> None:
    register = ArrivalRegister(tmp_path)
    assert register.record(FIRST)
    assert not register.record(replace(FIRST, known_at=datetime(2020, 1, 1)))
    assert register.all("return") == [FIRST]
    assert register.holds(FIRST)


def test_arrivals_stand_in_the_order_of_receipt_not_of_recording(tmp_path: Path) -> None:
    register = ArrivalRegister(tmp_path)
    later = replace(FIRST, sha256="b" * 64, received_at=datetime(2015, 8, 1))
    same_moment = replace(FIRST, sha256="0" * 64)
    for arrival in (later, FIRST, same_moment):
        register.record(arrival)
    assert register.of_slot(["return"], FIRST.slot) == [same_moment, FIRST, later]
    assert register.current("return", FIRST.slot) == later
    assert register.current("return", "E06000002/2015-04-01") is None


def test_kinds_and_slots_are_kept_apart(tmp_path: Path) -> None:
    register = ArrivalRegister(tmp_path)
    note = replace(FIRST, kind="withdrawal", received_at=datetime(2015, 8, 1))
    elsewhere = replace(FIRST, slot="E06000002/2015-04-01")
    for arrival in (FIRST, note, elsewhere):
        register.record(arrival)
    assert register.of_slot(["return", "withdrawal"], FIRST.slot) == [FIRST, note]
    assert register.all("return", below="E06000002") == [elsewhere]
    assert register.all("identities") == []


def test_of_processes_that_record_at_once_one_does(tmp_path: Path) -> None:
    register = ArrivalRegister(tmp_path)
    with ThreadPoolExecutor(8) as pool:
        done = list(pool.map(lambda _: register.record(FIRST), range(40)))
    assert sum(done) == 1
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == [
        "20150720T093000000000-aaaaaaaaaaaaaaaa.json"
    ]


def test_an_interrupted_recording_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(descriptor: int) -> None:
        raise OSError

    monkeypatch.setattr("tf_assets.linkage.arrivals.os.fsync", fail)
    with pytest.raises(OSError):
        ArrivalRegister(tmp_path).record(FIRST)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_a_damaged_entry_is_named(tmp_path: Path) -> None:
    register = ArrivalRegister(tmp_path)
    register.record(FIRST)
    next(tmp_path.rglob("*.json")).write_text("{")
    with pytest.raises(EvaluationError, match=r"damaged at 2015-04-01/20150720T093000000000-a{16}"):
        register.all("return")


def test_a_files_own_time_is_believed_until_a_release_contradicts_it(tmp_path: Path) -> None:
    home, before, after = Home(tmp_path), datetime(2016, 1, 1), datetime(2016, 3, 1)
    assert known_at(home, before) == before
    home.releases.mkdir()
    pointer = home.releases / "current.json"
    pointer.write_text("{}")
    at = datetime.fromisoformat("2016-02-01T00:00:00+00:00").timestamp()
    os.utime(pointer, (at, at))
    assert known_at(home, after) == after
    assert known_at(home, before) > datetime(2026, 1, 1)
