"""What lies in the transfer area, and which file of a slot counts."""

import os
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
import pytest

from tf_assets.linkage.arrivals import Arrival
from tf_assets.linkage.partitions import Slot
from tf_assets.linkage.returns.deliveries import RETURNS_JOB, return_deliveries
from tf_assets.linkage.returns.judging import judge_return
from tf_assets.linkage.returns.receipts import FileVerdict, Judged, receipts
from tf_assets.linkage.returns.receiving import SlotVerdict, receive_slot
from tf_assets.linkage.returns.slots import files_of_council, landed_files
from tf_assets.warehouse.errors import InputRefused
from tf_assets.warehouse.home import Home

GOOD = (
    "family_ref,person_ref,forename,surname,date_of_birth,postcode,programme_group,start_date\n"
    "F1,{ref},Ann,Smith,13/02/1985,M1 1AE,programme,13/05/2015\n"
)
SLOT = Slot("E06000001", date(2015, 4, 1))


def _land(root: Path, place: str, content: bytes | str, arrived: str = "2015-07-20") -> Path:
    path = root / "returns" / place
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    at = datetime.fromisoformat(arrived).replace(tzinfo=UTC).timestamp()
    os.utime(path, (at, at))
    return path


def _arrivals(root: Path) -> list[Arrival]:
    return [file.arrival() for file in landed_files(root)]


def _receipts(root: Path, judged: Judged | None = None) -> pl.DataFrame:
    return receipts(_arrivals(root), judged or {})


def _verdicts(root: Path) -> list[tuple[object, ...]]:
    return _receipts(root).select("receipt_number", "council_code", "quarter_date", "verdict").rows()


def _receive(root: Path, slot: Slot = SLOT) -> SlotVerdict:
    """Judge a slot as it lies in the transfer area."""
    arrivals = _arrivals(root)
    contents = {file.sha256: file.path.read_bytes() for file in landed_files(root)}
    here = [each for each in arrivals if each.slot == slot.folder]
    others = [each for each in arrivals if each.slot != slot.folder]
    return receive_slot(slot, here, others, contents.__getitem__, judge_return)


def _people(verdict: SlotVerdict) -> list[str]:
    assert verdict.judged is not None
    return verdict.judged.accepted["person_ref"].to_list()


def test_the_file_that_arrived_last_is_current_and_repeats_are_known(tmp_path: Path) -> None:
    _land(tmp_path, "E06000001/2015-04-01/b.csv", "first", "2015-07-20")
    _land(tmp_path, "E06000001/2015-04-01/a.csv", "second", "2015-08-01")
    _land(tmp_path, "E06000001/2015-04-01/c.csv", "first", "2015-07-21")
    _land(tmp_path, "E06000001/2015-07-01/a.csv", "third", "2015-10-20")
    q = date(2015, 4, 1)
    assert _verdicts(tmp_path) == [
        (1, "E06000001", q, "superseded"),
        (2, "E06000001", q, "duplicate"),
        (3, "E06000001", q, "current"),
        (4, "E06000001", date(2015, 7, 1), "current"),
    ]


def test_the_same_bytes_sent_again_after_a_correction_count_again(tmp_path: Path) -> None:
    """Sent, corrected, and the first sent again: what was received last counts."""
    for name, content, arrived in (
        ("a", "first", "2015-07-20"),
        ("b", "second", "2015-07-21"),
        ("c", "first", "2015-07-22"),
    ):
        _land(tmp_path, f"E06000001/2015-04-01/{name}.csv", content, arrived)
    assert [row[3] for row in _verdicts(tmp_path)] == ["superseded", "superseded", "current"]


def test_of_files_of_the_same_moment_the_hash_decides(tmp_path: Path) -> None:
    for name in "xy":
        _land(tmp_path, f"E06000001/2015-04-01/{name}.csv", name)
    last = max(files_of_council(tmp_path, SLOT.council_code), key=lambda file: file.sha256)
    assert files_of_council(tmp_path, SLOT.council_code)[-1] == last


