"""Planted effects: what the scenarios promise is what the truth says."""

from typing import Any

import numpy as np
import pytest

from tf_assets.country.country import make_candidates, stream
from tf_assets.country.places import make_places
from tf_assets.country.potential import Outcome, plan_outcomes
from tf_assets.country.register import Register
from tf_assets.country.scenarios import HEADLINE, SCENARIOS
from tf_assets.country.sizes import size_named

SIZE = size_named("demo", families=1_500, councils=12)


def _plan(scenario: str) -> tuple[Register, dict[str, Outcome]]:
    chosen = SCENARIOS[scenario]
    who = make_candidates(5, SIZE, chosen, make_places(stream(5, 0), SIZE))
    return who.register, plan_outcomes(who.rng, who.block, who.lives, who.register, chosen)


def _rates(register: Register, outcome: Outcome) -> tuple[float, float, float]:
    """Among programme people y1 and y0, and among the comparison y0: in months 19-24, or 1-24 for justice."""
    is_programme = register.is_programme[register.family[outcome.person]]

    def rate(y: np.ndarray, who: np.ndarray) -> float:
        y = y[who]
        return float((y.any(axis=1) if outcome.planted.is_24_months else y[:, 3]).mean())

    return (
        rate(outcome.with_programme, is_programme),
        rate(outcome.without, is_programme),
        rate(outcome.without, ~is_programme),
    )


@pytest.fixture(scope="module")
def headline() -> tuple[Register, dict[str, Outcome]]:
    return _plan("headline")


@pytest.mark.parametrize("name", HEADLINE)
def test_headline_rates_are_met_up_to_a_few_people(headline: tuple[Register, dict[str, Outcome]], name: str) -> None:
    register, outcomes = headline
    with_programme, without, _ = _rates(register, outcomes[name])
    n_people = register.is_programme[register.family[outcomes[name].person]].sum()
    assert abs(without - HEADLINE[name].without) * n_people < 3
    assert abs(with_programme - HEADLINE[name].with_programme) * n_people < 5


def test_the_naive_comparison_hides_the_effect_on_jsa(headline: tuple[Register, dict[str, Outcome]]) -> None:
    register, outcomes = headline
    with_programme, without, comparison = _rates(register, outcomes["is_on_jsa"])
    true_effect, naive = with_programme - without, with_programme - comparison
    assert true_effect == pytest.approx(-0.012, abs=0.002)
    assert naive > true_effect + 0.01


def test_effects_build_up_over_the_windows(headline: tuple[Register, dict[str, Outcome]]) -> None:
    outcome = headline[1]["is_on_jsa"]
    spared = (outcome.without & ~outcome.with_programme).sum(axis=0)
    assert 0 < spared[0] < spared[3]
    assert spared[:2].sum() < spared[2:].sum()


def test_custody_comes_with_a_conviction_and_jsa_with_a_benefit(headline: tuple[Register, dict[str, Outcome]]) -> None:
    outcomes = headline[1]
    for inner in (name for name, planted in HEADLINE.items() if planted.within):
        outer = outcomes[str(HEADLINE[inner].within)]
        assert not (outcomes[inner].without & ~outer.without).any()
        assert not (outcomes[inner].with_programme & ~outer.with_programme).any()


def test_the_null_programme_changes_nobody() -> None:
    _, outcomes = _plan("null")
    assert all((outcome.without == outcome.with_programme).all() for outcome in outcomes.values())


def test_deep_families_gain_more_in_the_heterogeneous_scenario() -> None:
    register, outcomes = _plan("heterogeneous")
    outcome = outcomes["is_on_jsa"]
    is_deep = register.problems[register.family[outcome.person]].sum(axis=1) >= 4
    had = outcome.without[:, 3]
    spared = had & ~outcome.with_programme[:, 3]
    assert spared[had & is_deep].mean() > 1.5 * spared[had & ~is_deep].mean()


def test_poor_overlap_leaves_few_comparable_families() -> None:
    mixed = {}
    for scenario in ("headline", "poor-overlap"):
        register, _ = _plan(scenario)
        need = register.problems.sum(axis=1) * 100 + register.council
        share = {cell: register.is_programme[need == cell].mean() for cell in np.unique(need)}
        of_family = np.array([share[cell] for cell in need])
        mixed[scenario] = ((of_family > 0.2) & (of_family < 0.8)).mean()
    assert mixed["headline"] > 0.7
    assert mixed["poor-overlap"] < mixed["headline"] - 0.25


def test_a_hidden_trait_decides_in_the_unobserved_scenario_alone() -> None:
    for scenario, low, high in (("headline", -0.15, 0.15), ("unobserved", 0.3, 1.2)):
        register, _ = _plan(scenario)
        gap = register.unobserved[register.is_programme].mean() - register.unobserved[~register.is_programme].mean()
        assert low < gap < high


def test_councils_differ_more_in_the_clustered_scenario() -> None:
    spread = {}
    for scenario in ("headline", "council-clustered"):
        register, outcomes = _plan(scenario)
        outcome = outcomes["is_on_out_of_work_benefit"]
        council = register.council[register.family[outcome.person]]
        rates = [outcome.without[council == each].mean() for each in np.unique(council)]
        spread[scenario] = float(np.std(rates))
    assert spread["council-clustered"] > 1.5 * spread["headline"]


def test_the_truth_file_states_the_effects_of_the_potential_outcomes(country: Any) -> None:
    n_rows, worst = country.sql.execute(
        """
        WITH measured AS (
            SELECT outcome, "window", avg(y1) - avg(y0) AS effect
            FROM outcomes INNER JOIN arms USING (person_id) WHERE arm = 'programme' GROUP BY ALL
        )
        SELECT count(*), max(abs(measured.effect - effects.effect))
        FROM effects FULL JOIN measured USING (outcome, "window")
        """
    ).fetchone()
    assert n_rows == 12 * 4 + 4
    assert worst < 1e-12
