"""`tf-eval estimate`: the effect of a treatment on the treated, from any table of people."""

import json
from pathlib import Path
from typing import Annotated

import polars as pl
import typer
from rich.table import Table

from tf_assets.cli.console import console
from tf_assets.research.estimation.design import read_design
from tf_assets.research.estimation.estimate import estimate
from tf_assets.research.estimation.result import Result
from tf_assets.research.estimation.weighting import METHODS, Method, Settings
from tf_assets.warehouse.errors import InputRefused


def estimate_command(
    cohort: Annotated[Path, typer.Argument(help="CSV or Parquet, a row a person.")],
    treated: Annotated[str, typer.Option(help="The column that says who is treated: 0 and 1, or false and true.")],
    outcome: Annotated[str, typer.Option(help="The column of the outcome: numbers, or 0 and 1.")],
    covariates: Annotated[str, typer.Option(help="Columns on which the arms must be alike, with commas between.")],
    out: Annotated[Path, typer.Option(help="Where the result is written, JSON.")],
    exact: Annotated[str, typer.Option(help="Columns of strata: matches agree on them; the rest balances them.")] = "",
    cluster: Annotated[str | None, typer.Option(help="A column of people who are alike: family, council.")] = None,
    method: Annotated[str, typer.Option(help=" or ".join(METHODS) + ".")] = "doubly-robust",
    neighbours: Annotated[int, typer.Option(min=1, help="Matching: comparison people for each treated person.")] = 5,
    caliper: Annotated[
        float, typer.Option(min=0, help="Matching: farthest match, in standard deviations of the logit; 0 is anywhere.")
    ] = 0.2,
    replace: Annotated[
        bool, typer.Option("--replace/--no-replace", help="Matching: whether somebody may be matched again.")
    ] = True,
    adjust: Annotated[
        bool, typer.Option("--adjust/--no-adjust", help="Matching: regress away what the matches leave over.")
    ] = True,
    trim: Annotated[
        float, typer.Option(min=0, max=0.5, help="Leave out whom the covariates put above 1 - TRIM; 0 is nobody.")
    ] = 0.0,
) -> None:
    """Estimate the effect of a treatment on the treated, with its balance and what a reader must know."""
    settings = Settings(caliper or None, neighbours, replace, adjust, trim)
    design, outcomes = read_design(_read(cohort), treated, outcome, _names(covariates), _names(exact), cluster)
    result = estimate(design, outcomes, outcome, _method(method), settings)
    _write(result, out)
    console.print(_balance_table(result))
    console.print(_sentence(result), highlight=False, markup=False)
    for warning in result.warnings:
        console.print(f"Note: {warning}.", highlight=False, markup=False)


def _method(name: str) -> Method:
    for method in METHODS:
        if method == name:
            return method
    raise InputRefused(f"There is no method of that name. Choose one of {', '.join(METHODS)}.")


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]


def _read(path: Path) -> pl.DataFrame:
    if not path.is_file():
        raise InputRefused(f"There is no file {path}.")
    try:
        if path.suffix == ".parquet":
            return pl.read_parquet(path)
        return pl.read_csv(path, infer_schema_length=None, try_parse_dates=True)
    except (pl.exceptions.PolarsError, OSError):
        raise InputRefused(
            f"{path} cannot be read as {'Parquet' if path.suffix == '.parquet' else 'CSV in UTF-8 with headings'}."
        ) from None


def _write(result: Result, out: Path) -> None:
    out.parent.mkdir(parents=True, exist_ok=True)
    half = out.with_name(out.name + ".writing")
    half.write_text(json.dumps(result.as_json(), indent=2, allow_nan=False) + "\n", encoding="utf-8")
    half.replace(out)


def _sentence(result: Result) -> str:
    people = f"{result.n_treated:,} treated and {result.n_comparison:,} comparison people"
    if result.ci_low is None or result.p_value is None:
        return f"{result.estimand}: nothing varies, so there is no interval; {people}."
    return (
        f"{result.estimand} of {result.outcome}: {result.estimate:.6g}, 95% interval {result.ci_low:.6g} to "
        f"{result.ci_high:.6g}, p {result.p_value:.2g}; {people}, {result.effective_sample:,.0f} effective; "
        f"the arms as they are differ by {result.naive_difference:.6g}."
    )


def _balance_table(result: Result) -> Table:
    table = Table("covariate", "SMD before", "after", "variance ratio after", "overlap after", title="Balance")
    for row in result.balance:
        values = (row.smd_before, row.smd_after, row.variance_ratio_after, row.overlap_after)
        table.add_row(row.covariate, *("" if value is None else f"{value:.3f}" for value in values))
    return table
