"""The ledger: append-only, chained, and every kind of damage is seen."""

import json
from pathlib import Path

import polars as pl
import pytest

from tf_assets.research.publication.ledger import FIGURE_SCHEMA, Ledger, LedgerBroken
from tf_assets.warehouse.errors import EvaluationError


def figures(publication: str, *published: float) -> pl.DataFrame:
    return pl.DataFrame(
        [
            {
                "publication_id": publication,
                "release_id": "r1",
                "table_name": "protected_outcome_counts",
                "measure": "n_yes",
                "area_type": "council",
                "area_code": f"E0600000{i}",
                "published": value,
                "lower": max(value - 9, 0.0),
                "upper": value + 9,
                "method": "m/1",
            }
            for i, value in enumerate(published)
        ],
        schema=FIGURE_SCHEMA,
    )


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    """Two publications of two figures each."""
    ledger = Ledger(tmp_path / "ledger")
    ledger.append("p1", figures("p1", 10.0, 20.0))
    ledger.append("p2", figures("p2", 10.0, 30.0))
    return ledger


def first_part(ledger: Ledger) -> Path:
    return ledger.root / "000001-p1.jsonl"


def last_part(ledger: Ledger) -> Path:
    return ledger.root / "000002-p2.jsonl"


def test_records_are_read_in_order_with_a_chain_across_publications(ledger: Ledger) -> None:
    records = ledger.read()
    assert records["published"].to_list() == [10.0, 20.0, 10.0, 30.0]
    assert records["previous_hash"].to_list() == ["0" * 64, *records["record_hash"].to_list()[:-1]]
    assert ledger.verify().n_records == 4


def test_empty_ledger_is_whole(tmp_path: Path) -> None:
    assert Ledger(tmp_path).verify().n_records == 0
    assert Ledger(tmp_path).read().is_empty()


def test_recording_a_publication_twice_changes_nothing(ledger: Ledger) -> None:
    before = {path.name: path.read_bytes() for path in ledger.root.glob("*.json*")}
    ledger.append("p1", figures("p1", 10.0, 20.0))
    assert {path.name: path.read_bytes() for path in ledger.root.glob("*.json*")} == before


def test_publication_is_never_recorded_with_other_figures(ledger: Ledger) -> None:
    with pytest.raises(LedgerBroken, match="never changed"):
        ledger.append("p1", figures("p1", 10.0, 30.0))


def test_nothing_is_not_a_publication(ledger: Ledger) -> None:
    with pytest.raises(EvaluationError, match="no figure"):
        ledger.append("p3", figures("p3"))


def test_changed_figure_breaks_the_chain(ledger: Ledger) -> None:
    part = first_part(ledger)
    part.write_text(part.read_text().replace('"published":20.0', '"published":30.0'))
    with pytest.raises(LedgerBroken, match="line 2"):
        ledger.verify()


def test_sealed_part_is_the_chain_that_its_lines_are(ledger: Ledger) -> None:
    sealed = json.loads((ledger.root / "head.json").read_text())
    unsealed = {name: sealed[name] for name in ("n_records", "last_hash")}
    (ledger.root / "head.json").write_text(json.dumps(unsealed))  # as an earlier version wrote it
    ledger.verify()
    assert json.loads((ledger.root / "head.json").read_text()) == sealed
    assert [seal["n_records"] for seal in sealed["seals"].values()] == [2, 2]
    assert ledger.n_figures() == {"p1": 2, "p2": 2}


def test_sealed_part_that_follows_another_chain_is_seen(ledger: Ledger) -> None:
    other = Ledger(ledger.root.parent / "other")
    other.append("p1", figures("p1", 10.0, 50.0))
    first_part(ledger).write_bytes(first_part(other).read_bytes())
    head = json.loads((ledger.root / "head.json").read_text())
    head["seals"]["000001-p1.jsonl"] = json.loads((other.root / "head.json").read_text())["seals"]["000001-p1.jsonl"]
    (ledger.root / "head.json").write_text(json.dumps(head))
    with pytest.raises(LedgerBroken, match=r"000002-p2\.jsonl line 1"):
        ledger.verify()


def test_lines_are_the_bytes_that_json_writes(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    awkward = figures("p1", -0.0, 0.0, 1e-7, 1e22, 0.1).with_columns(measure=pl.lit('n"é\\\n'))
    ledger.append("p1", awkward)
    lines = (tmp_path / "000001-p1.jsonl").read_text().splitlines()
    assert lines == [json.dumps(json.loads(line), separators=(",", ":"), ensure_ascii=False) for line in lines]
    assert [line.split('"published":')[1].split(",")[0] for line in lines] == ["-0.0", "0.0", "1e-07", "1e+22", "0.1"]


def test_dropped_figure_breaks_the_chain(ledger: Ledger) -> None:
    part = first_part(ledger)
    part.write_text("".join(part.read_text().splitlines(keepends=True)[1:]))
    with pytest.raises(LedgerBroken):
        ledger.verify()


def test_torn_tail_is_seen(ledger: Ledger) -> None:
    part = last_part(ledger)
    part.write_text(part.read_text()[:-40])
    with pytest.raises(LedgerBroken, match="torn"):
        ledger.verify()


def test_whole_lines_cut_from_the_tail_are_seen(ledger: Ledger) -> None:
    part = last_part(ledger)
    part.write_text("".join(part.read_text().splitlines(keepends=True)[:-1]))
    with pytest.raises(LedgerBroken, match="record 4"):
        ledger.verify()


def test_removed_last_publication_is_seen(ledger: Ledger) -> None:
    last_part(ledger).unlink()
    with pytest.raises(LedgerBroken):
        ledger.append("p3", figures("p3", 10.0))


def test_removed_head_is_seen(ledger: Ledger) -> None:
    (ledger.root / "head.json").unlink()
    with pytest.raises(LedgerBroken, match=r"head\.json"):
        ledger.verify()


def test_crash_between_part_and_head_is_made_good(ledger: Ledger) -> None:
    head = (ledger.root / "head.json").read_text()
    ledger.append("p3", figures("p3", 40.0))
    (ledger.root / "head.json").write_text(head)
    assert ledger.verify().n_records == 5
    assert json.loads((ledger.root / "head.json").read_text())["n_records"] == 5


def test_crash_before_the_rename_leaves_the_ledger_as_it_was(ledger: Ledger) -> None:
    (ledger.root / ".000003-p3.jsonl.staged").write_text('{"publication_id":"p3"')
    assert ledger.verify().n_records == 4
    assert ledger.publications() == ["p1", "p2"]
