"""The protocol is whole, cited, and what its page says."""

from itertools import pairwise
from pathlib import Path

import pytest

from tf_assets.research.cohorts import protocol
from tf_assets.research.cohorts.protocol import (
    HALF_YEARS,
    PROTOCOL,
    PROTOCOL_FILE,
    SQL_PARAMETERS,
    TWO_YEARS,
    fingerprint,
    read_protocol,
)
from tf_assets.research.estimation.intervals import CONFIDENCE
from tf_assets.warehouse.calendar import EXTRACTS
from tf_assets.warehouse.errors import DeclarationError
from tf_assets.warehouse.models import load_models

PAGE = (Path(protocol.__file__).parents[3] / "docs" / "reference" / "protocol.md").read_text()


def test_half_years_make_up_the_two_years():
    edges = [(window.from_month, window.to_month) for window in HALF_YEARS]
    assert edges == [(0, 6), (6, 12), (12, 18), (18, 24)]
    assert (TWO_YEARS.from_month, TWO_YEARS.to_month) == (0, 24)


def test_every_year_has_one_threshold_of_persistent_absence():
    spans = [(each.from_year, each.to_year) for each in PROTOCOL.outcomes.persistent_absence]
    assert all(ended + 1 == began for (_, ended), (began, _) in pairwise(spans))


def test_every_extract_has_a_rule_with_a_source():
    assert list(PROTOCOL.extracts) == list(EXTRACTS)
    assert all(rule.source for rule in PROTOCOL.extracts.values())


def test_the_page_says_what_the_code_does():
    said = [
        *(f"| {window.name} | {window.from_month} to {window.to_month}" for window in protocol.WINDOWS),
        *(
            f"| `{name}` | {rule.lag_months} | {'unknown' if rule.unlinked == 'unknown' else 'had no'}"
            for name, rule in PROTOCOL.extracts.items()
        ),
        *(f"{each.share:.0%} " for each in PROTOCOL.outcomes.persistent_absence),
        f"covariates | {PROTOCOL.covariates.lookback_months} months",
        f"up to {PROTOCOL.comparison.neighbours} nearest",
        f"{PROTOCOL.comparison.caliper_sd} standard deviations",
        f"under {PROTOCOL.ages.adult.from_age}; {PROTOCOL.ages.juvenile.from_age} to {PROTOCOL.ages.adult.from_age - 1}; ",
        f"; {PROTOCOL.ages.adult.from_age} and over",
        f"school age | {PROTOCOL.ages.school.from_age} to {PROTOCOL.ages.school.to_age}",
        f"at {PROTOCOL.outcomes.ks2.expected_score} or more",
        f"{PROTOCOL.outcomes.ks2.first_scaled_year}/16 and later",
        f"{CONFIDENCE:.0%}, clustered",
        f"differs by more than {PROTOCOL.comparison.largest_smd} standard",
        f"{PROTOCOL.comparison.fewest_effective:.0f} effective comparison people",
    ]
    assert [each for each in said if each not in PAGE] == []


@pytest.mark.parametrize(
    ("was", "becomes", "sentence"),
    [
        ("version: 3", "version: 0", "version: Input should be greater than or equal to 1"),
        ("turned_18: stays", "turned_18: guessed", "censoring.turned_18: Input should be 'stays' or 'censored'"),
        ("caliper_sd: 0.2", "caliper: 0.2", "comparison.caliper: Extra inputs are not permitted"),
        ("from: 6, to: 12", "from: 7, to: 12", "windows.half_years: each must begin where the one before ends"),
        (
            "to: 24}",
            "to: 24, counted_from: baseline_date}",
            "windows: what the programme may have changed is counted from",
        ),
        ("to_year: 2014", "to_year: 2013", "outcomes.persistent_absence: each year needs one threshold"),
        ("methods: [matching", "methods: [magic", "comparison.methods.0: Input should be"),
        ("version: 3", "version: [", "is not YAML"),
    ],
)
def test_a_protocol_that_is_not_whole_is_refused_with_the_line_to_mend(tmp_path, was, becomes, sentence):
    text = PROTOCOL_FILE.read_text()
    assert was in text
    (tmp_path / "protocol.yml").write_text(text.replace(was, becomes, 1))
    with pytest.raises(DeclarationError) as refused:
        read_protocol(tmp_path / "protocol.yml")
    assert sentence in str(refused.value)
    assert fingerprint(tmp_path / "protocol.yml") != fingerprint()


def test_every_value_that_sql_may_ask_for_is_asked_for():
    asked = {name for model in load_models("research").values() for name in model.parameters}
    assert asked == set(SQL_PARAMETERS)
