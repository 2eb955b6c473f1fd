"""Departments' attributes: what each record says, without a name (docs/reference/data-schedule.md)."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from tf_assets.country.days import NEVER, Ints, add_months, first_of_month, months_of
from tf_assets.country.identifiers import mixed, references
from tf_assets.country.identities import Scribe
from tf_assets.country.lives import (
    BENEFITS,
    CHILD_IN_NEED,
    LOOKED_AFTER,
    PROTECTION_PLAN,
    Lives,
    Spells,
)
from tf_assets.country.quarters import dates
from tf_assets.country.register import Register
from tf_assets.country.school import SESSIONS, TERMS, Pupils
from tf_assets.country.slots import ordered, slot_days

ETHNIC_GROUPS = ("WBRI", "WOTH", "MIXD", "ASIA", "BLAC", "OOTH", "UNCL")
EPISODE_TYPES = ("child_in_need", "protection_plan", "looked_after", "referral")
OFFENCE_GROUPS = ("violence", "theft", "drugs", "public_order", "criminal_damage", "burglary", "robbery", "other")
DISPOSALS = ("caution", "conviction", "no_further_action")
ATTENDANCE_TYPES = ("emergency", "outpatient", "inpatient")
ABUSE_CATEGORIES = ("neglect", "emotional", "physical", "sexual")
LEGAL_STATUSES = ("C2", "V2", "E1")
PLACEMENTS = ("U4", "U1", "K2", "P1")
REASONS_CEASED = ("E4A", "E8", "E45", "E3")
"""Looked-after codes are those of the SSDA903 collection; offence groups are ours."""

FIRST_SCALED_YEAR = 2015
"""Scaled scores and Attainment 8 from the academic year 2015/16, levels and five A*-C before (DfE)."""

DEFAULT_DATE_SHARE = 0.1
"""Jobs whose start is put down as 6 April, the tax year's first day (ours)."""

KS2_YEAR, KS4_YEAR = 6, 11


@dataclass(frozen=True)
class Records:
    """All records of a block, ready to be cut by year: jobs with default dates, looked-after spells in episodes."""

    lives: Lives
    pupils: dict[int, Pupils]


def as_recorded(scribe: Scribe, lives: Lives, pupils: list[Pupils], register: Register | None) -> Records:
    """Lives as departments record them."""
    care = lives.social_care
    is_looked_after = care.kind == LOOKED_AFTER
    episodes = care.only(~is_looked_after).and_also(_episodes(care.only(is_looked_after)))
    jobs = _default_dates(lives.employment, len(scribe.block), register)
    return Records(replace(lives, social_care=episodes, employment=jobs), {each.year: each for each in pupils})


def _episodes(spells: Spells) -> Spells:
    """Some looked-after spells are two episodes, one after the other: a change of placement."""
    length = np.minimum(spells.end, spells.start + 400) - spells.start
    changes = (length > 60) & (spells.start % 3 == 0)
    middle = spells.start + length // 2
    first = replace(spells, end=np.where(changes, middle, spells.end).astype(np.int32))
    second = replace(spells, start=(middle + 1).astype(np.int32)).only(changes)
    return first.and_also(second)


