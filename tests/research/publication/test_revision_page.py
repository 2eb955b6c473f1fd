"""The revisions page: what it says in each case, and that it and its table appear together or not at all."""

import json
import re
from datetime import date, datetime
from pathlib import Path

import polars as pl
import pytest

from tf_assets.research.publication import revision_publishing
from tf_assets.research.publication.catalogue import ENGLAND
from tf_assets.research.publication.ledger import FIGURE_SCHEMA, Ledger
from tf_assets.research.publication.revision_publishing import publish_revisions
from tf_assets.research.publication.revisions import revisions_of
from tf_assets.research.publication.sources import RETURN_SCHEMA, Sources, read_sources, record_sources
from tf_assets.warehouse.errors import EvaluationError

HARTLEPOOL = "E06000001"


def sources(*content_keys: str, software: str = "same") -> Sources:
    rows = [
        (HARTLEPOOL, date(2015, 1 + 3 * place, 1), key, datetime(2015, 5 + place, 7))
        for place, key in enumerate(content_keys)
    ]
    return Sources(pl.DataFrame(rows, schema=RETURN_SCHEMA, orient="row"), {}, software)


def publication(home: Path, publication_id: str, of: Sources | None, **published: float) -> None:
    """Record a publication with these counts of Hartlepool (n_yes, n_people) and an effect, and make it current."""
    ledger = Ledger(home / "ledger")
    if of is not None:
        record_sources(ledger, publication_id, of)
    rows = [
        {
            **dict.fromkeys(FIGURE_SCHEMA.names()),
            **{"publication_id": publication_id, "release_id": "r", "method": "m", "measure": measure},
            **{"area_type": "council", "area_code": HARTLEPOOL, "sex": "F", "age_band": "all", "arm": "programme"},
            **{"outcome": "is_on_jsa", "outcome_window": "19-24", "table_name": "protected_outcome_counts"},
            **{"published": value, "lower": value - 9, "upper": value + 9},
        }
        for measure, value in published.items()
    ]
    ledger.append(publication_id, pl.DataFrame(rows, schema=FIGURE_SCHEMA))
    make_current(home, publication_id)


def make_current(home: Path, publication_id: str) -> None:
    (home / "published").mkdir(exist_ok=True)
    (home / "published" / "current.json").write_text(json.dumps({"publication_id": publication_id}))


def written(home: Path, is_fictional: bool = True) -> Path:
    ledger = Ledger(home / "ledger")
    known = read_sources(ledger)
    return publish_revisions(home / "published", ledger, revisions_of(ledger.read_parts(), known), known, is_fictional)


def page(folder: Path) -> str:
    """The page's text without its marks, on one line."""
    body = (folder / "revisions.html").read_text().split("<main", 1)[1]
    return re.sub(r"\s+", " ", re.sub(r"<(?:svg.*?</svg|[^>]*)>", " ", body, flags=re.DOTALL))


def test_the_first_publication_is_said_to_be_the_first(tmp_path: Path) -> None:
    publication(tmp_path, "r1-a", sources("h1"), n_yes=50, n_people=200)
    folder = written(tmp_path)
    assert "This is the first publication, with 2 figures." in page(folder)
    assert pl.read_csv(folder / "revisions.csv").is_empty()


def test_a_correction_is_told_by_council_and_the_figure_in_words(tmp_path: Path) -> None:
    publication(tmp_path, "r1-a", sources("h1"), n_yes=1250, n_people=2000)
    publication(tmp_path, "r2-b", sources("h2"), n_yes=1230, n_people=2000)
    folder = written(tmp_path)
    told = page(folder)
    assert "In publication 2, 1 figure moved against the one before it; it has 2 figures." in told
    assert "Returns that differ from the publication before (1): Hartlepool January 2015 (corrected)" in told
    assert (
        "On Jobseeker&#39;s Allowance, months 19 to 24: people with the outcome Hartlepool programme group, female "
        "1,250 1,230 −20 2 Own return: Hartlepool January 2015 (corrected)"
    ) in told
    assert "Newest return received" in told and "7 May 2015" in told
    assert "software was changed" not in told
    csv = pl.read_csv(folder / "revisions.csv")
    assert csv.select("previous", "published", "change", "because_of").rows() == [
        (1250.0, 1230.0, -20.0, "Hartlepool January 2015 (corrected)")
    ]


def test_a_publication_that_moved_nothing_says_so(tmp_path: Path) -> None:
    publication(tmp_path, "r1-a", sources("h1"), n_yes=50)
    publication(tmp_path, "r2-b", sources("h1", "h2"), n_yes=50)
    told = page(written(tmp_path))
    assert "Nothing moved: publication 2 says what the one before it said." in told
    assert "Hartlepool April 2015 (new)" in told


def test_publications_of_unknown_or_changed_software_are_told_as_such(tmp_path: Path) -> None:
    publication(tmp_path, "r1-a", None, n_yes=50)
    publication(tmp_path, "r2-b", sources("h1"), n_yes=60)
    assert "What the publication before it was made of was not recorded" in page(written(tmp_path))
    publication(tmp_path, "r3-c", sources("h1", software="newer"), n_yes=70)
    told = page(written(tmp_path))
    assert "The software was changed as well, so any figure may have moved because of that." in told
    assert "Opt-outs or software" in told


