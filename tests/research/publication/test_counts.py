"""Protected counts: margins on their own, rates from published numbers, and the two holes of the usual methods."""

from collections.abc import Callable

import polars as pl
import pytest

from tf_assets.research.publication.catalogue import AGE_BANDS, ENGLAND
from tf_assets.research.publication.counts import RELIABLE_PEOPLE, protect_outcomes, protect_programme
from tf_assets.research.publication.rounding import round_counts

Cells = dict[str, pl.DataFrame]
MakeCells = Callable[[pl.DataFrame, pl.DataFrame], Cells]
KEY = ["area_code", "sex", "age_band", "arm", "outcome", "outcome_window"]
HARTLEPOOL, NORTH_EAST = "E06000001", "E12000001"


def literal_people(*rows: tuple[str, str, int, str, int]) -> pl.DataFrame:
    """(person, sex, age, arm, rounding key) in Hartlepool."""
    return pl.DataFrame(
        [
            {
                "person_pseudonym": person,
                "family_pseudonym": "f1",
                "arm": arm,
                "council_code": HARTLEPOOL,
                "region_code": NORTH_EAST,
                "sex": sex,
                "age_at_index": age,
                "rounding_key": key,
            }
            for person, sex, age, arm, key in rows
        ],
        schema_overrides={"rounding_key": pl.UInt64},
    )


def literal_values(*rows: tuple[str, float | None]) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "person_pseudonym": [person for person, _ in rows],
            "outcome": ["is_looked_after"] * len(rows),
            "outcome_window": ["19-24"] * len(rows),
            "value": [value for _, value in rows],
        },
        schema_overrides={"value": pl.Float64},
    )


def test_cells_count_the_observed_and_sum_their_keys_modulo_two_to_the_64(make_cells: MakeCells) -> None:
    people = literal_people(
        ("a", "F", 3, "programme", 2**64 - 1),
        ("b", "F", 4, "programme", 5),
        ("c", "F", 4, "programme", 7),
        ("d", "F", 5, "programme", 11),
    )
    cells = make_cells(people, literal_values(("a", 1.0), ("b", 1.0), ("c", None), ("d", 0.0)))["outcome_cells"]
    found = cells.select("age_band", "n_people", "n_yes", "people_key", "yes_key").sort("age_band").rows()
    assert found == [("00-04", 2, 2, 4, 4), ("05-09", 1, 0, 11, 0)]


@pytest.mark.parametrize(
    ("age", "band"),
    [
        *((0, "00-04"), (4, "00-04"), (5, "05-09"), (9, "05-09"), (10, "10-15"), (15, "10-15"), (16, "16-17")),
        *((17, "16-17"), (18, "18-24"), (24, "18-24"), (25, "25-34"), (34, "25-34"), (35, "35-49"), (49, "35-49")),
        *((50, "50+"), (90, "50+")),
    ],
)
def test_both_models_cut_ages_into_the_published_bands(make_cells: MakeCells, age: int, band: str) -> None:
    cells = make_cells(literal_people(("a", "F", age, "programme", 1)), literal_values(("a", 1.0)))
    assert cells["outcome_cells"]["age_band"].to_list() == [band]
    assert band in cells["programme_cells"]["age_band"].to_list()
    assert band in AGE_BANDS


def test_family_is_counted_once_with_the_key_of_all_its_people(make_cells: MakeCells, frame: pl.DataFrame) -> None:
    people = literal_people(("a", "F", 3, "programme", 2), ("b", "M", 30, "programme", 3))
    cells = make_cells(people, literal_values(("a", 1.0)))["programme_cells"]
    families = cells.filter(pl.col("unit") == "families").select("sex", "age_band", "n_counted", "cell_key").rows()
    assert families == [("all", "all", 1, 5)]


def test_each_margin_is_rounded_from_its_own_people(everybody: pl.DataFrame, cells: Cells, frame: pl.DataFrame) -> None:
    """An independent count of people, and not a sum of rounded cells."""
    published = protect_programme(cells["programme_cells"], frame)
    mine = everybody.filter((pl.col("council_code") == HARTLEPOOL) & (pl.col("arm") == "programme"))
    expected = round_counts(
        pl.Series([len(mine)]), pl.Series([sum(mine["rounding_key"].to_list()) % 2**64], dtype=pl.UInt64)
    ).item()
    found = published.filter(
        (pl.col("area_code") == HARTLEPOOL)
        & (pl.col("unit") == "people")
        & (pl.col("sex") == "all")
        & (pl.col("age_band") == "all")
        & (pl.col("arm") == "programme")
    )["n_counted"].to_list()
    assert found == [expected]


