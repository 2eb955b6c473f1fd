"""What lands, what the truth says of it, and that the two agree."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl

from tf_assets.warehouse.calendar import next_quarter


def test_truth_lists_exactly_the_files_that_landed(country) -> None:
    landed = {path.relative_to(country.landing).as_posix() for path in country.landing.rglob("*") if path.is_file()}

    assert landed == set(country.files["path"])


def test_a_demonstration_has_each_mishap_once_and_enough_good_returns(country) -> None:
    counts = country.files.group_by("defect", "expected_verdict").len().sort("defect").rows()

    assert counts[1:] == [
        ("corrected_later", "superseded", 1),
        ("correction", "accepted", 1),
        ("cut_short", "refused", 1),
        ("empty", "refused", 1),
        ("future_quarter", "refused", 1),
        ("late", "accepted", 1),
        ("not_a_table", "refused", 1),
        ("not_a_workbook", "refused", 1),
        ("sent_twice", "duplicate", 1),
        ("title_of_another_quarter", "refused", 1),
        ("too_many_errors", "refused", 1),
        ("two_councils", "refused", 1),
        ("unknown_council", "refused", 1),
        ("wrong_quarter", "refused", 1),
    ]
    assert counts[0] == (None, "accepted", 135)


def test_files_arrive_after_their_quarter_and_late_ones_two_quarters_later(country) -> None:
    for path, quarter, defect in country.files.select("path", "quarter", "defect").iter_rows():
        arrived = datetime.fromtimestamp((country.landing / path).stat().st_mtime, tz=UTC).date()
        end = next_quarter(quarter)
        if defect == "future_quarter":
            assert arrived < quarter
        elif defect == "late":
            assert (arrived - end).days > 184
        else:
            assert 7 <= (arrived - end).days < 35 + 24


def test_a_correction_arrives_last_in_its_slot(country) -> None:
    by_defect = {defect: path for path, defect in country.files.select("path", "defect").iter_rows() if defect}
    first, second = (country.landing / by_defect[defect] for defect in ("corrected_later", "correction"))

    assert first.parent == second.parent
    assert second.stat().st_mtime > first.stat().st_mtime
    assert country.defects.filter(pl.col("path") == by_defect["correction"]).is_empty()


def test_a_file_sent_twice_has_the_same_bytes_in_the_same_slot(country) -> None:
    again = country.landing / country.files.filter(pl.col("defect") == "sent_twice")["path"].item()
    first = [path for path in again.parent.iterdir() if path != again]

    assert [path.read_bytes() for path in first] == [again.read_bytes()]
    assert again.stat().st_mtime > first[0].stat().st_mtime


def test_a_file_cut_short_is_followed_by_a_whole_one(country) -> None:
    cut = country.landing / country.files.filter(pl.col("defect") == "cut_short")["path"].item()
    whole = next(path for path in cut.parent.iterdir() if path != cut)

    assert whole.read_bytes().startswith(cut.read_bytes())
    assert whole.stat().st_mtime > cut.stat().st_mtime


def test_too_many_errors_are_two_rows_in_five(country) -> None:
    path = country.files.filter(pl.col("defect") == "too_many_errors")["path"].item()
    code, quarter = path.split("/")[1:3]
    n_rows = country.register.filter(
        (pl.col("council_code") == code) & (pl.col("quarter_date") == date.fromisoformat(quarter))
    ).height
    lost = country.defects.filter((pl.col("path") == path) & (pl.col("defect") == "missing_person_ref"))

    assert 0.38 <= lost.height / n_rows <= 0.46


def test_people_stand_once_on_the_register_of_a_council(country) -> None:
    people = pl.read_parquet(country.truth / "register_people.parquet")

    assert people.columns == ["council_code", "person_ref", "family_ref", "person_id", "true_family_id"]
    assert people.height == people.unique(["council_code", "person_ref"]).height
    assert set(people["person_id"]) == set(country.register["person_id"])


def test_the_same_seed_gives_the_same_bytes_and_times(write_country: Callable, small_register: pl.DataFrame) -> None:
    first, second, other = (write_country(small_register, seed=seed) for seed in (3, 3, 4))

    assert _contents(first.landing) == _contents(second.landing)
    assert _contents(first.truth) == _contents(second.truth)
    assert _contents(first.landing) != _contents(other.landing)


def test_the_order_of_the_register_changes_nothing(write_country: Callable, small_register: pl.DataFrame) -> None:
    first, second = write_country(small_register), write_country(small_register.reverse())

    assert _contents(first.landing) == _contents(second.landing)


def _contents(folder: Path) -> dict[str, tuple[bytes, float]]:
    """Bytes and, in the landing area, time of each file."""
    return {
        path.relative_to(folder).as_posix(): (path.read_bytes(), path.stat().st_mtime if "returns" in path.parts else 0)
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
