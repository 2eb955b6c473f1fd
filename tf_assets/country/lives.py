"""What happens to people: spells and events, by person, before any programme touches them.

Each domain is a set of parallel arrays; `person` is a place in the block. Ends are inclusive; `NEVER` is an open end.
Rates are ours, set near published national ones for the mean person and rising with a person's latent risk.
"""

from dataclasses import dataclass
from datetime import date

import numpy as np

from tf_assets.country.days import LIFE_END, LIFE_START, NEVER, SPELLS_START, YEAR, Ints, day
from tf_assets.country.population import Block

CHILD_IN_NEED, PROTECTION_PLAN, LOOKED_AFTER, REFERRAL = 0, 1, 2, 3
JSA, IS, ESA, IB, SDA, UC = range(6)
BENEFITS = ("JSA", "IS", "ESA", "IB", "SDA", "UC")
CAUTION, CONVICTION, NO_FURTHER_ACTION = range(3)
EMERGENCY, OUTPATIENT, INPATIENT = range(3)
UC_START = day(date(2013, 10, 1))
SOCIAL_CARE_RATES = ((CHILD_IN_NEED, 0.035, 200), (PROTECTION_PLAN, 0.005, 260), (LOOKED_AFTER, 0.0025, 500))
BENEFIT_RATES = ((JSA, 0.045, 170), (IS, 0.012, 600), (ESA, 0.014, 800), (IB, 0.001, 900), (UC, 0.018, 300))
"""Kind, spells a person-year at mean risk, mean days."""


@dataclass(frozen=True)
class Spells:
    """person, kind (what is said where it is used), start and end (inclusive; NEVER when open)."""

    person: Ints
    kind: Ints
    start: Ints
    end: Ints

    def only(self, keep: np.ndarray) -> "Spells":
        """The spells that `keep` marks."""
        return Spells(self.person[keep], self.kind[keep], self.start[keep], self.end[keep])

    def and_also(self, *others: "Spells") -> "Spells":
        """These and the others, by person and start."""
        every = (self, *others)
        person, kind, start, end = (
            np.concatenate([getattr(x, name) for x in every]) for name in ("person", "kind", "start", "end")
        )
        order = np.lexsort((kind, start, person))
        return Spells(person[order], kind[order], start[order], end[order])


@dataclass(frozen=True)
class Offences:
    """person, offence and disposal (days), disposal kind, custody (days), is_domestic_abuse, group (place)."""

    person: Ints
    offence: Ints
    disposed: Ints
    disposal: Ints
    custody: Ints
    is_domestic_abuse: np.ndarray
    group: Ints

    def only(self, keep: np.ndarray) -> "Offences":
        """The offences that `keep` marks."""
        return Offences(*(getattr(self, name)[keep] for name in self.__dataclass_fields__))

    def and_also(self, other: "Offences") -> "Offences":
        """These and the others."""
        return Offences(*(np.concatenate([getattr(self, n), getattr(other, n)]) for n in self.__dataclass_fields__))


@dataclass(frozen=True)
class Attendances:
    """Hospital attendances: person, day, kind, is_injury."""

    person: Ints
    day: Ints
    kind: Ints
    is_injury: np.ndarray

    def only(self, keep: np.ndarray) -> "Attendances":
        """The attendances that `keep` marks."""
        return Attendances(self.person[keep], self.day[keep], self.kind[keep], self.is_injury[keep])

    def and_also(self, other: "Attendances") -> "Attendances":
        """These and the others."""
        return Attendances(*(np.concatenate([getattr(self, n), getattr(other, n)]) for n in self.__dataclass_fields__))


@dataclass(frozen=True)
class Lives:
    """The records of a block that a programme may change. had_record: an old police record, from before 2013."""

    social_care: Spells
    benefits: Spells
    employment: Spells
    offences: Offences
    attendances: Attendances
    had_record: np.ndarray


