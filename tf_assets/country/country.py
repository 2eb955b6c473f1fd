"""Make the fictional England: the landing area of all suppliers, and the truth beside it.

The candidates, from whom the registers are chosen, are one block, for their choice and their potential outcomes are
decided together; the rest of the population follows in chunks that are made, written and forgotten. Each has a stream
of chance of its own, so that the same seed gives the same bytes.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from tf_assets.country.attributes import as_recorded, attributes
from tf_assets.country.identities import Scribe, identities, in_the_file, salts_of
from tf_assets.country.lives import Lives, live
from tf_assets.country.names import N_CANARIES
from tf_assets.country.papers import Papers, issue
from tf_assets.country.places import Places, make_places
from tf_assets.country.population import Block, make_block
from tf_assets.country.potential import plan_outcomes
from tf_assets.country.quarters import clean_rows, enrol
from tf_assets.country.register import CANDIDATES_A_FAMILY, Register, choose_register
from tf_assets.country.scenarios import SCENARIOS, Scenario
from tf_assets.country.school import Pupils, attend
from tf_assets.country.sizes import Size
from tf_assets.country.slots import Half, Slots
from tf_assets.country.truth import RecordsFile, arm_rows, canary_rows, effect_rows, outcome_rows
from tf_assets.country.unfolding import unfold
from tf_assets.warehouse.calendar import EXTRACTS

Progress = Callable[[str, float], None]
"""Called with the step and the share of the work that is done."""

PLACES, CANDIDATES, REST, FILES = 0, 1, 2, 3
"""Streams of chance: each part of the country has a generator of its own."""

PEOPLE_A_HOUSEHOLD = 2.33
"""Mean size of a household that is no candidate (measured; population.py)."""

WORKERS = 2
FIRST_SHARE, LAST_SHARE = 0.05, 0.75
"""Shares of the work done before the first chunk and after the last one, when the returns follow."""

Rows = tuple[str, int, Half, pl.DataFrame]
"""Extract, year, half, rows of one file."""


@dataclass(frozen=True)
class CountrySummary:
    """What was made: families on the registers and how many of them are on the programme, register people, people,
    councils, rows of departments' files, rows of the clean registers."""

    n_families: int
    n_programme_families: int
    n_register_people: int
    n_people: int
    n_councils: int
    n_department_rows: int
    n_register_rows: int

    def __str__(self) -> str:
        return (
            f"A country of {self.n_people:,} people in {self.n_councils} councils, {self.n_register_people:,} of them "
            f"in {self.n_families:,} families on the registers ({self.n_programme_families:,} on the programme); "
            f"{self.n_department_rows:,} rows from departments, {self.n_register_rows:,} from councils."
        )


@dataclass(frozen=True)
class Candidates:
    """The block from which the registers are chosen, with all that was drawn for it.

    pupils: by year of `size.years`; register: the chosen; rng: the stream for what comes after.
    """

    block: Block
    papers: Papers
    lives: Lives
    pupils: list[Pupils]
    register: Register
    rng: np.random.Generator


def stream(seed: int, *place: int) -> np.random.Generator:
    """The generator of one part of the country."""
    return np.random.default_rng(np.random.SeedSequence(entropy=seed, spawn_key=place))


