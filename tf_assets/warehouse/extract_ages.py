"""Who should be in a department's extract: the ages of which it holds everybody, and since when.

A link that is missing says nothing by itself, because a person may have no record to be linked to. Among the people whom
an extract should hold, a missing link is a missed one, or a person whom the department does not know. Social care and
offences hold those alone to whom something happened, so nobody is expected there and no rule stands for them.
"""

from dataclasses import asdict, dataclass
from functools import cache

import polars as pl

OLDEST_AGE = 200
"""Years: no upper end."""


@dataclass(frozen=True)
class ExtractAge:
    """One range of ages that an extract should hold; an extract may have several.

    from_age, to_age: whole years, both included; a person is expected who has such an age in any year of the extract.
    age_month: at what age in a year counts: on the eve of this many months after its first day, 0 for the day before
    the year begins and 12 for its last day.
    is_everybody_held: whether the extract holds everybody of the age, so that rates of links can be held against one
    another. It does not where some are registered elsewhere or nowhere.
    """

    extract: str
    from_age: int
    to_age: int
    age_month: int
    is_everybody_held: bool
    source: str


EXTRACT_AGES = (
    ExtractAge(
        "attendance",
        *(5, 15, 0, False),
        "Education Act 1996, s. 8: compulsory school age, by the age on 31 August; the school census leaves out "
        "independent schools and children taught at home",
    ),
    ExtractAge("attainment", *(10, 10, 0, False), "DfE: key stage 2 ends with year 6, age 10 on 31 August before it"),
    ExtractAge("attainment", *(15, 15, 0, False), "DfE: key stage 4 ends with year 11, age 15 on 31 August before it"),
    ExtractAge("benefits", *(16, OLDEST_AGE, 12, True), "DWP: everybody has a NINO from just before the age of 16"),
    ExtractAge("employment", *(16, OLDEST_AGE, 12, True), "HMRC: everybody has a NINO from just before the age of 16"),
    ExtractAge("hospital", *(0, OLDEST_AGE, 12, True), "NHS: everybody has an NHS number from birth"),
)


@cache
def extract_ages() -> pl.DataFrame:
    """`EXTRACT_AGES` as a table that SQL can join.

    extract, from_age, to_age, age_month, is_any_age (so that somebody of no known age is expected too) and
    is_everybody_held.
    """
    return pl.DataFrame(
        [asdict(each) for each in EXTRACT_AGES],
        schema_overrides=dict.fromkeys(("from_age", "to_age", "age_month"), pl.Int32),
    ).select(
        *("extract", "from_age", "to_age", "age_month"),
        ((pl.col("from_age") == 0) & (pl.col("to_age") == OLDEST_AGE)).alias("is_any_age"),
        "is_everybody_held",
    )