def live(rng: np.random.Generator, block: Block, last_day: int = LIFE_END) -> Lives:
    """Draw the lives of a block up to and including `last_day`."""
    offences = _offences(rng, block, last_day)
    is_grown = block.birth < LIFE_START - 20 * YEAR
    had_record = is_grown & (rng.random(len(block)) < np.clip(0.14 * np.exp(0.4 * block.risk), 0, 0.8))
    had_record[offences.person] = True
    return Lives(
        social_care=_social_care(rng, block, last_day),
        benefits=_benefits(rng, block, last_day),
        employment=_employment(rng, block, last_day),
        offences=offences,
        attendances=_hospital(rng, block, last_day),
        had_record=had_record,
    )


def draw(rng: np.random.Generator, rate: np.ndarray, start: Ints, stop: Ints) -> tuple[Ints, Ints]:
    """Events of a constant rate a year from `start` up to `stop` (excluded): person and day, by person."""
    length = np.maximum(stop - start, 0)
    counts = rng.poisson(rate * length / YEAR)
    person = np.repeat(np.arange(len(counts), dtype=np.int32), counts)
    days = start[person] + (rng.random(len(person)) * length[person]).astype(np.int32)
    return person, days.astype(np.int32)


def apart(spells: Spells) -> Spells:
    """Spells of a person that do not overlap: each ends at the latest the day before the next one starts."""
    order = np.lexsort((spells.start, spells.person))
    spells = spells.only(order)
    same = np.r_[spells.person[1:] == spells.person[:-1], False]
    following = np.r_[spells.start[1:], 0]
    end = np.where(same, np.minimum(spells.end, following - 1), spells.end).astype(np.int32)
    cut = Spells(spells.person, spells.kind, spells.start, end)
    return cut.only(end >= spells.start)


def _exposure(block: Block, from_age: float, to_age: float, last_day: int) -> tuple[Ints, Ints]:
    """The days on which everybody is alive and of an age, from two years before life starts; stop excluded."""
    start = np.maximum(block.birth + round(from_age * YEAR), SPELLS_START)
    stop = np.minimum(np.minimum(block.birth + int(to_age * YEAR), block.death), last_day + 1)
    return start.astype(np.int32), stop.astype(np.int32)


def _spells(
    rng: np.random.Generator, rate: np.ndarray, within: tuple[Ints, Ints], mean_days: float, kind: int
) -> Spells:
    """Spells of one kind, ended by the exposure's end, open when they outlast the simulated life."""
    person, start = draw(rng, rate, *within)
    end = start + 7 + (rng.exponential(mean_days, len(person))).astype(np.int32)
    end = np.minimum(end, within[1][person] - 1)
    end = np.where(end >= LIFE_END, NEVER, end).astype(np.int32)
    made = Spells(person, np.full(len(person), kind, dtype=np.int16), start, end)
    return made.only(end >= LIFE_START)


def _social_care(rng: np.random.Generator, block: Block, last_day: int) -> Spells:
    """Children in need, protection plans, looked after; referrals last one day."""
    within = _exposure(block, 0, 18, last_day)
    risk = np.exp(0.75 * np.minimum(block.risk, 4))
    parts = [apart(_spells(rng, rate * risk, within, days, kind)) for kind, rate, days in SOCIAL_CARE_RATES]
    in_need = parts[0].person, np.maximum(parts[0].start - 20, LIFE_START), parts[0].start
    more = draw(rng, 0.01 * risk, np.maximum(within[0], LIFE_START), within[1])
    person = np.concatenate([in_need[0], more[0]])
    start = np.concatenate([in_need[1], more[1]])
    kept = start >= block.birth[person]
    referral = Spells(person, np.full(len(person), REFERRAL, dtype=np.int16), start, start).only(kept)
    return parts[0].and_also(*parts[1:], referral)


