"""People and the homes they share: one block of households at a time, as arrays.

Households are families (one or two adults, one to five children) or adults alone. A family has a latent risk, drawn
from its council's deprivation and its own luck, that later drives every record of its members, and a second trait
that nobody records (`unobserved`). Ages are set as at 1 July 2015; some children are born during the years of life.
"""

from dataclasses import dataclass, replace
from datetime import date

import numpy as np

from tf_assets.country.days import LIFE_END, LIFE_START, NEVER, YEAR, Ints, day
from tf_assets.country.names import MINORITY_SHARE, N_CANARIES, canary_forename, canary_surname, names, pick
from tf_assets.country.places import RESERVED, Places, council_of, home_of, random_homes

REFERENCE_DAY = day(date(2015, 7, 1))
FAMILY_SHARE = 0.29
MAX_CHILDREN = 5
CHILDREN_SHARES = np.cumsum([0.32, 0.32, 0.19, 0.11, 0.06])
CANDIDATE_RISK = 1.6
"""How much riskier the families are from whom the registers are chosen, in standard deviations."""


@dataclass(frozen=True)
class Block:
    """One block of people; arrays by person except where a household is named.

    person_id, family_id: unique in the country; household: place in the household arrays; is_child: born to the
    household, not one of its one or two adults; birth, death: days; forename, surname, earlier_surname: name numbers
    (names.py, without variant); renamed: day from which `surname` holds (before it, `earlier_surname`);
    homes (n x 3), moves (n x 2): home until moves[0], then until moves[1], then after; risk: latent;
    ethnic, is_english: as schools record; is_twin. By household: council, household_risk, unobserved.
    is_canary: people with names and a postcode of their own.
    """

    person_id: Ints
    family_id: Ints
    household: Ints
    is_child: np.ndarray
    is_female: np.ndarray
    birth: Ints
    death: Ints
    forename: Ints
    surname: Ints
    earlier_surname: Ints
    renamed: Ints
    homes: Ints
    moves: Ints
    risk: np.ndarray
    ethnic: Ints
    is_english: np.ndarray
    is_twin: np.ndarray
    is_canary: np.ndarray
    council: Ints
    household_risk: np.ndarray
    unobserved: np.ndarray

    def __len__(self) -> int:
        return len(self.person_id)

    def home_on(self, days: Ints | int) -> Ints:
        """Where everybody lives on a day (one for all, or one each)."""
        later = np.where(days >= self.moves[:, 1], self.homes[:, 2], self.homes[:, 1])
        return np.where(days >= self.moves[:, 0], later, self.homes[:, 0])

    def surname_on(self, days: Ints | int) -> Ints:
        """Everybody's surname on a day (one for all, or one each)."""
        return np.where(days >= self.renamed, self.surname, self.earlier_surname)


@dataclass(frozen=True)
class _Members:
    """Who is in which household, before they are named: arrays by person."""

    household: Ints
    is_child: np.ndarray
    is_partner: np.ndarray
    is_female: np.ndarray
    birth: Ints
    is_twin: np.ndarray


def make_block(
    rng: np.random.Generator,
    places: Places,
    n_households: int,
    is_candidate: bool,
    first_person: int,
    first_family: int,
    canaries: range = range(0),
) -> Block:
    """Make a block of households. `is_candidate`: families at risk, from whom the registers are chosen."""
    council = np.searchsorted(np.cumsum(places.weight), rng.random(n_households)).astype(np.int64)
    council = np.minimum(council, len(places.codes) - 1)
    shift = CANDIDATE_RISK if is_candidate else 0.0
    household_risk = shift + 0.5 * places.deprivation[council] + 0.8 * rng.standard_normal(n_households)
    is_family = np.full(n_households, True) if is_candidate else rng.random(n_households) < FAMILY_SHARE
    members = _members(rng, is_family, 0.55 if is_candidate else 0.25, is_candidate)
    n, household = len(members.household), members.household
    forename, surname, earlier, renamed, is_minority = _name(rng, members, n_households)
    homes, moves = _settle(rng, places, members, council, 0.5 if is_candidate else 0.35)
    risk = household_risk[household] + 0.5 * rng.standard_normal(n)
    block = Block(
        person_id=first_person + np.arange(n, dtype=np.int64),
        family_id=first_family + household.astype(np.int64),
        household=household,
        is_child=members.is_child,
        is_female=members.is_female,
        birth=members.birth,
        death=_deaths(rng, members.birth, is_candidate),
        forename=forename,
        surname=surname,
        earlier_surname=earlier,
        renamed=renamed,
        homes=homes,
        moves=moves,
        risk=risk.astype(np.float32),
        ethnic=_ethnic(rng, is_minority)[household],
        is_english=(rng.random(n_households) > np.where(is_minority, 0.6, 0.05))[household],
        is_twin=members.is_twin,
        is_canary=np.zeros(n, dtype=bool),
        council=council,
        household_risk=household_risk,
        unobserved=rng.standard_normal(n_households),
    )
    return _plant_canaries(block, canaries) if len(canaries) else block


