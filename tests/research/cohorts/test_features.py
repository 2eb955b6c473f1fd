"""What was known at the baseline, out of all covariates."""

from datetime import date

import polars as pl

from tf_assets.research.cohorts.features import COVARIATES, ON_EVE, at_baseline


def test_at_the_baseline_the_eve_is_not_known_and_the_day_is_the_baselines():
    people = pl.DataFrame(
        {
            "person_pseudonym": ["waits", "starts at once"],
            "index_date": [date(2016, 3, 1), date(2016, 1, 1)],
            "baseline_date": [date(2016, 1, 1), date(2016, 1, 1)],
        }
    )
    covariates = pl.DataFrame(
        {
            "person_pseudonym": ["waits", "starts at once"],
            **{name: [1, 2] for name in COVARIATES if name not in ON_EVE},
            **{name: [True, True] for name in ON_EVE},
            "n_days_to_index": [335, 275],
        }
    )
    known = at_baseline(people, covariates)
    assert known.columns == covariates.columns
    assert known["n_days_to_index"].to_list() == [275, 275]
    assert not any(known[name].any() for name in ON_EVE)
    unchanged = [name for name in known.columns if name not in (*ON_EVE, "n_days_to_index")]
    assert known.select(unchanged).equals(covariates.select(unchanged))