def _default_dates(jobs: Spells, n_people: int, register: Register | None) -> Spells:
    """Some starts are moved back to 6 April; never across an index date, where it would change an outcome."""
    year_start = add_months(first_of_month((months_of(add_months(jobs.start - 5, -3))) // 12 * 12), 3) + 5
    moved = year_start.astype(np.int32)
    is_default = (mixed(jobs.person * 64 + jobs.start % 64, 31) % np.uint64(1_000)) < 1_000 * DEFAULT_DATE_SHARE
    if register is not None:
        index = np.full(n_people, NEVER, dtype=np.int64)
        index[register.person] = register.index
        mine = index[jobs.person]
        after = np.where(mine < NEVER, add_months(np.minimum(mine, 2**15), 24), 0)
        is_default &= (jobs.start < mine) | (moved >= after)
    return replace(jobs, start=np.where(is_default, moved, jobs.start))


def _text(values: tuple[str, ...], place: Ints, missing: np.ndarray | None = None) -> pl.Series:
    """Words by place; null where missing."""
    place = np.asarray(place).astype(np.int64)
    if missing is not None:
        place = np.where(missing, len(values), place)
    return pl.Series([*values, None], dtype=pl.String).gather(place)


def _framed(scribe: Scribe, extract: str, person: Ints, columns: dict[str, pl.Series]) -> pl.DataFrame:
    """Columns behind the extract's reference, by reference."""
    numbers = scribe.numbers(extract, person)
    return ordered(pl.DataFrame({"record_ref": references(numbers), **columns}), numbers)


def _touching(spells: Spells, first: int, last: int) -> Spells:
    """Spells that touch a year, with the end known when the year's file was made."""
    kept = spells.only((spells.start <= last) & (spells.end >= first))
    return replace(kept, end=np.where(kept.end > last, NEVER, kept.end))


def attributes(scribe: Scribe, records: Records, year: int) -> Iterator[tuple[str, Ints, pl.DataFrame]]:
    """Each extract of a year: its name, the people with a record in it, and its rows."""
    lives = records.lives
    pupils = records.pupils[year]
    yield "attendance", pupils.person, attendance(scribe, pupils)
    yield "attainment", *attainment(scribe, pupils)
    care = _touching(lives.social_care, *slot_days("social_care", year))
    yield "social_care", care.person, social_care(scribe, care)
    first, last = slot_days("offences", year)
    offences = lives.offences.only((lives.offences.disposed >= first) & (lives.offences.disposed <= last))
    columns = {
        "offence_date": dates(offences.offence),
        "disposal_date": dates(offences.disposed),
        "offence_group": _text(OFFENCE_GROUPS, offences.group),
        "disposal": _text(DISPOSALS, offences.disposal),
        "n_custody_days": pl.Series(offences.custody.astype(np.int32)),
        "is_domestic_abuse": pl.Series(offences.is_domestic_abuse),
    }
    yield "offences", offences.person, _framed(scribe, "offences", offences.person, columns)
    spells = _touching(lives.benefits, *slot_days("benefits", year))
    columns = {
        "benefit": _text(BENEFITS, spells.kind),
        "start_date": dates(spells.start),
        "end_date": dates(spells.end),
    }
    yield "benefits", spells.person, _framed(scribe, "benefits", spells.person, columns)
    jobs = _touching(lives.employment, *slot_days("employment", year))
    columns = {
        "start_date": dates(jobs.start),
        "end_date": dates(jobs.end),
        "employer_ref": references(mixed(jobs.kind, 41)),
    }
    yield "employment", jobs.person, _framed(scribe, "employment", jobs.person, columns)
    first, last = slot_days("hospital", year)
    visits = lives.attendances.only((lives.attendances.day >= first) & (lives.attendances.day <= last))
    columns = {
        "attendance_date": dates(visits.day),
        "attendance_type": _text(ATTENDANCE_TYPES, visits.kind),
        "is_injury": pl.Series(visits.is_injury),
    }
    yield "hospital", visits.person, _framed(scribe, "hospital", visits.person, columns)


def _lot(scribe: Scribe, person: Ints, salt: int) -> np.ndarray:
    """A number in [0, 1) that stays with a person."""
    return mixed(scribe.block.person_id[person], salt).astype(np.float64) / 2**64


def attendance(scribe: Scribe, pupils: Pupils) -> pl.DataFrame:
    """A row a pupil's term."""
    block = scribe.block
    person = pupils.person
    risk = block.risk[person]
    is_poor = _lot(scribe, person, 51) < 1 / (1 + np.exp(2.0 - 0.8 * risk))
    need = _lot(scribe, person, 52) + 0.04 * risk
    traits = {
        "is_fsm_eligible": pl.Series(is_poor),
        "sen_provision": _text(("N", "K", "E"), np.where(need > 0.98, 2, np.where(need > 0.87, 1, 0))),
        "language": _text(("OTH", "ENG"), block.is_english[person]),
        "ethnic_group": _text(ETHNIC_GROUPS, block.ethnic[person]),
    }
    repeated = np.repeat(np.arange(len(person)), len(TERMS))
    columns = {
        "academic_year": pl.Series([pupils.year], dtype=pl.Int32).new_from_index(0, len(repeated)),
        "term": _text(TERMS, np.tile(np.arange(len(TERMS)), len(person))),
        "n_sessions_possible": pl.Series(np.tile(np.array(SESSIONS, dtype=np.int32), len(person))),
        "n_sessions_authorised": pl.Series(pupils.authorised.reshape(-1).astype(np.int32)),
        "n_sessions_unauthorised": pl.Series(pupils.unauthorised.reshape(-1).astype(np.int32)),
        "n_exclusions": pl.Series(pupils.exclusions.reshape(-1).astype(np.int32)),
        **{name: series.gather(repeated) for name, series in traits.items()},
    }
    return _framed(scribe, "attendance", person[repeated], columns)


def attainment(scribe: Scribe, pupils: Pupils) -> tuple[Ints, pl.DataFrame]:
    """A row a pupil's key stage: KS2 in year 6, KS4 in year 11; absence and risk lower both."""
    taken = np.isin(pupils.school_year, (KS2_YEAR, KS4_YEAR))
    person = pupils.person[taken]
    is_ks2 = pupils.school_year[taken] == KS2_YEAR
    pull = -0.35 * scribe.block.risk[person] - 3.0 * pupils.absence()[taken]
    marks = [_normal(_lot(scribe, person, 60 + i)) for i in range(3)]
    reading, maths, overall = (0.7 * marks[0] + 0.7 * mark + pull for mark in (marks[1], marks[2], marks[0]))
    is_scaled = pupils.year >= FIRST_SCALED_YEAR
    scaled = [np.clip(np.round(103.5 + 7 * mark), 80, 120) for mark in (reading, maths)]
    levels = [np.clip(np.round(4.2 + 0.7 * mark), 2, 6) for mark in (reading, maths)]
    eight = np.clip(np.round(48 + 14 * overall, 2), 0, 90)
    none = np.ones(len(person), dtype=bool)
    words = ("2", "3", "4", "5", "6")
    columns = {
        "academic_year": pl.Series([pupils.year], dtype=pl.Int32).new_from_index(0, len(person)),
        "key_stage": _text(("KS4", "KS2"), is_ks2),
        "ks2_reading_scaled": _where(scaled[0], is_ks2 & is_scaled),
        "ks2_maths_scaled": _where(scaled[1], is_ks2 & is_scaled),
        "ks2_reading_level": _text(words, levels[0] - 2, none if is_scaled else ~is_ks2),
        "ks2_maths_level": _text(words, levels[1] - 2, none if is_scaled else ~is_ks2),
        "ks4_attainment8": _where(eight, ~is_ks2 & is_scaled),
        "is_ks4_five_ac": pl.Series(overall > -0.2).set(pl.Series(none if is_scaled else is_ks2), None),
    }
    return person, _framed(scribe, "attainment", person, columns)


def _normal(lot: np.ndarray) -> np.ndarray:
    """A standard normal of a uniform number."""
    from scipy.special import ndtri

    return np.asarray(ndtri(np.clip(lot, 1e-9, 1 - 1e-9)))


def _where(values: np.ndarray, keep: np.ndarray) -> pl.Series:
    return pl.Series(values).set(pl.Series(~keep), None)


def social_care(scribe: Scribe, spells: Spells) -> pl.DataFrame:
    """A row an episode; codes that do not belong to its type are null."""
    kind = spells.kind
    lot = mixed(spells.person.astype(np.int64) * 65_536 + spells.start % 65_536, 71)

    def code(values: tuple[str, ...], belongs: np.ndarray, shift: int) -> pl.Series:
        place = (lot >> np.uint64(shift)) % np.uint64(len(values))
        return _text(values, place, ~belongs)

    is_looked_after = kind == LOOKED_AFTER
    columns = {
        "episode_type": _text(EPISODE_TYPES, kind),
        "start_date": dates(spells.start),
        "end_date": dates(spells.end),
        "abuse_category": code(ABUSE_CATEGORIES, np.isin(kind, (CHILD_IN_NEED, PROTECTION_PLAN)), 0),
        "legal_status": code(LEGAL_STATUSES, is_looked_after, 8),
        "placement": code(PLACEMENTS, is_looked_after, 16),
        "reason_ceased": code(REASONS_CEASED, is_looked_after & (spells.end < NEVER), 24),
    }
    return _framed(scribe, "social_care", spells.person, columns)
