"""Pupils' terms: sessions possible and missed. The programme does not touch absence or attainment (scenarios.py)."""

from dataclasses import dataclass
from datetime import date

import numpy as np

from tf_assets.country.days import YEAR, Ints, day
from tf_assets.country.identifiers import mixed
from tf_assets.country.places import Places, council_of
from tf_assets.country.population import Block

TERMS = ("autumn", "spring", "summer")
SESSIONS = (140, 124, 116)
"""Half-day sessions a term: 190 school days a year (Education (School Day and School Year) Regulations 1999)."""


@dataclass(frozen=True)
class Pupils:
    """A year's pupils: person (place in the block), school_year (0 reception to 11), and sessions (n x 3 terms)."""

    year: int
    person: Ints
    school_year: Ints
    authorised: Ints
    unauthorised: Ints
    exclusions: Ints

    def absence(self) -> np.ndarray:
        """The share of the year's sessions missed, by pupil."""
        return (self.authorised + self.unauthorised).sum(axis=1) / sum(SESSIONS)


def term_end(year: int, term: int) -> int:
    """The last day of a term of the academic year that starts in `year`."""
    return day((date(year, 12, 19), date(year + 1, 3, 28), date(year + 1, 7, 22))[term])


def attend(rng: np.random.Generator, block: Block, year: int, habit: np.ndarray) -> Pupils:
    """A year at school. habit: a standard normal a person, the same every year; absence runs in the person."""
    age = np.floor((day(date(year, 9, 1)) - 1 - block.birth) / YEAR).astype(np.int8)
    person = np.flatnonzero((age >= 4) & (age <= 15) & (block.death > day(date(year + 1, 8, 31)))).astype(np.int32)
    lean = 0.45 * np.minimum(block.risk[person], 4) + 0.6 * habit[person] + 0.05 * age[person]
    sick = np.clip(0.026 * np.exp(0.5 * lean), 0, 0.3)
    truant = np.clip(0.005 * np.exp(1.05 * lean), 0, 0.5)
    sessions = np.array(SESSIONS, dtype=np.int16)
    authorised = rng.poisson(sick[:, None] * sessions).astype(np.int16)
    unauthorised = rng.poisson(truant[:, None] * sessions).astype(np.int16)
    authorised = np.minimum(authorised, sessions)
    unauthorised = np.minimum(unauthorised, sessions - authorised)
    excluded = rng.poisson(np.clip(0.006 * np.exp(0.9 * lean), 0, 0.5)[:, None] * np.ones(3)).astype(np.int16)
    return Pupils(year, person, age[person] - 4, authorised, unauthorised, excluded)


def schools_of(places: Places, block: Block, person: Ints, on: int) -> Ints:
    """The school of each pupil on a day, as its place in `places.schools`; a household's pupils share theirs."""
    council = council_of(block.home_on(on)[person])
    lot = mixed(block.family_id[person], 3).astype(np.float64) / 2**64
    is_primary = (on - block.birth[person]) / YEAR < 11.5
    first = np.where(is_primary, places.first_primary[council], places.first_secondary[council])
    n_schools = np.where(is_primary, places.n_primary[council], places.n_secondary[council])
    return first + np.minimum((lot * n_schools).astype(np.int64), n_schools - 1)
