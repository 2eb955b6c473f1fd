"""The clean register: what each council would send each quarter if nobody ever made a mistake.

One row per council, quarter and person, as it stands at the quarter's end. The families themselves are not simple:
some move to another council and are registered there too, under other references; some split or merge between
quarters; some children stand in two families.
"""

from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import polars as pl

from tf_assets.country.days import NEVER, YEAR, Ints, day
from tf_assets.country.identifiers import mixed, references
from tf_assets.country.names import VARIANTS, forename_text, surname_text
from tf_assets.country.papers import Papers
from tf_assets.country.places import Places, address_text, council_of, postcode_text
from tf_assets.country.population import Block
from tf_assets.country.register import PROBLEMS, Register
from tf_assets.country.school import schools_of
from tf_assets.warehouse.calendar import next_quarter

END_REASONS = ("outcomes achieved", "continuous employment", "family withdrew", "moved away")
SECOND_REGISTER_SHARE = 0.6
"""Families that move to another council and are registered there as well (ours)."""

SPLIT_SHARE, MERGE_SHARE, TWO_FAMILIES_SHARE = 0.01, 0.006, 0.005


@dataclass(frozen=True)
class Membership:
    """A person's place on one council's register.

    By row: person (place in the block), family (place in the register), council, since (day of the first listing),
    assessed, started, reference (64 bits: the council's family), changed_reference and changed (the reference from
    that day on; NEVER if it stays), person_salt (another register, another person reference).
    """

    person: Ints
    family: Ints
    council: Ints
    since: Ints
    assessed: Ints
    started: Ints
    reference: Ints
    changed_reference: Ints
    changed: Ints
    person_salt: Ints

    def only(self, keep: np.ndarray) -> "Membership":
        """The rows that `keep` marks."""
        return Membership(*(getattr(self, name)[keep] for name in self.__dataclass_fields__))

    def and_also(self, *others: "Membership") -> "Membership":
        """These rows and the others."""
        every = (self, *others)
        return Membership(*(np.concatenate([getattr(x, name) for x in every]) for name in self.__dataclass_fields__))


def enrol(
    rng: np.random.Generator, places: Places, block: Block, register: Register, quarters: list[date]
) -> Membership:
    """Put the register's people on their councils' registers, with moves, splits, merges and double places."""
    n = len(register.person)
    started = np.where(register.is_programme, register.started, NEVER)[register.family]
    first = Membership(
        person=register.person,
        family=register.family,
        council=register.council[register.family],
        since=register.assessed[register.family],
        assessed=register.assessed[register.family],
        started=started,
        reference=register.family.astype(np.int64),
        changed_reference=register.family.astype(np.int64),
        changed=np.full(n, NEVER, dtype=np.int64),
        person_salt=np.zeros(n, dtype=np.int64),
    )
    horizon = day(next_quarter(quarters[-1]))
    first = _split_and_merge(rng, register, first, day(quarters[1 % len(quarters)]), horizon)
    second = _second_registers(rng, block, register, first, horizon)
    return first.and_also(second, _double_places(rng, block, register, first, horizon))


def _split_and_merge(rng: np.random.Generator, register: Register, rows: Membership, low: int, high: int) -> Membership:
    """From some day on a partner and the youngest stand as a family of their own; or two families stand as one."""
    n = len(register.household)
    when = rng.integers(low, high, n)
    reference, changed = rows.changed_reference.copy(), rows.changed.copy()
    splits = (rng.random(n) < SPLIT_SHARE)[rows.family]
    leaves = splits & (rng.random(len(rows.person)) < 0.4)
    reference[leaves] = rows.family[leaves] + 1_000_000_000
    changed[leaves] = np.maximum(when[rows.family[leaves]], rows.assessed[leaves] + 1)
    order = np.lexsort((register.is_programme, register.council))
    pair = np.full(n, -1, dtype=np.int64)
    pair[order[:-1]] = order[1:]
    can = (pair >= 0) & (register.council == register.council[pair])
    can &= register.is_programme == register.is_programme[pair]
    merges = (rng.random(n) < MERGE_SHARE) & can
    joins = merges[rows.family] & ~splits
    other = pair[rows.family[joins]]
    reference[joins] = other
    changed[joins] = np.maximum(np.maximum(when[other], register.assessed[other]), rows.assessed[joins]) + 1
    return replace(rows, changed_reference=reference, changed=changed)


def _second_registers(
    rng: np.random.Generator, block: Block, register: Register, rows: Membership, horizon: int
) -> Membership:
    """Families that moved after their index date and were found again by their new council."""
    n = len(register.household)
    lead = np.full(n, len(block), dtype=np.int64)
    np.minimum.at(lead, register.family, register.person)
    index = np.where(register.is_programme, register.started, register.assessed)
    moved = np.where(block.moves[lead, 0] > index, block.moves[lead, 0], block.moves[lead, 1])
    goes = np.where(moved == block.moves[lead, 0], block.homes[lead, 1], block.homes[lead, 2])
    wait = rng.integers(10, 60, n)
    again = (moved > index) & (moved + wait < horizon) & (council_of(goes) != register.council)
    again &= rng.random(n) < SECOND_REGISTER_SHARE
    mine = again[rows.family] & (block.homes[rows.person] == goes[rows.family][:, None]).any(axis=1)
    second = rows.only(mine)
    found = (moved + wait)[second.family]
    return replace(
        second,
        council=council_of(goes)[second.family],
        since=found,
        assessed=found,
        started=np.where(second.started < NEVER, found + 14, NEVER),
        reference=second.family + 2_000_000_000,
        changed_reference=second.family + 2_000_000_000,
        changed=np.full(len(found), NEVER, dtype=np.int64),
        person_salt=np.full(len(found), 1, dtype=np.int64),
    )


