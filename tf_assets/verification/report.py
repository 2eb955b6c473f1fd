"""`tf-eval verify`: print the comparison of a finished run with the planted truth."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
from rich.console import Console
from rich.table import Table

from tf_assets.governance.evidence import record_canaries, record_doors
from tf_assets.linkage.resources import LinkageZone
from tf_assets.verification.canaries import Search, search_home
from tf_assets.verification.defects import LEAST_CAUGHT, MOST_GOOD_REFUSED, DefectCounts, count_defects
from tf_assets.verification.doors import Crossings, find_crossings
from tf_assets.verification.effects import published_beside_planted
from tf_assets.verification.linkage import linkage_quality
from tf_assets.warehouse.errors import EvaluationError
from tf_assets.warehouse.home import Home
from tf_assets.warehouse.resource import ZoneResource


@dataclass(frozen=True)
class Verification:
    """What `verify` found: linkage quality, effects beside the planted ones, defects, canaries, what crossed the doors."""

    linkage: pl.DataFrame
    effects: pl.DataFrame
    defects: DefectCounts
    canaries: Search
    crossings: Crossings

    @property
    def is_clean(self) -> bool:
        """Whether no planted identifier was found where none may be, and nothing crossed a door that may not."""
        return not self.canaries.found and self.crossings.are_as_declared


def compare_with_truth(home: Home) -> Verification:
    """Compare the home's published state with its truth; an `EvaluationError` where there is no truth or no run."""
    if not (home.truth / "effects.parquet").exists():
        raise EvaluationError(f"There is no planted truth in {home.root}: only a fictional country has one.")
    linkage, research = LinkageZone().zone(), ZoneResource(environment="research").zone()
    published = research.read("protected_effects")
    if published.is_empty():
        raise EvaluationError(f"Nothing has been published in {home.root} yet. Run `tf-eval run` first.")
    return Verification(
        linkage=linkage_quality(linkage, home.truth),
        effects=published_beside_planted(published, home.truth),
        defects=count_defects(linkage, home),
        canaries=search_home(home),
        crossings=find_crossings(home),
    )


def verify_home(home: Home, console: Console, report_json: Path | None = None) -> bool:
    """Print the comparison; whether it is clean of canaries and the intake is good enough."""
    found = compare_with_truth(home)
    print_frame(console, "Linkage against the truth", found.linkage)
    print_frame(console, "Effects for England, percentage points: published beside planted", found.effects)
    print_defects(console, found.defects)
    search = found.canaries
    record_canaries(home, search.n_canaries, search.n_files, search.found)
    console.print(
        f"Canaries: {search.n_canaries} planted identifiers, searched for in {search.n_files} files "
        f"({search.n_bytes / 1e6:.0f} MB) outside the landing area, the truth and the keys: "
        + (f"found in {', '.join(search.found)}." if search.found else "none found."),
        highlight=False,
        style="red" if search.found else None,
    )
    crossings = found.crossings
    crossed = {door: len(names) for door, names in crossings.crossed.items()}
    record_doors(home, crossed, crossings.undeclared, crossings.personal)
    print_crossings(console, crossings)
    if report_json:
        report_json.write_text(json.dumps(_as_json(found), indent=2, default=str) + "\n")
    return found.is_clean and found.defects.is_good_enough


def verify_returns(home: Home, console: Console, report_json: Path | None = None) -> bool:
    """Print what the intake made of the planted defects, where nothing but the intake has run; whether it is enough."""
    if not (home.truth / "defects.parquet").exists():
        raise EvaluationError(f"There is no planted truth in {home.root}: only a fictional country has one.")
    zone = LinkageZone().zone()
    if zone.read("return_judgements").is_empty():
        raise EvaluationError(f"No return has been received in {home.root} yet. Run `tf-eval run` first.")
    defects = count_defects(zone, home)
    print_defects(console, defects)
    if report_json:
        report_json.write_text(json.dumps(_defects_as_json(defects), indent=2, default=str) + "\n")
    return defects.is_good_enough


def print_crossings(console: Console, crossings: Crossings) -> None:
    """How many files crossed each door, and which of them may not."""
    crossed = ", ".join(f"{len(names)} through {door}" for door, names in crossings.crossed.items())
    wrong = [f"{name} is not declared" for name in crossings.undeclared]
    wrong += [f"{name} holds a key of a person" for name in crossings.personal]
    console.print(
        f"Doors: {crossed}: " + (f"{'; '.join(wrong)}." if wrong else "all declared, and nobody in what leaves."),
        highlight=False,
        style="red" if wrong else None,
    )


def print_defects(console: Console, defects: DefectCounts) -> None:
    """The planted defects by kind, the totals, and whether they reach what an intake must."""
    print_frame(console, "Planted defects of rows", defects.rows)
    print_frame(console, "Planted defects of files", defects.files)
    lines = (
        f"Caught and named to row and field: {defects.n_caught:,} of {defects.n_detectable:,} that can be seen "
        f"({defects.share_caught:.2%}; at least {LEAST_CAUGHT:.0%}).",
        f"Good rows refused: {defects.n_good_refused:,} of {defects.n_good_rows:,} "
        f"({defects.share_good_refused:.2%}; at most {MOST_GOOD_REFUSED:.1%}).",
        f"Good rows of which a change between returns is told: {defects.n_good_changed:,} "
        f"({defects.n_good_changed / max(defects.n_good_rows, 1):.2%}).",
        f"Files without the verdict that they should have: {int(defects.files['n_missed'].sum())}.",
    )
    for line in lines:
        console.print(line, highlight=False)
    passed = defects.is_good_enough
    console.print("The intake passes." if passed else "The intake fails.", style=None if passed else "red")


def print_frame(console: Console, title: str, frame: pl.DataFrame) -> None:
    """A frame as a table on the terminal; numbers right-aligned, rates to four digits."""
    table = Table(title=title, title_justify="left", title_style="bold")
    for name, dtype in frame.schema.items():
        table.add_column(name, justify="right" if dtype.is_numeric() else "left", overflow="fold")
    for row in frame.iter_rows():
        table.add_row(
            *("" if v is None else f"{v:.4f}".rstrip("0").rstrip(".") if isinstance(v, float) else str(v) for v in row)
        )
    console.print(table)


def _as_json(found: Verification) -> dict[str, Any]:
    return {
        "linkage": found.linkage.to_dicts(),
        "effects": found.effects.to_dicts(),
        **_defects_as_json(found.defects),
        "canaries_found": list(found.canaries.found),
        "undeclared_files": list(found.crossings.undeclared),
        "files_with_people": list(found.crossings.personal),
    }


def _defects_as_json(defects: DefectCounts) -> dict[str, Any]:
    return {
        "defects": {"rows": defects.rows.to_dicts(), "files": defects.files.to_dicts()},
        "defects_detectable": defects.n_detectable,
        "defects_caught": defects.n_caught,
        "good_rows": defects.n_good_rows,
        "good_rows_refused": defects.n_good_refused,
        "good_rows_changed": defects.n_good_changed,
    }
