"""In a country whose families split, join and share children, everybody has the problems of the own assessment."""

import polars as pl
import pytest

from benchmarks.linked_country import LinkedCountry, make_linked_country
from tf_assets.country.scenarios import SCENARIOS
from tf_assets.country.sizes import size_named

PROBLEMS = [
    f"is_problem_{each}" for each in ("crime", "attendance", "child_help", "worklessness", "domestic_abuse", "health")
]


@pytest.fixture(scope="module")
def country() -> LinkedCountry:
    return make_linked_country(4, size_named("demo", families=1_500, councils=12), SCENARIOS["headline"])


def test_problems_are_those_of_the_row_that_a_person_entered_from(country):
    people, covariates = country.read("eligible_people"), country.read("cohort_covariates")
    rows = country.read("released_programme_spells").filter(pl.col("assessment_date").is_not_null())
    own = ["person_pseudonym", "family_pseudonym", "council_code", "assessment_date"]
    joined = (
        people.select(own).join(rows, on=own, validate="1:1").join(covariates, on="person_pseudonym", suffix="_found")
    )
    assert len(joined) == len(people) == len(covariates) > 5_000
    assert [name for name in PROBLEMS if not joined[name].equals(joined[f"{name}_found"])] == []
    # there are families for whom it makes a difference
    several = rows.group_by("family_pseudonym").agg(pl.col("assessment_date").n_unique())
    assert (several["assessment_date"] > 1).sum() >= 5


def test_nobody_has_more_days_on_jsa_than_on_any_benefit(country):
    days = country.read("cohort_covariates").select("n_jsa_days_before", "n_out_of_work_days_before")
    assert days["n_jsa_days_before"].max() > 300
    assert (days["n_jsa_days_before"] <= days["n_out_of_work_days_before"]).all()
    assert (days["n_out_of_work_days_before"] > days["n_jsa_days_before"]).mean() > 0.05
