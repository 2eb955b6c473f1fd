"""The whole country: the same seed gives the same bytes."""

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tf_assets.country.country import make_country
from tf_assets.country.scenarios import scenario_named
from tf_assets.country.sizes import SIZES, size_named
from tf_assets.warehouse.errors import EvaluationError

TINY = size_named("demo", families=60, councils=2)


def _hashes(root: Path) -> dict[str, str]:
    return {
        str(path.relative_to(root)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(root.rglob("*"))
        if path.is_file()
    }


def test_the_same_seed_gives_the_same_bytes_in_several_chunks(tmp_path: Path) -> None:
    size = replace(TINY, chunk=TINY.n_people // 2)
    for name, seed in (("one", 1), ("again", 1), ("other", 2)):
        make_country(seed, size, scenario_named("headline"), tmp_path / name / "landing", tmp_path / name / "truth")
    one, again, other = (_hashes(tmp_path / name) for name in ("one", "again", "other"))
    assert one == again
    common = set(one) & set(other)
    assert sum(one[path] == other[path] for path in common) < 3


def test_the_summary_counts_what_was_written(country: Any) -> None:
    (n_people,) = country.sql.execute("SELECT count(DISTINCT person_id) FROM arms").fetchone()
    assert country.summary.n_register_people == n_people
    assert country.summary.n_families == 600
    assert "600 families" in str(country.summary)


@pytest.mark.parametrize(
    ("ask", "sentence"),
    [
        (lambda: size_named("huge"), "Choose one of demo, region, national"),
        (lambda: size_named("demo", families=3), "at least 50 families"),
        (lambda: size_named("demo", councils=153), "152 councils"),
        (lambda: scenario_named("rosy"), "Choose one of headline, null"),
    ],
)
def test_what_cannot_be_made_is_refused_in_a_sentence(ask: Any, sentence: str) -> None:
    with pytest.raises(EvaluationError, match=sentence):
        ask()


def test_national_is_the_programme_at_full_size() -> None:
    size = SIZES["national"]
    assert (size.n_families, size.n_councils) == (400_000, 152)
