"""A council takes back what it sent."""

import os
from datetime import date
from pathlib import Path

import pytest

from tf_assets.linkage.partitions import Slot
from tf_assets.linkage.returns.slots import files_of_council
from tf_assets.linkage.returns.withdrawing import withdraw_return
from tf_assets.warehouse.errors import InputRefused
from tf_assets.warehouse.home import Home

SLOT = Slot("E06000001", date(2015, 4, 1))


def test_a_withdrawal_arrives_in_the_slot_after_what_it_takes_back(tmp_path: Path) -> None:
    home = Home(tmp_path)
    sent = home.landing / "returns" / SLOT.folder / "a.csv"
    sent.parent.mkdir(parents=True)
    sent.write_text("x")
    os.utime(sent, (1_437_382_800, 1_437_382_800))
    withdraw_return(home, "E06000001", "2015-04-01", "sent by mistake")
    assert [file.kind for file in files_of_council(home.landing, SLOT.council_code)] == ["return", "withdrawal"]


def test_what_was_never_sent_cannot_be_withdrawn(tmp_path: Path) -> None:
    with pytest.raises(InputRefused, match=r"Nothing was sent for E06000001/2015-04-01"):
        withdraw_return(Home(tmp_path), "E06000001", "2015-04-01", "")


@pytest.mark.parametrize(
    ("council_code", "quarter", "reason"),
    [
        ("E99999999", "2015-04-01", "not one of the 152 councils"),
        ("E06000001", "2015-05-01", "not the first day of a quarter"),
        ("E06000001", "spring", "not the first day of a quarter"),
        ("E06000001", "2014-10-01", "outside the programme"),
    ],
)
def test_a_slot_that_is_none_is_named(tmp_path: Path, council_code: str, quarter: str, reason: str) -> None:
    with pytest.raises(InputRefused, match=reason):
        withdraw_return(Home(tmp_path), council_code, quarter, "")
