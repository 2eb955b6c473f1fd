"""One late return among all, beside a rebuild of everything: `python -m benchmarks.late_return [--families N] [--councils N]`.

A fictional England is run from nothing; then one council's return is corrected and the run is made again. Both are
`tf-eval run`, from the file on the disk to the published tables. `--home` takes a home that has been run already, with
the seconds that its run took.
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
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        home = Home(asked.home or Path(folder))
        full = asked.full_seconds or _run_from_nothing(home, asked.families, asked.councils)
        released = _released(home)
        _correct_one(home)
        late = _seconds_of_run(home)
        if _released(home) == released:
            sys.exit("The correction changed no release, so nothing was measured. See the council's feedback.")
    share = late / full
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


def _correct_one(home: Home) -> None:
    """Send the largest text return of the newest quarter again, as it was sent last, without the row in its middle."""
    quarter = max(path.name for path in home.landing.glob("returns/E0*/????-??-??") if path.name < "2020")
    largest = max(home.landing.glob(f"returns/E0*/{quarter}/*.csv"), key=lambda path: path.stat().st_size)
    sent = max(largest.parent.glob("*.csv"), key=lambda path: path.stat().st_mtime_ns)
    lines = sent.read_bytes().splitlines(keepends=True)
    (sent.parent / f"corrected {time.time_ns()}.csv").write_bytes(
        b"".join([*lines[: len(lines) // 2], *lines[len(lines) // 2 + 1 :]])
    )


def _released(home: Home) -> str:
    """The release that research reads."""
    return str(json.loads((home.releases / "current.json").read_text())["release_id"])


if __name__ == "__main__":
    main()
