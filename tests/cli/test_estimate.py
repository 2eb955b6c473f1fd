"""`tf-eval estimate` on files."""

import json

import polars as pl
import pytest
from typer.testing import CliRunner

from benchmarks.scenarios import COVARIATES, HEADLINE, draw
from tf_assets.cli.main import app
from tf_assets.research.estimation.weighting import METHODS
from tf_assets.warehouse.errors import InputRefused


@pytest.fixture(scope="module")
def cohort(tmp_path_factory):
    path = tmp_path_factory.mktemp("cohort") / "cohort.parquet"
    draw(HEADLINE, 1, 600).table.write_parquet(path)
    return path


def _run(cohort, out, *more):
    arguments = [str(cohort), "--treated", "treated", "--outcome", "outcome", "--covariates", ",".join(COVARIATES)]
    return CliRunner().invoke(app, ["estimate", *arguments, "--out", str(out), *more], catch_exceptions=True)


@pytest.mark.parametrize("method", METHODS)
def test_each_method_writes_its_result(cohort, tmp_path, method):
    ran = _run(cohort, tmp_path / "deep" / "r.json", "--method", method, "--cluster", "family", "--exact", "is_female")
    assert ran.exit_code == 0, ran.output
    result = json.loads((tmp_path / "deep" / "r.json").read_text())
    assert result["method"] == method
    assert result["ci_low"] < result["estimate"] < result["ci_high"]
    assert result["n_clusters"] <= 600 < result["n_treated"] + result["n_comparison"]
    assert {"covariate", "smd_before", "smd_after", "variance_ratio_after"} <= set(result["balance"][0])
    assert [row["covariate"] for row in result["balance"]] == list(COVARIATES)
    assert isinstance(result["warnings"], list)
    assert "95% interval" in ran.output


def test_csv_gives_what_parquet_gives(cohort, tmp_path):
    pl.read_parquet(cohort).write_csv(tmp_path / "cohort.csv")
    for name, path in (("parquet", cohort), ("csv", tmp_path / "cohort.csv")):
        assert _run(path, tmp_path / f"{name}.json").exit_code == 0
    one, other = (json.loads((tmp_path / f"{name}.json").read_text()) for name in ("parquet", "csv"))
    assert one == other


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        (("--method", "magic"), "Choose one of matching, weighting"),
        (("--cluster", "nowhere"), "no column nowhere"),
    ],
)
def test_what_cannot_be_done_is_refused_in_a_sentence(cohort, tmp_path, more, sentence):
    ran = _run(cohort, tmp_path / "r.json", *more)
    assert isinstance(ran.exception, InputRefused)
    assert sentence in str(ran.exception)
    assert not (tmp_path / "r.json").exists()


def test_a_file_that_is_no_table_is_refused(tmp_path):
    (tmp_path / "bad.parquet").write_bytes(b"no table")
    assert "cannot be read as Parquet" in str(_run(tmp_path / "bad.parquet", tmp_path / "r.json").exception)
    assert "There is no file" in str(_run(tmp_path / "none.csv", tmp_path / "r.json").exception)
