"""Protected effects: steps that hide ten people, intervals that still cover, hiding by published numbers."""

import numpy as np
import polars as pl
import pytest

from tf_assets.research.publication.catalogue import ENGLAND
from tf_assets.research.publication.estimates import protect_effects
from tf_assets.warehouse.errors import EvaluationError

AREAS = pl.DataFrame({"area_type": ["england"], "area_code": [ENGLAND], "area_name": ["England"]})


def cells(
    programme: tuple[int, int], comparison: tuple[int, int], key: int = 1, outcome: str = "is_on_jsa"
) -> pl.DataFrame:
    """`outcome_cells` of (people, yes) in each arm, in one council."""
    return pl.DataFrame(
        [
            {
                "council_code": "E06000001",
                "region_code": "E12000001",
                "sex": "F",
                "age_band": "18-24",
                "arm": arm,
                "outcome": outcome,
                "outcome_window": "19-24",
                "n_people": n_people,
                "n_yes": n_yes,
                "people_key": key,
                "yes_key": key + 1,
            }
            for arm, (n_people, n_yes) in (("programme", programme), ("comparison", comparison))
        ],
        schema_overrides={"people_key": pl.UInt64, "yes_key": pl.UInt64},
    )


def effect(
    estimate: float | None = -0.0123,
    standard_error: float | None = 0.004,
    outcome: str = "is_on_jsa",
    method: str = "matching",
    effective_sample: float | None = 1e9,
    why_not_published: str = "",
) -> pl.DataFrame:
    known = estimate is not None and standard_error is not None
    interval = (estimate - 1.96 * standard_error, estimate + 1.96 * standard_error) if known else (None, None)
    return pl.DataFrame(
        {
            "outcome": [outcome],
            "outcome_window": ["19-24"],
            "area_code": [ENGLAND],
            "method": [method],
            "estimate": pl.Series([estimate], dtype=pl.Float64),
            "ci_low": pl.Series([interval[0]], dtype=pl.Float64),
            "ci_high": pl.Series([interval[1]], dtype=pl.Float64),
            "effective_sample": pl.Series([effective_sample], dtype=pl.Float64),
            "why_not_published": [why_not_published],
        }
    )


@pytest.mark.parametrize(
    ("programme", "comparison", "grain"),
    [((1000, 200), (1000, 200), 1.0), ((100_000, 900), (2000, 200), 0.5), ((100, 50), (100, 50), 10.0)],
)
def test_effect_is_a_multiple_of_a_step_that_hides_ten_people(
    programme: tuple[int, int], comparison: tuple[int, int], grain: float
) -> None:
    row = protect_effects(effect(), cells(programme, comparison), AREAS).row(0, named=True)
    assert row["grain"] == grain
    assert abs(row["effect"] - -1.23) < grain
    assert abs(row["effect"] / grain - round(row["effect"] / grain)) < 1e-6
    smallest = min(row["n_programme"], row["n_comparison"])
    counts_left_open = 2 * grain / 100 * smallest
    assert counts_left_open >= 20


def test_few_effective_people_coarsen_the_step() -> None:
    row = protect_effects(effect(effective_sample=50.0), cells((1000, 200), (1000, 200)), AREAS).row(0, named=True)
    assert row["grain"] == 20.0


@pytest.mark.parametrize(
    ("programme", "comparison", "mark"),
    [
        ((1000, 200), (1000, 200), None),
        ((1000, 200), (90, 40), "[c]"),  # under 100 people, as published
        ((1000, 200), (1000, 0), "[c]"),  # nobody, or so it seems
        ((1000, 1000), (1000, 200), "[c]"),  # everybody: group disclosure
        ((1000, 200), (1000, 20), "[u]"),  # few had the outcome
    ],
)
def test_mark_is_decided_by_published_numbers(
    programme: tuple[int, int], comparison: tuple[int, int], mark: str | None
) -> None:
    row = protect_effects(effect(), cells(programme, comparison), AREAS).row(0, named=True)
    assert row["mark"] == mark
    assert (row["effect"] is None) == (mark == "[c]")
    assert {row[name] for name in ("ci_low", "ci_high", "grain", "programme_rate", "rate_without_programme")} == {
        None
    } or mark != "[c]"


def test_effect_without_a_standard_error_is_not_available() -> None:
    row = protect_effects(effect(standard_error=None), cells((1000, 200), (1000, 200)), AREAS).row(0, named=True)
    assert (row["mark"], row["effect"]) == ("[x]", None)


