"""Potential outcomes: what would happen to each register person without the programme (y0) and on it (y1).

Windows are half-years of months after the index date: window 01-06 is index <= day < index + 6 months, and so on;
justice also has 01-24. Age at the index date is by month of birth (`age_by_month`). Definitions, as records show them:

* is_child_in_need, is_on_protection_plan, is_looked_after: an episode of the kind overlaps the window; under 18 at the
  index date, and never from the 18th birthday on.
* is_convicted_juvenile, is_convicted_adult: an offence of the window that ends in a conviction, whenever disposed of;
  10 to 17, or 18 and over, at the index date.
* is_in_custody_juvenile, is_in_custody_adult: such an offence with days in custody.
* is_on_out_of_work_benefit (any benefit of the schedule), is_on_jsa, is_employed: a spell overlaps the window; 18+.
* is_emergency_attendance, is_injury_attendance (an emergency one): an attendance in the window; anybody.

One latent trait a person and outcome, shared in part by the family, makes outcomes persist over windows. The odds
depend on what happened before the index date and on the family's problems. Rates are met exactly in expectation among
programme people whom the outcome counts. An effect is monotone: it prevents (or brings about) an outcome for some.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr

from tf_assets.country.days import YEAR, Ints, add_months, age_by_month
from tf_assets.country.lives import (
    CHILD_IN_NEED,
    CONVICTION,
    EMERGENCY,
    JSA,
    LOOKED_AFTER,
    PROTECTION_PLAN,
    UC,
    Lives,
    Spells,
)
from tf_assets.country.population import Block
from tf_assets.country.register import Register, logistic
from tf_assets.country.scenarios import ADULT, ANYBODY, CHILD, JUVENILE, RAMP, Planted, Scenario

WINDOWS = ("01-06", "07-12", "13-18", "19-24")
WHOLE = "01-24"
WELCOME = {"is_employed"}
"""Outcomes that are better had than not: need lowers their odds."""

FAMILY_SHARE, PERSON_SHARE = 0.2, 0.5
"""Shares of an outcome's latent variance that a family has in common, and that stays with a person."""


@dataclass(frozen=True)
class Outcome:
    """One outcome's potential outcomes.

    person: places in the register's arrays of the people whom it counts; without, with_programme: people x 4 windows.
    """

    name: str
    planted: Planted
    person: Ints
    without: np.ndarray
    with_programme: np.ndarray

    def shown(self, is_programme: np.ndarray) -> np.ndarray:
        """What the records must show; is_programme: by person of this outcome."""
        return np.where(is_programme[:, None], self.with_programme, self.without)


def window_starts(index: Ints) -> Ints:
    """The first days of the four windows and of what follows: people x 5."""
    return np.column_stack([add_months(index, 6 * window) for window in range(len(WINDOWS) + 1)])


def counted(population: str, age: Ints) -> np.ndarray:
    """Whom an outcome counts, by age at the index date."""
    return {
        CHILD: age < 18,
        JUVENILE: (age >= 10) & (age < 18),
        ADULT: age >= 18,
        ANYBODY: age >= 0,
    }[population]


def plan_outcomes(
    rng: np.random.Generator, block: Block, lives: Lives, register: Register, scenario: Scenario
) -> dict[str, Outcome]:
    """Draw y0 and y1 of every planted outcome, in the order of the scenario."""
    age = age_by_month(block.birth[register.person], register.index)
    starts = window_starts(register.index)
    is_minor = starts[:, :4] < (block.birth[register.person] + 18 * YEAR - 40)[:, None]
    is_programme = register.is_programme[register.family]
    council_mood = rng.standard_normal(int(register.council.max()) + 1)
    luck = {name: rng.random(len(age)) for name in scenario.outcomes}
    outcomes: dict[str, Outcome] = {}
    for name, planted in scenario.outcomes.items():
        person = np.flatnonzero(counted(planted.population, age))
        possible = is_minor[person] if planted.population == CHILD else np.ones((len(person), 4), dtype=bool)
        score = _score(name, block, lives, register, person)
        harm = -1 if name in WELCOME else 1
        score = score + harm * scenario.unobserved * register.unobserved[register.family[person]]
        mood = council_mood[register.council[register.family[person]]]
        score = score + scenario.council_spread * mood
        inside = outcomes[planted.within] if planted.within else None
        without = _without(rng, planted, score, possible, register, person, is_programme[person], inside)
        share = _effect_size(scenario, planted, register, person, mood, is_programme[person])
        own_luck = luck[planted.within or name][person]
        remaining = inside.with_programme[_places(inside, person)] if inside else np.ones_like(without)
        changed = without & remaining
        if share.any() and not scenario.is_null:
            changed = _spare(planted, share, own_luck, changed, is_programme[person])
        outcomes[name] = Outcome(name, planted, person, without, changed)
    return outcomes


