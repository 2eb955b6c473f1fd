"""Short and other forms of a forename: Bob for Robert, Kate for Catherine.

`forename_roots.csv` gives each form the one name that it most often stands for in England (ours, from common knowledge;
no public list is complete). A form that is as often a name of its own (Alex, Jack, Sam for a woman) is not in it, or
shares its first letters with the full name, which is noticed without a list.
"""

from functools import cache
from importlib.resources import as_file, files

import polars as pl


@cache
def forename_roots() -> pl.DataFrame:
    """forename, root: text in capitals, one row a form."""
    with as_file(files("tf_assets.linkage.spine") / "forename_roots.csv") as path:
        return pl.read_csv(path, infer_schema=False)


def with_forename_root(people: pl.DataFrame) -> pl.DataFrame:
    """People with the column forename_root: the name that their forename is a form of, else the forename."""
    known = forename_roots().rename({"root": "forename_root"})
    joined = people.join(known, on="forename", how="left", maintain_order="left")
    return joined.with_columns(pl.coalesce("forename_root", "forename"))
