"""The record of a release: what it says, what it never says, and that it is the same whenever it is written."""

import json
import re
from collections.abc import Callable

import dagster as dg
import pytest

from tests.governance.conftest import INPUTS, make_release, plain_database, publish, record_verdict
from tests.research.publication.test_ledger import figures
from tf_assets.governance.evidence import attack_file, record_canaries, record_doors, record_keys
from tf_assets.governance.five_safes import five_safes
from tf_assets.governance.record import read_record
from tf_assets.governance.release_facts import band
from tf_assets.governance.safes import Safe, gaps, verdict
from tf_assets.governance.sensor import governance_record
from tf_assets.governance.writing import write_record
from tf_assets.research.publication.ledger import Ledger
from tf_assets.warehouse.errors import DeclarationError, EvaluationError
from tf_assets.warehouse.home import Home

Released = tuple[Home, str]

NEWER: list[Callable[[Home], str]] = [
    lambda home: make_release(home, n_opt_outs=400),
    lambda home: publish(home, "0123456789abcdef"),
]


def safe(home: Home, instance: dg.DagsterInstance, name: str) -> Safe:
    return next(each for each in five_safes(read_record(home, instance)) if each.name == f"Safe {name}")


def told(home: Home, instance: dg.DagsterInstance, name: str) -> dict[str, str]:
    """The evidence of one safe: its state by its sentence."""
    return {each.sentence: each.state for each in safe(home, instance, name).evidence}


def attack(home: Home, n_narrow: int = 0, last_hash: str | None = "now") -> None:
    end = Ledger(home.zone("research") / "ledger").verify().last_hash if last_hash == "now" else last_hash
    target = {"target": "count", "n_targets": 1200, "n_exact": 0, "n_narrow": n_narrow, "narrowest": 7.0}
    attack_file(home).write_text(json.dumps({"n_figures": 4000, "last_hash": end, "targets": [target]}))


def test_it_is_of_one_release_and_the_same_bytes_again(released: Released, instance: dg.DagsterInstance) -> None:
    home, release_id = released
    record_verdict(instance, "people", passed=True)
    _, path = write_record(home, instance)
    first, written_at = path.read_bytes(), path.stat().st_mtime_ns
    assert (path.name, path.parent) == (f"{release_id}.html", home.governance)
    write_record(home, instance)
    assert (path.read_bytes(), path.stat().st_mtime_ns) == (first, written_at)
    path.unlink()
    write_record(home, instance)
    assert path.read_bytes() == first
    assert [each.name for each in home.governance.iterdir()] == [path.name]


def test_the_record_of_an_earlier_release_stays(released: Released, instance: dg.DagsterInstance) -> None:
    home, first = released
    _, path = write_record(home, instance)
    before = path.read_bytes()
    second = make_release(home, n_opt_outs=400)
    write_record(home, instance)
    assert path.read_bytes() == before
    assert {each.stem for each in home.governance.iterdir()} == {first, second}


def test_what_a_release_is_made_of_must_be_declared(home: Home, instance: dg.DagsterInstance) -> None:
    make_release(home, inputs={**INPUTS, "credit_scores|2015-01-01": "e"})
    with pytest.raises(DeclarationError, match=r"made of credit_scores, which no source in governance.yml names"):
        write_record(home, instance)
    assert not home.governance.exists()


def test_without_a_release_there_is_no_record(home: Home, instance: dg.DagsterInstance) -> None:
    with pytest.raises(EvaluationError, match="There is no release"):
        write_record(home, instance)


def test_a_manifest_that_was_changed_is_not_believed(released: Released, instance: dg.DagsterInstance) -> None:
    home, release_id = released
    manifest = home.releases / release_id / "manifest.json"
    manifest.chmod(0o644)
    manifest.write_text(manifest.read_text().replace('"n_opt_outs": 7', '"n_opt_outs": 0'))
    with pytest.raises(EvaluationError, match=r"manifest.json of release .* is not the one"):
        write_record(home, instance)


@pytest.mark.parametrize(
    ("n_people", "words"),
    [
        (0, "fewer than 10, or none"),
        (1, "fewer than 10, or none"),
        (9, "fewer than 10, or none"),
        (10, "10 to 99"),
        (99, "10 to 99"),
        (100, "100 to 999"),
        (1_000_000, "1,000,000 or more"),
    ],
)
def test_people_are_told_in_bands(n_people: int, words: str) -> None:
    assert band(n_people) == words


