"""Sources, candidate pairs and weights: the same whatever way they are taken."""

from pathlib import Path

import polars as pl
import pytest

from tf_assets.linkage.spine import probabilistic
from tf_assets.linkage.spine.blocking import find_candidates
from tf_assets.linkage.spine.cascade import link
from tf_assets.linkage.spine.matchkeys import link_by_keys
from tf_assets.linkage.spine.preparing import PeopleFile, workspace

PEOPLE = pl.DataFrame(
    {
        "record_id": [f"P{number}" for number in range(60)],
        "forename": [("ANNE", "BETH", "CARL")[number % 3] for number in range(60)],
        "surname": [f"SURNAME{number // 2}" for number in range(60)],
        "date_of_birth": [f"19{50 + number % 40}-0{1 + number % 9}-1{number % 10}" for number in range(60)],
        "postcode": [f"LS{1 + number % 20} {number % 9}AB" for number in range(60)],
    }
)
MISTYPED = PEOPLE.with_columns(
    record_id="R" + pl.col("record_id"), surname=pl.col("surname").str.replace("SURNAME", "SURNMAE")
)


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_a_file_links_as_its_frame_does(tmp_path: Path, suffix: str) -> None:
    files = []
    for name, people in (("left", PEOPLE), ("right", MISTYPED)):
        path = tmp_path / f"{name}'s.{suffix}"
        people.write_csv(path) if suffix == "csv" else people.write_parquet(path)
        files.append(PeopleFile(path))
    assert link(*files).links.equals(link(PEOPLE, MISTYPED).links)
    assert link(PEOPLE, MISTYPED).links.height == PEOPLE.height


def test_chunks_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    at_once = link(PEOPLE, MISTYPED)
    monkeypatch.setattr(probabilistic, "PAIRS_AT_A_TIME", 7)
    in_chunks = link(PEOPLE, MISTYPED)
    assert in_chunks.links.equals(at_once.links)
    assert in_chunks.quality.equals(at_once.quality)


def candidates(left: pl.DataFrame, right: pl.DataFrame, max_block_pairs: int = 100_000) -> tuple[int, int]:
    """Candidate pairs, and blocks left out."""
    with workspace(left, right) as work:
        link_by_keys(work)
        n_large = find_candidates(work, max_block_pairs)
        return work.connection.sql("SELECT count(*) FROM candidates").fetchall()[0][0], n_large


def test_a_block_that_tells_nobody_apart_is_left_out() -> None:
    """Forty people of one forename, surname and year are sixteen hundred pairs in one block."""
    crowd = PEOPLE.head(40).with_columns(
        forename=pl.lit("ANNE"), surname=pl.lit("SMITH"), date_of_birth="1970-" + pl.col("date_of_birth").str.slice(5)
    )
    other = crowd.with_columns(record_id="R" + pl.col("record_id"), postcode=pl.lit(None, pl.String))
    assert candidates(crowd, other, max_block_pairs=1_600)[1] == 0
    assert candidates(crowd, other, max_block_pairs=1_599)[1] == 1


def test_who_is_linked_by_a_key_is_no_candidate() -> None:
    assert candidates(PEOPLE, PEOPLE.with_columns(record_id="R" + pl.col("record_id"))) == (0, 0)