def test_interval_tells_nothing_that_the_published_effect_hides() -> None:
    """Two estimates that are published alike have the same interval, although the true ones differ."""
    groups = cells((1000, 200), (1000, 200), key=3)
    rows = [
        protect_effects(effect(estimate=estimate), groups, AREAS).row(0, named=True)
        for estimate in np.linspace(-0.0199, -0.0101, 50)
    ]
    alike = {
        row["effect"]: {(other["ci_low"], other["ci_high"]) for other in rows if other["effect"] == row["effect"]}
        for row in rows
    }
    assert len(alike) == 2
    assert all(len(intervals) == 1 for intervals in alike.values())


def test_interval_is_never_shorter_than_the_true_one_on_either_side() -> None:
    skewed = effect().with_columns(ci_low=pl.lit(-0.05), ci_high=pl.lit(-0.011))
    row = protect_effects(skewed, cells((9000, 2000), (9000, 2000)), AREAS).row(0, named=True)
    assert row["effect"] - row["ci_low"] >= 5 - 1.23
    assert 0.13 <= row["ci_high"] - row["effect"] < 1


def test_intervals_cover_the_truth_as_often_as_they_say() -> None:
    rng, n, truth, error = np.random.default_rng(5), 2_000, -0.01, 0.006
    regions = pl.DataFrame(
        {"region_code": [f"R{i}" for i in range(n)], "key": pl.int_range(n, dtype=pl.UInt64, eager=True)}
    )
    groups = (
        cells((1000, 200), (1000, 200))
        .drop("region_code")
        .join(regions, how="cross")
        .with_columns(people_key=pl.col("people_key") + pl.col("key"))
    )
    estimates = (
        effect(standard_error=error)
        .drop("area_code", "estimate")
        .join(regions.select(area_code="region_code"), how="cross")
        .with_columns(estimate=pl.Series(truth + error * rng.standard_normal(n)))
        .with_columns(ci_low=pl.col("estimate") - 1.96 * error, ci_high=pl.col("estimate") + 1.96 * error)
    )
    areas = regions.select(area_type=pl.lit("region"), area_code="region_code", area_name="region_code")
    found = protect_effects(estimates, groups, areas)
    covered = found.filter((pl.col("ci_low") <= 100 * truth) & (pl.col("ci_high") >= 100 * truth))
    assert len(found) == n
    assert len(covered) / n >= 0.95 - 3 * (0.95 * 0.05 / n) ** 0.5


def test_two_methods_of_the_same_people_share_their_draw() -> None:
    both = pl.concat([effect(), effect(method="doubly-robust")])
    found = protect_effects(both, cells((1000, 200), (1000, 200)), AREAS)
    assert found["effect"].n_unique() == 1


def test_rate_without_the_programme_follows_from_published_numbers() -> None:
    row = protect_effects(effect(), cells((1000, 200), (1000, 250)), AREAS).row(0, named=True)
    assert row["programme_rate"] == 20.0
    assert row["rate_without_programme"] == pytest.approx(20.0 - row["effect"])


@pytest.mark.parametrize(
    ("outcome", "estimate", "grain"), [("ks4_attainment8", 1.2, 0.2), ("absence_rate", 0.012, 0.3)]
)
def test_mean_has_an_effect_whose_step_hides_two_whole_people_and_no_rate(
    outcome: str, estimate: float, grain: float
) -> None:
    row = protect_effects(
        effect(estimate=estimate, standard_error=0.004, outcome=outcome),
        cells((900, 0), (900, 0), outcome=outcome),
        AREAS,
    ).row(0, named=True)
    assert (row["grain"], row["programme_rate"], row["mark"]) == (grain, None, None)
    assert abs(row["effect"] - 1.2) < grain


def test_p_values_and_true_sizes_do_not_come_out() -> None:
    columns = set(protect_effects(effect(), cells((1000, 200), (1000, 200)), AREAS).columns)
    assert not columns & {"p_value", "standard_error", "n_treated", "comparison_rate", "naive_difference"}


def test_unknown_outcome_is_refused_with_the_place_to_describe_it() -> None:
    with pytest.raises(EvaluationError, match=r"is_happy.*catalogue\.py"):
        protect_effects(effect(outcome="is_happy"), cells((1000, 200), (1000, 200)), AREAS)
