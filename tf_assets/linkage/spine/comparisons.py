"""How two records are compared: each identifier, its levels of agreement, and what is assumed of them untaught.

Levels are tried from the first to the last; the last takes all that is left. `m` is the share of true pairs that fall
in a level, `u` the share of pairs of strangers. The declared values are used where the data cannot teach better ones,
and say so (`Model.parameters`). They are of the order that the linkage of English administrative data reports (ours).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Level:
    """One level of agreement: a condition over `<column>_l` and `<column>_r`, and its declared parameters.

    is_rare: may well be absent from a sample, so its parameter is declared when it was not seen; for any other level
    that is an error. frequency_column: what the two have in common there; the commoner it is, the less it says.
    """

    label: str
    sql: str
    m: float
    u: float
    is_rare: bool = True
    frequency_column: str | None = None


@dataclass(frozen=True)
class Comparison:
    """One identifier of both sides and its levels; no level where `says_nothing`, a condition, holds."""

    name: str
    column: str
    levels: tuple[Level, ...]
    says_nothing: str = "false"


def _at_most_different(column: str, n_characters: int) -> str:
    """As long, and no more characters than these differ; two are a slip or a pair that changed places."""
    return (
        f"CASE WHEN length({column}_l) = length({column}_r) "
        f"THEN hamming({column}_l, {column}_r) <= {n_characters} ELSE false END"
    )


NAMES_SWAPPED = (
    "(forename_l = surname_r AND jaro_winkler_similarity(surname_l, forename_r) >= 0.8) "
    "OR (surname_l = forename_r AND jaro_winkler_similarity(forename_l, surname_r) >= 0.8)"
)
"""Both names in each other's place. One alone is chance: many a surname is somebody's forename."""


def _forename() -> Comparison:
    return Comparison(
        "forename",
        "forename",
        (
            Level("same", "forename_l = forename_r", 0.89, 0.005, False, "forename"),
            Level("close spelling", "jaro_winkler_similarity(forename_l, forename_r) >= 0.92", 0.04, 0.003),
            Level("names swapped", NAMES_SWAPPED, 0.01, 0.000001),
            Level(
                "one is a form of the other",
                "forename_root_l = forename_root_r "
                "OR starts_with(forename_l, forename_r) OR starts_with(forename_r, forename_l)",
                0.015,
                0.004,
            ),
            Level("alike", "jaro_winkler_similarity(forename_l, forename_r) >= 0.8", 0.015, 0.015),
            Level("different", "ELSE", 0.03, 0.9722, False),
        ),
    )


def _surname() -> Comparison:
    return Comparison(
        "surname",
        "surname",
        (
            Level("same", "surname_l = surname_r", 0.88, 0.003, False, "surname"),
            Level("close spelling", "jaro_winkler_similarity(surname_l, surname_r) >= 0.92", 0.04, 0.002),
            Level(
                "part of a double name",
                "starts_with(surname_l, surname_r || ' ') OR ends_with(surname_l, ' ' || surname_r) "
                "OR starts_with(surname_r, surname_l || ' ') OR ends_with(surname_r, ' ' || surname_l)",
                0.01,
                0.001,
            ),
            Level("different", "ELSE", 0.07, 0.994, False),
        ),
        says_nothing=f"({NAMES_SWAPPED}) AND forename_l <> forename_r",
    )


def _date_of_birth() -> Comparison:
    day_and_month_swapped = (
        "left(date_of_birth_l, 4) = left(date_of_birth_r, 4) AND "
        "substr(date_of_birth_l, 6, 2) = right(date_of_birth_r, 2) AND "
        "substr(date_of_birth_r, 6, 2) = right(date_of_birth_l, 2)"
    )
    return Comparison(
        "date_of_birth",
        "date_of_birth",
        (
            Level("same", "date_of_birth_l = date_of_birth_r", 0.93, 0.00005, False, "date_of_birth"),
            Level("day and month swapped", day_and_month_swapped, 0.01, 0.00003),
            Level("one digit differs", "hamming(date_of_birth_l, date_of_birth_r) = 1", 0.025, 0.0007),
            Level(
                "same day and month, or same year and month",
                "right(date_of_birth_l, 5) = right(date_of_birth_r, 5) "
                "OR left(date_of_birth_l, 7) = left(date_of_birth_r, 7)",
                0.01,
                0.004,
            ),
            Level("different", "ELSE", 0.025, 0.99522, False),
        ),
    )


def _sex() -> Comparison:
    return Comparison(
        "sex",
        "sex",
        (Level("same", "sex_l = sex_r", 0.985, 0.5, False), Level("different", "ELSE", 0.015, 0.5, True)),
    )


def _postcode() -> Comparison:
    return Comparison(
        "postcode",
        "postcode",
        (
            Level("same", "postcode_l = postcode_r", 0.75, 0.00005, True, "postcode"),
            Level("one character differs", _at_most_different("postcode", 1), 0.03, 0.0002),
            Level("same sector", "postcode_sector_l = postcode_sector_r", 0.04, 0.001, True, "postcode_sector"),
            Level("same district", "postcode_district_l = postcode_district_r", 0.05, 0.004, True, "postcode_district"),
            Level("different", "ELSE", 0.13, 0.99475, False),
        ),
    )


def _address() -> Comparison:
    return Comparison(
        "address",
        "address",
        (
            Level("same", "address_l = address_r", 0.5, 0.00002),
            Level("close spelling", "jaro_winkler_similarity(address_l, address_r) >= 0.92", 0.2, 0.0001),
            Level("alike", "jaccard(address_l, address_r) >= 0.75", 0.1, 0.01),
            Level("different", "ELSE", 0.2, 0.98988, False),
        ),
    )


def _number(name: str) -> Comparison:
    """A number that an authority gives a person; hardly ever shared, sometimes mistyped or a relative's."""
    return Comparison(
        name,
        name,
        (
            Level("same", f"{name}_l = {name}_r", 0.97, 0.0000005),
            Level("close", _at_most_different(name, 2), 0.015, 0.00001),
            Level("different", "ELSE", 0.015, 0.9999895),
        ),
    )