@pytest.mark.parametrize(
    ("place", "arrived", "reason"),
    [
        ("E99999999/2015-04-01/a.csv", "2015-07-20", "not one of the 152 councils"),
        ("Ann Smith/2015-04-01/a.csv", "2015-07-20", "not one of the 152 councils"),
        ("E06000001/2015-05-01/a.csv", "2015-07-20", "not the first day of a quarter"),
        ("E06000001/2015-Q2/a.csv", "2015-07-20", "not the first day of a quarter"),
        ("E06000001/2015-02-30/a.csv", "2015-07-20", "not the first day of a quarter"),
        ("E06000001/2015-01-01/a.csv", "2015-07-20", "outside the programme"),
        ("E06000001/2020-04-01/a.csv", "2020-07-20", "outside the programme"),
        ("E06000001/2031-04-01/a.csv", "2015-07-20", "outside the programme"),
        ("E06000001/2016-04-01/a.csv", "2016-03-31", "before its quarter began"),
        ("E06000001/a.csv", "2015-07-20", "does not lie in a slot"),
        ("a.csv", "2015-07-20", "does not lie in a slot"),
        ("E06000001/2015-04-01/old/a.csv", "2015-07-20", "does not lie in a slot"),
    ],
)
def test_a_slot_that_cannot_be_used_is_refused_and_asks_for_no_run(
    tmp_path: Path, place: str, arrived: str, reason: str
) -> None:
    _land(tmp_path / "landing", place, "x", arrived)
    (row,) = _receipts(tmp_path / "landing").rows(named=True)
    assert row["verdict"] == "refused"
    assert reason in row["reason"]
    assert list(return_deliveries(Home(tmp_path))) == []


@pytest.mark.parametrize("quarter", ["2015-04-01", "2020-01-01"])
def test_the_programmes_first_and_last_quarter_are_its_own(tmp_path: Path, quarter: str) -> None:
    _land(tmp_path, f"E06000001/{quarter}/a.csv", "x", "2020-05-01")
    assert [row[3] for row in _verdicts(tmp_path)] == ["current"]


def test_a_files_name_is_never_repeated(tmp_path: Path) -> None:
    _land(tmp_path, "E06000001/2015-04-01/Ann Canary.csv", "x")
    _land(tmp_path, "Bo Canary/2015-04-01/x.csv", "x")
    files = landed_files(tmp_path)
    told = _receipts(tmp_path).write_csv() + repr(files)
    assert "Canary" not in told


def test_programs_own_files_are_left_out(tmp_path: Path) -> None:
    for name in (".DS_Store", "~$return.xlsx"):
        _land(tmp_path, f"E06000001/2015-04-01/{name}", "x")
    assert landed_files(tmp_path) == []


def test_nothing_landed_is_no_receipt(tmp_path: Path) -> None:
    assert _receipts(tmp_path).is_empty()


def test_a_file_whose_content_was_refused_leaves_its_slot_to_the_one_before(tmp_path: Path) -> None:
    _land(tmp_path, "E06000001/2015-04-01/a.csv", "first", "2015-07-20")
    _land(tmp_path, "E06000001/2015-04-01/b.csv", "second", "2015-08-01")
    last = files_of_council(tmp_path, SLOT.council_code)[-1].sha256
    found = _receipts(tmp_path, {(SLOT.folder, last): FileVerdict("refused", "It is empty.")})
    assert found.select("verdict", "reason").rows() == [("current", None), ("refused", "It is empty.")]


def test_each_slot_asks_for_its_partition_until_nothing_new_comes(tmp_path: Path) -> None:
    _land(tmp_path / "landing", "E06000001/2015-04-01/a.csv", "first", "2015-07-20")
    _land(tmp_path / "landing", "E06000002/2015-07-01/a.csv", "third", "2015-10-20")
    before = list(return_deliveries(Home(tmp_path)))
    assert [(each.job_name, each.partition_key) for each in before] == [
        (RETURNS_JOB, "E06000001|2015-04-01"),
        (RETURNS_JOB, "E06000002|2015-07-01"),
    ]
    _land(tmp_path / "landing", "E06000001/2015-04-01/the same again.csv", "first", "2015-07-21")
    assert list(return_deliveries(Home(tmp_path))) == before
    _land(tmp_path / "landing", "E06000001/2015-04-01/b.csv", "second", "2015-08-01")
    after = list(return_deliveries(Home(tmp_path)))
    assert after[0].fingerprint != before[0].fingerprint and after[1] == before[1]


