"""The lives of register people after their index date, so that records show the potential outcomes to the letter.

In the 24 months after the index date whatever would count as an outcome is taken out of a person's life and put back
where the potential outcome of the person's arm says so: one event a window, one spell over each run of windows. A
spell under way at the index date goes on, or the day before was its last. Before the index date and after the 24 months
lives stay as they were drawn, to the day: nothing that a comparison looks back on says what will happen. So do events
that no outcome counts (cautions, outpatients, referrals).
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from functools import partial

import numpy as np

from tf_assets.country.days import LIFE_END, NEVER, YEAR, Ints, day
from tf_assets.country.lives import (
    CHILD_IN_NEED,
    CONVICTION,
    EMERGENCY,
    ESA,
    IS,
    JSA,
    LOOKED_AFTER,
    PROTECTION_PLAN,
    REFERRAL,
    UC,
    Attendances,
    Lives,
    Offences,
    Spells,
    apart,
    dispose,
)
from tf_assets.country.population import Block
from tf_assets.country.potential import Outcome, window_starts
from tf_assets.country.register import Register

LAST_DISPOSAL = day(date(2018, 12, 20))
"""Every conviction of a window is decided by then, so that it stands in the last calendar year's extract."""

GOES_ON_SHARE = 0.5
"""Spells of the last window that outlast it."""


@dataclass(frozen=True)
class _Followed:
    """People whom an outcome counts: person (place in the block), shown (people x 4), starts (people x 5),
    limit (no day of a spell from this one on)."""

    person: Ints
    shown: np.ndarray
    starts: Ints
    limit: Ints


def unfold(
    rng: np.random.Generator, block: Block, lives: Lives, register: Register, outcomes: dict[str, Outcome]
) -> Lives:
    """The lives of a block with its register people's 24 months rewritten."""

    def follow(name: str, shown: np.ndarray | None = None) -> _Followed:
        outcome = outcomes[name]
        rows = outcome.person
        family = register.family[rows]
        person = register.person[rows]
        is_child = outcome.planted.population == "child"
        limit = (block.birth[person] + 18 * YEAR - 5).astype(np.int32) if is_child else NEVER
        return _Followed(
            person=person,
            shown=outcome.shown(register.is_programme[family]) if shown is None else shown,
            starts=window_starts(register.index[rows]),
            limit=np.broadcast_to(limit, person.shape),
        )

    care = [lives.social_care.only(lives.social_care.kind == REFERRAL)]
    for name, kind in (
        ("is_child_in_need", CHILD_IN_NEED),
        ("is_on_protection_plan", PROTECTION_PLAN),
        ("is_looked_after", LOOKED_AFTER),
    ):
        spells = lives.social_care.only(lives.social_care.kind == kind)
        care.append(apart(_rewritten(rng, len(block), spells, follow(name), partial(np.full, fill_value=kind))))
    jsa, any_benefit = follow("is_on_jsa"), follow("is_on_out_of_work_benefit")
    other = replace(any_benefit, shown=any_benefit.shown & ~jsa.shown)
    is_jsa = lives.benefits.kind == JSA
    on_jsa = _rewritten(rng, len(block), lives.benefits.only(is_jsa), jsa, partial(np.full, fill_value=JSA))
    on_other = _rewritten(
        rng, len(block), lives.benefits.only(~is_jsa), other, lambda n: rng.choice([ESA, IS, UC, UC], n)
    )
    jobs = _rewritten(rng, len(block), lives.employment, follow("is_employed"), lambda n: 20_000 * rng.random(n) ** 3)
    offences = lives.offences
    for age in ("juvenile", "adult"):
        convicted, custody = follow(f"is_convicted_{age}"), follow(f"is_in_custody_{age}")
        offences = _reoffend(rng, len(block), offences, convicted, custody.shown, is_adult=age == "adult")
    return replace(
        lives,
        social_care=care[0].and_also(*care[1:]),
        benefits=apart(on_jsa.and_also(on_other)),
        employment=apart(jobs),
        offences=offences,
        attendances=_attend(
            rng, len(block), lives.attendances, follow("is_emergency_attendance"), follow("is_injury_attendance").shown
        ),
    )


def _rows(n: int, who: _Followed) -> Ints:
    """By person of the block: the row among the followed, or -1."""
    row = np.full(n, -1, dtype=np.int64)
    row[who.person] = np.arange(len(who.person))
    return row


