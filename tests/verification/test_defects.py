"""What the intake made of planted defects, on a home of one council in which the intake alone has run."""

import io
import os
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import polars as pl
import pytest
from rich.console import Console

from tf_assets.linkage.keys import create_keys
from tf_assets.linkage.resources import LinkageZone
from tf_assets.linkage.returns.assets import council_return
from tf_assets.verification.defects import DefectCounts, count_defects
from tf_assets.verification.report import verify_returns
from tf_assets.warehouse.errors import EvaluationError
from tf_assets.warehouse.home import HOME_VARIABLE, Home

HARTLEPOOL = "E06000001"
HEADINGS = "family_ref,person_ref,forename,surname,date_of_birth,sex,postcode,programme_group,start_date\n"
FIRST = (
    "F1,P1,Ann,Smith,13/02/1985,F,M1 1AE,programme,13/05/2015\nF2,P2,Ben,,14/02/1985,M,M1 1AE,programme,13/05/2015\n"
)
SECOND = "F1,P1,Ann,Smith,13/02/1985,M,M1 1AE,programme,13/05/2015\nF2,P2,Ben,Hale,14/02/1985,M,M1 1AE,programme,13/05/2015\n"
DEFECTS = [
    ("2015-04-01", 3, "surname", "missing_surname", "refused"),
    ("2015-07-01", 2, "sex", "sex_changed", "warning"),
    ("2015-07-01", 3, "forename", "short_forename", "undetectable"),
]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    """Two returns, received, and a truth about them."""
    home = Home(tmp_path_factory.mktemp("home"))
    before = os.environ.get(HOME_VARIABLE)
    os.environ[HOME_VARIABLE] = str(home.root)
    create_keys(home)
    home.truth.mkdir()
    paths = {quarter: f"returns/{HARTLEPOOL}/{quarter}/a.csv" for quarter in ("2015-04-01", "2015-07-01")}
    for (quarter, path), rows in zip(paths.items(), (FIRST, SECOND), strict=True):
        (home.landing / path).parent.mkdir(parents=True)
        (home.landing / path).write_text(HEADINGS + rows)
        with dg.DagsterInstance.ephemeral() as instance:
            key = f"{HARTLEPOOL}|{quarter}"
            assert dg.materialize(
                [council_return], instance=instance, resources={"zone": LinkageZone()}, partition_key=key
            ).success
    names = ["path", "council_code", "quarter", "defect", "expected_verdict"]
    files = [(path, HARTLEPOOL, quarter, None, "accepted") for quarter, path in paths.items()]
    quarter = pl.col("quarter").str.to_date()
    pl.DataFrame(files, schema=dict.fromkeys(names, pl.String), orient="row").with_columns(quarter).write_parquet(
        home.truth / "files.parquet"
    )
    planted = [(paths[each[0]], HARTLEPOOL, *each) for each in DEFECTS]
    columns = ["path", "council_code", "quarter", "row_number", "field", "defect", "expected_severity"]
    pl.DataFrame(planted, schema=columns, orient="row").with_columns(quarter).write_parquet(
        home.truth / "defects.parquet"
    )
    yield home
    os.environ.pop(HOME_VARIABLE) if before is None else os.environ.update({HOME_VARIABLE: before})


def test_judgements_and_changes_catch_what_they_name(home: Home) -> None:
    found = count_defects(LinkageZone().zone(), home)
    assert found.rows.select("defect", "field", "n_planted", "n_caught", "n_missed", "share_caught").rows() == [
        ("missing_surname", "surname", 1, 1, 0, 1.0),
        ("short_forename", "forename", 1, 0, 1, 0.0),
        ("sex_changed", "sex", 1, 1, 0, 1.0),
    ]
    assert (found.n_detectable, found.n_caught, found.n_good_rows, found.n_good_refused) == (2, 2, 1, 0)
    assert found.files.select("n_planted", "n_missed").rows() == [(2, 0)]
    assert found.is_good_enough


def test_the_intake_alone_can_be_verified(home: Home) -> None:
    told = io.StringIO()
    assert verify_returns(home, Console(file=told, width=200))
    assert "Caught and named to row and field: 2 of 2 that can be seen (100.00%; at least 99%)." in told.getvalue()
    assert "The intake passes." in told.getvalue()


def test_without_a_truth_it_says_so(tmp_path: Path) -> None:
    with pytest.raises(EvaluationError, match="There is no planted truth"):
        verify_returns(Home(tmp_path), Console(file=io.StringIO()))


def _counts(n_caught: int, n_good_refused: int = 0, n_files_missed: int = 0) -> DefectCounts:
    rows = pl.DataFrame(
        {"expected_severity": ["warning", "undetectable"], "n_planted": [1000, 50], "n_caught": [n_caught, 0]}
    )
    return DefectCounts(rows, pl.DataFrame({"n_missed": [n_files_missed]}), 1000, n_good_refused, 0)


def test_either_side_of_what_must_be_reached() -> None:
    assert _counts(990, 5).is_good_enough
    assert not _counts(989).is_good_enough
    assert not _counts(990, 6).is_good_enough
    assert not _counts(1000, 0, 1).is_good_enough
