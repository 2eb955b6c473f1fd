"""One way: after a real run, what crossed each door is what is declared, and nobody is in what left."""

import json

import polars as pl
import pytest

from tests.journeys.conftest import files_below
from tf_assets.research.publication.figures import PUBLISHED_TABLES, figures_of
from tf_assets.research.publication.ledger import Ledger
from tf_assets.verification.doors import declared_doors, find_crossings
from tf_assets.warehouse.home import Home
from tf_assets.warehouse.resource import ZoneResource
from tf_assets.warehouse.schema import load_schemas

pytestmark = pytest.mark.xdist_group("journeys")

Finished = tuple[Home, dict[str, dict[str, object]]]


def test_what_crossed_each_door_is_what_is_declared(finished: Finished) -> None:
    home, _ = finished
    found = find_crossings(home)
    assert (found.undeclared, found.personal) == ((), ())
    # and each line of the list was needed, but for what this run was not asked for
    crossed = [name for names in found.crossed.values() for name in names]
    unused = [
        file.holds
        for file in declared_doors().files
        if file.door != "record" and not any(file.pattern.fullmatch(name) for name in crossed)
    ]
    assert unused == ["rows of a file of opt-outs that could not be used, by number, field and rule"]
    n_files = sum(len(files_below(folder)) for folder in (home.releases, home.published, home.feedback))
    assert len(crossed) - len(found.crossed["record"]) == n_files > 50


def test_each_person_of_the_release_is_looked_for(finished: Finished) -> None:
    """The same search finds a person where one is put."""
    home, _ = finished
    person = ZoneResource(environment="research").zone().read("released_people").row(0, named=True)
    page = next(home.feedback.glob("*/*/feedback.html"))
    before = page.read_bytes()
    try:
        for key in ("person_pseudonym", "family_pseudonym", "rounding_key"):
            page.write_bytes(before + str(person[key]).encode())
            assert find_crossings(home).personal == (str(page.relative_to(home.root)),)
    finally:
        page.write_bytes(before)


def test_what_a_council_is_told_of_its_families_is_in_the_ledger(finished: Finished) -> None:
    """Every figure of every published table, the councils' own among them, is a controlled one."""
    home, _ = finished
    current = json.loads((home.published / "current.json").read_text())
    zone = ZoneResource(environment="research").zone()
    folder = home.published / current["publication_id"] / "csv"
    tables = {}
    for table in PUBLISHED_TABLES:
        kept = zone.read(table)
        tables[table] = pl.read_csv(folder / f"{table.removeprefix('protected_')}.csv", schema=kept.schema)
        assert tables[table].columns == [column.name for column in load_schemas()["research", table].columns]
    assert {path.stem for path in folder.iterdir()} == {
        *(table.removeprefix("protected_") for table in PUBLISHED_TABLES),
        *("notes", "columns"),
    }
    figures = figures_of(tables, current["release_id"]).with_columns(publication_id=pl.lit(current["publication_id"]))
    assert Ledger(home.zone("research") / "ledger").holds(current["publication_id"], figures)
    of_councils = figures.filter(pl.col("area_type") == "council")
    assert of_councils.height > 100 and of_councils["area_code"].n_unique() > 1
    counts = figures.filter(pl.col("measure").str.starts_with("n_"))["published"].drop_nulls()
    assert counts.len() > 1000 and (counts % 10 == 0).all()