def _double_places(
    rng: np.random.Generator, block: Block, register: Register, rows: Membership, horizon: int
) -> Membership:
    """Children listed in a second family of the council as well: one assessed later, in the same group.

    Such a row says of the second family what its other rows say: its dates, its problems.
    """
    n = len(register.household)
    order = np.lexsort((register.assessed, register.is_programme, register.council))
    later = np.full(n, -1, dtype=np.int64)
    later[order[:-1]] = order[1:]
    can = (later >= 0) & (register.council == register.council[later])
    can &= register.is_programme == register.is_programme[later]
    can &= np.where(register.is_programme, register.started < register.started[later], True)
    is_young = block.is_child[rows.person] & (block.birth[rows.person] + 17 * YEAR > horizon)
    mine = can[rows.family] & is_young & (rng.random(len(rows.person)) < TWO_FAMILIES_SHARE)
    double = rows.only(mine)
    other = later[double.family]
    started = np.where(register.is_programme, register.started, NEVER)[other]
    return replace(
        double,
        family=other,
        since=register.assessed[other],
        assessed=register.assessed[other],
        started=started,
        reference=other,
        changed_reference=other,
        changed=np.full(len(other), NEVER, dtype=np.int64),
        person_salt=np.full(len(other), 2, dtype=np.int64),
    )


def clean_rows(
    seed: int,
    places: Places,
    block: Block,
    register: Register,
    rows: Membership,
    papers: Papers,
    quarters: list[date],
) -> pl.DataFrame:
    """The register of every quarter: the return's columns, person_id, true_family_id and is_twin."""
    return pl.concat([_one_quarter(seed, places, block, register, rows, papers, q) for q in quarters])


def _one_quarter(
    seed: int,
    places: Places,
    block: Block,
    register: Register,
    rows: Membership,
    papers: Papers,
    quarter: date,
) -> pl.DataFrame:
    """The rows of one quarter, as at its last day."""
    last = day(next_quarter(quarter)) - 1
    rows = rows.only(rows.since <= last)
    person, family = rows.person, rows.family
    home = block.home_on(last)[person]
    age = (rows.assessed - block.birth[person]) / YEAR
    age_now = (last - block.birth[person]) / YEAR
    started = np.where(rows.started <= last, rows.started, NEVER)
    length = (register.ended - register.started)[family]
    ended = np.where(started < NEVER, started + length, NEVER)
    ended = np.where(ended <= last, ended, NEVER)
    reference = np.where(rows.changed <= last, rows.changed_reference, rows.reference)
    reason = mixed(family, 5) % np.uint64(len(END_REASONS))
    is_pupil = (age_now >= 4.5) & (age_now < 16.5)
    school = np.where(is_pupil, schools_of(places, block, person, last), -1)
    has_upn, has_nino = is_pupil | ((age_now >= 16.5) & (age_now < 18)), age_now >= 16
    frame = pl.DataFrame(
        {
            "council_code": pl.Series(places.codes).gather(rows.council),
            "quarter_date": pl.Series([quarter]).new_from_index(0, len(person)),
            "family_ref": _reference("F", mixed(reference, seed * 2 + 11)),
            "person_ref": _reference("P", mixed(block.person_id[person] * 4 + rows.person_salt, seed * 2 + 12)),
            "forename": forename_text(block.forename[person] * VARIANTS),
            "surname": surname_text(block.surname_on(last)[person] * VARIANTS),
            "date_of_birth": dates(block.birth[person]),
            "sex": _choice(block.is_female[person], "F", "M"),
            "postcode": postcode_text(places, home),
            "address": address_text(places, home),
            "upn": _kept(papers.upn.gather(person), has_upn),
            "nino": _kept(papers.nino.gather(person), has_nino),
            "role": _choice(age >= 18, "adult", "child"),
            "school_name": _kept(places.schools["school_name"].gather(np.maximum(school, 0)), school >= 0),
            "programme_group": _choice(started < NEVER, "programme", "awaiting"),
            "assessment_date": dates(rows.assessed),
            "start_date": dates(started),
            "end_date": dates(ended),
            "end_reason": _kept(pl.Series(END_REASONS).gather(reason), ended < NEVER),
            **{f"is_problem_{name}": register.problems[family, i] for i, name in enumerate(PROBLEMS)},
            "person_id": block.person_id[person],
            "true_family_id": block.family_id[person],
            "is_twin": block.is_twin[person],
        }
    )
    return frame.sort("council_code", "family_ref", "person_ref")


def _reference(letter: str, numbers: Ints) -> pl.Series:
    """A council's own reference: a letter and eleven characters."""
    return letter + references(numbers).str.slice(0, 11)


def _choice(which: np.ndarray, yes: str, no: str) -> pl.Series:
    """One of two words."""
    return pl.Series([no, yes]).gather(np.asarray(which).astype(np.int8))


def _kept(text: pl.Series, keep: np.ndarray) -> pl.Series:
    """Text where `keep`, else null."""
    return text.set(pl.Series(~np.asarray(keep)), None)


def dates(days: Ints) -> pl.Series:
    """Dates of days; null for NEVER."""
    series = pl.Series(np.asarray(days).astype(np.int32))
    return series.set(series >= NEVER, None).cast(pl.Date)
