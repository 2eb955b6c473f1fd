"""The summary that a person reads when a run has ended."""

import json
from pathlib import Path

import polars as pl
from rich.console import Console

from tf_assets.cli.locations import RunSummary
from tf_assets.linkage.resources import LinkageZone
from tf_assets.research.publication.report import MAIN_METHOD
from tf_assets.verification.effects import published_beside_planted
from tf_assets.verification.linkage import linkage_quality
from tf_assets.verification.report import print_frame
from tf_assets.warehouse.home import Home
from tf_assets.warehouse.resource import ZoneResource
from tf_assets.warehouse.zone import Zone


def print_summary(home: Home, run: RunSummary, console: Console) -> None:
    """Returns, linkage, headline effects, and where everything lies."""
    linkage, research = LinkageZone().zone(), ZoneResource(environment="research").zone()
    has_truth = (home.truth / "effects.parquet").exists()
    _print_returns(linkage, console)
    _print_linkage(linkage, home, has_truth, console)
    _print_effects(research, home, has_truth, console)
    _print_places(home, console)


def _print_returns(zone: Zone, console: Console) -> None:
    receipts = zone.read("return_receipts")
    counts = dict(receipts["verdict"].value_counts().iter_rows())
    rows = zone.n_rows("council_register")
    console.print(
        f"\n[bold]Returns[/bold]  {counts.get('current', 0)} accepted, {counts.get('refused', 0)} refused, "
        f"{counts.get('waiting', 0)} waiting, {counts.get('superseded', 0)} superseded, {counts.get('duplicate', 0)} sent "
        f"twice, {counts.get('withdrawn', 0)} withdrawn; {rows:,} rows in use.",
        highlight=False,
    )
    told = receipts.filter(pl.col("verdict").is_in(["refused", "waiting"]))
    for verdict, council_code, quarter_date, reason in told.select(
        "verdict", "council_code", "quarter_date", "reason"
    ).iter_rows():
        slot = f"{council_code or 'no council'} {quarter_date or 'no quarter'}"
        console.print(f"  {verdict}, {slot}: {reason}", highlight=False, markup=False)


def _print_linkage(zone: Zone, home: Home, has_truth: bool, console: Console) -> None:
    n_people = zone.n_rows("people")
    quality = zone.read("link_quality").filter(pl.col("stage") == "all")
    shown = quality.select("extract", "n_links", est_precision="estimated_precision", est_recall="estimated_recall")
    if has_truth:
        true = linkage_quality(zone, home.truth).filter(pl.col("method") == "matchkeys and Splink")
        shown = shown.join(true.select("extract", "precision", "recall"), on="extract", how="left")
    console.print(f"\n[bold]Linkage[/bold]  {n_people:,} people on the registers.", highlight=False)
    title = "Links by extract: estimated" + (", and against the planted truth" if has_truth else "")
    print_frame(console, title, shown)


def _print_effects(zone: Zone, home: Home, has_truth: bool, console: Console) -> None:
    published = zone.read("protected_effects")
    if has_truth:
        effects = published_beside_planted(published, home.truth).drop("mark")
    else:
        effects = published.filter(pl.col("area_type") == "england").drop("area_type", "area_code", "area_name")
    main = effects.filter(pl.col("method") == MAIN_METHOD).drop("method").rename({"outcome_window": "months"})
    print_frame(console, "Headline effects for England as published, percentage points", main)


def _print_places(home: Home, console: Console) -> None:
    current = home.published / "current.json"
    folder = home.published / json.loads(current.read_text())["publication_id"] if current.exists() else home.published
    for what, path in (
        ("Report", folder / "report.html"),
        ("Tables", folder),
        ("What moved", home.published / "revisions"),
        ("Feedback to councils", home.feedback),
        ("Releases", home.releases),
        ("For the board", home.governance),
    ):
        console.print(f"{what:<22}{_short(path)}", highlight=False, soft_wrap=True)
    console.print(f"{'Dagster':<22}make ui, then open http://127.0.0.1:3000", highlight=False)


def _short(path: Path) -> str:
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)
