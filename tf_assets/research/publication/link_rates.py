"""Protected link rates: whom the linkage misses, by group of people, from rounded counts alone.

Published are people of an age at which a source should hold them, and those of them who are linked to it; sources that
hold only people to whom something happened have no such number and no row. Every source has a row for every declared
group, whether or not anybody is in it: a missing row would tell that nobody is.
"""

from collections.abc import Mapping

import polars as pl

from tf_assets.research.publication.catalogue import ALL
from tf_assets.research.publication.rounding import round_counts

RELIABLE_EXPECTED = 500
"""Below this published number of people a share is marked and not given (ours): shares lie near 100 and a gap of 3 points
matters, while rounding moves the share of 500 people by 1.1 points (root mean square), and by at most 3.6."""

_NOT_KNOWN = {"unknown": "Not known"}

_BETWEEN = {f"{tenth:02d}": f"Tenth {tenth} of councils" for tenth in range(2, 10)}

PEOPLE_GROUPS: Mapping[str, Mapping[str, str]] = {
    ALL: {ALL: "Everybody"},
    "arm": {"programme": "Programme group", "comparison": "Comparison group"},
    "ethnic_group": {
        "WBRI": "White British",
        "WOTH": "White, other",
        "MIXD": "Mixed",
        "ASIA": "Asian",
        "BLAC": "Black",
        "OOTH": "Any other",
        **_NOT_KNOWN,
    },
    "free_school_meals": {"eligible": "Eligible", "not eligible": "Not eligible", **_NOT_KNOWN},
    "worklessness": {"yes": "Yes", "no": "No", **_NOT_KNOWN},
    "council_deprivation": {
        "01": "Most deprived tenth of councils",
        **_BETWEEN,
        "10": "Least deprived tenth of councils",
        **_NOT_KNOWN,
    },
}
"""The groups of each dimension of `link_group_counts`, in words and in the order of tables. Ethnic groups are the main
ones of the school census (DfE)."""

DIMENSIONS: Mapping[str, str] = {
    ALL: "Everybody",
    "arm": "Programme or comparison",
    "ethnic_group": "Ethnic group, as schools record it of others in the family",
    "free_school_meals": "Free school meals, of others in the family",
    "worklessness": "Worklessness among the problems on the register",
    "council_deprivation": "Council, by how many of its pupils have free school meals",
}
"""By what people are told apart, in words."""

LINK_RATES_NOTE = (
    "Of people of an age at which a source should hold everybody, or nearly. A person's own school record cannot say their "
    "group, since only those who were linked have one: ethnic group and free school meals are those of others in the "
    f"family. No share is given of fewer than {RELIABLE_EXPECTED} people: of so many, rounding alone moves it by about one "
    "percentage point, and by up to four. A share that rounding puts above 100 is given as 100."
)


def protect_link_rates(counts: pl.DataFrame) -> pl.DataFrame:
    """People whom each source should hold, and those linked to it, by group; counts: `link_group_counts`.

    Returns extract, dimension, people_group; n_expected and n_linked, multiples of 10; linked_share in per cent, from these
    two; mark, why there is none. Marks go by published numbers alone.
    """
    protected = counts.select(
        *("extract", "dimension", "people_group"),
        n_expected=round_counts(counts["n_expected"], counts["expected_key"]),
        n_linked=round_counts(counts["n_expected_linked"], counts["expected_linked_key"]),
    )
    should_hold = protected.filter((pl.col("dimension") == ALL) & (pl.col("n_expected") > 0)).select("extract")
    return (
        should_hold.join(people_groups().drop("label"), how="cross")
        .join(protected, on=["extract", "dimension", "people_group"], how="left")
        .with_columns(pl.col("n_expected", "n_linked").fill_null(0))
        .with_columns(mark=_mark())
        .select(
            *("extract", "dimension", "people_group", "n_expected", "n_linked"),
            linked_share=pl.when(pl.col("mark").is_null()).then(
                (100 * pl.col("n_linked") / pl.col("n_expected")).clip(upper_bound=100.0).round(1)
            ),
            mark="mark",
        )
        .sort("extract", "dimension", "people_group")
    )


def people_groups() -> pl.DataFrame:
    """The declared groups in the order of tables: dimension, people_group, label."""
    return pl.DataFrame(
        [(dimension, group, label) for dimension, groups in PEOPLE_GROUPS.items() for group, label in groups.items()],
        schema=dict.fromkeys(("dimension", "people_group", "label"), pl.String()),
        orient="row",
    )


def _mark() -> pl.Expr:
    return (
        pl.when(pl.col("n_expected") < RELIABLE_EXPECTED)
        .then(pl.lit("[u]"))
        .when(pl.col("n_linked") == 0)
        .then(pl.lit("[low]"))
        .otherwise(pl.lit(None, dtype=pl.String))
    )
