"""The evaluation's protocol: every rule and number that decides who is compared, when, and how.

Each stands here once, with its unit and source; SQL models get them as parameters or as small tables.
"""

from dataclasses import dataclass

from tf_assets.research.estimation.weighting import Method


@dataclass(frozen=True)
class Window:
    """Months after the index date: from_month <= months since < to_month. Source: national evaluation, half-years."""

    name: str
    from_month: int
    to_month: int


HALF_YEARS = (
    Window("01-06", 0, 6),
    Window("07-12", 6, 12),
    Window("13-18", 12, 18),
    Window("19-24", 18, 24),
)

TWO_YEARS = Window("01-24", 0, 24)
"""Justice outcomes are rare and counted over the whole follow-up as well. Source: national evaluation, 2019, ch. 4."""

WINDOWS = (*HALF_YEARS, TWO_YEARS)


@dataclass(frozen=True)
class ExtractRule:
    """How an extract's silence is read.

    lag_months: what happened later than this many months before the data end may not have arrived yet;
    is_unlinked_unknown: whether somebody without a linked record is unknown (the extract holds everybody of the age)
    or simply had no event (it holds only those who had one).
    """

    extract: str
    lag_months: int
    is_unlinked_unknown: bool
    source: str


EXTRACT_RULES = (
    ExtractRule("attendance", 4, True, "DfE absence statistics: published one term in arrears"),
    ExtractRule("attainment", 0, True, "DfE: results of a summer are in that academic year's file"),
    ExtractRule("social_care", 0, False, "DfE children in need census: holds children with a referral"),
    ExtractRule("offences", 6, False, "MoJ proven reoffending: six months are allowed for the court's decision"),
    ExtractRule("benefits", 0, True, "DWP work and pensions longitudinal study: holds adults with a NINO"),
    ExtractRule("employment", 0, True, "HMRC P45 and P14: holds adults with a NINO"),
    ExtractRule("hospital", 0, True, "NHS: everybody with an NHS number"),
)


@dataclass(frozen=True)
class AbsenceThreshold:
    """A pupil is persistently absent who misses at least this share of possible sessions; by academic year."""

    from_year: int
    to_year: int
    share: float


PERSISTENT_ABSENCE = (
    AbsenceThreshold(1900, 2009, 0.20),
    AbsenceThreshold(2010, 2014, 0.15),
    AbsenceThreshold(2015, 9999, 0.10),
)
"""Source: DfE, Pupil absence in schools in England, methodology (2010/11 and 2015/16 changes). Years by their first:
2015 is 2015/16."""

ADULT_AGE = 18
"""Years at the index date from which adult outcomes are counted. Source: national evaluation."""

JUVENILE_AGE = 10
"""Years: the age of criminal responsibility (Children and Young Persons Act 1963, s. 16)."""

SCHOOL_AGES = (5, 15)
"""Years at the index date, both included: compulsory school age (Education Act 1996, s. 8)."""

KS2_FIRST_SCALED_YEAR = 2015
"""The first academic year of scaled scores and Attainment 8; levels before are another series (DfE)."""

KS2_EXPECTED_SCORE = 100
"""Scaled score of the expected standard, in reading and in maths (DfE, key stage 2 scaled scores)."""

LOOKBACK_MONTHS = 12
"""Covariates describe this many months before the index date, and nothing on or after it (ours)."""

CALIPER_SD = 0.2
"""Matches lie within this many standard deviations of the logit of the propensity. Source: Austin, Pharmaceutical
Statistics 10 (2011) 150-161."""

NEIGHBOURS = 5
"""Comparison people for each programme person, with replacement: the comparison pool is the smaller one, and several
neighbours make up for the variance of its reuse. Source: Rassen et al., Pharmacoepidemiology 21 S2 (2012) 69-80."""

EFFECT_METHODS: tuple[Method, ...] = ("matching", "doubly-robust", "entropy")
"""How each effect is estimated. The first is the main one: it is what the national evaluation did, and whoever reads can
say who was compared with whom. The others answer the same question with other assumptions."""

OUTCOME_PENALTY = 1.0
"""Ridge penalty of each standardised column in the outcome's regression, in people: keeps small areas stable (ours)."""

SQL_PARAMETERS: dict[str, object] = {
    "adult_age": ADULT_AGE,
    "juvenile_age": JUVENILE_AGE,
    "school_age_from": SCHOOL_AGES[0],
    "school_age_to": SCHOOL_AGES[1],
    "lookback_months": LOOKBACK_MONTHS,
    "first_scaled_year": KS2_FIRST_SCALED_YEAR,
    "expected_score": KS2_EXPECTED_SCORE,
}
"""What SQL models may ask for by name."""
