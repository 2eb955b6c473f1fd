"""After a whole run: the board's record is there, is the same again, and holds nobody's name."""

import polars as pl
import pytest

from tests.journeys.conftest import tf_eval
from tf_assets.verification.canaries import search_home
from tf_assets.warehouse.home import Home

pytestmark = pytest.mark.xdist_group("journeys")

Finished = tuple[Home, dict[str, dict[str, object]]]


def test_a_run_writes_the_record_the_command_writes_the_same_and_it_names_nobody(finished: Finished) -> None:
    home, _ = finished
    ran = tf_eval(home, "run")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    (path,) = home.governance.glob("*.html")
    page = path.read_bytes()
    path.unlink()
    told = tf_eval(home, "governance")
    assert told.returncode == 0, told.stdout + told.stderr
    assert "nothing failed" in told.stdout
    assert str(path) in told.stdout.replace("\n", "")
    assert path.read_bytes() == page

    canaries = pl.read_csv(home.truth / "canaries.csv", infer_schema=False)["value"].to_list()
    said = page.decode().upper()
    assert [value for value in canaries if f">{value.upper()}<" in said or f" {value.upper()} " in said] == []
    planted = home.governance / "planted.html"
    planted.write_text(f"<p>{canaries[0]}</p>")
    try:
        assert search_home(home).found == ("governance/planted.html",)
    finally:
        planted.unlink()
