"""One late return among all, beside a rebuild of everything: `python -m benchmarks.late_return [--families N] [--councils N]`.

A fictional England is run from nothing; then one council's return is corrected and the run is made again. Both are
`tf-eval run`, from the file on the disk to the published tables. `--home` takes a home that has been run already, with
the seconds that its run took. One row left out seldom moves a published figure, and then little is made again; `--rows 50`
leaves out so many that figures move.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from tf_assets.cli.demo import make_demo_home
from tf_assets.country.country import make_country
from tf_assets.country.scenarios import scenario_named
from tf_assets.country.sizes import size_named
from tf_assets.warehouse.home import Home

SEED, QUARTERS, MOST_SHARE = 1, 8, 0.10


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--families", type=int, default=4_000)
    parser.add_argument("--councils", type=int, default=152)
    parser.add_argument("--home", type=Path)
    parser.add_argument("--full-seconds", type=float)
    parser.add_argument("--rows", type=int, default=1)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        home = Home(asked.home or Path(folder))
        full = asked.full_seconds or _run_from_nothing(home, asked.families, asked.councils)
        before = _current(home)
        _correct_one(home, asked.rows)
        late = _seconds_of_run(home)
        after = _current(home)
        if after == before:
            sys.exit("The correction changed no release, so nothing was measured. See the council's feedback.")
    share = late / full
    moved = "did" if _tables(before) != _tables(after) else "did not"
    print(f"{asked.rows} rows left out, published figures {moved} move")
    print(f"rebuild of everything {full:.0f} s, one late return {late:.0f} s: {share:.1%} (at most {MOST_SHARE:.0%})")


def _run_from_nothing(home: Home, families: int, councils: int) -> float:
    size = replace(size_named("demo", families=families, councils=councils), n_quarters=QUARTERS)
    make_country(SEED, size, scenario_named("headline"), home.landing, home.truth)
    make_demo_home(home, SEED, "demo", "headline")
    return _seconds_of_run(home)


def _seconds_of_run(home: Home) -> float:
    started = time.monotonic()
    variables = {**os.environ, "TF_HOME": str(home.root), "DAGSTER_HOME": str(home.dagster)}
    command = [sys.executable, "-m", "tf_assets.cli", "run"]
    subprocess.run(command, env=variables, check=True, stdout=subprocess.DEVNULL)
    return time.monotonic() - started


def _correct_one(home: Home, n_rows: int) -> None:
    """Send the largest text return of the newest quarter again, as it was sent last, without rows in its middle."""
    quarter = max(path.name for path in home.landing.glob("returns/E0*/????-??-??") if path.name < "2020")
    largest = max(home.landing.glob(f"returns/E0*/{quarter}/*.csv"), key=lambda path: path.stat().st_size)
    sent = max(largest.parent.glob("*.csv"), key=lambda path: path.stat().st_mtime_ns)
    lines = sent.read_bytes().splitlines(keepends=True)
    first = (len(lines) - n_rows) // 2
    (sent.parent / f"corrected {time.time_ns()}.csv").write_bytes(b"".join([*lines[:first], *lines[first + n_rows :]]))


def _current(home: Home) -> str:
    """The current publication's id: its release, and a hash of what it says."""
    return str(json.loads((home.published / "current.json").read_text())["publication_id"])


def _tables(publication_id: str) -> str:
    """The part of a publication's id that follows from its tables alone."""
    return publication_id.rsplit("-", 1)[1]


if __name__ == "__main__":
    main()
