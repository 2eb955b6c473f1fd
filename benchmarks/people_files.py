"""Two files of people of the fictional England, of any size, with the truth: a register of families and a department's.

The register holds whole families as their council wrote them down in 2017; the department knows most of them, and
many others, as they were in 2014. In between families moved, parted and married; each side mistypes, shortens and
leaves out on its own account (rates: `tf_assets.country.identities`). There are no numbers of authorities on both.

Each side can be made worse (`slips`): further mistypings, other forenames and surnames, wrong dates of birth and
homes, blanks. They fall on a person at random, not on the same few.
"""

from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
import numpy as np
import polars as pl

from tf_assets.country.country import PLACES, stream
from tf_assets.country.identifiers import references
from tf_assets.country.identities import Scribe, identities, salts_of
from tf_assets.country.papers import issue
from tf_assets.country.places import Places, make_places
from tf_assets.country.population import make_block
from tf_assets.country.sizes import ALL_YEARS, Size

KNOWN_SHARE = 0.85
"""Of the people of the register and of everybody else, those whom the department knows."""

CHUNK = 400_000
SORT_MEMORY = "4GB"
COLUMNS = ("record_id", "forename", "surname", "date_of_birth", "sex", "postcode")
LEFT, RIGHT = ("social_care", 2017), ("hospital", 2014)
PEOPLE_A_FAMILY, PEOPLE_A_HOUSEHOLD = 3.6, 2.33
_FAMILIES, _OTHERS, _SLIPS = 21, 22, 23
"""Streams of chance, none of which makes the country itself."""


