"""Which moment a rebuild is as at; the rebuild itself is a journey."""

from datetime import datetime
from pathlib import Path

import pytest

from tf_assets.cli.instance import make_home
from tf_assets.cli.rebuild import parse_moment, rebuild
from tf_assets.linkage.keys import create_keys
from tf_assets.warehouse.errors import EvaluationError, InputRefused
from tf_assets.warehouse.home import Home


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2016-06-30", datetime(2016, 6, 30, 23, 59, 59, 999999)),
        ("2016-06-30T14:05", datetime(2016, 6, 30, 14, 5)),
        ("2016-06-30T14:05:06+01:00", datetime(2016, 6, 30, 13, 5, 6)),
    ],
)
def test_a_date_is_its_end_and_a_time_is_utc(text: str, moment: datetime) -> None:
    assert parse_moment(text) == moment


@pytest.mark.parametrize("text", ["", "June", "2016-02-30", "30/06/2016"])
def test_what_is_no_date_is_refused(text: str) -> None:
    with pytest.raises(InputRefused, match="neither a date"):
        parse_moment(text)


def test_before_anything_arrived_there_is_nothing_to_rebuild(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path / "dagster"))
    home = Home(tmp_path)
    make_home(home, "a project")
    create_keys(home)
    with pytest.raises(EvaluationError, match="Nothing had arrived by 30 June 2016"):
        rebuild(home, datetime(2016, 6, 30))
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".rebuild")] == []