def _benefits(rng: np.random.Generator, block: Block, last_day: int) -> Spells:
    """Benefits of working age, one at a time; universal credit from October 2013."""
    within = _exposure(block, 18, 65, last_day)
    risk = np.exp(0.55 * np.minimum(block.risk, 4))
    parts = []
    for kind, rate, days in BENEFIT_RATES:
        start = np.maximum(within[0], UC_START) if kind == UC else within[0]
        parts.append(_spells(rng, rate * risk, (start.astype(np.int32), within[1]), days, kind))
    return apart(parts[0].and_also(*parts[1:]))


def _employment(rng: np.random.Generator, block: Block, last_day: int) -> Spells:
    """Jobs, one at a time; kind is the employer, of whom a few are large."""
    within = _exposure(block, 16, 66, last_day)
    works = rng.random(len(block)) < 1 / (1 + np.exp(-1.6 + 0.6 * block.risk))
    person, start = draw(rng, np.where(works, 0.5, 0.08), *within)
    end = start + 14 + rng.exponential(900, len(person)).astype(np.int32)
    end = np.minimum(end, within[1][person] - 1)
    end = np.where(end >= LIFE_END, NEVER, end).astype(np.int32)
    employer = (20_000 * rng.random(len(person)) ** 3).astype(np.int16)
    made = apart(Spells(person, employer, start, end))
    return made.only(made.end >= LIFE_START)


def dispose(rng: np.random.Generator, offence: Ints, kind: Ints, is_abuse_share: float) -> tuple[Ints, np.ndarray]:
    """The day of disposal, months after the offence, and whether it was domestic abuse."""
    lag = np.where(kind == CONVICTION, 20 + rng.gamma(2, 55, len(offence)), 5 + rng.gamma(2, 15, len(offence)))
    return (offence + lag).astype(np.int32), rng.random(len(offence)) < is_abuse_share


def _offences(rng: np.random.Generator, block: Block, last_day: int) -> Offences:
    """Offences from age 10, most common at 15 to 30."""
    born = block.birth
    risk = np.exp(0.65 * np.minimum(block.risk, 4)) * np.where(block.is_female, 0.35, 1.2)
    people, days = [], []
    for rate, low, high in ((0.016, 10, 18), (0.04, 18, 30), (0.016, 30, 50), (0.003, 50, 90)):
        start, stop = _exposure(block, low, high, last_day)
        person, when = draw(rng, rate * risk, np.maximum(start, LIFE_START), stop)
        people.append(person)
        days.append(when)
    person, offence = np.concatenate(people), np.concatenate(days)
    n = len(person)
    is_minor = offence - born[person] < 18 * YEAR
    shares = np.where(is_minor, 0.45, 0.2)
    u = rng.random(n)
    disposal = np.where(u < shares, CAUTION, np.where(u < 0.8, CONVICTION, NO_FURTHER_ACTION)).astype(np.int8)
    disposed, is_abuse = dispose(rng, offence, disposal, 0.13)
    is_custody = (disposal == CONVICTION) & (rng.random(n) < np.where(is_minor, 0.05, 0.14))
    custody = np.where(is_custody, 14 + rng.exponential(150, n), 0).astype(np.int16)
    group = rng.integers(0, 8, n).astype(np.int8)
    return Offences(person, offence, disposed, disposal, custody, is_abuse & ~is_minor, group)


def _hospital(rng: np.random.Generator, block: Block, last_day: int) -> Attendances:
    """Hospital attendances of all ages."""
    start, stop = _exposure(block, 0, 120, last_day)
    start = np.maximum(start, LIFE_START)
    parts = []
    for kind, rate, slope in ((EMERGENCY, 0.2, 0.22), (OUTPATIENT, 0.1, 0.05), (INPATIENT, 0.05, 0.08)):
        person, when = draw(rng, rate * np.exp(slope * block.risk), start, stop)
        parts.append((person, when, np.full(len(person), kind, dtype=np.int8)))
    person, when, kinds = (np.concatenate([part[i] for part in parts]) for i in range(3))
    return Attendances(person, when, kinds, (kinds == EMERGENCY) & (rng.random(len(person)) < 0.35))