def test_a_return_that_an_earlier_quarter_had_before_asks_for_another_look(tmp_path: Path) -> None:
    """The file of the later quarter is the same, but what is known of it is not."""
    _land(tmp_path / "landing", "E06000001/2015-07-01/a.csv", "first", "2015-10-20")
    (before,) = return_deliveries(Home(tmp_path))
    _land(tmp_path / "landing", "E06000001/2015-04-01/a.csv", "first", "2015-07-20")
    assert before not in list(return_deliveries(Home(tmp_path)))


def test_a_changed_file_is_read_again(tmp_path: Path) -> None:
    path = _land(tmp_path, "E06000001/2015-04-01/a.csv", "first", "2015-07-20")
    before = landed_files(tmp_path)[0].sha256
    _land(tmp_path, f"E06000001/2015-04-01/{path.name}", "other", "2015-07-21")
    assert landed_files(tmp_path)[0].sha256 != before


def test_a_slot_gives_its_last_usable_file(tmp_path: Path) -> None:
    _land(tmp_path, "E06000001/2015-04-01/a.csv", GOOD.format(ref="P1"), "2015-07-20")
    _land(tmp_path, "E06000001/2015-04-01/b.csv", GOOD.format(ref="P2"), "2015-07-21")
    _land(tmp_path, "E06000001/2015-04-01/c.csv", "", "2015-07-22")
    verdict = _receive(tmp_path)
    assert _people(verdict) == ["P2"]
    assert str(verdict.refusal) == "The file is empty. Send the register again."


def test_every_file_that_was_refused_says_why(tmp_path: Path) -> None:
    _land(tmp_path, "E06000001/2015-04-01/a.csv", "", "2015-07-20")
    _land(tmp_path, "E06000001/2015-04-01/b.csv", "%PDF", "2015-07-21")
    verdict = _receive(tmp_path)
    assert verdict.judged is None and not verdict.is_withdrawn
    assert [str(each) for each in verdict.refusals] == [
        "The file is not a table. Send the register as CSV, XLSX or ODS.",
        "The file is empty. Send the register again.",
    ]


def test_the_same_unusable_bytes_sent_again_are_refused_once(tmp_path: Path) -> None:
    for name, content, arrived in (("a", "%PDF", "2015-07-20"), ("b", "", "2015-07-21"), ("c", "%PDF", "2015-07-22")):
        _land(tmp_path, f"E06000001/2015-04-01/{name}.csv", content, arrived)
    verdict = _receive(tmp_path)
    assert [str(each)[:22] for each in verdict.refusals] == ["The file is not a tabl", "The file is empty. Sen"]


def test_the_order_of_handling_makes_no_difference(tmp_path: Path) -> None:
    """Received one by one, or all at once in a rebuild: the same rows stand."""
    frames: list[pl.DataFrame] = []
    for name, content, arrived in (("a", GOOD.format(ref="P1"), "2015-07-20"), ("b", "%PDF", "2015-07-21")):
        _land(tmp_path, f"E06000001/2015-04-01/{name}.csv", content, arrived)
        verdict = _receive(tmp_path)
        assert verdict.judged is not None
        frames.append(verdict.judged.accepted)
    assert frames[0].equals(frames[1])


def test_an_empty_slot_says_whom_to_ask(tmp_path: Path) -> None:
    with pytest.raises(InputRefused, match=r"no file in the slot E06000001/2015-04-01\. Ask the council"):
        _receive(tmp_path)


