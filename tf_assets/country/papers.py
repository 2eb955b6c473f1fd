"""The numbers that the state has given each person of a block."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from tf_assets.country.days import Ints, months_of
from tf_assets.country.identifiers import child_ids, nhs_numbers, ninos, pnc_ids, upns
from tf_assets.country.places import Places, council_of
from tf_assets.country.population import Block

SERIALS = 10_000_000
FIRST_PUPIL_YEAR = 1997
"""Born before: left school before the first extract."""


@dataclass(frozen=True)
class Papers:
    """Text by person: upn and temporary_upn (null for those who left school before 2013), nino, nhs_number, pnc_id,
    child_id."""

    upn: pl.Series
    temporary_upn: pl.Series
    nino: pl.Series
    nhs_number: pl.Series
    pnc_id: pl.Series
    child_id: pl.Series


def issue(places: Places, block: Block, chunk: int, n_chunks: int) -> Papers:
    """Issue numbers. chunk of n_chunks: each has serials of its own, so that no pupil number is given twice."""
    year = 1970 + months_of(block.birth) // 12
    pupils = np.flatnonzero(year >= FIRST_PUPIL_YEAR)
    authority = places.authority[council_of(block.homes[pupils, 0])]
    start_year = year[pupils] + 4
    serial = _serials(authority * 100 + start_year % 100, chunk, n_chunks)
    row = np.full(len(block), len(pupils), dtype=np.int64)
    row[pupils] = np.arange(len(pupils))

    def for_everybody(numbers: pl.Series) -> pl.Series:
        return numbers.extend_constant(None, 1).gather(row)

    return Papers(
        upn=for_everybody(upns(authority, serial, start_year)),
        temporary_upn=for_everybody(upns(authority, serial, start_year, is_temporary=True)),
        nino=ninos(block.person_id),
        nhs_number=nhs_numbers(block.person_id),
        pnc_id=pnc_ids(block.person_id),
        child_id=child_ids(block.person_id),
    )


def _serials(group: Ints, chunk: int, n_chunks: int) -> Ints:
    """Seven digits, unique within a group (authority and year) over all chunks."""
    room = SERIALS // n_chunks
    order = np.argsort(group, kind="stable")
    ordered = group[order]
    start = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]]) if len(group) else np.zeros(0, dtype=np.int64)
    length = np.diff(np.r_[start, len(group)])
    count = np.empty(len(group), dtype=np.int64)
    count[order] = np.arange(len(group)) - np.repeat(start, length)
    if len(count) and count.max() >= room:
        raise ValueError("A chunk has more pupils of one authority and year than serial numbers.")
    step = 7_368_787
    return (chunk * room + count) * step % SERIALS
