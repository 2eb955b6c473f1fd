"""Methods that must be broken: an attacker who cannot break these proves nothing of ours."""

import numpy as np
import polars as pl
import pytest

from tests.attack.ledgers import PARENTS, Keyed, figures, margins, people
from tf_assets.research.disclosure.attack import Block, attack_blocks
from tf_assets.research.disclosure.knowledge import CELL_SCHEMA, CHANGE_SCHEMA, Relations
from tf_assets.research.disclosure.published import read_counts
from tf_assets.warehouse.errors import InputRefused

NO_CHANGES = pl.DataFrame(schema=CHANGE_SCHEMA)
NO_RELATIONS = Relations()


def attacked(published: pl.DataFrame, relations: Relations = NO_RELATIONS) -> pl.DataFrame:
    return attack_blocks([Block("weak", published, relations)], PARENTS, NO_CHANGES)


def right(found: pl.DataFrame, counts: dict[tuple[str, str], int]) -> pl.DataFrame:
    """The breaches of groups of 1 to 9 people, each of which must hold the truth."""
    truth = pl.DataFrame(
        [(*key, count) for key, count in counts.items()], schema=["area", "group", "truth"], orient="row"
    )
    breaches = found.filter((pl.col("target") == "count") & pl.col("is_breach")).join(truth, on=["area", "group"])
    assert breaches.filter((pl.col("truth") < pl.col("least")) | (pl.col("truth") > pl.col("most"))).is_empty()
    return breaches.filter(pl.col("truth").is_between(1, 9))


def hide_small(counts: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    is_small = (counts >= 1) & (counts <= 9)
    return np.where(is_small, np.nan, counts), np.where(is_small, 1, counts), np.where(is_small, 9, counts)


def hide_and_round_to_5(counts: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rounded = 5 * np.round(counts / 5)
    is_small = counts < 10
    return (
        np.where(is_small, np.nan, rounded),
        np.where(is_small, 0, np.maximum(rounded - 2, 10)),
        np.where(is_small, 9, rounded + 2),
    )


def test_small_counts_hidden_alone_are_found_from_a_margin() -> None:
    counts = margins(people())
    breaches = right(attacked(figures(counts, hide_small)), counts)
    assert (breaches["most"] == breaches["least"]).any()


def test_small_counts_hidden_and_others_rounded_to_5_are_found() -> None:
    counts = margins(people(mean=4, seed=2))
    assert right(attacked(figures(counts, hide_and_round_to_5)), counts).height


def test_true_rates_beside_rounded_counts_give_the_counts_away() -> None:
    """A rate to one decimal and both counts rounded: the whole numbers that give that rate are few."""
    observed = {council: table + 20 for council, table in people().items()}
    yes, all_people = margins(people()), margins(observed)
    method = Keyed(1)
    published = figures(yes, method)
    rates = [round(100 * yes[key] / all_people[key], 1) for key in yes]
    bounds = []
    for lower, upper, n, rate in zip(published["lower"], published["upper"], all_people.values(), rates, strict=True):
        fitting = [
            count
            for people_there in range(max(10 * (n // 10) - 9, 1), 10 * (n // 10) + 20)
            for count in range(int(lower), int(upper) + 1)
            if round(100 * count / people_there, 1) == rate
        ]
        bounds.append((min(fitting), max(fitting)))
    told = published.with_columns(
        lower=pl.Series([low for low, _ in bounds], dtype=pl.Float64),
        upper=pl.Series([high for _, high in bounds], dtype=pl.Float64),
    )
    assert right(attacked(told), yes).height


def test_two_tables_that_each_pass_and_whose_difference_is_small() -> None:
    """Those aged 10 to 17, and those aged 10 to 16, each shown exactly since each is large."""
    rows = [("aged 10 to 17", 60.0), ("aged 10 to 16", 57.0)]
    published = pl.DataFrame(
        [(series, "England", "all", 0, count, count, count) for series, count in rows], schema=CELL_SCHEMA, orient="row"
    )
    found = attacked(published, Relations(within=[("aged 10 to 16", "aged 10 to 17")]))
    assert found.filter(pl.col("target") == "outside").row(0, named=True)["least"] == 3
    assert found.filter(pl.col("target") == "outside")["is_breach"].all()


def test_a_hidden_count_is_found_exactly_from_a_margin() -> None:
    rows = [("all", 20.0, 20.0, 20.0), ("sex:F", 16.0, 16.0, 16.0), ("sex:M", None, 1.0, 9.0)]
    published = pl.DataFrame(
        [("yes", "England", group, 0, *told) for group, *told in rows], schema=CELL_SCHEMA, orient="row"
    )
    found = attacked(published).filter(pl.col("group") == "sex:M").row(0, named=True)
    assert (found["least"], found["most"], found["is_breach"]) == (4, 4, True)


def test_exact_counts_show_who_came_with_a_late_return() -> None:
    """Nobody's count is small, and the three who came are found."""
    published = pl.DataFrame(
        [("yes", "England", "all", step, count, count, count) for step, count in enumerate((40.0, 43.0))],
        schema=CELL_SCHEMA,
        orient="row",
    )
    found = attacked(published).filter(pl.col("target") == "added").row(0, named=True)
    assert (found["least"], found["most"], found["is_breach"]) == (3, 3, True)


def test_rounding_anew_in_each_release_is_averaged_away() -> None:
    """Eight roundings of one unchanged count bound it far closer than one."""
    random = np.random.default_rng(0)
    draws = random.random(8) < 0.5
    published = pl.DataFrame(
        [("yes", "A1", "all", step, p, max(p - 9, 0), p + 9) for step, p in enumerate(np.where(draws, 10.0, 0.0))],
        schema=CELL_SCHEMA,
        orient="row",
    )
    same = pl.DataFrame({"area": "A1", "step": list(range(8)), "kind": "same"}, schema=CHANGE_SCHEMA)
    found = attack_blocks([Block("fresh keys", published, Relations())], {}, same).row(0, named=True)
    assert (found["least"], found["most"]) == (1, 9)


def test_a_count_that_hovers_is_narrowed_down_by_its_changes() -> None:
    """What the gate is for: people who come one at a time, and a figure that goes up and down."""
    published = pl.DataFrame(
        [("yes", "A1", "all", step, p, max(p - 9, 0), p + 9) for step, p in enumerate([10.0, 0.0] * 3)],
        schema=CELL_SCHEMA,
        orient="row",
    )
    found = attack_blocks([Block("hovering", published, Relations())], {}, NO_CHANGES)
    assert found.filter((pl.col("target") == "count") & pl.col("is_breach")).height == 6


@pytest.mark.parametrize(
    ("changed", "said"),
    [({"sex": "F", "age_band": "10-15"}, "a sex and an age band at once"), ({"area_code": "Ward 7"}, "no council")],
)
def test_a_ledger_that_the_attack_does_not_know_is_refused_and_not_passed(changed: dict[str, str], said: str) -> None:
    figure = {"table_name": "visits", "measure": "n_people", "area_type": "council", "area_code": "E06000001"}
    figure |= {"sex": "all", "age_band": "all", "arm": "programme", "outcome": "visited", "outcome_window": "19-24"}
    part = pl.DataFrame([{**figure, **changed, "published": 10.0, "lower": 1.0, "upper": 19.0}])
    with pytest.raises(InputRefused, match=said) as refused:
        read_counts([part])
    assert "Ward" not in str(refused.value)