NUMBERS = ("upn", "nino", "nhs_number")
"""Numbers given by an authority, the one most often present on a register first."""

COMPARISONS: tuple[Comparison, ...] = (
    _forename(),
    _surname(),
    _date_of_birth(),
    _sex(),
    _postcode(),
    _address(),
    *(_number(name) for name in NUMBERS),
)


def applicable(columns: Sequence[str]) -> tuple[Comparison, ...]:
    """The comparisons whose column both sides have."""
    return tuple(comparison for comparison in COMPARISONS if comparison.column in columns)


def frequency_columns(columns: Sequence[str]) -> tuple[str, ...]:
    """What is counted because rare values say more."""
    levels = (level for comparison in applicable(columns) for level in comparison.levels)
    return tuple(level.frequency_column for level in levels if level.frequency_column)


def level_sql(comparison: Comparison) -> str:
    """The position of a pair's level, as SQL over `<column>_l` and `<column>_r`; null where one is missing."""
    conditions = " ".join(
        f"WHEN {level.sql} THEN {position}" for position, level in enumerate(comparison.levels) if level.sql != "ELSE"
    )
    missing = missing_sql(comparison)
    return f"CASE WHEN {missing} THEN NULL {conditions} ELSE {len(comparison.levels) - 1} END"


def missing_sql(comparison: Comparison) -> str:
    """Where there is nothing to compare."""
    return f"{comparison.column}_l IS NULL OR {comparison.column}_r IS NULL OR ({comparison.says_nothing})"


def splink_comparison(
    comparison: Comparison, m: Sequence[float] | None = None, u: Sequence[float] | None = None
) -> dict[str, Any]:
    """The comparison in Splink's form, with parameters by level where they are given."""
    levels: list[dict[str, Any]] = [
        {
            "sql_condition": missing_sql(comparison),
            "label_for_charts": "missing",
            "is_null_level": True,
        }
    ]
    for position, level in enumerate(comparison.levels):
        levels.append(
            {
                "sql_condition": level.sql,
                "label_for_charts": level.label,
                **({"m_probability": m[position]} if m is not None else {}),
                **({"u_probability": u[position]} if u is not None else {}),
                **({"tf_adjustment_column": level.frequency_column} if level.frequency_column else {}),
            }
        )
    return {"output_column_name": comparison.name, "comparison_levels": levels}
