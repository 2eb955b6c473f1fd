"""Which figures moved and because of whose return: literal ledgers in, every moved figure out."""

from datetime import date, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from tf_assets.research.publication.catalogue import ENGLAND, OUTCOMES
from tf_assets.research.publication.causes import (
    AREA_RETURNS,
    EXTRACT,
    NOT_RECORDED,
    OTHER_RETURNS,
    OTHERWISE,
    OUTCOME_EXTRACTS,
    OWN_RETURN,
    SUBJECTS,
    changes_between,
)
from tf_assets.research.publication.ledger import FIGURE_SCHEMA, RECORD_SCHEMA, Ledger
from tf_assets.research.publication.revisions import REVISION_SCHEMA, revisions_of
from tf_assets.research.publication.sources import RETURN_SCHEMA, Sources
from tf_assets.warehouse.calendar import EXTRACTS

HARTLEPOOL, DARLINGTON, LEEDS = "E06000001", "E06000005", "E08000035"
NORTH_EAST, YORKSHIRE = "E12000001", "E12000003"
APRIL, JULY = date(2015, 4, 1), date(2015, 7, 1)

AREAS = {ENGLAND: "england", NORTH_EAST: "region", YORKSHIRE: "region"}


def count(area: str, published: float, outcome: str = "is_on_jsa", measure: str = "n_yes") -> dict[str, Any]:
    """A published count of people with an outcome."""
    return {
        "table_name": "protected_outcome_counts",
        "measure": measure,
        "area_type": AREAS.get(area, "council"),
        "area_code": area,
        "outcome": outcome,
        "published": published,
        "upper": published + 9,
    }


def effect(area: str, published: float) -> dict[str, Any]:
    """A published effect in steps of 0.5."""
    return {
        **count(area, published, measure="effect|matched"),
        "table_name": "protected_effects",
        "upper": published + 0.5,
    }


def part(publication_id: str, *figures: dict[str, Any]) -> pl.DataFrame:
    """The records of one publication as the ledger gives them."""
    rows = [{**figure, "publication_id": publication_id, "release_id": publication_id[:2]} for figure in figures]
    return pl.DataFrame(rows, schema=RECORD_SCHEMA)


def sources(*returns: tuple[str, date, str], extracts: dict[str, str] | None = None, software: str = "same") -> Sources:
    """What a publication was made of: council, quarter and content of each return."""
    rows = [(*each, datetime(2015, 8, 1)) for each in returns]
    return Sources(pl.DataFrame(rows, schema=RETURN_SCHEMA, orient="row"), extracts or {}, software)


def told(before: Sources | None, after: Sources | None, *areas: str, outcome: str = "is_on_jsa") -> dict[str, Any]:
    """The account of a count of each area that fell by 10: cause, because_of and n_returns by area."""
    parts = [part(name, *(count(area, n, outcome) for area in areas)) for name, n in (("r1-a", 50.0), ("r2-b", 40.0))]
    known = {name: each for name, each in (("r1-a", before), ("r2-b", after)) if each}
    moved = revisions_of(parts, known)
    assert moved.select("previous", "published", "change", "step", "kind").unique().rows() == [
        (50.0, 40.0, -10.0, 10.0, "changed")
    ]
    accounts = moved.select("area_code", "cause", "because_of", "n_returns").rows()
    assert len(accounts) == len(areas)
    return {area: account for area, *account in accounts}


BEFORE = sources((HARTLEPOOL, APRIL, "h1"), (DARLINGTON, APRIL, "d1"), (LEEDS, APRIL, "l1"))
HARTLEPOOL_CORRECTED = sources((HARTLEPOOL, APRIL, "h2"), (DARLINGTON, APRIL, "d1"), (LEEDS, APRIL, "l1"))


def test_each_area_is_laid_to_the_nearest_return_that_changed() -> None:
    corrected = "Hartlepool April 2015 (corrected)"
    areas = (HARTLEPOOL, DARLINGTON, NORTH_EAST, YORKSHIRE, ENGLAND)
    assert told(BEFORE, HARTLEPOOL_CORRECTED, *areas) == {
        HARTLEPOOL: [OWN_RETURN, corrected, 1],
        DARLINGTON: [OTHER_RETURNS, corrected, 1],
        NORTH_EAST: [AREA_RETURNS, corrected, 1],
        YORKSHIRE: [OTHER_RETURNS, corrected, 1],
        ENGLAND: [AREA_RETURNS, corrected, 1],
    }


