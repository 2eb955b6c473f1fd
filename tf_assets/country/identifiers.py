"""Identifiers that are valid in form, each unique to a person, made for whole arrays of people.

Fixed-width text is built as a matrix of bytes and handed to Arrow without a loop.
"""

from math import gcd

import numpy as np
import polars as pl
import pyarrow as pa

from tf_assets.country.days import Ints

UPN_LETTERS = np.frombuffer(b"ABCDEFGHJKLMNPQRTUVWXYZ", dtype=np.uint8)
"""UPN check letters; temporary numbers end in one of them (DfE, common basic data set)."""

NINO_PREFIXES = np.array(
    [
        [ord(first), ord(second)]
        for first in "ABCEGHJKLMNOPRSTWXYZ"
        for second in "ABCEGHJKLMNPRSTWXYZ"
        if first + second not in {"BG", "GB", "KN", "NK", "NT", "TN", "ZZ"}
    ],
    dtype=np.uint8,
)
"""Prefixes in use (HMRC, National Insurance manual NIM39110)."""

REFERENCE_DIGITS = np.frombuffer(b"0123456789ABCDEF", dtype=np.uint8)


def text_of(matrix: np.ndarray) -> pl.Series:
    """Text of a matrix of ASCII bytes, one row a person."""
    rows, width = matrix.shape
    offsets = np.arange(rows + 1, dtype=np.int64) * width
    octets = pa.py_buffer(np.ascontiguousarray(matrix))
    series = pl.from_arrow(pa.LargeStringArray.from_buffers(rows, pa.py_buffer(offsets), octets))
    assert isinstance(series, pl.Series)
    return series


def digits(numbers: Ints, width: int) -> np.ndarray:
    """Decimal digits, leading zeros kept: uint8, one row a number."""
    numbers = np.asarray(numbers, dtype=np.int64)
    powers = 10 ** np.arange(width - 1, -1, -1, dtype=np.int64)
    return ((numbers[:, None] // powers) % 10).astype(np.uint8)


def scrambled(numbers: Ints, modulus: int) -> Ints:
    """Distinct numbers below `modulus`, spread over it, for distinct numbers below it."""
    multiplier = int(0.6180339887 * modulus)
    while gcd(multiplier, modulus) != 1:
        multiplier += 1
    product = np.asarray(numbers, dtype=np.uint64) * np.uint64(multiplier) + np.uint64(modulus // 3)
    return (product % np.uint64(modulus)).astype(np.int64)


def mixed(numbers: Ints, salt: int) -> Ints:
    """A one-to-one mix of 64 bits (splitmix64's finaliser): says nothing of the number's order."""
    x = np.asarray(numbers, dtype=np.uint64) + np.uint64(salt)
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))


def references(numbers: Ints) -> pl.Series:
    """A supplier's arbitrary reference for each 64-bit number: 16 characters."""
    octets = np.asarray(numbers, dtype=">u8").view(np.uint8).reshape(-1, 8)
    matrix = np.empty((len(octets), 16), dtype=np.uint8)
    matrix[:, 0::2] = REFERENCE_DIGITS[octets >> 4]
    matrix[:, 1::2] = REFERENCE_DIGITS[octets & 15]
    return text_of(matrix)


def ninos(person_id: Ints) -> pl.Series:
    """National insurance numbers: two letters of a prefix in use, six digits, A to D."""
    number = scrambled(person_id, len(NINO_PREFIXES) * 4_000_000)
    matrix = np.empty((len(number), 9), dtype=np.uint8)
    matrix[:, :2] = NINO_PREFIXES[number // 4_000_000]
    matrix[:, 2:8] = digits(number % 1_000_000, 6) + ord("0")
    matrix[:, 8] = number // 1_000_000 % 4 + ord("A")
    return text_of(matrix)


def nhs_numbers(person_id: Ints) -> pl.Series:
    """NHS numbers: nine digits and the modulus 11 check digit (NHS data dictionary).

    The ninth digit is even, or one more where the even number's check would be ten, which is never issued.
    """
    base = 400_000_000 + 2 * scrambled(person_id, 300_000_000)
    nine = digits(base, 9)
    weights = np.arange(10, 1, -1)
    check = (11 - nine @ weights % 11) % 11
    nine[:, 8] += check == 10
    check = (11 - nine @ weights % 11) % 11
    return text_of(np.column_stack([nine, check]).astype(np.uint8) + ord("0"))


def upns(authority: Ints, school_and_serial: Ints, year: Ints, is_temporary: bool = False) -> pl.Series:
    """Unique pupil numbers: check letter, authority (3), school (4), year (2), serial (3).

    school_and_serial: seven digits, unique within authority and year. A temporary number ends in a letter, which
    counts as its place in the alphabet of check letters (A = 0).
    """
    twelve = np.empty((len(authority), 12), dtype=np.uint8)
    seven = digits(school_and_serial, 7)
    twelve[:, :3] = digits(authority, 3)
    twelve[:, 3:7] = seven[:, :4]
    twelve[:, 7:9] = digits(np.asarray(year) % 100, 2)
    twelve[:, 9:] = seven[:, 4:]
    text = twelve + ord("0")
    if is_temporary:
        text[:, 11] = UPN_LETTERS[seven[:, 6]]
    weights = np.arange(2, 14)
    # The standard counts letters and digits by their place in one alphabet: the digits stand after the 23 letters,
    # and 23 is the modulus, so a digit counts as itself and A to K as 0 to 9.
    letter = UPN_LETTERS[twelve.astype(np.int64) @ weights % 23]
    return text_of(np.column_stack([letter, text]))


def pnc_ids(person_id: Ints) -> pl.Series:
    """Police national computer ids: year, stroke, seven digits, a letter."""
    number = scrambled(person_id, 300_000_000)
    matrix = np.empty((len(number), 13), dtype=np.uint8)
    matrix[:, :4] = digits(1985 + number // 10_000_000, 4) + ord("0")
    matrix[:, 4] = ord("/")
    matrix[:, 5:12] = digits(number % 10_000_000, 7) + ord("0")
    matrix[:, 12] = UPN_LETTERS[number % 23]
    return text_of(matrix)


def child_ids(person_id: Ints) -> pl.Series:
    """A local authority's number for a child in its care system: CH and nine digits (ours)."""
    number = scrambled(person_id, 1_000_000_000)
    matrix = np.full((len(number), 11), ord("C"), dtype=np.uint8)
    matrix[:, 1] = ord("H")
    matrix[:, 2:] = digits(number, 9) + ord("0")
    return text_of(matrix)
