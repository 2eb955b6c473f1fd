"""Which families reach a register, when, and which of them are on the programme.

A family is assessed on a day of the returns' quarters. Its six problems are read off its own true records of the year
before, and a practitioner sees a little more and overlooks a little. Two or more problems make it eligible; the
registers take the wanted number of eligible families by lot. Who then gets the programme depends on what everybody
can observe (number of problems, crime, worklessness, number of children, council), so the naive comparison is wrong,
and a comparison of like with like is right. In one scenario it also depends on what nobody can observe.
"""

from dataclasses import dataclass
from datetime import date

import numpy as np

from tf_assets.country.days import Ints, day
from tf_assets.country.lives import EMERGENCY, JSA, UC, Lives
from tf_assets.country.places import council_of
from tf_assets.country.population import Block
from tf_assets.country.scenarios import Scenario
from tf_assets.country.school import Pupils, term_end
from tf_assets.warehouse.calendar import FIRST_QUARTER

PROBLEMS = ("crime", "attendance", "child_help", "worklessness", "domestic_abuse", "health")
LAST_INDEX = day(date(2016, 9, 30))
"""The last day of an assessment or a start: everybody can be followed for 24 months, disposals of offences included."""

CANDIDATES_A_FAMILY = 1.9
PROGRAMME_SHARE = 0.57
SWITCH_SHARE = 0.15
"""Programme families that were awaiting for a quarter or more before they started (ours)."""

LOOKBACK = 365


@dataclass(frozen=True)
class Register:
    """Families on the registers and their people.

    By family: household (place in the block), council (place), assessed, started (day; the awaiting have a start that
    never comes), ended, is_programme, problems (n x 6), n_children, unobserved.
    By person: person (place in the block), family (place in these arrays), index (the day from which outcomes count:
    start for the programme, assessment for those awaiting).
    """

    household: Ints
    council: Ints
    assessed: Ints
    started: Ints
    ended: Ints
    is_programme: np.ndarray
    problems: np.ndarray
    n_children: Ints
    unobserved: np.ndarray
    person: Ints
    family: Ints
    index: Ints


def choose_register(
    rng: np.random.Generator,
    block: Block,
    lives: Lives,
    pupils: list[Pupils],
    scenario: Scenario,
    n_families: int,
) -> Register:
    """Assess the candidates of a block, take `n_families` of the eligible, and put some on the programme."""
    n = len(block.council)
    assessed = rng.integers(day(FIRST_QUARTER) + 3, LAST_INDEX - 25, n).astype(np.int32)
    problems = find_problems(rng, block, lives, pupils, assessed)
    lead = np.flatnonzero(np.r_[True, block.household[1:] != block.household[:-1]])
    home = block.home_on(assessed[block.household])
    is_member = (home == home[lead][block.household]) & (block.birth <= assessed[block.household])
    n_children = np.bincount(block.household, is_member & block.is_child, n).astype(np.int64)
    canary = np.unique(block.household[block.is_canary])
    problems[canary, 4:] = True
    lot = rng.random(n)
    lot[canary] = -1
    lot[(problems.sum(axis=1) < 2) | (n_children == 0)] = 2
    chosen = np.sort(np.argsort(lot, kind="stable")[:n_families])
    chosen = chosen[lot[chosen] < 2]
    problems, n_children, assessed = problems[chosen], n_children[chosen], assessed[chosen]
    council = council_of(home[lead][chosen])
    unobserved = block.unobserved[chosen]
    is_programme = _select(rng, problems, n_children, council, unobserved, scenario)
    started = _start(rng, assessed)
    place = np.full(n, -1, dtype=np.int64)
    place[chosen] = np.arange(len(chosen))
    person = np.flatnonzero(is_member & (place[block.household] >= 0))
    family = place[block.household[person]]
    return Register(
        household=chosen,
        council=council,
        assessed=assessed,
        started=started,
        ended=(started + 120 + rng.gamma(3, 50, len(chosen))).astype(np.int32),
        is_programme=is_programme,
        problems=problems,
        n_children=n_children,
        unobserved=unobserved,
        person=person,
        family=family,
        index=np.where(is_programme, started, assessed)[family].astype(np.int32),
    )


def find_problems(
    rng: np.random.Generator, block: Block, lives: Lives, pupils: list[Pupils], assessed: Ints
) -> np.ndarray:
    """The six problems of each household in the year before its assessment: households x 6."""
    n = len(block.council)
    found = np.zeros((n, len(PROBLEMS)), dtype=bool)

    def mark(problem: int, person: Ints, day_of: Ints, until: Ints, seen: np.ndarray | bool = True) -> None:
        household = block.household[person]
        recent = (until >= assessed[household] - LOOKBACK) & (day_of < assessed[household]) & seen
        found[household[recent], problem] = True

    offences, care, benefits, visits = lives.offences, lives.social_care, lives.benefits, lives.attendances
    mark(0, offences.person, offences.offence, offences.offence)
    for year in pupils:
        absent = year.person[year.absence() > 0.1]
        days = np.full(len(absent), term_end(year.year, 1))
        mark(1, absent, days, days)
    mark(2, care.person, care.start, care.end)
    mark(3, benefits.person, benefits.start, benefits.end, (benefits.kind >= JSA) & (benefits.kind <= UC))
    mark(4, offences.person, offences.offence, offences.offence, offences.is_domestic_abuse)
    emergency = visits.kind == EMERGENCY
    household = block.household[visits.person]
    recent = emergency & (visits.day < assessed[household]) & (visits.day >= assessed[household] - LOOKBACK)
    found[:, 5] = np.bincount(household[recent], minlength=n) >= 3
    seen_besides = np.array([0.05, 0.08, 0.15, 0.12, 0.22, 0.12])
    found |= rng.random(found.shape) < seen_besides
    return found & (rng.random(found.shape) > 0.06)


def _select(
    rng: np.random.Generator,
    problems: np.ndarray,
    n_children: Ints,
    council: Ints,
    unobserved: np.ndarray,
    scenario: Scenario,
) -> np.ndarray:
    """Who is on the programme: a lottery whose odds rise with need, so that the programme's families are worse off."""
    leaning = rng.normal(0, 0.35, int(council.max()) + 1)[council]
    score = 0.7 * (problems.sum(axis=1) - 3) + 0.6 * problems[:, 0] + 0.5 * problems[:, 3]
    score = score + 0.15 * (n_children - 2) + leaning
    score = scenario.selection * score + scenario.unobserved * unobserved
    return rng.random(len(score)) < logistic(score + intercept(score, PROGRAMME_SHARE))


def _start(rng: np.random.Generator, assessed: Ints) -> Ints:
    """The day of a start: some weeks after the assessment, for a few several months."""
    n = len(assessed)
    late = rng.random(n) < SWITCH_SHARE
    wait = np.where(late, rng.integers(95, 300, n), 7 + rng.gamma(2, 20, n))
    return np.minimum(assessed + wait, LAST_INDEX - rng.integers(0, 15, n)).astype(np.int32)


def logistic(x: np.ndarray) -> np.ndarray:
    """1 / (1 + exp(-x))."""
    return np.asarray(1 / (1 + np.exp(-x)))


def intercept(score: np.ndarray, mean: float) -> float:
    """What to add to log odds so that the mean probability is `mean`; by bisection."""
    low, high = -30.0, 30.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if logistic(score + middle).mean() < mean else (low, middle)
    return (low + high) / 2 if len(score) else 0.0
