"""What the programme may change lies after the index date: nothing before it says what will happen."""

from dataclasses import fields
from typing import Any

import numpy as np
import pytest

from tf_assets.country.country import make_candidates, stream
from tf_assets.country.days import NEVER
from tf_assets.country.lives import Lives, Spells
from tf_assets.country.places import make_places
from tf_assets.country.potential import plan_outcomes
from tf_assets.country.scenarios import SCENARIOS
from tf_assets.country.sizes import size_named
from tf_assets.country.unfolding import unfold

SIZE = size_named("demo", families=1_500, councils=12)


@pytest.fixture(scope="module")
def lives() -> tuple[Lives, Lives, np.ndarray]:
    """As drawn, as unfolded, and everybody's index date (NEVER for people on no register)."""
    scenario = SCENARIOS["headline"]
    who = make_candidates(5, SIZE, scenario, make_places(stream(5, 0), SIZE))
    outcomes = plan_outcomes(who.rng, who.block, who.lives, who.register, scenario)
    index = np.full(len(who.block), NEVER, dtype=np.int64)
    index[who.register.person] = who.register.index
    return who.lives, unfold(who.rng, who.block, who.lives, who.register, outcomes), index


def _days_before(spells: Spells, index: np.ndarray) -> list[tuple[int, ...]]:
    """Spells that began before the person's index date, as far as they lie before it."""
    eve = index[spells.person] - 1
    mine = (index[spells.person] < NEVER) & (spells.start <= eve)
    end = np.minimum(spells.end, eve)
    return sorted(zip(*(each[mine].tolist() for each in (spells.person, spells.kind, spells.start, end)), strict=True))


@pytest.mark.parametrize("domain", ["social_care", "benefits", "employment"])
def test_every_day_of_a_spell_before_the_index_date_stays(lives: tuple[Lives, Lives, np.ndarray], domain: str) -> None:
    drawn, unfolded, index = lives
    before = _days_before(getattr(drawn, domain), index)
    assert len(before) > 500
    assert _days_before(getattr(unfolded, domain), index) == before


@pytest.mark.parametrize(("domain", "when"), [("offences", "offence"), ("attendances", "day")])
def test_every_event_before_the_index_date_stays(
    lives: tuple[Lives, Lives, np.ndarray], domain: str, when: str
) -> None:
    def before(events: Any) -> list[tuple[int, ...]]:
        mine = (index[events.person] < NEVER) & (getattr(events, when) < index[events.person])
        return sorted(zip(*(getattr(events, each.name)[mine].tolist() for each in fields(events)), strict=True))

    drawn, unfolded, index = lives
    assert len(before(getattr(drawn, domain))) > 100
    assert before(getattr(unfolded, domain)) == before(getattr(drawn, domain))
