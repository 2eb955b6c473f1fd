"""A small clean register, and the returns that are made of it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from tf_assets.country.dirty.returns_writer import write_returns
from tf_assets.country.identifiers import ninos, upns
from tf_assets.warehouse.calendar import FIRST_QUARTER, next_quarter
from tf_assets.warehouse.geography import councils

FORENAMES = {"F": ("Katherine", "Zoe", "Aisha", "Susan"), "M": ("Robert", "Sean", "Imran", "William")}
SURNAMES = ("Smith", "O'Neil", "Khan-Brown", "Taylor", "Patel")
SEED = 7


def _quarters(n: int) -> list[date]:
    quarters = [FIRST_QUARTER]
    while len(quarters) < n:
        quarters.append(next_quarter(quarters[-1]))
    return quarters


def _people(code: str, first_id: int, n: int) -> pl.DataFrame:
    """Families of three: a mother, a father and a child; families come onto the register one after the other."""
    rng = np.random.default_rng(first_id)
    ids = np.arange(first_id, first_id + n)
    place = np.arange(n)
    is_child = place % 3 == 2
    sexes = np.where(place % 3 == 0, "F", "M")
    family = place // 3
    born = [
        date(1975 + int(p) % 9, 1, 1) + timedelta(days=int(d))
        for p, d in zip(place, rng.integers(0, 365, n), strict=True)
    ]
    born = [b.replace(year=b.year + 28, day=min(b.day, 28)) if c else b for b, c in zip(born, is_child, strict=True)]
    assessed = [FIRST_QUARTER + timedelta(days=int(f) * 31 % 400) for f in family]
    is_programme = family % 2 == 0
    started = [a + timedelta(days=20) if p else None for a, p in zip(assessed, is_programme, strict=True)]
    return pl.DataFrame(
        {
            "council_code": [code] * n,
            "family_ref": [f"F{x:05d}" for x in family],
            "person_ref": [f"P{x:07d}" for x in ids],
            "forename": [FORENAMES[s][int(x) % 4] for s, x in zip(sexes, ids, strict=True)],
            "surname": [SURNAMES[int(f) % 5] for f in family],
            "date_of_birth": born,
            "sex": sexes.tolist(),
            "postcode": [f"LS{1 + int(f) % 9} {int(f) % 8 + 1}AB" for f in family],
            "address": [f"{int(f) + 1} High Street, Oakwood" for f in family],
            "upn": upns(np.full(n, 380), ids, np.full(n, 15)).set(pl.Series(~is_child), None),
            "nino": ninos(ids).set(pl.Series(is_child), None),
            "role": np.where(is_child, "child", "adult").tolist(),
            "school_name": pl.Series(["Oakfield Academy"] * n).set(pl.Series(~is_child), None),
            "programme_group": np.where(is_programme, "programme", "awaiting").tolist(),
            "assessment_date": assessed,
            "start_date": started,
            "end_date": [s + timedelta(days=30) if s else None for s in started],
            "end_reason": [None if s is None else "moved_away" for s in started],
            **{f"is_problem_{name}": (family + at) % 2 == 0 for at, name in enumerate(PROBLEMS)},
            "person_id": ids,
            "true_family_id": family,
            "is_twin": [False] * n,
        }
    )


PROBLEMS = ("crime", "attendance", "child_help", "worklessness", "domestic_abuse", "health")


def make_register(n_councils: int, n_quarters: int, n_people: int) -> pl.DataFrame:
    """The register of some councils as it stands at each quarter's end."""
    codes = councils()["council_code"].to_list()[:n_councils]
    people = pl.concat([_people(code, 1000 * (at + 1), n_people) for at, code in enumerate(codes)])
    quarters = []
    for quarter in _quarters(n_quarters):
        end = next_quarter(quarter) - timedelta(days=1)
        begun = pl.col("start_date") <= end
        over = pl.col("end_date") <= end
        quarters.append(
            people.filter(pl.col("assessment_date") <= end).with_columns(
                pl.lit(quarter).alias("quarter_date"),
                pl.when(begun | (pl.col("programme_group") == "awaiting"))
                .then("programme_group")
                .otherwise(pl.lit("awaiting"))
                .alias("programme_group"),
                pl.when(begun).then("start_date").alias("start_date"),
                pl.when(over).then("end_date").alias("end_date"),
                pl.when(over).then("end_reason").alias("end_reason"),
            )
        )
    return pl.concat(quarters)


@dataclass(frozen=True)
class Country:
    """What was written, and what from."""

    register: pl.DataFrame
    landing: Path
    truth: Path
    files: pl.DataFrame
    defects: pl.DataFrame


@pytest.fixture(scope="session")
def write_country(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Country]:
    """Write the returns of a small country into a folder of its own."""

    def write(register: pl.DataFrame, seed: int = SEED, canaries: str | None = None) -> Country:
        root = tmp_path_factory.mktemp("country")
        landing, truth = root / "landing", root / "truth"
        if canaries is not None:
            truth.mkdir()
            (truth / "canaries.csv").write_text(canaries)
        schools = pl.DataFrame({"urn": ["100001"], "school_name": ["Oakfield Academy"], "council_code": ["E06000001"]})
        quarters = sorted(register["quarter_date"].unique().to_list())
        write_returns(register, schools, landing, truth, seed, quarters)
        files, defects = (pl.read_parquet(truth / f"{name}.parquet") for name in ("files", "defects"))
        return Country(register, landing, truth, files, defects)

    return write


@pytest.fixture(scope="session")
def country(write_country: Callable[..., Country]) -> Country:
    """As many councils and quarters as in the demonstration, with few people."""
    return write_country(make_register(n_councils=24, n_quarters=6, n_people=105))


@pytest.fixture(scope="session")
def small_register() -> pl.DataFrame:
    """Six councils and two quarters."""
    return make_register(n_councils=6, n_quarters=2, n_people=30)