def test_rates_come_from_published_numbers_and_small_groups_have_none(tables: Cells) -> None:
    counts = tables["protected_outcome_counts"]
    shown = counts.filter(pl.col("yes_rate").is_not_null())
    assert (shown["yes_rate"] - 100 * shown["n_yes"] / shown["n_people"]).abs().max() < 0.051  # type: ignore[operator]
    assert counts.filter((pl.col("n_people") < RELIABLE_PEOPLE) & (pl.col("mark") != "[u]")).is_empty()
    assert counts.filter((pl.col("n_yes") == 0) & (pl.col("n_people") >= RELIABLE_PEOPLE))[
        "mark"
    ].unique().to_list() == ["[low]"]


def test_every_area_has_every_row_so_that_no_missing_row_tells_of_nobody(tables: Cells, frame: pl.DataFrame) -> None:
    counts = tables["protected_outcome_counts"]
    per_area = counts.group_by("area_code").len()
    assert per_area["len"].n_unique() == 1
    assert set(per_area["area_code"]) == set(frame["area_code"])


def test_scores_have_no_counts_and_sex_is_never_crossed_with_age(tables: Cells) -> None:
    counts = tables["protected_outcome_counts"]
    assert "ks4_attainment8" not in counts["outcome"].to_list()
    assert counts.filter((pl.col("sex") != "all") & (pl.col("age_band") != "all")).is_empty()


def test_hole_of_two_tables_whose_difference_is_a_small_cell(everybody: pl.DataFrame) -> None:
    """A total with and without three people: exact counts tell the three; published ones say 0 or 10, 3 on average."""
    differences = []
    for start in range(0, 9_000, 45):
        group = everybody[start : start + 45]
        with_them, without = (
            round_counts(pl.Series([len(part)]), pl.Series([part["rounding_key"].sum()], dtype=pl.UInt64)).item()
            for part in (group, group[3:])
        )
        differences.append(with_them - without)
    assert set(differences) <= {-10, 0, 10}
    assert pl.Series(differences).n_unique() == 3
    assert sum(differences) / len(differences) == pytest.approx(3, abs=4 * 7 / len(differences) ** 0.5)


def test_hole_of_a_cell_recovered_from_its_margin(cells: Cells, tables: Cells) -> None:
    """All less the males bounds the females; with the females' own figure it must leave five or more values open."""
    yes = tables["protected_outcome_counts"].filter(pl.col("age_band") == "all")
    wide = yes.pivot(on="sex", index=["area_code", "arm", "outcome"], values="n_yes")
    lower = pl.max_horizontal(pl.col("F") - 9, pl.col("all") - pl.col("M") - 18, pl.lit(0))
    upper = pl.min_horizontal(pl.col("F") + 9, pl.col("all") - pl.col("M") + 18)
    bounded = wide.with_columns(lower=lower, upper=upper)
    truth = (
        cells["outcome_cells"]
        .filter(pl.col("sex") == "F")
        .group_by("arm", "outcome", area_code="council_code")
        .agg(pl.col("n_yes").sum().alias("truth"))
    )
    small = bounded.join(truth, on=["area_code", "arm", "outcome"]).filter(pl.col("truth").is_between(1, 9))
    assert len(small) > 5
    assert small.filter((pl.col("truth") < pl.col("lower")) | (pl.col("truth") > pl.col("upper"))).is_empty()
    assert (small["upper"] - small["lower"]).min() >= 5  # type: ignore[operator]
    assert not wide.filter(pl.col("all") != pl.col("F") + pl.col("M")).is_empty()


def test_late_people_of_one_council_change_no_cell_without_them(
    everybody: pl.DataFrame, make_cells: MakeCells, frame: pl.DataFrame
) -> None:
    """Nested releases: what counts the same people says the same, so that time averages nothing away."""
    values = everybody.select(
        "person_pseudonym",
        outcome=pl.lit("is_looked_after"),
        outcome_window=pl.lit("19-24"),
        value=(pl.col("age_at_index") % 3 == 0).cast(pl.Float64),
    )
    is_late = (pl.col("council_code") == HARTLEPOOL) & (pl.col("sex") == "F") & (pl.col("age_at_index") < 5)
    early, late = (
        protect_outcomes(make_cells(people, values)["outcome_cells"], frame)
        for people in (everybody.filter(~is_late), everybody)
    )
    both = early.join(late, on=KEY, suffix="_late").filter(
        ~pl.col("area_code").is_in([HARTLEPOOL, NORTH_EAST, ENGLAND])
        | (pl.col("sex") == "M")
        | ~pl.col("age_band").is_in(["all", "00-04"])
    )
    same = pl.col("n_yes").eq(pl.col("n_yes_late")) & pl.col("n_people").eq(pl.col("n_people_late"))
    assert len(both) > 100
    assert both.filter(~same).is_empty()
    assert not early.equals(late)
