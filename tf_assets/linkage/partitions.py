"""Partitions of the linkage environment: council x quarter for returns, a department's own year for its extract."""

from dataclasses import dataclass
from datetime import date

import dagster as dg

from tf_assets.warehouse.calendar import END_OF_QUARTERS, END_OF_YEARS, EXTRACTS, FIRST_QUARTER, FIRST_YEAR
from tf_assets.warehouse.geography import councils

KEY_FORMAT = "%Y-%m-%d"

council_partitions = dg.StaticPartitionsDefinition(councils()["council_code"].to_list())

quarter_partitions = dg.TimeWindowPartitionsDefinition(
    cron_schedule="0 0 1 1,4,7,10 *",
    start=FIRST_QUARTER.strftime(KEY_FORMAT),
    end=END_OF_QUARTERS.strftime(KEY_FORMAT),
    fmt=KEY_FORMAT,
)

council_quarter_partitions = dg.MultiPartitionsDefinition(
    {"council": council_partitions, "quarter": quarter_partitions}
)


@dataclass(frozen=True)
class Slot:
    """One council's return for one quarter.

    council_code: GSS code; quarter_date: the quarter's first day.
    """

    council_code: str
    quarter_date: date

    @property
    def partition_key(self) -> str:
        """`E06000001|2015-04-01`."""
        return f"{self.council_code}|{self.quarter_date:{KEY_FORMAT}}"

    @classmethod
    def of_key(cls, partition_key: str) -> "Slot":
        """The slot that a partition key names."""
        council_code, quarter = partition_key.split("|")
        return cls(council_code, date.fromisoformat(quarter))

    @property
    def folder(self) -> str:
        """`E06000001/2015-04-01`: its folder in the transfer area, its name in the register of arrivals."""
        return f"{self.council_code}/{self.quarter_date:{KEY_FORMAT}}"

    @classmethod
    def of_folder(cls, folder: str) -> "Slot":
        """The slot that a folder names."""
        return cls.of_key(folder.replace("/", "|"))


def year_partitions(extract: str) -> dg.TimeWindowPartitionsDefinition:
    """The years of a department's extract, keyed by their first day."""
    month = EXTRACTS[extract].start_month
    return dg.TimeWindowPartitionsDefinition(
        cron_schedule=f"0 0 1 {month} *",
        start=date(FIRST_YEAR, month, 1).strftime(KEY_FORMAT),
        end=date(END_OF_YEARS, month, 1).strftime(KEY_FORMAT),
        fmt=KEY_FORMAT,
    )