def _rewritten(
    rng: np.random.Generator, n: int, spells: Spells, who: _Followed, kinds: Callable[[int], np.ndarray]
) -> Spells:
    """Spells of one kind of the whole block, rewritten for the followed. kinds: draws the kinds of n new spells."""
    if not len(who.person):
        return spells
    row = _rows(n, who)[spells.person]
    index, after = who.starts[row, 0], who.starts[row, 4]
    is_mine = row >= 0
    spells = spells.only(~(is_mine & (spells.start >= index) & (spells.start < after)))
    row = _rows(n, who)[spells.person]
    is_running = (row >= 0) & (spells.start < who.starts[row, 0]) & (spells.end >= who.starts[row, 0])
    goes_on = is_running & who.shown[row, 0]
    running = np.full(len(who.person), -1, dtype=np.int64)
    running[row[goes_on]] = np.flatnonzero(goes_on)

    run_row, start, end = _runs(rng, who)
    first = who.starts[run_row, 0]
    joined = (start < who.starts[run_row, 1]) & (start >= first) & (running[run_row] >= 0)
    old = running[run_row[joined]]
    kind = np.asarray(kinds(len(run_row))).astype(np.int16)
    kind[joined] = spells.kind[old]
    start[joined] = spells.start[old]
    made = Spells(who.person[run_row].astype(np.int32), kind, start, end)

    stops = is_running & ~goes_on
    cut = spells.end.copy()
    cut[stops] = who.starts[row[stops], 0] - 1
    return Spells(spells.person, spells.kind, spells.start, cut).only(~goes_on).and_also(made)


def _runs(rng: np.random.Generator, who: _Followed) -> tuple[Ints, Ints, Ints]:
    """One spell for each run of windows shown: row among the followed, first and last day."""
    shown = who.shown
    before = np.column_stack([np.zeros(len(shown), dtype=bool), shown[:, :-1]])
    row, first = np.nonzero(shown & ~before)
    last = first.copy()
    for _ in range(3):
        following = np.minimum(last + 1, 3)
        last = np.where((last < 3) & shown[row, following], following, last)
    start = _day_within(rng, who.starts[row, first], np.minimum(who.starts[row, first + 1], who.limit[row]))
    low = np.maximum(start, who.starts[row, last])
    end = _day_within(rng, low, np.minimum(who.starts[row, last + 1], who.limit[row]))
    outlasts = (last == 3) & (rng.random(len(row)) < GOES_ON_SHARE)
    longer = who.starts[row, 4] + rng.exponential(150, len(row)).astype(np.int32)
    end = np.where(outlasts, np.maximum(np.minimum(longer, who.limit[row] - 1), end), end)
    return row, start, np.where(end >= LIFE_END, NEVER, end).astype(np.int32)


def _day_within(rng: np.random.Generator, low: Ints, stop: Ints) -> Ints:
    """A day from `low` up to `stop` (excluded)."""
    return (low + (rng.random(len(low)) * np.maximum(stop - low, 1)).astype(np.int32)).astype(np.int32)


def _events(rng: np.random.Generator, who: _Followed) -> tuple[Ints, Ints, Ints]:
    """One day in each window shown: row among the followed, window, day."""
    row, window = np.nonzero(who.shown)
    return row, window, _day_within(rng, who.starts[row, window], who.starts[row, window + 1])


def _within(n: int, person: Ints, days: Ints, who: _Followed) -> np.ndarray:
    """Which events of the block lie in the 24 months of somebody followed."""
    if not len(who.person):
        return np.zeros(len(person), dtype=bool)
    row = _rows(n, who)[person]
    return np.asarray((row >= 0) & (days >= who.starts[row, 0]) & (days < who.starts[row, 4]))


def _reoffend(
    rng: np.random.Generator,
    n: int,
    offences: Offences,
    who: _Followed,
    custody: np.ndarray,
    is_adult: bool,
) -> Offences:
    """One conviction for each window shown, with custody where that is shown."""
    counts = offences.disposal == CONVICTION
    kept = offences.only(~(counts & _within(n, offences.person, offences.offence, who)))
    row, window, when = _events(rng, who)
    disposal = np.full(len(row), CONVICTION, dtype=np.int8)
    disposed, is_abuse = dispose(rng, when, disposal, 0.13 if is_adult else 0.0)
    days = np.where(custody[row, window], 14 + rng.exponential(150, len(row)), 0).astype(np.int16)
    return kept.and_also(
        Offences(
            person=who.person[row].astype(np.int32),
            offence=when,
            disposed=np.minimum(disposed, LAST_DISPOSAL).astype(np.int32),
            disposal=disposal,
            custody=days,
            is_domestic_abuse=is_abuse,
            group=rng.integers(0, 8, len(row)).astype(np.int8),
        )
    )


def _attend(rng: np.random.Generator, n: int, visits: Attendances, who: _Followed, injury: np.ndarray) -> Attendances:
    """One or two emergency attendances for each window shown, injuries where they are shown."""
    counts = visits.kind == EMERGENCY
    kept = visits.only(~(counts & _within(n, visits.person, visits.day, who)))
    row, window, when = _events(rng, who)
    again = rng.random(len(row)) < 0.2
    second = _day_within(rng, who.starts[row, window][again], who.starts[row, window + 1][again])
    person = who.person[np.concatenate([row, row[again]])].astype(np.int32)
    is_injury = np.concatenate([injury[row, window], np.zeros(int(again.sum()), dtype=bool)])
    days = np.concatenate([when, second])
    return kept.and_also(Attendances(person, days, np.full(len(days), EMERGENCY, dtype=np.int8), is_injury))