def write_people_files(folder: Path, seed: int, n_left: int, n_right: int, slips: float = 0.0) -> None:
    """Write left, right and truth as Parquet; the same seed and sizes give the same files, met to about a hundredth.

    left: record_id, forename, surname, date_of_birth, sex, postcode, family_id; right: the same without family_id; truth:
    left_record_id, right_record_id. slips: chance that a side spoils a field of a person, beyond the country's own slips.
    Of the right, which may be tens of millions, a chunk at a time is held, unless it is spoilt.
    """
    n_people = max(int(n_right / KNOWN_SHARE), n_left)
    size = Size("linkage", n_left // 4, n_people, 152, 8, ALL_YEARS, chunk=CHUNK)
    places = make_places(stream(seed, PLACES), size)
    salts = salts_of(seed, [LEFT[0], RIGHT[0]])
    families = [_families(seed, places, salts, *chunk) for chunk in _chunks(n_left)]
    others = (_others(seed, places, salts, *chunk) for chunk in _chunks(n_people - n_left))
    left = pl.concat([left for left, _, _ in families])
    _spoilt(left, slips, stream(seed, _SLIPS, 0)).write_parquet(folder / "left.parquet")
    right = folder / "right.parquet"
    _write_sorted(chain((right for _, right, _ in families), others), right)
    if slips:
        _spoilt(pl.read_parquet(right), slips, stream(seed, _SLIPS, 1)).write_parquet(right)
    pl.concat([truth for _, _, truth in families]).write_parquet(folder / "truth.parquet")


def _write_sorted(parts: Iterable[pl.DataFrame], path: Path) -> None:
    """Write parts as one file sorted by record_id, on the disk and not in memory."""
    with TemporaryDirectory(dir=path.parent) as folder, duckdb.connect() as connection:
        for at, part in enumerate(parts):
            part.write_parquet(Path(folder) / f"{at}.parquet")
        connection.execute(f"SET temp_directory = '{folder}'")
        connection.execute(f"SET memory_limit = '{SORT_MEMORY}'")
        connection.execute(
            f"COPY (SELECT * FROM '{folder}/*.parquet' ORDER BY record_id) TO '{path}' (COMPRESSION zstd)"
        )


def _chunks(n_people: int) -> Iterator[tuple[int, int]]:
    """Place and size of each chunk."""
    n_chunks = -(-n_people // CHUNK)
    return ((at, n_people // n_chunks) for at in range(n_chunks))


def _families(
    seed: int, places: Places, salts: dict[str, int], at: int, n_people: int
) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    rng = stream(seed, _FAMILIES, at)
    first = at * 2 * CHUNK
    block = make_block(rng, places, int(n_people / PEOPLE_A_FAMILY) + 1, True, first, first)
    scribe = Scribe(places, block, issue(places, block, at, 200), salts)
    known = np.flatnonzero(rng.random(len(block)) < KNOWN_SHARE)
    everybody = np.arange(len(block))
    left = _written(scribe, *LEFT, everybody, rng).with_columns(family_id=pl.lit(""))
    family = pl.DataFrame({"record_id": _ids(scribe, LEFT[0], everybody), "family_id": block.family_id.astype(str)})
    left = left.drop("family_id").join(family, on="record_id")
    truth = pl.DataFrame(
        {"left_record_id": _ids(scribe, LEFT[0], known), "right_record_id": _ids(scribe, RIGHT[0], known)}
    )
    return left, _written(scribe, *RIGHT, known, rng), truth


def _others(seed: int, places: Places, salts: dict[str, int], at: int, n_people: int) -> pl.DataFrame:
    rng = stream(seed, _OTHERS, at)
    first = 1_000_000_000 + at * 2 * CHUNK
    block = make_block(rng, places, int(n_people / PEOPLE_A_HOUSEHOLD) + 1, False, first, first)
    scribe = Scribe(places, block, issue(places, block, 100 + at, 200), salts)
    return _written(scribe, *RIGHT, np.flatnonzero(rng.random(len(block)) < KNOWN_SHARE), rng)


def _ids(scribe: Scribe, extract: str, person: np.ndarray) -> pl.Series:

    return references(scribe.numbers(extract, person))


def _written(scribe: Scribe, extract: str, year: int, person: np.ndarray, rng: np.random.Generator) -> pl.DataFrame:
    """The identities of these people as one side writes them, in capitals."""
    written = identities(scribe, extract, year, person, rng).rename({"record_ref": "record_id"})
    return written.select(COLUMNS).with_columns(
        pl.col("forename", "surname").str.to_uppercase(), pl.col("date_of_birth").cast(pl.String)
    )


def _spoilt(people: pl.DataFrame, share: float, rng: np.random.Generator) -> pl.DataFrame:
    """Each field of each row spoilt with this chance, in one of the ways in which it goes wrong."""
    if not share:
        return people
    n = people.height

    def slip(part: float) -> pl.Series:
        return pl.Series(rng.random(n) < share * part)

    def somebody(column: str) -> pl.Series:
        return people[column].gather(rng.integers(0, n, n))

    letter = pl.Series(np.array(list("AEIONRSTLD"))[rng.integers(0, 10, n)])
    place = pl.Series(rng.integers(1, 6, n))
    spoilt = people.with_columns(letter=letter, place=place)
    for column in ("forename", "surname"):
        text, at = pl.col(column), pl.col("place").clip(upper_bound=pl.col(column).str.len_chars() - 1)
        mistyped = pl.concat_str(text.str.slice(0, at), pl.col("letter"), text.str.slice(at + 1))
        spoilt = spoilt.with_columns(
            pl.when(slip(0.6)).then(mistyped).when(slip(0.4)).then(somebody(column)).otherwise(text).alias(column)
        )
    born = pl.col("date_of_birth")
    digit = pl.Series(rng.integers(1, 10, n).astype(str))
    wrong_day = pl.concat_str(born.str.slice(0, 8), pl.lit("0"), digit)
    wrong_month = pl.concat_str(born.str.slice(0, 5), pl.lit("0"), digit, born.str.slice(7))
    wrong_year = pl.concat_str(born.str.slice(0, 3), digit, born.str.slice(4))
    spoilt = spoilt.with_columns(
        date_of_birth=pl.when(slip(0.3))
        .then(wrong_day)
        .when(slip(0.3))
        .then(wrong_month)
        .when(slip(0.2))
        .then(wrong_year)
        .when(~slip(0.2))
        .then(born),
        postcode=pl.when(slip(1.5)).then(somebody("postcode")).when(~slip(0.5)).then("postcode"),
        sex=pl.when(~slip(0.3)).then("sex"),
    )
    return spoilt.drop("letter", "place")