def test_returns_are_named_in_order_of_council_and_quarter_with_what_became_of_them() -> None:
    after = sources((LEEDS, APRIL, "l2"), (HARTLEPOOL, JULY, "h3"), (HARTLEPOOL, APRIL, "h1"))
    assert told(BEFORE, after, ENGLAND, NORTH_EAST, HARTLEPOOL) == {
        ENGLAND: [
            AREA_RETURNS,
            "Darlington April 2015 (withdrawn); Hartlepool July 2015 (new); Leeds April 2015 (corrected)",
            3,
        ],
        NORTH_EAST: [AREA_RETURNS, "Darlington April 2015 (withdrawn); Hartlepool July 2015 (new)", 2],
        HARTLEPOOL: [OWN_RETURN, "Hartlepool July 2015 (new)", 1],
    }


def test_of_many_returns_five_are_named_and_the_others_counted() -> None:
    quarters = [date(year, month, 1) for year in (2015, 2016) for month in (1, 4, 7, 10)]
    after = sources(*((HARTLEPOOL, quarter, "h") for quarter in quarters))
    assert told(sources(), after, HARTLEPOOL)[HARTLEPOOL] == [
        OWN_RETURN,
        "Hartlepool January 2015 (new); Hartlepool April 2015 (new); Hartlepool July 2015 (new); "
        "Hartlepool October 2015 (new); Hartlepool January 2016 (new); 3 more returns",
        8,
    ]


def test_an_extract_that_was_sent_again_moves_what_is_measured_from_it() -> None:
    first = sources(extracts={"attendance|2015-09-01": "a1", "offences|2015-01-01": "o1"})
    again = sources(extracts={"attendance|2015-09-01": "a2", "offences|2015-01-01": "o1"})
    label = "education: school attendance 2015/16 (sent again)"
    assert told(first, again, LEEDS, outcome="is_persistently_absent")[LEEDS] == [EXTRACT, label, 0]
    # nothing else changed, so the figure was moved by it all the same, by way of linkage or matching
    assert told(first, again, LEEDS, outcome="is_on_jsa")[LEEDS] == [EXTRACT, label, 0]


def test_a_year_of_an_extract_that_is_new_or_withdrawn_is_said_so() -> None:
    first = sources(extracts={"offences|2014-01-01": "o"})
    second = sources(extracts={"benefits|2016-04-01": "b"})
    assert told(first, second, LEEDS, outcome="is_employed")[LEEDS] == [
        EXTRACT,
        "DWP: benefits 2016/17 (new); justice: offences 2014 (withdrawn)",
        0,
    ]


def test_an_own_return_comes_before_an_extract_and_the_extract_before_other_councils_returns() -> None:
    changed = Sources(HARTLEPOOL_CORRECTED.returns, {"benefits|2016-04-01": "b"}, "same")
    assert told(BEFORE, changed, HARTLEPOOL, LEEDS) == {
        HARTLEPOOL: [OWN_RETURN, "Hartlepool April 2015 (corrected); DWP: benefits 2016/17 (new)", 1],
        LEEDS: [EXTRACT, "DWP: benefits 2016/17 (new)", 0],
    }
    assert told(BEFORE, changed, LEEDS, outcome="is_employed")[LEEDS][0] == OTHER_RETURNS


def test_when_nothing_that_is_sent_changed_it_was_an_opt_out_or_the_software() -> None:
    expected = [OTHERWISE, "No return and no extract changed", 0]
    assert told(BEFORE, BEFORE, HARTLEPOOL)[HARTLEPOOL] == expected
    newer = Sources(BEFORE.returns, {}, "newer")
    assert told(BEFORE, newer, HARTLEPOOL)[HARTLEPOOL] == expected
    changes = changes_between(BEFORE, newer)
    assert changes and changes.is_software_changed


@pytest.mark.parametrize(("before", "after"), [(None, BEFORE), (BEFORE, None)], ids=["earlier", "later"])
def test_nobody_is_accused_where_the_sources_of_a_publication_are_not_known(
    before: Sources | None, after: Sources | None
) -> None:
    assert told(before, after, HARTLEPOOL)[HARTLEPOOL][0] == NOT_RECORDED


