"""Effects corrected for linkage errors, against planted truth: links are dropped and wrong ones added by chance."""

from dataclasses import dataclass

import numpy as np
import polars as pl
import pytest

from tf_assets.quality.link_rates import link_rate_counts_schema, rate_links
from tf_assets.research.effects.attenuation import (
    ERROR_ODDS,
    correct_effects,
    largest_correction,
    linkage_errors,
)
from tf_assets.research.publication.causes import OUTCOME_EXTRACTS

READ_AS_NO, LEFT_OUT = "is_convicted_adult", "is_on_jsa"
N_ARM, N_TRIALS = 40_000, 40


@dataclass(frozen=True)
class Arm:
    """An arm's truth (rate of the outcome, share with a record) and how it was linked."""

    rate: float
    recorded: float
    recall: float
    precision: float


def seen(rng, arms: tuple[Arm, Arm], is_left_out: bool, missed_more_if_yes: float = 0.0) -> dict[str, float]:
    """One trial: the rates that an outcome table would show of both arms, and what is known of their links.

    missed_more_if_yes: by how much the first arm's recall is lower for people with the outcome.
    """
    has_record = [rng.random(N_ARM) < arm.recorded for arm in arms]
    is_yes = [
        record & (rng.random(N_ARM) < arm.rate / arm.recorded) for record, arm in zip(has_record, arms, strict=True)
    ]
    strangers = np.concatenate([yes[record] for yes, record in zip(is_yes, has_record, strict=True)])
    found = {}
    for name, arm, record, yes in zip(("programme", "comparison"), arms, has_record, is_yes, strict=True):
        recall = arm.recall - (missed_more_if_yes * yes if name == "programme" else 0.0)
        right = record & (rng.random(N_ARM) < recall)
        free = np.flatnonzero(~right)
        wrong = rng.choice(free, round(right.sum() * (1 / arm.precision - 1)), replace=False)
        shown = right & yes
        shown[wrong] = rng.choice(strangers, len(wrong))
        linked = right.copy()
        linked[wrong] = True
        found[f"{name}_rate"] = float(shown[linked].mean() if is_left_out else shown.mean())
        found[f"linked_{name}"] = float(linked.mean())
        found[f"precision_{name}"] = float(right.sum() / linked.sum())
    return found


def corrected_frame(outcome: str, shown: list[dict[str, float]], recall: float | None, gap: tuple[float, float]):
    """Each trial's effect, corrected by what is known of the links over all trials."""
    seen_rates = pl.DataFrame(shown)
    effects = seen_rates.select(
        "programme_rate",
        "comparison_rate",
        outcome=pl.lit(outcome),
        outcome_window=pl.int_range(pl.len()).cast(pl.String),
        area_code=pl.lit("E92000001"),
        method=pl.lit("matching"),
        estimate=pl.col("programme_rate") - pl.col("comparison_rate"),
    )
    errors = seen_rates.drop("programme_rate", "comparison_rate").cast(pl.Float64).mean()
    return correct_effects(
        effects,
        errors.with_columns(
            extract=pl.lit(OUTCOME_EXTRACTS[outcome]),
            recall=pl.lit(recall, dtype=pl.Float64),
            recall_gap_low=pl.lit(gap[0]),
            recall_gap_high=pl.lit(gap[1]),
        ),
    )


def corrected(outcome: str, trial: dict[str, float], recall: float | None, gap: tuple[float, float] = (0.0, 0.0)):
    return corrected_frame(outcome, [trial], recall, gap).row(0, named=True)


def trials(outcome: str, arms: tuple[Arm, Arm], recall: float, **how: float) -> dict[str, tuple[float, float]]:
    """Mean and Monte Carlo error of the estimate and of the corrected one over all trials."""
    rng = np.random.default_rng(7)
    shown = [seen(rng, arms, outcome == LEFT_OUT, **how) for _ in range(N_TRIALS)]
    found = corrected_frame(outcome, shown, recall, gap=(0.0, 0.0))
    values = {name: found[name].to_numpy() for name in ("estimate", "corrected")}
    return {name: (each.mean(), each.std(ddof=1) / np.sqrt(N_TRIALS)) for name, each in values.items()}


def is_near(found: tuple[float, float], truth: float) -> bool:
    """Within three Monte Carlo errors."""
    return abs(found[0] - truth) < 3 * found[1]


def test_errors_by_chance_shrink_an_effect_that_is_read_as_no_and_the_correction_undoes_it():
    arms = Arm(0.20, 0.30, 0.8, 0.95), Arm(0.30, 0.40, 0.8, 0.95)
    found = trials(READ_AS_NO, arms, recall=0.8)
    assert found["estimate"][0] == pytest.approx(-0.08, abs=0.004)  # recall times the effect
    assert not is_near(found["estimate"], -0.10)
    assert is_near(found["corrected"], -0.10)


def test_wrong_links_shrink_an_effect_whose_unlinked_are_left_out_and_missed_ones_do_not():
    arms = Arm(0.40, 1.0, 0.6, 1.0), Arm(0.50, 1.0, 0.6, 1.0)
    assert is_near(trials(LEFT_OUT, arms, recall=0.6)["estimate"], -0.10)
    arms = Arm(0.40, 1.0, 0.8, 0.9), Arm(0.50, 1.0, 0.8, 0.9)
    found = trials(LEFT_OUT, arms, recall=0.8)
    assert found["estimate"][0] == pytest.approx(-0.09, abs=0.003)  # precision times the effect
    assert not is_near(found["estimate"], -0.10)
    assert is_near(found["corrected"], -0.10)


