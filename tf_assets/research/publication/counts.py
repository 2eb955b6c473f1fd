"""Protected counts: every margin rounded on its own, from its own people, and rates from published numbers only.

Input are the unprotected cells of `outcome_cells` and `programme_cells`; output holds nothing that was not rounded. A
margin is a sum of cells, of their counts and of their keys modulo 2^64 (unsigned sums wrap), so the same people give
the same number in whichever table they are counted.

Rows stand for every area, whether or not anybody is in it: a missing row would tell that nobody is, and a row of zero
that somebody may be.
"""

import polars as pl

from tf_assets.research.publication.catalogue import AGE_BANDS, ALL, ARMS, ENGLAND, SEXES, is_yes_no
from tf_assets.research.publication.rounding import round_counts

RELIABLE_PEOPLE = 100
"""Below this published number of people a rate is marked and not given: rounding alone moves both its counts by up to
9, and at 100 people the rate by about 4 percentage points (root mean square)."""

GROUPS = ("sex", "age_band")

_COUNT_KEY = ["area_type", "area_code", "sex", "age_band", "arm", "outcome", "outcome_window"]


def protect_outcomes(cells: pl.DataFrame, areas: pl.DataFrame) -> pl.DataFrame:
    """Counts and rates of each yes-or-no outcome by area, sex or age band, arm and window.

    cells: `outcome_cells`. areas: `area_frame`. Only the tables' own group names and published numbers come out: n_yes,
    n_people (multiples of 10), yes_rate (per cent, from those two) and mark (null, or why there is no rate).
    """
    margins = sum_margins(
        cells.filter(is_yes_no(pl.col("outcome"))),
        ["arm", "outcome", "outcome_window"],
        ["n_people", "n_yes", "people_key", "yes_key"],
    )
    protected = margins.select(
        *_COUNT_KEY,
        round_counts(margins["n_yes"], margins["yes_key"]).alias("n_yes"),
        round_counts(margins["n_people"], margins["people_key"]).alias("n_people"),
    )
    topics = _published_topics(protected, ["sex", "age_band", "outcome", "outcome_window"])
    return (
        with_rates(_complete(protected, areas, topics, ["n_yes", "n_people"]))
        .select("area_type", "area_code", "area_name", *_COUNT_KEY[2:], "n_yes", "n_people", "yes_rate", "mark")
        .sort(_COUNT_KEY)
    )


def with_rates(counts: pl.DataFrame) -> pl.DataFrame:
    """Published counts with yes_rate (per cent, from n_yes and n_people) and mark, why there is none."""
    return counts.with_columns(mark=_rate_mark(pl.col("n_yes"), pl.col("n_people"))).with_columns(
        yes_rate=_rate(pl.col("n_yes"), pl.col("n_people"), pl.col("mark"))
    )


def protect_programme(cells: pl.DataFrame, areas: pl.DataFrame) -> pl.DataFrame:
    """People and families in the evaluation, by area, sex or age band, and arm; cells: `programme_cells`."""
    people = sum_margins(cells.filter(pl.col("unit") == "people"), ["unit", "arm"], ["n_counted", "cell_key"])
    families = sum_margins(
        cells.filter(pl.col("unit") == "families"), ["unit", "arm"], ["n_counted", "cell_key"], groups=()
    )
    margins = pl.concat([people, families])
    protected = margins.select(
        "area_type",
        "area_code",
        "unit",
        "sex",
        "age_band",
        "arm",
        round_counts(margins["n_counted"], margins["cell_key"]).alias("n_counted"),
    )
    topics = _published_topics(protected, ["unit", "sex", "age_band"], "n_counted")
    key = ["area_type", "area_code", "unit", "sex", "age_band", "arm"]
    return (
        _complete(protected, areas, topics, ["n_counted"])
        .select("area_type", "area_code", "area_name", "unit", "sex", "age_band", "arm", "n_counted")
        .sort(key)
    )


def area_frame(areas: pl.DataFrame, council_codes: pl.Series) -> pl.DataFrame:
    """The areas of a publication: England, and the regions and councils of which there are returns.

    areas: council_code, council_name, region_code, region_name. Returns area_type, area_code, area_name.
    """
    sent = areas.filter(pl.col("council_code").is_in(council_codes.unique().to_list()))
    return pl.concat(
        [
            pl.DataFrame({"area_type": ["england"], "area_code": [ENGLAND], "area_name": ["England"]}),
            _named_areas(sent, "region"),
            _named_areas(sent, "council"),
        ]
    )


def _named_areas(areas: pl.DataFrame, area_type: str) -> pl.DataFrame:
    return (
        areas.select(area_type=pl.lit(area_type), area_code=f"{area_type}_code", area_name=f"{area_type}_name")
        .unique()
        .sort("area_code")
    )


def sum_margins(cells: pl.DataFrame, by: list[str], sums: list[str], groups: tuple[str, ...] = GROUPS) -> pl.DataFrame:
    """Sums of cells for each area and for all people, each sex and each age band; never sex by age band."""
    located = cells.with_columns(england_code=pl.lit(ENGLAND))
    parts = [
        located.group_by(f"{area_type}_code", *([group] if group else []), *by)
        .agg(pl.col(sums).sum())
        .rename({f"{area_type}_code": "area_code"})
        .with_columns(
            pl.lit(area_type).alias("area_type"),
            *(pl.lit(ALL).alias(other) for other in GROUPS if other != group),
        )
        .filter(pl.col("sex").is_in(list(SEXES)) & pl.col("age_band").is_in(list(AGE_BANDS)))
        .select("area_type", "area_code", *GROUPS, *by, *sums)
        for area_type in ("england", "region", "council")
        for group in (None, *groups)
    ]
    return pl.concat(parts)


def _published_topics(protected: pl.DataFrame, topic: list[str], count: str = "n_people") -> pl.DataFrame:
    """Which rows every area has: those with a published number of people in England, which is published anyway."""
    national = (pl.col("area_type") == "england") & (pl.col(count) > 0)
    return protected.filter(national).select(topic).unique()


def _complete(protected: pl.DataFrame, areas: pl.DataFrame, topics: pl.DataFrame, counts: list[str]) -> pl.DataFrame:
    frame = areas.join(topics, how="cross").join(pl.DataFrame({"arm": ARMS}), how="cross")
    keys = [column for column in frame.columns if column in protected.columns]
    return frame.join(protected, on=keys, how="left").with_columns(pl.col(counts).fill_null(0))


def _rate_mark(n_yes: pl.Expr, n_people: pl.Expr) -> pl.Expr:
    """Why no rate is given; decided by published numbers alone, so that the mark tells nothing more."""
    return (
        pl.when((n_people < RELIABLE_PEOPLE) | (n_yes > n_people))
        .then(pl.lit("[u]"))
        .when(n_yes == 0)
        .then(pl.lit("[low]"))
        .otherwise(pl.lit(None, dtype=pl.String))
    )


def _rate(n_yes: pl.Expr, n_people: pl.Expr, mark: pl.Expr) -> pl.Expr:
    return pl.when(mark.is_null()).then((100 * n_yes / n_people).round(1)).otherwise(None)
