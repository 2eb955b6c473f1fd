"""The protocol's windows, extract rules and thresholds as small tables, so that SQL can join them."""

import polars as pl

from tf_assets.research.cohorts.protocol import PROTOCOL, TWO_YEARS, WINDOWS


def reference_tables() -> dict[str, pl.DataFrame]:
    """`outcome_windows`, `extract_rules` and `persistent_absence_thresholds`, one row a declaration."""
    return {
        "outcome_windows": pl.DataFrame(
            {
                "outcome_window": [window.name for window in WINDOWS],
                "from_month": [window.from_month for window in WINDOWS],
                "to_month": [window.to_month for window in WINDOWS],
                "is_half_year": [window != TWO_YEARS for window in WINDOWS],
                "is_from_baseline": [window.counted_from == "baseline_date" for window in WINDOWS],
            },
            schema_overrides={"from_month": pl.Int32, "to_month": pl.Int32},
        ),
        "extract_rules": pl.DataFrame(
            {
                "extract": list(PROTOCOL.extracts),
                "lag_months": [rule.lag_months for rule in PROTOCOL.extracts.values()],
                "is_unlinked_unknown": [rule.unlinked == "unknown" for rule in PROTOCOL.extracts.values()],
                "source": [rule.source for rule in PROTOCOL.extracts.values()],
            },
            schema_overrides={"lag_months": pl.Int32},
        ),
        "persistent_absence_thresholds": pl.DataFrame(
            {
                "from_year": [threshold.from_year for threshold in PROTOCOL.outcomes.persistent_absence],
                "to_year": [threshold.to_year for threshold in PROTOCOL.outcomes.persistent_absence],
                "share": [threshold.share for threshold in PROTOCOL.outcomes.persistent_absence],
            },
            schema_overrides={"from_year": pl.Int32, "to_year": pl.Int32},
        ),
    }