def _members(rng: np.random.Generator, is_family: np.ndarray, lone: float, is_candidate: bool) -> _Members:
    """Adults and children of each household with their dates of birth."""
    n = len(is_family)
    n_children = np.where(is_family, np.searchsorted(CHILDREN_SHARES, rng.random(n)) + 1, 0)
    n_children = np.minimum(n_children, MAX_CHILDREN)
    youngest_possible = 0.3 if is_candidate else -3.5
    oldest = rng.uniform(np.minimum(youngest_possible + 1.7 * n_children, 14), 20.0)
    is_twin_birth = rng.random((n, MAX_CHILDREN)) < 0.017
    gaps = np.where(is_twin_birth, 0.0, 1.0 + rng.gamma(2.0, 0.8, (n, MAX_CHILDREN)))
    gaps[:, 0] = 0
    ages = oldest[:, None] - np.cumsum(gaps, axis=1)
    order = np.arange(MAX_CHILDREN)
    exists = (order < n_children[:, None]) & (ages > youngest_possible)
    is_twin_birth[:, 0] = False
    is_twin = is_twin_birth & exists
    is_twin[:, :-1] |= is_twin[:, 1:]
    first_age = np.where(
        is_family, np.maximum(oldest + rng.triangular(17, 25, 40, n), 18.0), rng.triangular(19, 35, 92, n)
    )
    is_lone = rng.random(n) < np.where(is_family, lone, 0.35)
    second_age = np.maximum(first_age + rng.normal(1.5, 4, n), 18.5)
    first_female = rng.random(n) < np.where(is_family, np.where(is_lone, 0.88, 1.0), 0.5)
    second_female = first_female ^ (rng.random(n) < 0.98)
    household = np.concatenate([np.arange(n), np.flatnonzero(~is_lone), np.repeat(np.arange(n), exists.sum(1))])
    age = np.concatenate([first_age, second_age[~is_lone], ages[exists]])
    n_adults = n + int((~is_lone).sum())
    female = np.concatenate([first_female, second_female[~is_lone], rng.random(int(exists.sum())) < 0.49])
    twin = np.concatenate([np.zeros(n_adults, dtype=bool), is_twin[exists]])
    role = np.repeat(np.array([0, 1, 2], dtype=np.int8), [n, n_adults - n, len(age) - n_adults])
    by_household = np.argsort(household, kind="stable")
    role = role[by_household]
    birth = (REFERENCE_DAY - np.round(age * YEAR)).astype(np.int32)[by_household]
    return _Members(
        household=household[by_household].astype(np.int32),
        is_child=role == 2,
        is_partner=role == 1,
        is_female=female[by_household],
        birth=birth,
        is_twin=twin[by_household],
    )


def _name(rng: np.random.Generator, who: _Members, n_households: int) -> tuple[Ints, Ints, Ints, Ints, np.ndarray]:
    """Forenames and surnames: a household mostly shares one; some women marry; some sons are named as the father."""
    n, h = len(who.household), who.household
    vocabulary = names()
    is_minority = rng.random(n_households) < MINORITY_SHARE
    shared, other = (
        np.where(is_minority, *(pick(rng, vocabulary.surname_pool[o], n_households) for o in (1, 0))) for _ in range(2)
    )
    takes_other = (who.is_partner & (rng.random(n) < 0.3)) | (who.is_child & (rng.random(n_households) < 0.12)[h])
    surname = np.where(takes_other, other[h], shared[h]).astype(np.int32)
    marries = ~who.is_child & who.is_female & (rng.random(n) < 0.5)
    earlier = np.where(marries, pick(rng, vocabulary.surname_pool[0], n), surname).astype(np.int32)
    recently = rng.random(n) < 0.12
    renamed = np.where(marries & recently, rng.integers(LIFE_START, LIFE_END, n), 0).astype(np.int32)
    forename = np.empty(n, dtype=np.int32)
    for female in (False, True):
        for origin in (0, 1):
            mine = (who.is_female == female) & (is_minority[h] == bool(origin))
            pool = (vocabulary.females if female else vocabulary.males)[origin]
            forename[mine] = pick(rng, pool, int(mine.sum()))
    father = np.full(n_households, -1, dtype=np.int32)
    men = ~who.is_child & ~who.is_female
    father[h[men]] = forename[men]
    named_after = who.is_child & ~who.is_female & (father[h] >= 0) & (rng.random(n) < 0.02)
    forename[named_after] = father[h[named_after]]
    for _ in range(4):
        _, first, inverse = np.unique(h.astype(np.int64) << 32 | forename, return_index=True, return_inverse=True)
        repeated = who.is_child & (first[inverse] != np.arange(n)) & ~named_after
        for female, pools in ((False, vocabulary.males), (True, vocabulary.females)):
            mine = repeated & (who.is_female == female)
            forename[mine] = pick(rng, pools[0], int(mine.sum()))
    return forename, surname, earlier, renamed, is_minority


