"""Departments' identities: who a supplier's record is about, as that supplier wrote it down.

Every department knows everybody of its age group, not only those to whom something happened: a year's file holds the
people with a record in that year, and a part of all others, each of whom stands in one year's file at least. Names
come as each supplier writes them, mistyped, shortened, or as they were before a marriage; postcodes are missing, or
those of the last home; days and months of birth are swapped; numbers are missing, wrong or temporary.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np
import polars as pl

from tf_assets.country.days import NEVER, YEAR, Ints, swap_day_and_month
from tf_assets.country.identifiers import mixed, references
from tf_assets.country.names import FIRST_TYPO, VARIANTS, names
from tf_assets.country.papers import Papers
from tf_assets.country.places import Places, postcode_text
from tf_assets.country.population import Block
from tf_assets.country.quarters import dates
from tf_assets.country.slots import ordered, slot_days

NUMBER: dict[str, str] = {
    "attendance": "upn",
    "attainment": "upn",
    "social_care": "upn",
    "benefits": "nino",
    "employment": "nino",
    "hospital": "nhs_number",
}
UPPER_CASE = {"offences", "benefits", "employment"}
NUMBER_MISSING = {
    "attendance": 0.01,
    "attainment": 0.02,
    "social_care": 0.2,
    "benefits": 0.01,
    "employment": 0.04,
    "hospital": 0.03,
}
"""Shares of records without the extract's number (ours)."""

TYPO, WRONG_NUMBER, TEMPORARY_UPN = 0.02, 0.004, 0.015
SHORT_NAME, OLD_NAME, OLD_HOME, NO_POSTCODE = 0.06, 0.15, 0.05, 0.02
SWAPPED, NO_BIRTH, NO_SEX, ALIASED = 0.003, 0.001, 0.003, 0.2
"""Rates of a supplier's slips, by row; short and old names belong to a person in an extract, old names to those who
changed theirs (ours; the order of ONS's and DfE's linkage reports)."""


@dataclass(frozen=True)
class Scribe:
    """What a department needs to write down a block. salts: by extract, of its references."""

    places: Places
    block: Block
    papers: Papers
    salts: dict[str, int]

    def numbers(self, extract: str, person: Ints) -> Ints:
        """The 64-bit numbers behind an extract's references."""
        return mixed(self.block.person_id[person], self.salts[extract])


def salts_of(seed: int, extracts: list[str]) -> dict[str, int]:
    """A salt for the references of each extract."""
    made = np.random.SeedSequence(entropy=seed, spawn_key=(9,)).generate_state(len(extracts), np.uint64)
    return {extract: int(salt) for extract, salt in zip(extracts, made, strict=True)}


@cache
def _upper() -> tuple[pl.Series, pl.Series]:
    return names().forenames.str.to_uppercase(), names().surnames.str.to_uppercase()


def in_the_file(scribe: Scribe, extract: str, years: tuple[int, ...], year: int, active: Ints) -> Ints:
    """People in a year's identities: those with a record in it, and this year's part of all the others.

    Departments of pupils, children and offenders hold those with a record alone: `active` is everybody they have.
    """
    from_age = {"benefits": 16, "employment": 16, "hospital": 0}.get(extract)
    if from_age is None:
        return np.unique(active)
    block = scribe.block
    ends = np.array([slot_days(extract, each)[1] for each in years])
    eligible_from = np.searchsorted(ends, block.birth + round(from_age * YEAR))
    lot = (mixed(block.person_id, 77) % np.uint64(len(years))).astype(np.int64)
    turn = np.where(block.death < NEVER, 0, lot)
    present = np.maximum(turn, eligible_from) == years.index(year)
    present[active] = True
    return np.flatnonzero(present)


