"""Effects by group: each within its own people, councils against their region and drawn to their mean."""

import numpy as np
import polars as pl
import pytest

from benchmarks.effects import simulate
from tf_assets.research.cohorts.matching import match_for_areas
from tf_assets.research.cohorts.propensity import estimate_propensity
from tf_assets.research.effects.cohort import cohort_of
from tf_assets.research.effects.groups import estimate_groups, groups_of
from tf_assets.warehouse.schema import load_schemas


@pytest.fixture(scope="module")
def simulated():
    return simulate(4, 2400, rate=0.25, spared=0.3)


@pytest.fixture(scope="module")
def cohort(simulated):
    scores = estimate_propensity(simulated.people, simulated.covariates).scores
    return cohort_of(simulated.people, simulated.covariates, scores, match_for_areas(scores, simulated.people)[0])


@pytest.fixture(scope="module")
def effects(simulated, cohort):
    return estimate_groups(cohort, _values(simulated))


def _values(simulated):
    return simulated.people.select(
        "person_pseudonym",
        outcome=pl.lit("is_employed"),
        outcome_window=pl.lit("19-24"),
        value=pl.Series(simulated.outcome),
    )


def test_every_problem_year_and_council_has_its_row(simulated, effects):
    assert effects.filter(dimension="problem")["people_group"].len() == 6
    assert effects.filter(dimension="cohort_year")["people_group"].to_list() == ["2016"]
    councils = set(effects.filter(dimension="council")["people_group"])
    assert councils <= set(simulated.people["council_code"])
    assert len(councils) > 10
    assert set(effects.columns) == {column.name for column in load_schemas()["research", "group_effects"].columns}


def test_groups_hold_both_arms_of_their_own_people(cohort):
    treated = cohort.design.treated
    for group in groups_of(cohort):
        if group.dimension == "council":
            assert set(cohort.council[group.people & treated]) == {group.name}
            assert len(set(cohort.region[group.people])) == 1
        if group.dimension == "problem":
            assert (cohort.covariate(f"is_problem_{group.name}")[group.people] > 0).all()


def test_each_group_is_balanced_and_near_its_planted_effect(simulated, cohort, effects):
    """Truth is the mean of y1 - y0 over the group's programme people."""
    order = simulated.people["person_pseudonym"].arg_sort().to_numpy()
    change = (simulated.with_programme - simulated.without)[order]
    covered = []
    for group in groups_of(cohort):
        row = effects.filter(dimension=group.dimension, people_group=group.name)
        if row.is_empty():
            continue
        truth = change[group.people & cohort.design.treated].mean()
        covered.append(row["ci_low"].item() <= truth <= row["ci_high"].item())
        if group.dimension != "council":
            assert row["largest_smd"].item() < 0.1
    assert np.mean(covered) > 0.8


def test_councils_are_drawn_to_their_mean_and_nobody_else_is(effects):
    councils = effects.filter(dimension="council")
    assert councils["shrunk_estimate"].std() < councils["estimate"].std()
    assert (
        (councils["shrunk_high"] - councils["shrunk_low"]) < (councils["ci_high"] - councils["ci_low"])
    ).mean() > 0.9
    assert effects.filter(pl.col("dimension") != "council")["shrunk_estimate"].null_count() == len(effects) - len(
        councils
    )


def test_no_outcome_gives_an_empty_table_with_its_columns(simulated, cohort, effects):
    assert estimate_groups(cohort, _values(simulated).clear()).columns == effects.columns


def test_too_few_people_for_any_council_leave_the_others(simulated, cohort, effects):
    some = _values(simulated).filter(pl.int_range(pl.len()) % 25 == 0)
    few = estimate_groups(cohort, some)
    assert few.filter(dimension="council").is_empty()
    assert not few.is_empty()
    assert few.schema == effects.schema


def test_what_one_programme_person_alone_has_does_not_stop_the_balancing(simulated):
    scores = estimate_propensity(simulated.people, simulated.covariates).scores
    with_problem = simulated.covariates.filter(pl.col("is_problem_crime"))["person_pseudonym"].to_list()
    is_like_others = (pl.col("arm") == "programme") & pl.col("is_on_support")
    alone = scores.filter(is_like_others & pl.col("person_pseudonym").is_in(with_problem))["person_pseudonym"][0]
    covariates = simulated.covariates.with_columns(
        is_looked_after_before=(pl.col("person_pseudonym") == alone).cast(pl.Float64)
    )
    cohort = cohort_of(simulated.people, covariates, scores, match_for_areas(scores, simulated.people)[0])
    assert estimate_groups(cohort, _values(simulated)).filter(dimension="problem").height == 6
