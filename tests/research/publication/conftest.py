"""A small England with keys: people, what happened to them, and the tables that are published of them."""

from collections.abc import Callable
from datetime import date, datetime

import duckdb
import numpy as np
import polars as pl
import pytest

from tf_assets.research.publication.catalogue import ENGLAND
from tf_assets.research.publication.cohort_flow import protect_flow
from tf_assets.research.publication.counts import area_frame, protect_outcomes, protect_programme
from tf_assets.research.publication.diagnostics import protect_balance, protect_link_quality
from tf_assets.research.publication.estimates import protect_effects
from tf_assets.research.publication.holds import HELD_SCHEMA
from tf_assets.research.publication.link_rates import protect_link_rates
from tf_assets.warehouse.geography import councils
from tf_assets.warehouse.models import load_models

COUNCILS = councils().sort("council_code").gather_every(20)["council_code"].to_list()
REGION = dict(councils().select("council_code", "region_code").iter_rows())
RATES = {"is_looked_after": 0.05, "is_convicted_adult": 0.2, "is_on_jsa": 0.4, "is_in_custody_juvenile": 0.002}

Cells = dict[str, pl.DataFrame]


def people(n: int, seed: int) -> pl.DataFrame:
    """`eligible_people` and the rounding keys of `released_people` in one frame."""
    rng = np.random.default_rng(seed)
    council = rng.choice(COUNCILS, n)
    return pl.DataFrame(
        {
            "person_pseudonym": [f"p{i:06d}" for i in range(n)],
            "family_pseudonym": [f"f{i // 4:06d}" for i in range(n)],
            "arm": np.where(np.arange(n) // 4 % 3 == 0, "comparison", "programme"),
            "council_code": council,
            "region_code": [REGION[code] for code in council],
            "sex": rng.choice(["F", "M"], n),
            "age_at_index": rng.integers(0, 60, n),
            "rounding_key": rng.integers(0, 2**64, n, dtype=np.uint64),
        }
    )


def outcome_values(everybody: pl.DataFrame, seed: int) -> pl.DataFrame:
    """`outcome_values` in one window, and a score."""
    rng = np.random.default_rng(seed)
    return pl.concat(
        [
            everybody.select(
                "person_pseudonym",
                outcome=pl.lit(outcome),
                outcome_window=pl.lit("19-24"),
                value=pl.Series((rng.random(len(everybody)) < rate).astype(float)),
            )
            for outcome, rate in RATES.items()
        ]
        + [
            everybody.select(
                "person_pseudonym",
                outcome=pl.lit("ks4_attainment8"),
                outcome_window=pl.lit("19-24"),
                value=pl.Series(rng.normal(40, 10, len(everybody))),
            )
        ]
    )


def run_models(**tables: pl.DataFrame) -> Cells:
    """The cells that the stage's SQL makes of these tables."""
    with duckdb.connect() as connection:
        for name, frame in tables.items():
            connection.register(name, frame.to_arrow())
        return {
            name: connection.sql(model.sql).pl()
            for name, model in load_models("research").items()
            if model.stage == "publication" and set(model.dependencies) <= set(tables)
        }


def cells_of(everybody: pl.DataFrame, values: pl.DataFrame) -> Cells:
    """`outcome_cells` and `programme_cells`."""
    return run_models(
        eligible_people=everybody.drop("rounding_key"),
        released_people=everybody.select("person_pseudonym", "rounding_key"),
        outcome_values=values,
    )


def effects_of(cells: Cells) -> pl.DataFrame:
    """`treatment_effects`: an effect of two points with a plausible error, for England and its regions."""
    areas = [ENGLAND, *sorted({REGION[code] for code in COUNCILS})]
    return pl.DataFrame(
        [
            {
                "outcome": outcome,
                "outcome_window": "19-24",
                "area_code": area,
                "method": method,
                "estimate": -0.0213,
                "ci_low": -0.0413,
                "ci_high": -0.0013,
                "effective_sample": 900.0,
                "why_not_published": "",
            }
            for outcome in sorted(cells["outcome_cells"]["outcome"].unique())
            for area in areas
            for method in ("matching", "doubly-robust")
        ]
    )


BALANCE = pl.DataFrame(
    {
        "covariate": ["age_at_index", "is_problem_crime", "is_rare"],
        "programme_mean": [20.0, 0.4, 0.00001],
        "comparison_mean_before": [21.0, 0.3, 0.00002],
        "smd_before": [-0.123, 0.3051, 0.21],
        "smd_after": [0.0123, -0.0342, 0.02],
    }
)

COHORT_FLOW = pl.DataFrame(
    [
        {"position": position, "step": step, "arm": arm, "n_people": n_people, "cell_key": n_people * 7919}
        for position, (step, counts) in enumerate(
            {
                **{"on_registers": (8123, 4063), "no_index_date": (31, 0), "no_birth_month": (0, 0)},
                **{"born_after_index": (3, 61), "on_both_sides": (0, 0), "eligible": (8089, 4002)},
                **{"no_counterpart": (17, 44), "no_match": (80, 122), "matched": (7992, 3836)},
            }.items(),
            start=1,
        )
        for arm, n_people in zip(("programme", "comparison"), counts, strict=True)
    ],
    schema_overrides={"position": pl.Int32, "cell_key": pl.UInt64},
)

LINK_QUALITY = pl.DataFrame(
    {
        "extract": ["offences", "offences"],
        "stage": ["matchkeys", "all"],
        "n_left": [4000, 4000],
        "n_links": [1500, 1600],
        "estimated_precision": [0.99712, 0.99654],
        "estimated_recall": [0.91234, 0.95678],
    }
)

LINK_GROUP_COUNTS = pl.DataFrame(
    [
        ("benefits", "all", "all", True, 12_000, 7_003, 7_011, 7_001, 11, 12),
        ("benefits", "ethnic_group", "WBRI", True, 9_000, 5_507, 5_516, 5_506, 21, 22),
        ("benefits", "ethnic_group", "BLAC", True, 95, 54, 57, 53, 31, 32),
        ("benefits", "ethnic_group", "unknown", True, 2_905, 1_442, 1_438, 1_442 - 4, 41, 42),
        ("offences", "all", "all", False, 12_000, 1_600, 0, 0, 0, 0),
        ("offences", "ethnic_group", "BLAC", False, 95, 14, 0, 0, 0, 0),
    ],
    schema={
        **dict.fromkeys(("extract", "dimension", "people_group"), pl.String()),
        "is_everybody_held": pl.Boolean(),
        **dict.fromkeys(("n_people", "n_linked", "n_expected", "n_expected_linked"), pl.Int64()),
        **dict.fromkeys(("expected_key", "expected_linked_key"), pl.UInt64()),
    },
    orient="row",
)
"""Of offences nobody can be expected; of the other sources and groups there is nobody."""


RETURNS = pl.DataFrame(
    [(code, date(2015, 4, 1), f"{place:032x}", datetime(2015, 7, 20)) for place, code in enumerate(COUNCILS)],
    schema=["council_code", "quarter_date", "content_key", "received_at"],
    orient="row",
)


@pytest.fixture(scope="session")
def everybody() -> pl.DataFrame:
    return people(12_000, seed=1)


@pytest.fixture(scope="session")
def cells(everybody: pl.DataFrame) -> Cells:
    return cells_of(everybody, outcome_values(everybody, seed=2))


@pytest.fixture(scope="session")
def frame() -> pl.DataFrame:
    return area_frame(councils(), pl.Series(COUNCILS))


@pytest.fixture(scope="session")
def tables(everybody: pl.DataFrame, cells: Cells, frame: pl.DataFrame) -> dict[str, pl.DataFrame]:
    """The protected tables of the small England."""
    links = everybody.select(
        "person_pseudonym", extract=pl.lit("offences"), stage=pl.lit("matchkeys"), record_key="person_pseudonym"
    ).head(1600)
    link_cells = run_models(
        released_people=everybody.select("person_pseudonym", "rounding_key"), released_record_links=links
    )["link_cells"]
    return {
        "protected_outcome_counts": protect_outcomes(cells["outcome_cells"], frame),
        "protected_programme_counts": protect_programme(cells["programme_cells"], frame),
        "protected_effects": protect_effects(effects_of(cells), cells["outcome_cells"], frame),
        "protected_balance": protect_balance(BALANCE, cells["programme_cells"]),
        "protected_link_quality": protect_link_quality(LINK_QUALITY, link_cells),
        "protected_link_rates": protect_link_rates(LINK_GROUP_COUNTS),
        "protected_cohort_flow": protect_flow(COHORT_FLOW),
        "held_updates": pl.DataFrame(schema=HELD_SCHEMA),
    }


@pytest.fixture(scope="session")
def make_cells() -> Callable[[pl.DataFrame, pl.DataFrame], Cells]:
    """`make_cells(people, outcome_values)` -> the unprotected cells."""
    return cells_of


@pytest.fixture(scope="session")
def upstream(everybody: pl.DataFrame, cells: Cells) -> dict[str, pl.DataFrame]:
    """What publication reads: tables of releases, cohorts, outcomes and effects."""
    return {
        "eligible_people": everybody.drop("rounding_key"),
        "released_people": everybody.select("person_pseudonym", "family_pseudonym", "rounding_key"),
        "released_programme_spells": pl.DataFrame(),
        "released_record_links": everybody.select(
            "person_pseudonym", extract=pl.lit("offences"), stage=pl.lit("matchkeys"), record_key="person_pseudonym"
        ).head(1600),
        "released_link_quality": LINK_QUALITY,
        "link_group_counts": LINK_GROUP_COUNTS,
        "released_returns": RETURNS,
        "outcome_values": outcome_values(everybody, seed=2),
        "treatment_effects": effects_of(cells),
        "covariate_balance": BALANCE,
        "cohort_flow": COHORT_FLOW,
    }