def _score(name: str, block: Block, lives: Lives, register: Register, person: Ints) -> np.ndarray:
    """Log odds from what happened before the index date and from the family's problems, up to a constant."""
    who, index = register.person[person], register.index[person]
    family = register.family[person]
    before = np.full(len(block), -(2**30), dtype=np.int64)
    before[who] = index
    problems = register.problems[family]
    score = 0.45 * (problems.sum(axis=1) - 3.0)
    if "convicted" in name or "custody" in name:
        offences = lives.offences
        had = offences.person[(offences.offence < before[offences.person]) & (offences.disposal == CONVICTION)]
        return score + 1.1 * _has(block, had)[who] + 0.8 * problems[:, 0] - 0.7 * block.is_female[who]
    if "attendance" in name:
        visits = lives.attendances
        had = visits.person[(visits.day < before[visits.person]) & (visits.kind == EMERGENCY)]
        return score + 0.7 * _has(block, had)[who] + 0.3 * problems[:, 5]
    if name == "is_employed":
        return -score + 2.0 * _has(block, under_way(lives.employment, before))[who] - 0.8 * problems[:, 3]
    if name in ("is_on_jsa", "is_on_out_of_work_benefit"):
        kept = (lives.benefits.kind >= JSA) & (lives.benefits.kind <= UC)
        return score + 1.8 * _has(block, under_way(lives.benefits.only(kept), before))[who] + 0.8 * problems[:, 3]
    kind = {
        "is_child_in_need": CHILD_IN_NEED,
        "is_on_protection_plan": PROTECTION_PLAN,
        "is_looked_after": LOOKED_AFTER,
    }[name]
    had = under_way(lives.social_care.only(lives.social_care.kind == kind), before)
    return score + 2.0 * _has(block, had)[who] + 0.9 * problems[:, 2]


def under_way(spells: Spells, on: Ints) -> Ints:
    """People whose spell runs on the day before `on` (by person of the block)."""
    return spells.person[(spells.start < on[spells.person]) & (spells.end >= on[spells.person] - 1)]


def _has(block: Block, person: Ints) -> np.ndarray:
    """Who of the block is among these people."""
    found = np.zeros(len(block), dtype=bool)
    found[person] = True
    return found


def _without(
    rng: np.random.Generator,
    planted: Planted,
    score: np.ndarray,
    possible: np.ndarray,
    register: Register,
    person: Ints,
    is_programme: np.ndarray,
    inside: Outcome | None,
) -> np.ndarray:
    """y0 by window: the latent trait above a threshold that meets the planted rate among programme people."""
    family = rng.standard_normal(len(register.household))[register.family[person]]
    own = rng.standard_normal(len(person))
    passing = rng.standard_normal(possible.shape)
    rest = np.sqrt(1 - FAMILY_SHARE - PERSON_SHARE)
    latent = (np.sqrt(FAMILY_SHARE) * family + np.sqrt(PERSON_SHARE) * own)[:, None] + rest * passing
    rank = 1 - ndtr(latent)
    if inside:
        possible = possible & inside.without[_places(inside, person)]
    threshold = _threshold(rank, score, possible, is_programme, planted)
    return np.asarray(possible & (rank < threshold[:, None]))


def _threshold(
    rank: np.ndarray, score: np.ndarray, allowed: np.ndarray, is_programme: np.ndarray, planted: Planted
) -> np.ndarray:
    """Probabilities by person whose outcome has the planted rate among programme people.

    The level is found on the drawn ranks, so that the rate holds in the country itself up to one person.
    """
    measured = is_programme if is_programme.any() else np.ones(len(score), dtype=bool)
    target = planted.without * measured.sum()
    low, high = -30.0, 30.0
    for _ in range(40):
        middle = (low + high) / 2
        hit = allowed[measured] & (rank[measured] < logistic(score[measured] + middle)[:, None])
        n_hit = hit.any(axis=1).sum() if planted.is_24_months else hit[:, 3].sum()
        low, high = (middle, high) if n_hit < target else (low, middle)
    return logistic(score + high)


def _effect_size(
    scenario: Scenario,
    planted: Planted,
    register: Register,
    person: Ints,
    mood: np.ndarray,
    is_programme: np.ndarray,
) -> np.ndarray:
    """The share of y0 = 1 that the full programme prevents, by person; the mean is mended by `_spare`."""
    share = np.full(len(person), 1 - planted.with_programme / planted.without)
    family = register.family[person]
    if scenario.heterogeneity:
        is_deep = register.problems[family].sum(axis=1) >= 4
        deep = is_deep[is_programme].mean() if is_programme.any() else 0.5
        h = scenario.heterogeneity
        share = share * np.where(is_deep, 1 + h, 1 - h * deep / max(1 - deep, 0.05))
    if scenario.council_spread:
        share = share * np.maximum(1 + scenario.council_spread * mood, 0)
    return np.minimum(share, 1.0)


def _spare(
    planted: Planted, share: np.ndarray, luck: np.ndarray, without: np.ndarray, is_programme: np.ndarray
) -> np.ndarray:
    """y1: some are spared the outcome, more of them the later the window.

    The multiplier of everybody's share is found on the drawn luck, so that the planted rate holds in the country.
    """
    measured = is_programme if is_programme.any() else np.ones(len(share), dtype=bool)
    target = planted.with_programme * measured.sum()
    size = share[:, None] * np.array(RAMP)
    low, high = 0.0, 20.0
    for _ in range(40):
        middle = (low + high) / 2
        left = without[measured] & (luck[measured, None] >= middle * size[measured])
        n_left = left.any(axis=1).sum() if planted.is_24_months else left[:, 3].sum()
        low, high = (middle, high) if n_left > target else (low, middle)
    return np.asarray(without & (luck[:, None] >= low * size))


def _places(outcome: Outcome, person: Ints) -> Ints:
    """Where these people stand in an outcome that counts them all."""
    return np.searchsorted(outcome.person, person)
