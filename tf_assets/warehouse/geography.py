"""The councils of England, as they were when the evaluation began."""

from functools import cache
from importlib.resources import as_file, files

import polars as pl


@cache
def councils() -> pl.DataFrame:
    """The 152 upper-tier councils of England at 31 December 2015 and their regions.

    Columns: council_code, council_name, region_code, region_name (text). Source: ONS lookups of that date, Open
    Government Licence.
    """
    with as_file(files("tf_assets.warehouse") / "councils_2015.csv") as path:
        return pl.read_csv(path, infer_schema=False).sort("council_code")