def make_candidates(seed: int, size: Size, scenario: Scenario, places: Places) -> Candidates:
    """People from whom the registers are chosen, their lives before the programme, and the choice."""
    rng = stream(seed, CANDIDATES)
    n_households = int(size.n_families * CANDIDATES_A_FAMILY) + 20
    block = make_block(rng, places, n_households, True, 0, 0, range(N_CANARIES // 2))
    lives = live(rng, block)
    habit = rng.standard_normal(len(block))
    pupils = [attend(rng, block, year, habit) for year in size.years]
    register = choose_register(rng, block, lives, pupils, scenario, size.n_families)
    return Candidates(block, issue(places, block, 0, _n_blocks(size)), lives, pupils, register, rng)


def clean_register(
    seed: int, size: Size, scenario: Scenario = SCENARIOS["headline"]
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The clean register of every quarter, and the schools: what `write_returns` takes."""
    places = make_places(stream(seed, PLACES), size)
    candidates = make_candidates(seed, size, scenario, places)
    return _register_rows(seed, size, places, candidates), places.schools


def make_country(
    seed: int, size: Size, scenario: Scenario, landing: Path, truth: Path, progress: Progress | None = None
) -> CountrySummary:
    """Write `landing/` and `truth/` (docs/reference/data-schedule.md); the same arguments give the same bytes."""
    from tf_assets.country.dirty.returns_writer import write_returns

    tell = progress or (lambda step, share: None)
    tell("families", 0.0)
    truth.mkdir(parents=True, exist_ok=True)
    places = make_places(stream(seed, PLACES), size)
    who = make_candidates(seed, size, scenario, places)
    n_people, n_rows = _write_departments(seed, size, scenario, places, who, landing, truth, tell)
    _write_schools(landing, places)
    register = _register_rows(seed, size, places, who)
    summary = CountrySummary(
        n_families=len(who.register.household),
        n_programme_families=int(who.register.is_programme.sum()),
        n_register_people=len(who.register.person),
        n_people=n_people,
        n_councils=len(places.codes),
        n_department_rows=n_rows,
        n_register_rows=len(register),
    )
    del who  # at national size the lives of the candidates are gigabytes
    write_returns(
        register=register,
        schools=places.schools,
        landing=landing,
        truth=truth,
        seed=seed,
        quarters=size.quarters,
        progress=lambda step, share: tell(step, LAST_SHARE + (1 - LAST_SHARE) * share),
    )
    return summary


def _write_departments(
    seed: int,
    size: Size,
    scenario: Scenario,
    places: Places,
    who: Candidates,
    landing: Path,
    truth: Path,
    tell: Progress,
) -> tuple[int, int]:
    """All departments' files and the truth; returns the number of people and of rows."""
    outcomes = plan_outcomes(who.rng, who.block, who.lives, who.register, scenario)
    outcome_rows(who.block, who.register, outcomes).write_parquet(truth / "outcomes.parquet")
    effect_rows(who.register, outcomes).write_parquet(truth / "effects.parquet")
    arm_rows(who.block, who.register).write_parquet(truth / "arms.parquet")
    lives = unfold(who.rng, who.block, who.lives, who.register, outcomes)
    del outcomes
    salts = salts_of(seed, list(EXTRACTS))
    scribe = Scribe(places, who.block, who.papers, salts)
    canaries = canary_rows(scribe)
    with Slots(landing, size.is_text) as slots, RecordsFile(truth / "records.parquet") as records:
        seen = _nobody(who.block)
        for rows in _block_rows(scribe, lives, who.pupils, who.register, size, stream(seed, FILES, 0), seen):
            slots.write(*rows)
        records.write(scribe, seen)
        del lives
        tell("departments", FIRST_SHARE)
        n_people = len(who.block)
        for done, made in enumerate(_chunks(seed, size, places, salts, len(who.block)), start=1):
            for rows in made.rows:
                slots.write(*rows)
            canaries += made.canaries
            if size.is_every_record_true:
                records.write(made.scribe, made.seen)
            n_people += len(made.scribe.block)
            tell("departments", FIRST_SHARE + (LAST_SHARE - FIRST_SHARE) * done / _n_chunks(size))
    pl.DataFrame(canaries, schema=["kind", "value"], orient="row").write_csv(truth / "canaries.csv")
    return n_people, slots.n_rows


@dataclass(frozen=True)
class _Chunk:
    """A chunk of the rest of the population, its rows, its canaries, and who stands in which extract."""

    scribe: Scribe
    rows: list[Rows]
    canaries: list[tuple[str, str]]
    seen: dict[str, np.ndarray]


def _chunks(seed: int, size: Size, places: Places, salts: dict[str, int], first_person: int) -> Iterator[_Chunk]:
    """The rest of the population, chunk by chunk in order, a few ahead on other threads."""
    n_chunks = _n_chunks(size)
    n_rest = max(size.n_people - first_person, 1_000)
    sizes = [n_rest // n_chunks] * n_chunks
    room = int(max(sizes) * 1.2) + 1_000

    def make(chunk: int) -> _Chunk:
        n_households = int(sizes[chunk] / PEOPLE_A_HOUSEHOLD) + 1
        first = first_person + chunk * room
        return _make_chunk(seed, size, places, salts, chunk, n_households, first)

    with ThreadPoolExecutor(WORKERS) as pool:
        waiting: list[Future[_Chunk]] = []
        for chunk in range(n_chunks):
            waiting.append(pool.submit(make, chunk))
            if len(waiting) > WORKERS:
                yield waiting.pop(0).result()
        for future in waiting:
            yield future.result()


def _make_chunk(
    seed: int, size: Size, places: Places, salts: dict[str, int], chunk: int, n_households: int, first: int
) -> _Chunk:
    """People who are on no register, their lives and their records."""
    rng = stream(seed, REST, chunk)
    canaries = range(N_CANARIES // 2, N_CANARIES) if chunk == 0 else range(0)
    block = make_block(rng, places, n_households, False, first, first, canaries)
    lives = live(rng, block)
    habit = rng.standard_normal(len(block))
    pupils = [attend(rng, block, year, habit) for year in size.years]
    scribe = Scribe(places, block, issue(places, block, chunk + 1, _n_blocks(size)), salts)
    seen = _nobody(block)
    rows = list(_block_rows(scribe, lives, pupils, None, size, rng, seen))
    return _Chunk(scribe, rows, canary_rows(scribe), seen)


def _block_rows(
    scribe: Scribe,
    lives: Lives,
    pupils: list[Pupils],
    register: Register | None,
    size: Size,
    rng: np.random.Generator,
    seen: dict[str, np.ndarray],
) -> Iterator[Rows]:
    """The rows of every department's files about one block; marks in `seen` who stands in which extract."""
    records = as_recorded(scribe, lives, pupils, register)
    old_records = np.flatnonzero(lives.had_record)
    for year in size.years:
        for extract, active, frame in attributes(scribe, records, year):
            if extract == "offences" and year == size.years[0]:
                active = np.concatenate([active, old_records])
            person = in_the_file(scribe, extract, size.years, year, active)
            seen[extract][person] = True
            yield extract, year, "attributes", frame
            yield extract, year, "identities", identities(scribe, extract, year, person, rng)


def _nobody(block: Block) -> dict[str, np.ndarray]:
    return {extract: np.zeros(len(block), dtype=bool) for extract in EXTRACTS}


def _n_chunks(size: Size) -> int:
    return max(1, round(size.n_people / size.chunk))


def _write_schools(landing: Path, places: Places) -> None:
    folder = landing / "reference"
    folder.mkdir(parents=True, exist_ok=True)
    places.schools.write_csv(folder / "schools.csv")


def _register_rows(seed: int, size: Size, places: Places, who: Candidates) -> pl.DataFrame:
    rng = stream(seed, CANDIDATES, 1)
    membership = enrol(rng, places, who.block, who.register, size.quarters)
    return clean_rows(seed, places, who.block, who.register, membership, who.papers, size.quarters)


def _n_blocks(size: Size) -> int:
    return _n_chunks(size) + 1