def test_precision_that_differs_between_arms_is_allowed_for():
    arms = Arm(0.40, 1.0, 0.8, 0.85), Arm(0.50, 1.0, 0.8, 0.98)
    found = trials(LEFT_OUT, arms, recall=0.8)
    assert is_near(found["corrected"], -0.10) and not is_near(found["estimate"], -0.10)


def test_missing_one_arm_more_than_the_other_breaks_the_correction_and_the_range_allows_for_it():
    arms = Arm(0.20, 0.30, 0.75, 0.99), Arm(0.30, 0.40, 0.85, 0.99)
    found = trials(READ_AS_NO, arms, recall=0.8)
    assert abs(found["corrected"][0] + 0.10) > 20 * found["corrected"][1]
    trial = seen(np.random.default_rng(3), arms, is_left_out=False)
    alike, apart = (corrected(READ_AS_NO, trial, 0.8, gap) for gap in ((0.0, 0.0), (-0.12, -0.08)))
    assert alike["corrected"] == apart["corrected"] < -0.12
    assert apart["corrected_high"] > -0.10 > alike["corrected"]


def test_links_missed_because_of_the_outcome_are_beyond_the_correction():
    arms = Arm(0.40, 1.0, 0.8, 0.99), Arm(0.50, 1.0, 0.8, 0.99)
    found = trials(LEFT_OUT, arms, recall=0.8, missed_more_if_yes=0.2)
    assert abs(found["corrected"][0] + 0.10) > 20 * found["corrected"][1]


def test_the_range_holds_the_estimates_of_error_that_are_so_many_times_too_small():
    arms = Arm(0.20, 0.30, 0.9, 0.99), Arm(0.30, 0.40, 0.9, 0.99)
    trial = seen(np.random.default_rng(4), arms, is_left_out=False)
    claimed = 0.9 / (0.9 + 0.1 / ERROR_ODDS)
    row = corrected(READ_AS_NO, trial, claimed)
    assert row["recall_low"] == pytest.approx(0.9)
    assert row["corrected_low"] <= corrected(READ_AS_NO, trial, 0.9)["corrected"] < row["corrected"] < row["estimate"]


def test_the_largest_correction_is_told_in_points_and_without_any_it_is_none():
    arms = Arm(0.20, 0.30, 0.9, 0.99), Arm(0.30, 0.40, 0.9, 0.99)
    found = corrected_frame(READ_AS_NO, [seen(np.random.default_rng(5), arms, is_left_out=False)], 0.9, (0.0, 0.0))
    moved = 100 * abs(found["corrected"].item() - found["estimate"].item())
    assert moved > 0.5 and largest_correction(found) == pytest.approx(moved, abs=0.001)
    assert largest_correction(found.clear()) == 0.0


def test_perfect_links_change_nothing():
    trial = dict.fromkeys(("linked_programme", "linked_comparison", "precision_programme", "precision_comparison"), 1.0)
    trial |= {"programme_rate": 0.2, "comparison_rate": 0.3}
    for outcome in (READ_AS_NO, LEFT_OUT):
        row = corrected(outcome, trial, recall=1.0)
        assert [row[name] for name in ("corrected", "corrected_low", "corrected_high")] == pytest.approx([-0.1] * 3)


def test_an_extract_whose_links_were_not_estimated_is_not_corrected():
    trial = {"programme_rate": 0.2, "comparison_rate": 0.3, "precision_programme": None, "precision_comparison": None}
    row = corrected(READ_AS_NO, trial | {"linked_programme": None, "linked_comparison": None}, recall=None)
    assert [row[name] for name in ("estimate", "corrected", "corrected_low", "corrected_high")] == [
        pytest.approx(-0.1),
        *(None, None, None),
    ]


def test_errors_come_from_the_links_probabilities_and_the_arms_gap_from_where_everybody_is_held():
    people = pl.DataFrame({"person_pseudonym": ["a", "b", "c"], "arm": ["programme", "programme", "comparison"]})
    links = pl.DataFrame(
        {
            "extract": ["offences"] * 3,
            "person_pseudonym": ["a", "b", "c"],
            "match_probability": [1.0, 0.9, 0.8],
        }
    )
    quality = pl.DataFrame({"extract": ["offences"] * 2, "stage": ["all", "upn"], "estimated_recall": [0.97, 0.5]})
    counts = pl.DataFrame(
        [
            ("offences", "arm", "programme", False, 100, 40, 0, 0),
            ("offences", "arm", "comparison", False, 100, 20, 0, 0),
            ("hospital", "arm", "programme", True, 1000, 980, 1000, 980),
            ("hospital", "arm", "comparison", True, 1000, 990, 1000, 990),
        ],
        schema=link_rate_counts_schema(),
        orient="row",
    )
    row = linkage_errors(links, people, quality, rate_links(counts)).row(0, named=True)
    assert (row["extract"], row["recall"]) == ("offences", 0.97)
    assert (row["precision_programme"], row["precision_comparison"]) == pytest.approx((0.95, 0.8))
    assert (row["linked_programme"], row["linked_comparison"]) == (0.4, 0.2)
    assert row["recall_gap_low"] < -0.01 < row["recall_gap_high"] < 0.01
    nowhere = linkage_errors(links, people, quality, rate_links(counts.filter(~pl.col("is_everybody_held"))))
    assert nowhere.select("recall_gap_low", "recall_gap_high").row(0) == (-1.0, 1.0)
