"""The protocol is whole, cited, and what its page says."""

from itertools import pairwise
from pathlib import Path

from tf_assets.research.cohorts import protocol
from tf_assets.research.cohorts.protocol import EXTRACT_RULES, HALF_YEARS, PERSISTENT_ABSENCE, TWO_YEARS
from tf_assets.research.estimation.intervals import CONFIDENCE
from tf_assets.warehouse.calendar import EXTRACTS

PAGE = (Path(protocol.__file__).parents[3] / "docs" / "reference" / "protocol.md").read_text()


def test_half_years_make_up_the_two_years():
    edges = [(window.from_month, window.to_month) for window in HALF_YEARS]
    assert edges == [(0, 6), (6, 12), (12, 18), (18, 24)]
    assert (TWO_YEARS.from_month, TWO_YEARS.to_month) == (0, 24)


def test_every_year_has_one_threshold_of_persistent_absence():
    spans = [(each.from_year, each.to_year) for each in PERSISTENT_ABSENCE]
    assert all(ended + 1 == began for (_, ended), (began, _) in pairwise(spans))


def test_every_extract_has_a_rule_with_a_source():
    assert [rule.extract for rule in EXTRACT_RULES] == list(EXTRACTS)
    assert all(rule.source for rule in EXTRACT_RULES)


def test_the_page_says_what_the_code_does():
    said = [
        *(f"| {window.name} | {window.from_month} to {window.to_month}" for window in protocol.WINDOWS),
        *(
            f"| `{rule.extract}` | {rule.lag_months} | {'unknown' if rule.is_unlinked_unknown else 'had no'}"
            for rule in EXTRACT_RULES
        ),
        *(f"{each.share:.0%} " for each in PERSISTENT_ABSENCE),
        f"covariates | {protocol.LOOKBACK_MONTHS} months",
        f"up to {protocol.NEIGHBOURS} nearest",
        f"{protocol.CALIPER_SD} standard deviations",
        f"under {protocol.ADULT_AGE}; {protocol.JUVENILE_AGE} to {protocol.ADULT_AGE - 1}; ",
        f"; {protocol.ADULT_AGE} and over",
        "school age | {} to {}".format(*protocol.SCHOOL_AGES),
        f"at {protocol.KS2_EXPECTED_SCORE} or more",
        f"{protocol.KS2_FIRST_SCALED_YEAR}/16 and later",
        f"{CONFIDENCE:.0%}, clustered",
    ]
    assert [each for each in said if each not in PAGE] == []