def test_the_first_publication_moves_nothing() -> None:
    assert revisions_of([part("r1-a", count(LEEDS, 50))], {}).is_empty()
    assert revisions_of([], {}).schema == REVISION_SCHEMA


def test_a_publication_that_says_the_same_moves_nothing() -> None:
    assert revisions_of([part("r1-a", count(LEEDS, 50)), part("r2-b", count(LEEDS, 50))], {}).is_empty()


def test_hidden_figures_appear_and_shown_ones_are_withdrawn() -> None:
    parts = [part("r1-a", effect(NORTH_EAST, -1.5)), part("r2-b", effect(YORKSHIRE, 2.0))]
    moved = revisions_of(parts, {"r1-a": BEFORE, "r2-b": HARTLEPOOL_CORRECTED})
    assert moved.select("area_code", "previous", "published", "change", "step", "kind", "cause").rows() == [
        (NORTH_EAST, -1.5, None, None, 0.5, "withdrawn", AREA_RETURNS),
        (YORKSHIRE, None, 2.0, None, 0.5, "appeared", OTHER_RETURNS),
    ]


def test_three_publications_are_two_revisions_each_against_the_one_before() -> None:
    parts = [
        part("r1-a", count(LEEDS, 50), count(HARTLEPOOL, 20)),
        part("r2-b", count(LEEDS, 60), count(HARTLEPOOL, 20)),
        part("r3-c", count(LEEDS, 50), count(HARTLEPOOL, 30)),
    ]
    moved = revisions_of(parts, {})
    assert moved.select("publication_id", "previous_publication_id", "release_id", "area_code", "change").rows() == [
        ("r2-b", "r1-a", "r2", LEEDS, 10.0),
        ("r3-c", "r2-b", "r3", HARTLEPOOL, 10.0),
        ("r3-c", "r2-b", "r3", LEEDS, -10.0),
    ]


def test_figures_of_all_england_without_an_area_are_laid_to_any_return() -> None:
    balance = {"table_name": "protected_balance", "measure": "smd_after|age", "published": 0.1, "upper": 0.12}
    parts = [part("r1-a", balance), part("r2-b", {**balance, "published": 0.08, "upper": 0.1})]
    moved = revisions_of(parts, {"r1-a": BEFORE, "r2-b": HARTLEPOOL_CORRECTED})
    assert moved.select("figure", "change", "step", "cause").rows() == [
        ("protected_balance|smd_after|age|-|-|-|-|-|-|-", -0.02, 0.02, AREA_RETURNS)
    ]


def test_ends_of_intervals_have_no_step() -> None:
    end = {**effect(ENGLAND, -2.0), "measure": "ci_low|matched", "upper": -2.0}
    parts = [part("r1-a", end), part("r2-b", {**end, "published": -2.5, "upper": -2.5})]
    assert revisions_of(parts, {}).select("change", "step").rows() == [(-0.5, None)]


def test_the_same_publication_recorded_twice_moves_nothing_more(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    for publication_id, published in (("r1-a", 50.0), ("r2-b", 40.0), ("r2-b", 40.0)):
        figure = {**count(LEEDS, published), "lower": 0.0, "method": "m"}
        ledger.append(publication_id, part(publication_id, figure).select(FIGURE_SCHEMA.names()))
    assert revisions_of(ledger.read_parts(), {}).select("publication_id", "change").rows() == [("r2-b", -10.0)]


def test_the_order_of_the_ledgers_figures_does_not_matter() -> None:
    figures = [(area, n) for n, area in enumerate((LEEDS, HARTLEPOOL, ENGLAND, NORTH_EAST))]
    before, after = ([count(area, 10.0 * (n + more)) for area, n in figures] for more in (1, 2))
    straight = revisions_of([part("r1-a", *before), part("r2-b", *after)], {})
    assert straight.equals(revisions_of([part("r1-a", *before[::-1]), part("r2-b", *after[::-1])], {}))


def test_every_outcome_has_its_extract_and_every_extract_a_name() -> None:
    assert set(OUTCOME_EXTRACTS) == set(OUTCOMES)
    assert set(OUTCOME_EXTRACTS.values()) == set(SUBJECTS) == set(EXTRACTS)