def identities(scribe: Scribe, extract: str, year: int, person: Ints, rng: np.random.Generator) -> pl.DataFrame:
    """A year's identities of these people (places in the block), by reference."""
    block, n = scribe.block, len(person)
    first, last = slot_days(extract, year)
    middle = (first + last) // 2
    is_canary = block.is_canary[person]

    def slip(share: float) -> np.ndarray:
        return (rng.random(n, dtype=np.float32) < share) & ~is_canary

    habit = mixed(block.person_id[person], scribe.salts[extract] ^ 0x5A5A)
    is_short = (habit % np.uint64(1_000) < 1_000 * SHORT_NAME) & ~is_canary
    keeps_old = (habit // np.uint64(1_000) % np.uint64(1_000) < 1_000 * OLD_NAME) & ~is_canary
    forename = block.forename[person] * VARIANTS + _variant(rng, is_short.astype(np.int32), slip(TYPO))
    surname = np.where(keeps_old, block.earlier_surname[person], block.surname_on(middle)[person])
    written = surname * VARIANTS + _variant(rng, np.zeros(n, dtype=np.int32), slip(TYPO))
    birth = block.birth[person].copy()
    swapped = np.flatnonzero(slip(SWAPPED))
    birth[swapped] = swap_day_and_month(birth[swapped])
    birth[slip(NO_BIRTH)] = NEVER
    home = np.where(slip(OLD_HOME), block.home_on(middle - 400)[person], block.home_on(middle)[person])
    home[slip(NO_POSTCODE) | ((block.risk[person] > 1.5) & slip(NO_POSTCODE))] = -1
    sex = np.where(slip(NO_SEX), 2, block.is_female[person])
    forenames, surnames = _upper() if extract in UPPER_CASE else (names().forenames, names().surnames)
    numbers = scribe.numbers(extract, person)
    columns: dict[str, pl.Series] = {"record_ref": references(numbers)}
    if extract == "offences":
        columns["pnc_id"] = scribe.papers.pnc_id.gather(person)
    if extract == "social_care":
        columns["child_id"] = scribe.papers.child_id.gather(person)
    if number := NUMBER.get(extract):
        columns[number] = _number(scribe, extract, number, person, slip)
    columns["forename"] = forenames.gather(forename)
    columns["surname"] = surnames.gather(written)
    if extract == "offences":
        columns["aliases"] = _aliases(scribe, person, habit)
    columns["date_of_birth"] = dates(birth)
    columns["sex"] = pl.Series(["M", "F", None]).gather(sex.astype(np.int8))
    columns["postcode"] = postcode_text(scribe.places, home)
    return ordered(pl.DataFrame(columns), numbers)


def _variant(rng: np.random.Generator, usual: Ints, is_mistyped: np.ndarray) -> Ints:
    """How a name is written: as usual, or mistyped in one of several ways."""
    return np.where(is_mistyped, rng.integers(FIRST_TYPO, VARIANTS, len(usual), dtype=np.int32), usual)


def _number(scribe: Scribe, extract: str, number: str, person: Ints, slip: Callable[[float], np.ndarray]) -> pl.Series:
    """The extract's number, here and there missing, mistyped, or (a pupil's) temporary."""
    text: pl.Series = getattr(scribe.papers, number).gather(person)
    if number == "upn":
        temporary = pl.Series(slip(TEMPORARY_UPN))
        text = scribe.papers.temporary_upn.gather(person).zip_with(temporary, text)
    wrong = np.flatnonzero(slip(WRONG_NUMBER))
    if len(wrong):
        right = text.gather(wrong).str
        text = text.scatter(wrong, right.slice(0, 4) + right.slice(5, 1) + right.slice(4, 1) + right.slice(6))
    return text.set(pl.Series(slip(NUMBER_MISSING[extract])), None)


def _aliases(scribe: Scribe, person: Ints, habit: Ints) -> pl.Series:
    """Other names of some: the short forename, the earlier surname, or a surname taken from elsewhere."""
    block = scribe.block
    forenames, surnames = _upper()
    kind = (habit // np.uint64(1_000_000) % np.uint64(1_000)).astype(np.int64)
    has = (kind < 1_000 * ALIASED) & ~block.is_canary[person]
    pool = names().surname_pool[0]
    taken = pool[0][np.searchsorted(pool[1], (habit >> np.uint64(40)).astype(np.float64) / 2**24 * 0.999)]
    changed = block.earlier_surname[person] != block.surname[person]
    other = np.where(changed, block.earlier_surname[person], taken)
    parts = pl.DataFrame(
        {
            "has": has,
            "both": kind % 2 == 0,
            "short": forenames.gather(block.forename[person] * VARIANTS + 1),
            "full": forenames.gather(block.forename[person] * VARIANTS),
            "now": surnames.gather(block.surname[person] * VARIANTS),
            "other": surnames.gather(other * VARIANTS),
        }
    )
    second = pl.concat_str("full", "other", separator=" ")
    first = pl.when(pl.col("both") & (pl.col("short") != pl.col("full"))).then(
        pl.concat_str("short", "now", separator=" ")
    )
    joined = pl.concat_str(first, second, separator="|", ignore_nulls=True)
    return parts.select(pl.when("has").then(joined)).to_series()
