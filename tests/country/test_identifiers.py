"""Identifiers are valid in form and belong to one person each."""

import re

import numpy as np
import pytest
from stdnum.gb import nhs, upn

from tf_assets.country.identifiers import mixed, nhs_numbers, ninos, pnc_ids, references, upns

PEOPLE = np.arange(20_000)
AUTHORITIES = np.array([201, 301, 420, 938])[PEOPLE % 4]


@pytest.mark.parametrize("is_temporary", [False, True])
def test_upns_have_the_right_check_letter(is_temporary: bool) -> None:
    made = upns(AUTHORITIES, PEOPLE * 487 % 10_000_000, 2000 + PEOPLE % 19, is_temporary)
    assert all(upn.is_valid(number) for number in made)
    assert all(number[-1].isalpha() == is_temporary for number in made)


def test_nhs_numbers_have_the_right_check_digit_and_differ() -> None:
    made = nhs_numbers(PEOPLE)
    assert all(nhs.is_valid(number) for number in made)
    assert made.n_unique() == len(PEOPLE)


def test_ninos_have_prefixes_in_use_and_differ() -> None:
    made = ninos(PEOPLE)
    form = re.compile(r"^(?!BG|GB|KN|NK|NT|TN|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z][0-9]{6}[A-D]$")
    assert all(form.match(number) for number in made)
    assert made.n_unique() == len(PEOPLE)


def test_pnc_ids_differ() -> None:
    assert pnc_ids(PEOPLE).n_unique() == len(PEOPLE)


def test_references_differ_and_say_nothing_of_order() -> None:
    numbers = mixed(PEOPLE, salt=12)
    assert references(numbers).n_unique() == len(PEOPLE)
    assert abs(np.corrcoef(PEOPLE, numbers.astype(float))[0, 1]) < 0.03


def test_a_reference_is_the_number_in_sixteen_digits() -> None:
    assert references(np.array([0, 255, 2**64 - 1], dtype=np.uint64)).to_list() == [
        "0000000000000000",
        "00000000000000FF",
        "FFFFFFFFFFFFFFFF",
    ]