def test_few_opt_outs_look_like_none(home: Home, instance: dg.DagsterInstance) -> None:
    pages = []
    for n_opt_outs in (0, 9):
        release_id = make_release(home, n_opt_outs)
        _, path = write_record(home, instance)
        said = path.read_text().replace(release_id, "RELEASE")
        pages.append(re.sub(r"(Manifest|Made from|made-from. content=.) ?[0-9a-f]{16}", "", said))
    assert pages[0] == pages[1]


def test_why_a_return_was_refused_is_not_repeated(released: Released, instance: dg.DagsterInstance) -> None:
    home, _ = released
    record_verdict(instance, "council_register", True, "E06000047|2015-04-01")
    record_verdict(instance, "council_register", True, "E06000047|2015-07-01")
    record_verdict(instance, "council_register", False, "E06000047|2015-07-01")
    record, path = write_record(home, instance)
    (gate,) = record.gates.gates
    assert (gate.n_verdicts, gate.n_rules, len(gate.refusals)) == (2, 5, 1)
    page = path.read_text()
    assert "County Durham, July 2015 to September 2015 (council_register)" in page
    assert "3 of 41" not in page
    assert any("1 delivery was refused" in sentence for sentence in told(home, instance, "data"))


def test_a_table_that_its_gate_refused_is_a_failure_until_it_passes(
    released: Released, instance: dg.DagsterInstance
) -> None:
    home, _ = released
    record_verdict(instance, "people", passed=False)
    assert told(home, instance, "data")["The gate refused people; the last good data stand."] == "failed"
    record_verdict(instance, "people", passed=True)
    assert "failed" not in told(home, instance, "data").values()


def test_checks_that_were_not_run_are_gaps(released: Released, instance: dg.DagsterInstance) -> None:
    home, _ = released
    assert told(home, instance, "outputs")["No attack on the published figures is on record here."] == "gap"
    assert told(home, instance, "data")["No search for planted identifiers is on record here."] == "gap"
    assert told(home, instance, "settings")["No examination of the keys is on record here."] == "gap"
    page = write_record(home, instance)[1].read_text()
    assert told(home, instance, "outputs")["No examination of what crossed the doors is on record here."] == "gap"
    assert page.count("Not run") == 3 and page.count("Not examined") == 1


def test_an_attack_that_found_nobody_is_shown_and_goes_out_of_date(
    released: Released, instance: dg.DagsterInstance
) -> None:
    home, _ = released
    record_doors(home, {"release": 7, "publication": 15}, [], [])
    attack(home)
    assert safe(home, instance, "outputs").state == "shown"
    Ledger(home.zone("research") / "ledger").append("p2", figures("p2", 30.0))
    assert safe(home, instance, "outputs").state == "gap"
    attack(home)
    assert safe(home, instance, "outputs").state == "shown"
    attack(home, last_hash=None)
    assert safe(home, instance, "outputs").state == "gap"


def test_an_intruder_who_found_somebody_is_a_failure(released: Released, instance: dg.DagsterInstance) -> None:
    home, _ = released
    attack(home, n_narrow=2)
    assert "and found 2 of them." in " ".join(told(home, instance, "outputs"))
    assert safe(home, instance, "outputs").state == "failed"
    assert "1 failed" in verdict(five_safes(read_record(home, instance)))


def test_a_canary_that_was_found_is_a_failure_and_its_file_is_named(
    released: Released, instance: dg.DagsterInstance
) -> None:
    home, _ = released
    record_canaries(home, 149, 800, ["research/table.parquet"])
    assert safe(home, instance, "data").state == "failed"
    assert "<li>research/table.parquet</li>" in write_record(home, instance)[1].read_text()
    record_canaries(home, 149, 801, [])
    assert "149 planted identifiers were searched for in 801 files, and none was found." in told(home, instance, "data")


def test_a_file_that_may_not_cross_a_door_is_a_failure_and_is_named(
    released: Released, instance: dg.DagsterInstance
) -> None:
    home, _ = released
    record_doors(home, {"release": 7, "publication": 15}, [], [])
    said = told(home, instance, "outputs")
    assert said["22 files crossed the doors, each of them declared; what leaves research holds no person."] == "shown"
    record_doors(home, {"release": 7, "publication": 15}, ["published/notes.txt"], ["published/people.csv"])
    wrong = "22 files crossed the doors, 1 that nobody declared and 1 with people in them that may have none."
    assert told(home, instance, "outputs")[wrong] == "failed"
    page = write_record(home, instance)[1].read_text()
    assert "<li>published/notes.txt is not declared</li>" in page and "published/people.csv holds a person" in page


