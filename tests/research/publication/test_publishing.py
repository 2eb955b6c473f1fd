"""Door 2: what is published is whole, recorded first, and never changes."""

import json
import re
from pathlib import Path

import polars as pl
import pytest

from tf_assets.research.publication import publishing
from tf_assets.research.publication.figures import figures_of, publication_id
from tf_assets.research.publication.ledger import Ledger
from tf_assets.research.publication.publishing import Publication, publications, publish
from tf_assets.warehouse.errors import EvaluationError

Tables = dict[str, pl.DataFrame]


def record(ledger: Ledger, tables: Tables) -> None:
    ledger.append(publication_id("r1", tables), figures_of(tables, "r1"))


def published_once(home: Path, tables: Tables) -> Publication:
    ledger = Ledger(home / "ledger")
    record(ledger, tables)
    return publish(home / "published", ledger, "r1", tables, is_fictional=True)


def test_publication_holds_report_workbooks_and_csv(tmp_path: Path, tables: Tables) -> None:
    made = published_once(tmp_path, tables)
    folder = tmp_path / "published" / made.publication_id
    assert sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()) == [
        "csv/balance.csv",
        "csv/cohort_flow.csv",
        "csv/columns.csv",
        "csv/effects.csv",
        "csv/held_updates.csv",
        "csv/link_quality.csv",
        "csv/link_rates.csv",
        "csv/notes.csv",
        "csv/outcome_counts.csv",
        "csv/programme_counts.csv",
        "manifest.json",
        "report.html",
        "tables.ods",
        "tables.xlsx",
    ]
    assert json.loads((tmp_path / "published" / "current.json").read_text())["publication_id"] == made.publication_id


def test_same_tables_are_the_same_bytes_elsewhere(tmp_path: Path, tables: Tables) -> None:
    first, second = (published_once(tmp_path / name, tables) for name in ("a", "b"))
    assert first == second
    for path in (tmp_path / "a" / "published" / first.publication_id).rglob("*.*"):
        other = tmp_path / "b" / "published" / path.relative_to(tmp_path / "a" / "published")
        assert path.read_bytes() == other.read_bytes(), path.name


def test_publishing_twice_changes_nothing(tmp_path: Path, tables: Tables) -> None:
    first = published_once(tmp_path, tables)
    before = sorted((path, path.stat().st_mtime_ns) for path in (tmp_path / "published").glob("*/*"))
    assert published_once(tmp_path, tables) == first
    assert sorted((path, path.stat().st_mtime_ns) for path in (tmp_path / "published").glob("*/*")) == before


def test_a_publication_does_not_depend_on_what_was_published_before(tmp_path: Path, tables: Tables) -> None:
    earlier = {**tables, "protected_balance": tables["protected_balance"].head(1)}
    published_once(tmp_path / "steps", earlier)
    in_steps, from_nothing = (published_once(tmp_path / name, tables) for name in ("steps", "nothing"))
    assert in_steps == from_nothing
    folders = [tmp_path / name / "published" / in_steps.publication_id for name in ("steps", "nothing")]
    files = [{str(p.relative_to(f)): p.read_bytes() for p in f.rglob("*") if p.is_file()} for f in folders]
    assert files[0] == files[1] and len(files[0]) == in_steps.n_files + 1
    pointers = [(tmp_path / name / "published" / "current.json").read_bytes() for name in ("steps", "nothing")]
    assert pointers[0] == pointers[1]


def test_nothing_leaves_that_the_ledger_does_not_hold(tmp_path: Path, tables: Tables) -> None:
    with pytest.raises(EvaluationError, match="ledger does not hold"):
        publish(tmp_path / "published", Ledger(tmp_path / "ledger"), "r1", tables, is_fictional=True)
    assert not (tmp_path / "published").exists()


def test_interrupted_publication_leaves_the_old_one_current(
    tmp_path: Path, tables: Tables, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = published_once(tmp_path, tables)
    changed = {**tables, "protected_balance": tables["protected_balance"].head(1)}

    def crash(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(publishing, "write_ods", crash)
    with pytest.raises(KeyboardInterrupt):
        published_once(tmp_path, changed)
    assert [row["publication_id"] for row in publications(tmp_path / "published")] == [old.publication_id]
    monkeypatch.undo()
    new = published_once(tmp_path, changed)
    assert {row["publication_id"]: row["is_current"] for row in publications(tmp_path / "published")} == {
        old.publication_id: False,
        new.publication_id: True,
    }


def test_publication_that_was_changed_by_hand_is_not_taken_for_the_same(tmp_path: Path, tables: Tables) -> None:
    made = published_once(tmp_path, tables)
    (tmp_path / "published" / made.publication_id / "report.html").write_text("other")
    with pytest.raises(EvaluationError, match="never changes"):
        published_once(tmp_path, tables)


def test_no_pseudonym_or_key_is_published(tmp_path: Path, tables: Tables, everybody: pl.DataFrame) -> None:
    made = published_once(tmp_path, tables)
    text = "".join(
        path.read_text(errors="ignore") for path in (tmp_path / "published" / made.publication_id).rglob("*.*")
    )
    assert not set(re.findall(r"(?<![0-9a-f])[pf]\d{6}(?![0-9a-f])", text)) & {
        *everybody["person_pseudonym"],
        *everybody["family_pseudonym"],
    }
    assert not set(re.findall(r"\d{15,20}", text)) & {str(key) for key in everybody["rounding_key"]}
