"""Matching by sorting: the k nearest inside the caliper, within the stratum, with weights that add up."""

import numpy as np
import polars as pl
import pytest

from tf_assets.research.cohorts.matching import match, match_for_areas
from tf_assets.research.estimation.matching import nearest_within


def _scores(*rows):
    return pl.DataFrame(
        [(p, arm, stratum, logit, True) for p, arm, stratum, logit in rows],
        schema=["person_pseudonym", "arm", "stratum", "logit", "is_on_support"],
        orient="row",
    )


def test_the_nearest_are_those_of_a_full_search():
    rng = np.random.default_rng(4)
    pool, targets = np.sort(rng.normal(size=300)), rng.normal(size=200)
    places, is_inside = nearest_within(targets, pool, 5, 0.3)
    distances = np.abs(pool[None, :] - targets[:, None])
    nearest = np.sort(distances, axis=1)[:, :5]
    assert np.allclose(np.sort(np.abs(pool[places] - targets[:, None]), axis=1), nearest)
    assert (is_inside.sum(axis=1) == (nearest <= 0.3).sum(axis=1)).all()


@pytest.mark.parametrize("n_pool", [0, 1, 3])
def test_a_pool_smaller_than_k_is_used_up_once(n_pool):
    places, is_inside = nearest_within(np.array([0.0]), np.zeros(n_pool), 5, 1.0)
    assert sorted(places[is_inside]) == list(range(n_pool))


def test_weights_are_shares_of_the_people_matched_to():
    scores = _scores(
        ("a", "programme", "s", 1.00),
        ("b", "programme", "s", 3.00),
        ("x", "comparison", "s", 1.01),
        ("y", "comparison", "s", 0.98),
        ("z", "comparison", "s", 3.01),
    )
    matched = match(scores, k=2, caliper_sd=0.1)
    assert dict(matched.people.select("person_pseudonym", "weight").iter_rows()) == {
        **{"a": 1.0, "b": 1.0},
        **{"x": 0.5, "y": 0.5, "z": 1.0},
    }
    assert matched.n_unmatched == 0


def test_nobody_is_matched_across_strata_or_beyond_the_caliper():
    scores = _scores(
        ("a", "programme", "s", 1.0),
        ("b", "programme", "t", 1.0),
        ("x", "comparison", "s", 9.0),
        ("y", "comparison", "u", 1.0),
        ("z", "comparison", "t", 1.0),
    )
    matched = match(scores, k=1, caliper_sd=0.2)
    assert matched.people["person_pseudonym"].to_list() == ["b", "z"]
    assert matched.n_unmatched == 1


def test_somebody_off_the_common_support_is_not_matched():
    scores = _scores(("a", "programme", "s", 1.0), ("x", "comparison", "s", 1.0), ("y", "comparison", "s", 2.0))
    off = scores.with_columns(is_on_support=pl.col("arm") != "programme")
    assert match(scores, k=1).people.height == 2
    assert match(off, k=1).people.height == 0


def test_the_order_of_rows_does_not_matter():
    rng = np.random.default_rng(1)
    scores = _scores(
        *((f"{i:03}", "programme" if i % 2 else "comparison", "s", float(rng.integers(0, 9))) for i in range(200))
    )
    shuffled = scores.sample(fraction=1.0, shuffle=True, seed=3)
    assert match(scores).people.equals(match(shuffled).people)


def test_a_region_has_matches_of_its_own():
    scores = _scores(
        ("a", "programme", "s", 1.0),
        ("x", "comparison", "s", 1.0),
        ("y", "comparison", "s", 1.0),
    )
    people = pl.DataFrame(
        {"person_pseudonym": list("axy"), "family_pseudonym": list("axy"), "region_code": ["n", "w", "n"]}
    )
    table, national, regional = match_for_areas(scores, people)
    weights = {p: (w, r) for p, w, r in table.select("person_pseudonym", "weight", "region_weight").iter_rows()}
    assert (national.n_unmatched, regional.n_unmatched) == (0, 0)
    assert weights == {"a": (1.0, 1.0), "x": (0.5, 0.0), "y": (0.5, 1.0)}
