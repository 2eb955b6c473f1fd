"""Retention as it is shown: every declared kind, how long in words, and when it was last enforced."""

import json
from pathlib import Path

import pytest

from tf_assets.governance.retention import Purge, last_purge, read_retention
from tf_assets.warehouse.errors import DeclarationError
from tf_assets.warehouse.home import Home

RULE = "{{what: things, days: {days}, counted_from: a day, ground: a law, owner: a team}}"


def declared(tmp_path: Path, *days: str) -> Path:
    path = tmp_path / "retention.yml"
    rules = (f"  kind_{number}: {RULE.format(days=each)}" for number, each in enumerate(days))
    path.write_text("\n".join(["version: 1", "kinds:", *rules]) + "\n")
    return path


def purged(home: Home, name: str, is_finished: bool) -> None:
    folder = home.zone("linkage") / "purges"
    folder.mkdir(parents=True, exist_ok=True)
    removed = [{"kind": "staging", "n_due": 3, "oldest": None}, {"kind": "rebuilt", "n_due": 2, "oldest": None}]
    said = {"purged_at": f"{name[:4]}-{name[4:6]}-{name[6:8]}T10:00:00", "is_finished": is_finished, "removed": removed}
    (folder / f"{name}.json").write_text(json.dumps(said))


def test_every_kind_is_there_in_its_order_with_its_length_in_words(tmp_path: Path) -> None:
    kept = read_retention(declared(tmp_path, "null", "1", "90", "365", "1095", "400")) or ()
    assert [each.kind for each in kept] == [f"kind_{number}" for number in range(6)]
    words = ["as long as it stands", "1 day", "90 days", "1 year", "3 years", "400 days"]
    assert [each.length for each in kept] == words
    assert (kept[0].what, kept[0].counted_from, kept[0].ground, kept[0].owner) == ("things", "a day", "a law", "a team")


def test_nothing_declared_is_not_the_same_as_nothing_kept(tmp_path: Path) -> None:
    assert read_retention(tmp_path / "retention.yml") is None


@pytest.mark.parametrize("text", ["kinds: [", "version: 1\n", "kinds: {staging: {what: things}}"])
def test_a_declaration_that_cannot_be_read_is_a_sentence(tmp_path: Path, text: str) -> None:
    (tmp_path / "retention.yml").write_text(text)
    with pytest.raises(DeclarationError, match=r"retention.yml cannot be read"):
        read_retention(tmp_path / "retention.yml")


def test_the_last_purge_counts_and_says_whether_it_ended(home: Home) -> None:
    assert last_purge(home) is None
    purged(home, "20161101T100000000000", is_finished=True)
    assert last_purge(home) == Purge("2016-11-01", 5, True)
    purged(home, "20170201T100000000000", is_finished=False)
    assert last_purge(home) == Purge("2017-02-01", 5, False)
