"""What the intake costs: returns read, judged and published, in rows a second and bytes of memory.

    python -m benchmarks.intake

The returns are the fictional country's, with its faults: twelve of 10,000 rows in the shapes of twelve councils that
export text, and one of 100,000. Each step is timed apart and all of them together, without Dagster and in a run of
Dagster's own. The floor is polars' bare `read_csv` of the same files, which asks nothing and judges nothing. Peak
memory is that of a process of its own that handles 10, 50 and 150 councils. On a machine that others use, compare the
time of the processor, and compare two states of the code in turn: two busy hyperthreads of one core each run slower.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import dagster as dg
import polars as pl

from tf_assets.country.country import clean_register
from tf_assets.country.dirty.council import make_council, page_of, save_page, written_rows
from tf_assets.country.dirty.faults import FAULT
from tf_assets.country.dirty.shapes import SHAPES, Shape
from tf_assets.country.sizes import ALL_YEARS, Size
from tf_assets.linkage.keys import create_keys
from tf_assets.linkage.resources import LinkageZone
from tf_assets.linkage.returns.assets import council_return
from tf_assets.linkage.returns.headings import read_headings
from tf_assets.linkage.returns.judging import JudgedReturn, Received, judge_return
from tf_assets.linkage.returns.reading import read_rows
from tf_assets.linkage.returns.rows import standardise_rows
from tf_assets.quality.publishing import publish_all, stage_and_audit
from tf_assets.quality.suites import suite_for
from tf_assets.warehouse.geography import councils
from tf_assets.warehouse.home import HOME_VARIABLE, Home
from tf_assets.warehouse.zone import Zone

TARGET = 200_000
"""Rows a second, read, judged and published, on two cores."""

ROWS_A_RETURN, LARGE_ROWS = 10_000, 100_000
TURNS = 3
COUNCILS_IN_MEMORY = (10, 50, 150)
SIZE = Size("intake", n_families=42_000, n_people=420_000, n_councils=10, n_quarters=8, years=ALL_YEARS, chunk=150_000)
QUARTER = SIZE.quarters[-1]
ARRIVED = datetime(2017, 4, 20)
SEED = 1


@dataclass(frozen=True)
class Return:
    """A file, whose it is, and how many rows of people it holds."""

    council_code: str
    content: bytes
    n_rows: int

    @property
    def received(self) -> Received:
        """Where it came from."""
        return Received(self.council_code, QUARTER, ARRIVED, "0" * 64)


def make_returns(folder: Path) -> tuple[list[Return], list[Return]]:
    """Returns of 10,000 rows, one in each shape of text that names its columns in known words, and one of 100,000."""
    register, schools = clean_register(SEED, SIZE)
    rows = register.filter(pl.col("quarter_date") == QUARTER).sort("family_ref", "person_ref")
    known = [shape for shape in SHAPES if shape.is_text and shape.vocabulary not in ("unfamiliar", "roundabout")]
    # a title names the council, and each file serves many
    shapes = [replace(shape, n_titles=0) for shape in known[:12]]
    codes = councils()["council_code"].sort().to_list()
    small = [
        _written(code, shape, rows.slice(at * ROWS_A_RETURN % (rows.height - ROWS_A_RETURN), ROWS_A_RETURN), schools)
        for at, (code, shape) in enumerate(zip(codes, shapes, strict=False))
    ]
    big = _written(codes[0], SHAPES[0], pl.concat([rows, rows.with_columns(_renamed())]).head(LARGE_ROWS), schools)
    return [_saved(each, folder) for each in small], [_saved(big, folder)]


def _renamed() -> list[pl.Expr]:
    return [pl.concat_str(pl.lit("X"), pl.col(name)).alias(name) for name in ("family_ref", "person_ref")]


def _written(
    code: str, shape: Shape, rows: pl.DataFrame, schools: pl.DataFrame
) -> tuple[str, Shape, pl.DataFrame, pl.DataFrame]:
    return code, shape, rows.with_columns(council_code=pl.lit(code)), schools


def _saved(made: tuple[str, Shape, pl.DataFrame, pl.DataFrame], folder: Path) -> Return:
    code, shape, rows, schools = made
    nothing_forced = pl.DataFrame(schema={"person_ref": pl.String(), FAULT: pl.String()})
    council = make_council(code, code, shape, rows, schools, nothing_forced, SEED)
    path = folder / f"{code}-{rows.height}.{shape.suffix}"
    save_page(page_of(council, written_rows(council, council.rows), QUARTER), shape, path)
    return Return(code, path.read_bytes(), rows.height)


def publish(zone: Zone, code: str, judged: JudgedReturn) -> None:
    """What the gate does with a judged return."""
    key = f"{code}|{QUARTER}"
    tables = {"council_register": judged.accepted, "return_judgements": judged.judgements}
    publish_all(
        zone,
        {table: stage_and_audit(zone, suite_for("linkage", table), table, data, key) for table, data in tables.items()},
    )


def _floor(each: Return) -> None:
    pl.read_csv(each.content, infer_schema=False, truncate_ragged_lines=True, encoding="utf8-lossy", quote_char=None)


def _take_in(zone: Zone, each: Return) -> None:
    publish(zone, each.council_code, judge_return(each.content, each.received))


def _in_dagster(home: Home, each: Return) -> None:
    slot = home.landing / "returns" / each.council_code / QUARTER.isoformat() / "register.csv"
    slot.parent.mkdir(parents=True, exist_ok=True)
    slot.write_bytes(each.content)
    arrived = ARRIVED.replace(tzinfo=UTC).timestamp()
    os.utime(slot, (arrived, arrived))
    with dg.DagsterInstance.ephemeral() as instance:
        key = f"{each.council_code}|{QUARTER}"
        dg.materialize([council_return], instance=instance, resources={"zone": LinkageZone()}, partition_key=key)


def _fastest(returns: list[Return], step: Callable[[Return], object]) -> float:
    """Seconds on the wall for all the returns, of the fastest turn."""
    taken = []
    for _ in range(TURNS):
        started = time.perf_counter()
        for each in returns:
            step(each)
        taken.append(time.perf_counter() - started)
    return min(taken)


def _report(title: str, returns: list[Return], zone: Zone, home: Home) -> None:
    n_rows = sum(each.n_rows for each in returns)
    read = {id(each): read_rows(each.content) for each in returns}
    judged = {id(each): judge_return(each.content, each.received) for each in returns}

    def standardise(each: Return) -> None:
        sheet = read[id(each)]
        standardise_rows(sheet, list(read_headings(sheet.headings).matches), QUARTER)

    steps: dict[str, Callable[[Return], object]] = {
        "floor: polars read_csv": _floor,
        "read": lambda each: read_rows(each.content),
        "  match headings, standardise": standardise,
        "read, standardise, judge": lambda each: judge_return(each.content, each.received),
        "stage, audit, publish": lambda each: publish(zone, each.council_code, judged[id(each)]),
        "all, without Dagster": lambda each: _take_in(zone, each),
        "all, in a run of Dagster": lambda each: _in_dagster(home, each),
    }
    print(f"\n{title}: {n_rows:,} rows, fastest of {TURNS}")
    for name, step in steps.items():
        seconds = _fastest(returns, step)
        print(
            f"  {name:<32}{seconds * 1000 / len(returns):8.0f} ms a return {n_rows / seconds:12,.0f} rows/s", flush=True
        )


@dataclass(frozen=True)
class Spent:
    """By a process: seconds on the wall, seconds of the processor, peak bytes."""

    wall: float
    processor: float
    peak: int


def _others(folder: Path, n_councils: int, n_processes: int = 1) -> list[Spent]:
    """What each of so many processes spends that take in returns at once."""
    command = [sys.executable, "-m", "benchmarks.intake", str(folder), str(n_councils)]
    environment = os.environ | ({"POLARS_MAX_THREADS": "1"} if n_processes > 1 else {})
    started = [
        subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) for _ in range(n_processes)
    ]
    told = [process.communicate()[0].split()[-3:] for process in started]
    return [Spent(float(wall), float(processor), int(kib) * 1024) for wall, processor, kib in told]


def take_in_many(folder: Path, n_councils: int) -> None:
    """Take in one return for each of so many councils; print the seconds on the wall and of the processor, and the
    peak KiB of this process.
    """
    home = Home(folder)
    zone = LinkageZone().zone()
    files = sorted(path for path in (home.root / "made").iterdir() if str(LARGE_ROWS) not in path.name)
    codes = councils()["council_code"].sort().to_list()[:n_councils]
    _take_in(zone, Return(codes[0], files[0].read_bytes(), 0))  # what a process does once: imports, suites
    started, used = time.perf_counter(), time.process_time()
    for at, code in enumerate(codes):
        _take_in(zone, Return(code, files[at % len(files)].read_bytes(), 0))
    wall, processor = time.perf_counter() - started, time.process_time() - used
    status = Path(
        "/proc/self/status"
    ).read_text()  # `ru_maxrss` would begin with the peak of the process that forked this
    print(wall, processor, next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM")))


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as temporary:
        os.environ[HOME_VARIABLE] = temporary
        home = Home(Path(temporary))
        create_keys(home)
        small, large = make_returns(home.root / "made")
        zone = LinkageZone().zone()
        _report(f"{len(small)} returns of {ROWS_A_RETURN:,} rows", small, zone, home)
        _report(f"one return of {LARGE_ROWS:,} rows", large, zone, home)
        both = _others(home.root, 48, n_processes=2)
        rate = 2 * 48 * ROWS_A_RETURN / max(each.wall for each in both)
        processor = sum(each.processor for each in both) / (2 * 48) * 1000
        print(f"\ntwo processes at once, as Dagster runs returns: {rate:,.0f} rows/s; target {TARGET:,} on two cores")
        print(f"  {processor:.0f} ms of the processor a return")
        print("peak memory of a process of its own:")
        for n_councils in COUNCILS_IN_MEMORY:
            print(f"  {n_councils:>4} councils {_others(home.root, n_councils)[0].peak / 2**20:8,.0f} MiB", flush=True)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        take_in_many(Path(sys.argv[1]), int(sys.argv[2]))
    else:
        main()