def _settle(rng: np.random.Generator, places: Places, who: _Members, council: Ints, moving: float) -> tuple[Ints, Ints]:
    """Three homes and two days of moving a person. Households move together; a few parents and grown children part."""
    n_households, h, n = len(council), who.household, len(who.household)
    homes = np.empty((n_households, 3), dtype=np.int64)
    homes[:, 0] = random_homes(rng, places, council)
    moves = np.sort(rng.integers(LIFE_START - 300, LIFE_END, (n_households, 2)), axis=1)
    n_moves = (rng.random(n_households) < moving).astype(int) * (1 + (rng.random(n_households) < 0.35))
    where = council
    for move in (0, 1):
        goes_far = rng.random(n_households) < 0.12
        far = rng.integers(0, len(places.codes), n_households)
        where = np.where(goes_far, far, where)
        homes[:, move + 1] = np.where(n_moves > move, random_homes(rng, places, where), homes[:, move])
        moves[n_moves <= move, move] = NEVER
    person_homes, person_moves = homes[h], moves[h].astype(np.int32)
    grown = who.is_child & (who.birth + 18 * YEAR < LIFE_END - 400)
    parts = (who.is_partner & (rng.random(n) < 0.05)) | (grown & (rng.random(n) < 0.2))
    leaving = np.where(grown, who.birth + 18.2 * YEAR, LIFE_START).astype(np.int64)
    earliest = np.maximum(leaving, LIFE_START)
    day_out = earliest + (rng.random(n) * (LIFE_END - earliest)).astype(np.int64)
    parts &= person_moves[:, 1] > day_out
    out = np.flatnonzero(parts)
    new_home = random_homes(rng, places, council_of(person_homes[out, 0]))
    is_second = person_moves[out, 0] < day_out[out]
    first, second = out[~is_second], out[is_second]
    person_homes[first, 1:] = new_home[~is_second][:, None]
    person_homes[second, 2] = new_home[is_second]
    person_moves[first, 0] = day_out[first]
    person_moves[first, 1] = NEVER
    person_moves[second, 1] = day_out[second]
    return person_homes, person_moves


def _ethnic(rng: np.random.Generator, is_minority: np.ndarray) -> Ints:
    """Place in attributes.ETHNIC_GROUPS, by household."""
    others = np.searchsorted(np.cumsum([0.80, 0.06, 0.05, 0.0, 0.05, 0.02]), rng.random(len(is_minority)))
    return np.where(is_minority, 3, others).astype(np.int8)


def _deaths(rng: np.random.Generator, birth: Ints, is_candidate: bool) -> Ints:
    """Days of death: by age, none among candidates (ours: a register's follow-up is complete)."""
    n = len(birth)
    if is_candidate:
        return np.full(n, NEVER, dtype=np.int32)
    age = np.clip((REFERENCE_DAY - birth) / YEAR, 0, 100)
    rate = np.minimum(0.0002 + 0.00003 * np.exp(0.095 * age), 0.5)
    wait = rng.exponential(1, n) / rate * YEAR
    start = np.maximum(LIFE_START, birth)
    return np.where(start + wait < LIFE_END, start + wait, NEVER).astype(np.int32)


def _plant_canaries(block: Block, canaries: range) -> Block:
    """Give the first adult of some households a canary's name, and the household a postcode of its own."""
    is_lead = np.r_[True, block.household[1:] != block.household[:-1]]
    stays = is_lead & (block.moves[:, 0] == NEVER) & (block.death == NEVER) & (block.earlier_surname == block.surname)
    age = (REFERENCE_DAY - block.birth) / YEAR
    leads = np.flatnonzero(stays & (age > 20) & (age < 55))[: len(canaries)]
    forename, surname, earlier = (x.copy() for x in (block.forename, block.surname, block.earlier_surname))
    homes, moves, is_canary = block.homes.copy(), block.moves.copy(), block.is_canary.copy()
    for place, lead in zip(canaries, leads, strict=True):
        forename[lead] = canary_forename(place)
        surname[lead] = earlier[lead] = canary_surname(place)
        is_canary[lead] = True
        mine = np.flatnonzero(block.household == block.household[lead])
        homes[mine] = home_of(council_of(homes[lead, 0]), RESERVED + place, 1 + place % (2 * N_CANARIES))
        moves[mine] = NEVER
    return replace(
        block,
        forename=forename,
        surname=surname,
        earlier_surname=earlier,
        homes=homes,
        moves=moves,
        is_canary=is_canary,
    )
