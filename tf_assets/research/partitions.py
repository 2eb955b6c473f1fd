"""Partitions of the research environment: a department's own year for its attribute extract."""

from datetime import date

import dagster as dg

from tf_assets.warehouse.calendar import END_OF_YEARS, EXTRACTS, FIRST_YEAR

KEY_FORMAT = "%Y-%m-%d"


def year_partitions(extract: str) -> dg.TimeWindowPartitionsDefinition:
    """The years of a department's extract, keyed by their first day."""
    month = EXTRACTS[extract].start_month
    return dg.TimeWindowPartitionsDefinition(
        cron_schedule=f"0 0 1 {month} *",
        start=date(FIRST_YEAR, month, 1).strftime(KEY_FORMAT),
        end=date(END_OF_YEARS, month, 1).strftime(KEY_FORMAT),
        fmt=KEY_FORMAT,
    )
