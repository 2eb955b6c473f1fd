"""Who is on the registers, and how families move, split and stand twice."""

from datetime import date

import polars as pl
import pytest

from tf_assets.country.country import clean_register
from tf_assets.country.sizes import size_named

SIZE = size_named("demo", families=1_500, councils=12)
PERSON = ["council_code", "person_ref"]


@pytest.fixture(scope="module")
def register() -> pl.DataFrame:
    return clean_register(4, SIZE)[0]


@pytest.fixture(scope="module")
def last(register: pl.DataFrame) -> pl.DataFrame:
    return register.filter(pl.col("quarter_date") == date(2016, 7, 1))


def test_the_wanted_families_are_on_the_registers_with_all_their_members(
    last: pl.DataFrame,
) -> None:
    assert last["true_family_id"].n_unique() == 1_500
    assert 3.3 < last["person_id"].n_unique() / 1_500 < 4.3


def test_every_family_has_two_problems_or_more_and_a_child(last: pl.DataFrame) -> None:
    n_problems = last.select(pl.sum_horizontal(pl.col("^is_problem_.*$").cast(int))).to_series()
    with_child = last.filter(pl.col("role") == "child")["true_family_id"].unique()
    assert n_problems.min() == 2
    assert last["true_family_id"].is_in(with_child.implode()).mean() > 0.97


def test_a_bit_more_than_half_of_families_end_up_on_the_programme(last: pl.DataFrame) -> None:
    on_it = last.group_by("true_family_id").agg((pl.col("programme_group") == "programme").any())
    assert 0.52 < on_it["programme_group"].mean() < 0.63


def test_a_quarter_knows_nothing_of_later_days(register: pl.DataFrame) -> None:
    end = pl.col("quarter_date").dt.offset_by("3mo")
    later = register.filter(
        (pl.col("assessment_date") >= end) | (pl.col("start_date") >= end) | (pl.col("end_date") >= end)
    )
    assert later.is_empty()


def test_nobody_is_born_after_the_assessment_or_starts_before_it(register: pl.DataFrame) -> None:
    assert register.filter(pl.col("date_of_birth") > pl.col("assessment_date")).is_empty()
    assert register.filter(pl.col("start_date") < pl.col("assessment_date")).is_empty()
    assert register.filter(pl.col("end_date") < pl.col("start_date")).is_empty()


def test_those_awaiting_have_no_dates_of_work_and_all_others_have(register: pl.DataFrame) -> None:
    awaiting = register.filter(pl.col("programme_group") == "awaiting")
    assert awaiting["start_date"].null_count() == awaiting["end_date"].null_count() == len(awaiting)
    assert register.filter(pl.col("programme_group") == "programme")["start_date"].null_count() == 0


def test_some_families_are_awaiting_in_one_quarter_and_on_the_programme_later(register: pl.DataFrame) -> None:
    groups = register.group_by(PERSON).agg(pl.col("programme_group").n_unique())
    assert (groups["programme_group"] == 2).mean() > 0.05


def test_a_person_has_one_row_on_a_register_and_one_reference_for_ever(register: pl.DataFrame) -> None:
    assert register.select(*PERSON, "quarter_date").is_duplicated().sum() == 0
    assert register.group_by(PERSON).agg(pl.col("person_id").n_unique())["person_id"].max() == 1


def test_families_that_move_arrive_on_a_second_register_under_another_reference(last: pl.DataFrame) -> None:
    twice = last.group_by("person_id").agg(
        pl.col("council_code").n_unique().alias("councils"), pl.col("person_ref").n_unique().alias("refs")
    )
    moved = twice.filter(pl.col("councils") == 2)
    assert len(moved) >= 5
    assert (moved["refs"] == 2).all()


def test_some_children_stand_in_two_families_of_one_council(last: pl.DataFrame) -> None:
    twice = last.group_by("person_id", "council_code").agg(
        pl.col("person_ref").n_unique().alias("refs"),
        pl.col("family_ref").n_unique().alias("families"),
        pl.col("programme_group").n_unique().alias("groups"),
        pl.col("role").first(),
    )
    double = twice.filter(pl.col("refs") == 2)
    assert len(double) >= 3
    assert double.select((pl.col("families") == 2).all(), (pl.col("role") == "child").all()).row(0) == (True, True)


def test_rows_of_one_family_and_assessment_say_the_same_of_it(register: pl.DataFrame) -> None:
    said = register.group_by("council_code", "quarter_date", "family_ref", "assessment_date").agg(
        pl.col("^is_problem_.*$").n_unique()
    )
    assert said.select(pl.max_horizontal(pl.col("^is_problem_.*$")).max()).item() == 1


def test_families_split_and_merge_between_quarters(register: pl.DataFrame) -> None:
    references = register.group_by(PERSON).agg(pl.col("family_ref").n_unique())
    assert (references["family_ref"] == 2).sum() >= 10
    members = register.group_by("council_code", "quarter_date", "family_ref").agg(pl.col("true_family_id").n_unique())
    assert (members["true_family_id"] > 1).sum() >= 2


def test_numbers_and_schools_are_those_of_the_age(last: pl.DataFrame) -> None:
    age = (pl.date(2016, 9, 30) - pl.col("date_of_birth")).dt.total_days() / 365.25
    assert last.filter(age < 15.9)["nino"].null_count() == len(last.filter(age < 15.9))
    assert last.filter(age > 18)["upn"].null_count() == len(last.filter(age > 18))
    assert last.filter(age.is_between(5, 15))["school_name"].null_count() == 0
