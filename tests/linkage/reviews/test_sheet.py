"""The sheet that a reviewer fills in."""

import csv
from pathlib import Path

import polars as pl
import pytest

from tf_assets.linkage.reviews.queue import Pair, Side
from tf_assets.linkage.reviews.sheet import check_inside, read_sheet, write_sheet
from tf_assets.warehouse.errors import InputRefused

CANARY = "QUENZZYZXCANARY"
KNOWN = pl.DataFrame(
    {
        "extract": ["hospital"] * 3,
        "person_id": ["p", "q", "z"],
        "record_ref": ["r", "s", "y"],
        "probability": [0.4, 0.5, 0.6],
    }
)


@pytest.fixture
def sheet(tmp_path: Path) -> Path:
    side = Side({"forename": ("=AMIRA",), "surname": (CANARY, "KHAN")})
    pairs = [
        Pair(extract, person, record, probability, side, Side({"forename": ("AMY",)}), 2)
        for extract, person, record, probability in KNOWN.iter_rows()
    ]
    write_sheet(tmp_path / "sheet.csv", pairs)
    return tmp_path / "sheet.csv"


def fill_in(sheet: Path, *verdicts: tuple[str, str]) -> None:
    with sheet.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file))
    for row, filled in zip(rows[1:], verdicts, strict=False):
        row[-2:] = filled
    with sheet.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)


def test_a_sheet_is_its_owners_alone_and_holds_no_formula(sheet: Path) -> None:
    assert sheet.stat().st_mode & 0o777 == 0o600
    with sheet.open(encoding="utf-8-sig", newline="") as file:
        first = next(csv.DictReader(file))
    assert (first["person_forename"], first["person_surname"]) == ("'=AMIRA", f"{CANARY} | KHAN")
    assert (first["record_forename"], first["record_surname"], first["verdict"]) == ("AMY", "", "")


def test_rows_with_a_verdict_become_decisions(sheet: Path) -> None:
    fill_in(sheet, ("same", "spelling"), ("", ""), (" Different ", "TWIN"))
    decisions = read_sheet(sheet, KNOWN, "R. V.")
    assert [(each.person_id, each.verdict, each.reason, each.probability) for each in decisions] == [
        ("p", "same", "spelling", 0.4),
        ("z", "different", "twin", 0.6),
    ]
    assert {each.reviewer for each in decisions} == {"R. V."}


@pytest.mark.parametrize(
    ("filled", "fault"),
    [
        (("perhaps", "other"), "row 2, verdict: it is none of"),
        (("same", "twin"), "row 2, reason: same is explained by one of"),
        (("same", ""), "row 2, reason"),
    ],
)
def test_a_bad_row_is_named_and_no_row_counts(sheet: Path, filled: tuple[str, str], fault: str) -> None:
    fill_in(sheet, filled, ("different", "twin"))
    with pytest.raises(InputRefused, match=fault) as refused:
        read_sheet(sheet, KNOWN, "R. V.")
    assert CANARY not in str(refused.value)


def test_a_pair_that_is_not_in_doubt_is_refused(sheet: Path) -> None:
    fill_in(sheet, ("same", "spelling"))
    with pytest.raises(InputRefused, match="row 2, pair"):
        read_sheet(sheet, KNOWN.tail(2), "R. V.")


def test_another_file_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "other.csv").write_text("a,b\n1,2\n")
    with pytest.raises(InputRefused, match="no column extract, person_id"):
        read_sheet(tmp_path / "other.csv", KNOWN, "R. V.")
    (tmp_path / "odd.csv").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InputRefused, match="could not be read"):
        read_sheet(tmp_path / "odd.csv", KNOWN, "R. V.")


def test_a_sheet_stays_in_the_zone(tmp_path: Path) -> None:
    zone = tmp_path / "linkage"
    zone.mkdir()
    (zone / "way_out").symlink_to(tmp_path)
    assert check_inside(zone / "sheet.csv", zone) == zone / "sheet.csv"
    for outside in (tmp_path / "sheet.csv", zone / ".." / "sheet.csv", zone / "way_out" / "sheet.csv"):
        with pytest.raises(InputRefused, match="stays in"):
            check_inside(outside, zone)