def test_a_figure_that_is_shown_for_the_first_time_has_no_number_before(tmp_path: Path) -> None:
    publication(tmp_path, "r1-a", sources("h1"), n_people=200)
    publication(tmp_path, "r2-b", sources("h2"), n_people=200, n_yes=10)
    assert "not published 10 appeared" in page(written(tmp_path))


def test_a_publication_that_came_back_is_told(tmp_path: Path) -> None:
    publication(tmp_path, "r1-a", sources("h1"), n_yes=50)
    publication(tmp_path, "r2-b", sources("h2"), n_yes=60)
    make_current(tmp_path, "r1-a")
    assert "Publication 1 was made again after publication 2" in page(written(tmp_path))


def test_only_a_fictional_home_has_the_warning(tmp_path: Path) -> None:
    publication(tmp_path, "r1-a", sources("h1"), n_yes=50)
    assert "Fictional data" in page(written(tmp_path))
    assert "Fictional data" not in page(written(tmp_path, is_fictional=False))


def test_the_same_history_is_the_same_bytes_and_one_generation_lies_there(tmp_path: Path) -> None:
    for home in (tmp_path / "a", tmp_path / "b"):
        home.mkdir()
        publication(home, "r1-a", sources("h1"), n_yes=50)
        written(home)
        publication(home, "r2-b", sources("h2"), n_yes=60)
        written(home)
    first = {
        p.relative_to(tmp_path / "a"): p.read_bytes() for p in (tmp_path / "a/published").rglob("*") if p.is_file()
    }
    again = written(tmp_path / "b")
    second = {
        p.relative_to(tmp_path / "b"): p.read_bytes() for p in (tmp_path / "b/published").rglob("*") if p.is_file()
    }
    assert first == second
    names = {path.name for path in (tmp_path / "b" / "published" / "revisions").iterdir()}
    assert names == {"current.json", again.name}


def test_an_interrupted_page_leaves_the_old_one_current(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    publication(tmp_path, "r1-a", sources("h1"), n_yes=50)
    old = written(tmp_path)
    publication(tmp_path, "r2-b", sources("h2"), n_yes=60)
    pointer = tmp_path / "published" / "revisions" / "current.json"
    before = pointer.read_bytes()
    write = revision_publishing.write_whole

    def crash(path: Path, text: str) -> None:
        if path.name in ("revisions.csv", "current.json"):
            raise KeyboardInterrupt
        write(path, text)

    monkeypatch.setattr(revision_publishing, "write_whole", crash)
    with pytest.raises(KeyboardInterrupt):
        written(tmp_path)
    assert pointer.read_bytes() == before
    assert sorted(path.name for path in old.iterdir()) == ["revisions.csv", "revisions.html"]
    monkeypatch.undo()
    new = written(tmp_path)
    assert json.loads(pointer.read_text())["generation"] == new.name
    assert [path.name for path in new.parent.iterdir() if path.is_dir()] == [new.name]


def test_a_page_that_was_changed_by_hand_is_written_again(tmp_path: Path) -> None:
    publication(tmp_path, "r1-a", sources("h1"), n_yes=50)
    folder = written(tmp_path)
    before = (folder / "revisions.html").read_bytes()
    (folder / "revisions.html").write_text("other")
    assert written(tmp_path) == folder
    assert (folder / "revisions.html").read_bytes() == before


def test_before_anything_is_published_there_is_no_page(tmp_path: Path) -> None:
    with pytest.raises(EvaluationError, match="Materialise publication first"):
        publish_revisions(tmp_path, Ledger(tmp_path / "ledger"), revisions_of([], {}), {}, is_fictional=True)


def test_england_is_named_and_each_row_is_a_sentence_of_its_own() -> None:
    from tf_assets.research.publication.revision_words import move_in_words

    row = {
        **dict.fromkeys(("area_type", "area_code", "sex", "age_band", "arm", "outcome", "outcome_window")),
        **{"table_name": "protected_link_quality", "measure": "n_linked|social_care|all", "kind": "changed"},
        **{"previous": 1000.0, "published": 1010.0, "change": 10.0, "step": 10.0},
        **{"cause": "opt-outs or software", "because_of": "No return and no extract changed"},
    }
    assert move_in_words(row).figure == "Social care, all stages: people linked"
    assert move_in_words(row).area == "England"
    by_group = {
        **row,
        "table_name": "protected_link_rates",
        "measure": "n_expected|benefits|free_school_meals|not eligible",
    }
    assert move_in_words(by_group).figure == (
        "Benefits, free school meals, of others in the family: Not eligible: people whom the source should hold"
    )
    effect = {
        **row,
        "measure": "effect|matching",
        "area_code": ENGLAND,
        "outcome": "is_on_jsa",
        "outcome_window": "19-24",
    }
    assert move_in_words(effect).figure == "On Jobseeker's Allowance, months 19 to 24: effect (matched comparison)"
    counted = {**row, "measure": "n_counted|families", "arm": "comparison", "area_code": HARTLEPOOL}
    assert (move_in_words(counted).figure, move_in_words(counted).group) == (
        "Families in the evaluation",
        "comparison group",
    )
