"""People, the homes they share and the names they bear."""

from datetime import date

import numpy as np
import pytest

from tf_assets.country.days import NEVER, YEAR, day
from tf_assets.country.names import VARIANTS, forename_text, surname_text
from tf_assets.country.papers import issue
from tf_assets.country.places import Places, council_of, make_places, postcode_text
from tf_assets.country.population import Block, make_block
from tf_assets.country.sizes import size_named

MIDDLE = day(date(2016, 1, 1))
SIZE = size_named("demo", families=1_000, councils=8)


@pytest.fixture(scope="module")
def places() -> Places:
    return make_places(np.random.default_rng(1), SIZE)


@pytest.fixture(scope="module")
def block(places: Places) -> Block:
    return make_block(np.random.default_rng(2), places, 8_000, False, 0, 0, range(10, 20))


def _lead_home(block: Block, on: int) -> np.ndarray:
    first = np.flatnonzero(np.r_[True, block.household[1:] != block.household[:-1]])
    return block.home_on(on)[first][block.household]


def test_young_siblings_share_a_home_before_and_after_a_move(block: Block) -> None:
    is_young = block.is_child & (MIDDLE - block.birth < 16 * YEAR) & (block.birth < MIDDLE)
    for on in (day(date(2013, 4, 1)), MIDDLE, day(date(2019, 8, 31))):
        young = is_young & (on - block.birth < 18 * YEAR)
        assert (block.home_on(on) == _lead_home(block, on))[young].mean() == 1


def test_a_third_of_households_move_and_most_stay_in_their_council(block: Block) -> None:
    lead = np.flatnonzero(np.r_[True, block.household[1:] != block.household[:-1]])
    moved = block.moves[lead, 0] < NEVER
    same = council_of(block.homes[lead, 0]) == council_of(block.homes[lead, 1])
    assert 0.3 < moved.mean() < 0.45
    assert 0.8 < same[moved].mean() < 0.95


def test_parents_are_older_than_their_children(block: Block) -> None:
    adults = np.full(len(block.council), NEVER, dtype=np.int64)
    np.minimum.at(adults, block.household[~block.is_child], block.birth[~block.is_child])
    assert ((block.birth - adults[block.household])[block.is_child] > 14 * YEAR).all()


def test_twins_are_born_on_one_day_to_one_household(block: Block) -> None:
    twins = np.flatnonzero(block.is_twin)
    pairs = set(zip(block.household[twins].tolist(), block.birth[twins].tolist(), strict=True))
    assert len(twins) > 20
    assert len(twins) / 3 <= len(pairs) <= len(twins) / 2


def test_siblings_have_different_forenames_and_mostly_one_surname(block: Block) -> None:
    children = np.flatnonzero(block.is_child)
    names = list(zip(block.household[children].tolist(), block.forename[children].tolist(), strict=True))
    assert len(set(names)) / len(names) > 0.995
    lead = np.flatnonzero(np.r_[True, block.household[1:] != block.household[:-1]])
    same = block.surname[children] == block.surname[lead][block.household[children]]
    assert 0.8 < same.mean() < 0.95


def test_some_sons_bear_their_fathers_name(block: Block) -> None:
    father = np.full(len(block.council), -1)
    men = ~block.is_child & ~block.is_female
    father[block.household[men]] = block.forename[men]
    boys = block.is_child & ~block.is_female & (father[block.household] >= 0)
    assert 0.01 < (block.forename == father[block.household])[boys].mean() < 0.06


def test_upns_are_given_once_even_across_chunks(places: Places) -> None:
    blocks = [make_block(np.random.default_rng(i), places, 3_000, False, 50_000 * i, 50_000 * i) for i in (0, 1)]
    numbers = [number for i, b in enumerate(blocks) for number in issue(places, b, i, 2).upn.drop_nulls()]
    assert len(numbers) == len(set(numbers)) > 3_000


def test_canaries_have_names_and_postcodes_of_their_own(places: Places, block: Block) -> None:
    canary = np.flatnonzero(block.is_canary)
    assert len(canary) == 10
    forenames, surnames = (forename_text(block.forename * VARIANTS), surname_text(block.surname * VARIANTS))
    postcodes = postcode_text(places, block.homes[:, 0])
    for person in canary:
        assert (forenames == forenames[int(person)]).sum() == 1
        assert (surnames == surnames[int(person)]).sum() == 1
        mine = np.flatnonzero(postcodes == postcodes[int(person)])
        assert set(block.household[mine]) == {block.household[person]}


def test_postcodes_are_well_formed_and_of_one_council(places: Places, block: Block) -> None:
    homes = block.homes[:, 0]
    text = postcode_text(places, homes)
    assert text.str.contains(r"^[A-Z]{1,2}[0-9]{1,2} [0-9][ABD-HJLNP-UW-Z]{2}$").all()
    outward = text.str.split(" ").list.first().to_list()
    councils = {}
    for district, council in zip(outward, council_of(homes).tolist(), strict=True):
        assert councils.setdefault(district, council) == council
