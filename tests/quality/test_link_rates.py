"""Rates of links by group, and what the gate on the worst gap lets pass."""

import json

import duckdb
import numpy as np
import polars as pl
import pytest
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint

from tf_assets.quality.audit import audit
from tf_assets.quality.link_rates import FEWEST_EXPECTED, link_rate_counts_schema, rate_links
from tf_assets.quality.suites import suite_for
from tf_assets.warehouse.project import project_root

SUITES = {"link_rates": "linkage", "link_rates_by_group": "research"}


def counts(*groups: tuple[str, int, int], extract: str = "hospital", dimension: str = "sex", held: bool = True):
    """Counts of groups (name, people expected, of them linked); everybody is expected."""
    return pl.DataFrame(
        [(extract, dimension, name, held, n, linked, n, linked) for name, n, linked in groups],
        schema=link_rate_counts_schema(),
        orient="row",
    )


def test_rates_intervals_and_differences_are_those_of_statsmodels():
    rates = rate_links(counts(("F", 400, 380), ("M", 250, 245)))
    first = rates.row(0, named=True)
    assert (first["link_rate"], first["expected_rate"]) == (0.95, 0.95)
    assert (first["expected_rate_low"], first["expected_rate_high"]) == pytest.approx(
        proportion_confint(380, 400, method="wilson")
    )
    assert first["expected_rate_difference"] == pytest.approx(-3.0)
    least, _ = confint_proportions_2indep(245, 250, 380, 400, method="newcomb", alpha=0.001)
    assert least < 0 and first["least_shortfall"] == 0


def test_a_certain_shortfall_is_the_near_end_of_newcombes_interval():
    rates = rate_links(counts(("F", 5000, 4500), ("M", 6000, 5940)))
    least, _ = confint_proportions_2indep(5940, 6000, 4500, 5000, method="newcomb", alpha=0.001)
    assert rates["least_shortfall"].to_list() == pytest.approx([100 * least, 0.0])


@pytest.mark.parametrize(
    "unjudged",
    [
        counts(("F", 5000, 4500), ("M", 6000, 5940), held=False),
        counts(("upn", 5000, 4500), ("nino", 6000, 5940), dimension="stage"),
        counts(("all", 5000, 4500), dimension="all"),
        counts(("F", FEWEST_EXPECTED - 1, 10), ("M", 6000, 5940)),
    ],
    ids=["not everybody is held", "stages", "no others", "few"],
)
def test_what_cannot_be_held_against_the_rest_is_not_judged(unjudged):
    assert rate_links(unjudged).row(0, named=True)["least_shortfall"] is None


def test_a_group_made_by_missing_identifiers_is_shown_and_not_judged():
    rates = rate_links(counts(("U", 5000, 4500), ("F", 6000, 5940), ("M", 6000, 5940)))
    assert dict(rates.select("people_group", "least_shortfall").iter_rows()) == {"U": None, "F": 0, "M": 0}


def test_an_extract_that_should_hold_nobody_has_no_expected_rate():
    rates = rate_links(counts(("F", 0, 0), ("M", 0, 0)))
    assert rates["expected_rate"].null_count() == 2 and rates["least_shortfall"].null_count() == 2


def refusals(table: str, rates: pl.DataFrame) -> list[str]:
    with duckdb.connect() as connection:
        connection.register("rates", rates.to_arrow())
        connection.execute(f"CREATE TABLE {table} AS SELECT * FROM rates")
        found = audit(connection, table, suite_for(SUITES[table], table))
    return [outcome.column or outcome.type for outcome in found.outcomes if not outcome.passed]


@pytest.mark.parametrize(("table", "dimension"), [("link_rates", "council"), ("link_rates_by_group", "ethnic_group")])
def test_the_gate_refuses_a_group_that_is_certainly_missed_more(table, dimension):
    fair = rate_links(counts(("x", 5000, 4900), ("y", 5000, 4950), dimension=dimension))
    assert refusals(table, fair) == []
    # five points behind, of which four are certain
    unfair = rate_links(counts(("x", 5000, 4700), ("y", 5000, 4950), dimension=dimension))
    assert refusals(table, unfair) == ["least_shortfall"]


@pytest.mark.parametrize("table", SUITES)
def test_both_suites_hold_the_gap_to_three_points(table):
    suite = json.loads((project_root() / "expectations" / SUITES[table] / f"{table}.json").read_text())
    bounds = [each["kwargs"] for each in suite["expectations"] if each["kwargs"].get("column") == "least_shortfall"]
    assert bounds == [{"column": "least_shortfall", "min_value": 0, "max_value": 3}]


@pytest.mark.parametrize(("n_people", "n_missed"), [(100, 9), (500, 29), (2000, 88)])
def test_the_gate_closes_at_so_many_missed_of_a_group(n_people, n_missed):
    """The numbers of docs/explanation/linkage.md: of all others one in a thousand is missed."""
    others = ("M", 10_000, 9_990)
    closing, open_still = (rate_links(counts(("F", n_people, n_people - n), others)) for n in (n_missed, n_missed - 1))
    assert refusals("link_rates", closing) == ["least_shortfall"]
    assert refusals("link_rates", open_still) == []


def test_chance_alone_does_not_stop_a_release():
    """A thousand groups of the smallest size that is judged, all of one recall: none is certainly 3 points behind."""
    rng = np.random.default_rng(1)
    for recall in (0.9, 0.95, 0.99):
        linked = rng.binomial(FEWEST_EXPECTED, recall, 1000)
        groups = [(f"g{number:04d}", FEWEST_EXPECTED, int(n)) for number, n in enumerate(linked)]
        rates = rate_links(counts(*groups, dimension="council"))
        assert rates["least_shortfall"].max() <= 3
