"""Rates of linked people by group, how far each group is from all others, and what the gate judges.

Missed links are not random: they fall on the poor and on minorities (Bohensky et al., BMC Health Services Research 10
(2010) 346; Harron et al., Big Data and Society 4 (2017)). A rate of links is not a rate of found links: groups differ in
whether an extract has a record of them at all. Like is held against like only where the extract holds everybody of an
age, and among people of that age: there, who has no link was missed. So `least_shortfall`, which the suites bound, is
given for those alone.

The shortfall is the rate of all others less the group's own. The gate takes the near end of its interval, so that chance
in a small group does not stop a release; at 99.9%, because a national run holds about a thousand groups against the
rest, and 95% would be missed by some in every run.

Sources: Wilson, JASA 22 (1927) 209-212; for differences Newcombe, Statistics in Medicine 17 (1998) 873-890, method 10.
"""

import polars as pl
from scipy.stats import norm

SHOWN_CONFIDENCE = 0.95
"""Of the intervals beside the rates."""

GATE_CONFIDENCE = 0.999
"""Of the interval whose near end the gate judges (ours; see above)."""

FEWEST_EXPECTED = 100
"""People of a group whom the extract should hold, below whom the group is not judged (ours)."""

UNDIVIDED = ("stage",)
"""Dimensions whose groups do not part the people among them, so that there are no others to hold them against."""

UNKNOWN = ("unknown", "U")
"""Groups of those of whom nothing is said. They are shown and never judged: what makes the group is itself a missing
identifier or a missing link, so it is behind the others by construction."""

COUNT_KEY = ("extract", "dimension", "people_group")

_COUNTS = ("n_people", "n_linked", "n_expected", "n_expected_linked")

_POINTS = 100.0


def link_rate_counts_schema() -> pl.Schema:
    """Columns and types of the counts that `rate_links` takes."""
    return pl.Schema(
        [
            *((name, pl.String()) for name in COUNT_KEY),
            ("is_everybody_held", pl.Boolean()),
            *((name, pl.Int64()) for name in _COUNTS),
        ]
    )


def rate_links(counts: pl.DataFrame) -> pl.DataFrame:
    """Rates with their intervals beside the counts.

    counts: extract, dimension, people_group, is_everybody_held, n_people, n_linked, n_expected, n_expected_linked; the
    groups of a dimension part the same people. Returns these with, for all people (`link_rate`) and for those expected
    (`expected_rate`): the share linked, its 95% interval (`_low`, `_high`), and `_difference`, how many percentage points
    it lies above that of all others in the dimension (none where there are none); and `least_shortfall`, percentage
    points that a judged group is behind the others at least: 0 if chance may have made it, none if it is not judged.
    """
    shown, judged = (float(norm.ppf(0.5 + level / 2)) for level in (SHOWN_CONFIDENCE, GATE_CONFIDENCE))
    others = counts.with_columns(
        (pl.col(each).sum().over("extract", "dimension") - pl.col(each)).alias(f"others_{each}") for each in _COUNTS
    )
    rates = others.with_columns(
        *_rate_columns("link_rate", "n_linked", "n_people", shown),
        *_rate_columns("expected_rate", "n_expected_linked", "n_expected", shown),
        least_shortfall=_least_shortfall(judged),
    )
    return rates.drop(pl.selectors.starts_with("others_")).sort(COUNT_KEY)


def largest_shortfall(rates: pl.DataFrame) -> float:
    """The largest `least_shortfall`, in percentage points; 0 if no group was judged."""
    return round(float(rates["least_shortfall"].fill_null(0.0).max() or 0.0), 2)  # type: ignore[arg-type]


def wilson_low(n_yes: pl.Expr, n: pl.Expr, z: float) -> pl.Expr:
    """The lower end of Wilson's score interval of a share; none of nobody."""
    return (_middle(n_yes, n, z) - _reach(n_yes, n, z)).clip(0.0, 1.0)


def wilson_high(n_yes: pl.Expr, n: pl.Expr, z: float) -> pl.Expr:
    """The upper end."""
    return (_middle(n_yes, n, z) + _reach(n_yes, n, z)).clip(0.0, 1.0)


def least_difference(n_yes: pl.Expr, n: pl.Expr, less_yes: pl.Expr, less_n: pl.Expr, z: float) -> pl.Expr:
    """The lower end of Newcombe's interval of the first share less the second."""
    one, other = _share(n_yes, n), _share(less_yes, less_n)
    below = (one - wilson_low(n_yes, n, z)) ** 2 + (wilson_high(less_yes, less_n, z) - other) ** 2
    return one - other - below.sqrt()


def _rate_columns(name: str, n_yes: str, n: str, z: float) -> list[pl.Expr]:
    yes, people = pl.col(n_yes), pl.col(n)
    difference = _POINTS * (_share(yes, people) - _share(pl.col(f"others_{n_yes}"), pl.col(f"others_{n}")))
    return [
        _share(yes, people).alias(name),
        wilson_low(yes, people, z).alias(f"{name}_low"),
        wilson_high(yes, people, z).alias(f"{name}_high"),
        pl.when(~pl.col("dimension").is_in(UNDIVIDED)).then(difference).alias(f"{name}_difference"),
    ]


def _least_shortfall(z: float) -> pl.Expr:
    others = pl.col("others_n_expected")
    is_judged = (
        pl.col("is_everybody_held")
        & ~pl.col("dimension").is_in(UNDIVIDED)
        & ~pl.col("people_group").is_in(UNKNOWN)
        & (pl.min_horizontal("n_expected", others) >= FEWEST_EXPECTED)
    )
    least = least_difference(
        pl.col("others_n_expected_linked"), others, pl.col("n_expected_linked"), pl.col("n_expected"), z
    )
    return pl.when(is_judged).then(_POINTS * least.clip(lower_bound=0.0))


def _share(n_yes: pl.Expr, n: pl.Expr) -> pl.Expr:
    return pl.when(n > 0).then(n_yes / n)


def _middle(n_yes: pl.Expr, n: pl.Expr, z: float) -> pl.Expr:
    return (_share(n_yes, n) + z**2 / (2 * n)) / (1 + z**2 / n)


def _reach(n_yes: pl.Expr, n: pl.Expr, z: float) -> pl.Expr:
    share = _share(n_yes, n)
    return z / (1 + z**2 / n) * (share * (1 - share) / n + z**2 / (4 * n**2)).sqrt()
