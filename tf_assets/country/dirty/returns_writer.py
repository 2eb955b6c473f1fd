"""Write the returns of every council and quarter, and the truth about what is wrong with them."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import polars as pl

from tf_assets.country.dirty.canaries import canary_people, list_canary_address, with_canary_address
from tf_assets.country.dirty.council import FAULT_SCHEMA, Council, Faulty, make_council, written_rows
from tf_assets.country.dirty.deliveries import Delivered, Slotter, stray_file
from tf_assets.country.dirty.faults import FAULT
from tf_assets.country.dirty.mishaps import FUTURE_QUARTER, UNKNOWN_COUNCIL, plan_mishaps
from tf_assets.country.dirty.shapes import Shape, shapes_of
from tf_assets.warehouse.geography import councils

Progress = Callable[[str, float], None]

FILE_SCHEMA: dict[str, pl.DataType] = {
    "path": pl.String(),
    "council_code": pl.String(),
    "quarter": pl.Date(),
    "defect": pl.String(),
    "expected_verdict": pl.String(),
}
DEFECT_SCHEMA: dict[str, pl.DataType] = {
    "path": pl.String(),
    "council_code": pl.String(),
    "quarter": pl.Date(),
    **FAULT_SCHEMA,
}


def write_returns(
    register: pl.DataFrame,
    schools: pl.DataFrame,
    landing: Path,
    truth: Path,
    seed: int,
    quarters: list[date],
    progress: Progress | None = None,
) -> None:
    """Write `landing/returns/**` and the truth about it (docs/reference/data-schedule.md).

    register: the clean register, one row per council_code, quarter_date and person, with the return's columns,
    person_id and true_family_id; schools: urn, school_name, council_code; quarters: those to write; progress: called
    with a word and the share that is done. Writes files.parquet, defects.parquet and register_people.parquet, and adds
    to canaries.csv when it is there. The same arguments give the same bytes and times of arrival.
    """
    truth.mkdir(parents=True, exist_ok=True)
    register = register.filter(pl.col("quarter_date").is_in(quarters))
    canaries = canary_people(register, truth / "canaries.csv")
    shapes = shapes_of(_longest(register), seed)
    plan = plan_mishaps(register, shapes, seed)
    delivered: list[Delivered] = []
    people: list[pl.DataFrame] = []
    for done, (code, shape) in enumerate(shapes.items(), start=1):
        rows = with_canary_address(register.filter(pl.col("council_code") == code), canaries)
        council = _council(code, shape, rows, schools, canaries, seed)
        is_first = not canaries.is_empty() and canaries["council_code"][0] == code
        delivered += _deliver_all(landing, council, plan, canaries["surname"][0] if is_first else None)
        people.append(_people_of(council))
        if done == 1:
            delivered += _stray_files(landing, council)
        if progress:
            progress("returns", done / len(shapes))
    _write_truth(truth, delivered, people)
    if not canaries.is_empty():
        list_canary_address(truth / "canaries.csv")


def _council(
    code: str, shape: Shape, rows: pl.DataFrame, schools: pl.DataFrame, canaries: pl.DataFrame, seed: int
) -> Council:
    names = dict(councils().select("council_code", "council_name").iter_rows())
    is_local = pl.col("council_code") == code
    forced = canaries.filter(is_local).select("person_ref", FAULT).drop_nulls()
    return make_council(code, names.get(code, code), shape, rows, schools.filter(is_local), forced, seed)


def _longest(register: pl.DataFrame) -> dict[str, int]:
    """Rows of each council's longest return."""
    counts = register.group_by("council_code", "quarter_date").len()
    return dict(counts.group_by("council_code").agg(pl.col("len").max()).sort("council_code").iter_rows())


def _deliver_all(
    landing: Path, council: Council, plan: dict[tuple[str, date], str], surname: str | None
) -> list[Delivered]:
    """All returns of a council. Its rows are written as text once and then cut by quarter.

    surname: of a canary, put into the name of the last file; None for most councils.
    """
    mine = {quarter: kind for (code, quarter), kind in plan.items() if code == council.code}
    sent = written_rows(council, council.rows, mine).by_quarter()
    last = max(sent)
    delivered: list[Delivered] = []
    before: Faulty | None = None
    for quarter, faulty in sent.items():
        slotter = Slotter(landing, council, quarter, surname if quarter == last else None)
        kind = mine.get(quarter)
        delivered += slotter.deliver(faulty, kind, before if kind == "earlier_quarter" and before else sent[last])
        before = faulty
    return delivered


def _stray_files(landing: Path, council: Council) -> list[Delivered]:
    """Good returns where none belongs: in the folder of no council, and in a quarter that has not come."""
    sent = written_rows(council, council.rows).by_quarter()
    last = max(sent)
    return [
        stray_file(landing, council, sent[last], (UNKNOWN_COUNCIL, last), "unknown_council"),
        stray_file(landing, council, sent[last], (council.code, FUTURE_QUARTER), "future_quarter"),
    ]


def _people_of(council: Council) -> pl.DataFrame:
    """Who is who on a council's register, under the references that it sends."""
    return (
        council.rows.sort("quarter_date")
        .unique("person_ref", keep="last", maintain_order=True)
        .select("council_code", "person_ref", "family_ref", "person_id", "true_family_id")
        .sort("person_ref")
    )


def _write_truth(truth: Path, delivered: list[Delivered], people: list[pl.DataFrame]) -> None:
    files = [(f.path, f.council_code, f.quarter, f.defect, f.verdict) for f in delivered]
    pl.DataFrame(files, schema=FILE_SCHEMA, orient="row").sort("path").write_parquet(truth / "files.parquet")
    defects = [
        file.faults.select(
            pl.lit(file.path).alias("path"),
            pl.lit(file.council_code).alias("council_code"),
            pl.lit(file.quarter).alias("quarter"),
            *FAULT_SCHEMA,
        )
        for file in delivered
        if file.faults is not None
    ]
    pl.concat([pl.DataFrame(schema=DEFECT_SCHEMA), *defects]).sort("path", "row_number").write_parquet(
        truth / "defects.parquet"
    )
    pl.concat(people).write_parquet(truth / "register_people.parquet")