def test_a_file_sent_twice_was_received_the_first_time(tmp_path: Path) -> None:
    _land(tmp_path, "E06000001/2015-04-01/a.csv", GOOD.format(ref="P1"), "2015-07-20")
    _land(tmp_path, "E06000001/2015-04-01/b.csv", GOOD.format(ref="P1"), "2015-07-21")
    verdict = _receive(tmp_path)
    assert verdict.judged is not None
    assert verdict.judged.accepted["received_at"].to_list() == [datetime(2015, 7, 20)]


def test_a_withdrawal_takes_back_what_came_before_it_and_not_what_comes_after(tmp_path: Path) -> None:
    _land(tmp_path, "E06000001/2015-04-01/a.csv", GOOD.format(ref="P1"), "2015-07-20")
    _land(tmp_path, "E06000001/2015-04-01/withdrawal.yml", "reason: wrong families", "2015-07-21")
    verdict = _receive(tmp_path)
    assert verdict.is_withdrawn and verdict.judged is None and verdict.refusal is None
    _land(tmp_path, "E06000001/2015-04-01/b.csv", "%PDF", "2015-07-22")
    verdict = _receive(tmp_path)
    assert verdict.is_withdrawn and verdict.judged is None and verdict.refusal is not None
    _land(tmp_path, "E06000001/2015-04-01/c.csv", GOOD.format(ref="P3"), "2015-07-23")
    assert _people(_receive(tmp_path)) == ["P3"]


def test_the_register_says_what_replaced_what(tmp_path: Path) -> None:
    place = "E06000001/2015-04-01"
    for name, content, arrived in (
        ("a.csv", "first", "2015-07-20"),
        ("b.csv", "unusable", "2015-07-21"),
        ("c.csv", "third", "2015-07-22"),
        ("withdrawal.yml", "reason: wrong families", "2015-07-23"),
        ("d.csv", "fifth", "2015-07-24"),
        ("e.csv", "odd headings", "2015-07-25"),
    ):
        _land(tmp_path, f"{place}/{name}", content, arrived)
    hashes = [each.sha256 for each in _arrivals(tmp_path)]
    judged = {
        (place, hashes[1]): FileVerdict("refused", "It is unusable."),
        (place, hashes[5]): FileVerdict("waiting", "Its headings are odd."),
    }
    found = _receipts(tmp_path, judged).select("kind", "verdict", "replaced_sha256").rows()
    assert found == [
        ("return", "superseded", None),
        ("return", "refused", None),
        ("return", "withdrawn", hashes[0]),
        ("withdrawal", "withdrawal", hashes[2]),
        ("return", "current", None),
        ("return", "waiting", None),
    ]


def test_the_return_of_an_earlier_quarter_sent_again_is_refused(tmp_path: Path) -> None:
    _land(tmp_path, "E06000001/2015-04-01/a.csv", GOOD.format(ref="P1"), "2015-07-20")
    _land(tmp_path, "E06000001/2015-07-01/a.csv", GOOD.format(ref="P1"), "2015-10-20")
    refusal = _receive(tmp_path, Slot("E06000001", date(2015, 7, 1))).refusal
    assert str(refusal) == (
        "These are the same bytes as the return for the April 2015 quarter, which was received before. Send the return "
        "of this quarter; if nothing changed in it, export it again."
    )
    assert refusal is not None and refusal.judgements["rule"].to_list() == ["wrong_quarter"]


def test_a_return_that_was_once_sent_for_the_wrong_quarter_is_right_in_its_own(tmp_path: Path) -> None:
    later = GOOD.format(ref="P1") + "".join(
        f"F{n},Q{n},Ann,Smith,13/02/1985,M1 1AE,programme,13/08/2015\n" for n in range(5)
    )
    _land(tmp_path, "E06000001/2015-04-01/a.csv", later, "2015-10-20")
    _land(tmp_path, "E06000001/2015-07-01/a.csv", later, "2015-10-21")
    assert _receive(tmp_path).refusal is not None
    assert len(_people(_receive(tmp_path, Slot("E06000001", date(2015, 7, 1))))) == 6