@pytest.mark.parametrize(
    "newer", [lambda home: make_release(home, n_opt_outs=400), lambda home: publish(home, "0123456789abcdef")]
)
def test_a_search_before_what_is_current_now_does_not_count(
    released: Released, instance: dg.DagsterInstance, newer: Callable[[Home], str]
) -> None:
    home, _ = released
    record_canaries(home, 149, 800, [])
    record_doors(home, {"release": 7}, [], [])
    assert "and none was found." in " ".join(told(home, instance, "data"))
    newer(home)
    assert "when something else was current" in " ".join(told(home, instance, "data"))
    assert "when something else was current" in " ".join(told(home, instance, "outputs"))


def test_every_gap_says_what_is_to_be_done(released: Released, instance: dg.DagsterInstance) -> None:
    home, _ = released
    make_release(home, n_opt_outs=400)
    safes = five_safes(read_record(home, instance))
    found = gaps(safes)
    assert len(found) == sum(each.n("gap") for each in safes) >= 9
    assert [gap.sentence for gap in found if not gap.remedy.endswith(".")] == []


def test_a_publication_of_an_earlier_release_is_not_this_ones(released: Released, instance: dg.DagsterInstance) -> None:
    home, _ = released
    second = make_release(home, n_opt_outs=400)
    assert told(home, instance, "outputs")["Nothing of this release is published as yet."] == "gap"
    publish(home, second)
    assert "Nothing of this release is published as yet." not in told(home, instance, "outputs")


def test_keys_are_told_by_fingerprint_and_their_faults_fail(released: Released, instance: dg.DagsterInstance) -> None:
    home, _ = released
    key = {"name": "storage_key", "source": "a file", "fingerprint": "3f2a91c0", "since": None, "value": "ab" * 32}
    record_keys(home, [key], ["keys/ has mode 0755."])
    page = write_record(home, instance)[1].read_text()
    assert "3f2a91c0" in page and "ab" * 32 not in page
    assert told(home, instance, "settings")["keys/ has mode 0755."] == "failed"


def test_folders_that_others_may_open_and_files_in_the_clear_are_failures(
    released: Released, instance: dg.DagsterInstance
) -> None:
    home, _ = released
    assert "failed" not in told(home, instance, "settings").values()
    (home.zone("linkage") / "partitions" / "two.parquet").write_bytes(b"PAR1")
    plain_database(home.zone("linkage") / "linkage.duckdb")
    home.keys.chmod(0o750)
    said = told(home, instance, "settings")
    assert said["keys/ can be looked into by others (mode 0750)."] == "failed"
    counted = "0 of 1 databases, 1 of 2 table files, 0 of 0 originals as received"
    assert said[f"Encrypted in the linkage environment: {counted}."] == "failed"


def test_a_damaged_result_is_a_sentence(released: Released, instance: dg.DagsterInstance) -> None:
    home, _ = released
    attack_file(home).write_text('{"n_figures": 3}')
    with pytest.raises(EvaluationError, match=r"ledger/attack.json is not a result"):
        write_record(home, instance)
    attack_file(home).write_text("{")
    with pytest.raises(EvaluationError, match=r"ledger/attack.json is damaged"):
        write_record(home, instance)


def test_the_page_needs_no_network_and_its_tables_have_headings(
    released: Released, instance: dg.DagsterInstance
) -> None:
    home, _ = released
    page = write_record(home, instance)[1].read_text()
    assert not re.findall(r"""(?:src|href)=["'](?!#)[^"']*""", page)
    assert "<script" not in page and '<html lang="en-GB">' in page
    for table in re.findall(r"<table.*?</table>", page, re.DOTALL):
        assert "<caption>" in table and 'scope="col"' in table and 'scope="row"' in table
    ids = re.findall(r'\bid="([^"]+)"', page)
    assert len(ids) == len(set(ids))
    assert set(re.findall(r'href="#([^"]+)"', page)) <= set(ids)


def test_the_sensor_writes_it_and_asks_for_nothing_new_twice(
    released: Released, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    home, release_id = released
    monkeypatch.setenv("TF_HOME", str(home.root))

    def tick(cursor: str | None) -> tuple[str, str | None]:
        with dg.build_sensor_context(instance, cursor=cursor) as context:
            skipped = governance_record.evaluate_tick(context)
            return str(skipped.skip_message), skipped.cursor

    said, cursor = tick(None)
    assert said == f"The record of release {release_id} is up to date."
    assert tick(cursor)[0] == "Nothing happened since the record was written."
    record_verdict(instance, "people", passed=True)
    said, _ = tick(cursor)
    assert said.endswith("is up to date.")
    assert "by 5 rules" in (home.governance / f"{release_id}.html").read_text()
