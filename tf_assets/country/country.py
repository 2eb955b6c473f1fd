"""Make the fictional England: the landing area of all suppliers, and the truth beside it."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from tf_assets.country.days import Ints
from tf_assets.country.lives import Lives, live
from tf_assets.country.names import N_CANARIES
from tf_assets.country.papers import Papers, issue
from tf_assets.country.places import Places, make_places
from tf_assets.country.population import Block, make_block
from tf_assets.country.quarters import clean_rows, enrol
from tf_assets.country.register import CANDIDATES_A_FAMILY, Register, choose_register
from tf_assets.country.scenarios import SCENARIOS, Scenario
from tf_assets.country.school import Pupils, attend
from tf_assets.country.sizes import Size

PLACES, CANDIDATES, REST = 0, 1, 2
"""Streams of chance: each part of the country has a generator of its own, so that parts do not depend on each other."""


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


def make_candidates(seed: int, size: Size, scenario: Scenario, places: Places, n_chunks: int) -> Candidates:
    """People from whom the registers are chosen, their lives before the programme, and the choice."""
    rng = stream(seed, CANDIDATES)
    n_households = int(size.n_families * CANDIDATES_A_FAMILY) + 20
    block = make_block(rng, places, n_households, True, 0, 0, range(N_CANARIES // 2))
    lives = live(rng, block)
    habit = rng.standard_normal(len(block))
    pupils = [attend(rng, block, year, habit) for year in size.years]
    register = choose_register(rng, block, lives, pupils, scenario, size.n_families)
    return Candidates(block, issue(places, block, 0, n_chunks), lives, pupils, register, rng)


def clean_register(
    seed: int, size: Size, scenario: Scenario = SCENARIOS["headline"]
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The clean register of every quarter, and the schools: what `write_returns` takes."""
    places = make_places(stream(seed, PLACES), size)
    candidates = make_candidates(seed, size, scenario, places, 1)
    return _register_rows(seed, size, places, candidates), places.schools


def _register_rows(seed: int, size: Size, places: Places, who: Candidates) -> pl.DataFrame:
    membership = enrol(who.rng, places, who.block, who.register, size.quarters)
    return clean_rows(seed, places, who.block, who.register, membership, who.papers, size.quarters)


__all__ = ["Candidates", "Ints", "clean_register", "make_candidates"]
