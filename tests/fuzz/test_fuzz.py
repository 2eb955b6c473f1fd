"""A short run of what `make fuzz` runs for long: whatever comes in, a judged return or a sentence comes out."""

import os
from datetime import UTC, datetime
from pathlib import Path

import dagster as dg
import pytest
from hypothesis import given, settings

from tests.fuzz.campaign import findings_of, open_files
from tests.fuzz.mutations import mutated
from tests.fuzz.property import RECEIVED, BrokenProperty, sentence_of
from tests.fuzz.returns import Written, written_returns
from tests.fuzz.shapes import good_returns
from tests.fuzz.worker import N_HOSTILE, file_of
from tf_assets.linkage.keys import create_keys
from tf_assets.linkage.resources import LinkageZone
from tf_assets.linkage.returns.assets import council_return
from tf_assets.linkage.returns.judging import judge_return
from tf_assets.warehouse.home import HOME_VARIABLE, Home

SEED, SECONDS, MOST_MEMORY = 11, 20, 2 * 2**30
KEY = "E06000001|2015-04-01"


def test_every_shape_of_the_country_is_accepted_as_it_is() -> None:
    assert {name: sentence_of(content) for name, content in good_returns().items()} == dict.fromkeys(good_returns())


def test_hostile_and_mutated_files_get_a_sentence_within_time_and_memory() -> None:
    opened = list(open_files(SEED, N_HOSTILE + 200, SECONDS))
    assert findings_of(opened, MOST_MEMORY) == []
    assert {each.number for each in opened} == set(range(N_HOSTILE + 200))
    assert {each.sentence is None for each in opened} == {True, False}


def test_a_file_that_kills_its_process_is_a_finding() -> None:
    opened = list(open_files(SEED, 1, -1))
    assert [each.number for each, _ in findings_of(opened, MOST_MEMORY)] == [0]


def test_a_leak_is_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.fuzz.property.CANARIES", ("the file is empty",))
    with pytest.raises(BrokenProperty, match="A cell is repeated"):
        sentence_of(b"")


def test_the_same_seed_and_number_make_the_same_file() -> None:
    assert [file_of(SEED, 500 + at) for at in range(20)] == [file_of(SEED, 500 + at) for at in range(20)]


@given(written_returns())
@settings(max_examples=60, deadline=None, derandomize=True)
def test_a_return_without_a_fault_is_accepted_however_it_is_written(written: Written) -> None:
    sentence = sentence_of(written.content)
    if written.is_good:
        assert sentence is None
        assert judge_return(written.content, RECEIVED).facts.n_accepted == written.n_people


def test_no_mutated_file_leaves_a_partial_publish(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path))
    home = Home(tmp_path)
    create_keys(home)
    folder = home.landing / "returns" / "E06000001" / "2015-04-01"
    verdicts = set()
    with dg.DagsterInstance.ephemeral() as instance:
        assert _received(instance, folder, 0, next(iter(good_returns().values())))
        zone = LinkageZone().zone()
        register = zone.partition_file("council_register", KEY)
        for number in range(N_HOSTILE, N_HOSTILE + 16):
            before = zone.read_partition("council_register", KEY)
            is_accepted = _received(instance, folder, number, mutated(SEED, number)[1])
            verdicts.add(is_accepted)
            after = zone.read_partition("council_register", KEY)
            assert is_accepted or after.equals(before)
            assert list(register.parent.glob("*")) == [register]
            assert not list((zone.root / "staging").glob("*"))
    assert verdicts == {True, False}


def _received(instance: dg.DagsterInstance, folder: Path, number: int, content: bytes) -> bool:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{number:06d}.csv"
    path.write_bytes(content)
    arrived = datetime(2015, 7, 20, tzinfo=UTC).timestamp() + number
    os.utime(path, (arrived, arrived))
    result = dg.materialize(
        [council_return],
        instance=instance,
        resources={"zone": LinkageZone()},
        partition_key=KEY,
        raise_on_error=False,
    )
    return result.success
