"""Protected effects: in steps coarse enough to hide ten people.

An effect is a difference of rates, so a precise effect beside a rounded denominator would tell an exact count. It is
therefore published in steps (its grain) of at least 10 people's contribution, rounded up or down by a draw from the
people's keys, like a count: the count that a published effect implies is then known within 20, as a rounded cell's is.

    grain >= 10 x span of one person's value / smallest published number of people

Of a score or a share there is no count to find, only somebody's value. There it is two people's contribution: one who
knows everybody's value but one then learns nothing of that one, whatever it is, and two who know all others' neither.

The interval is made from the published effect and not from the true one, else its ends would tell what the rounding
hides. The variance of the rounding (grain^2 / 6 on average) is added on each side before it is rounded up to the grain,
so that the interval still covers what it says. P-values are not published: they follow from unrounded numbers.
"""

import polars as pl

from tf_assets.research.publication.catalogue import ALL, OUTCOMES, is_yes_no
from tf_assets.research.publication.counts import RELIABLE_PEOPLE, sum_margins
from tf_assets.research.publication.rounding import BASE, grain, round_counts, round_to_grain
from tf_assets.warehouse.errors import EvaluationError

NORMAL_975 = 1.959963984540054
"""The 97.5% point of the standard normal distribution: the half width of a 95% interval in standard errors."""

RELIABLE_YES = 30
"""An effect on an outcome that fewer people than this (as published, in either group) had is marked as unreliable."""

HIDDEN_IN_A_MEAN = 2
"""The people whose whole contribution the grain of a mean hides. The usual rule for magnitudes (p%) protects one value
to some per cent against one other contributor; this protects it to the whole span against all others."""

FINEST_EFFECT = 0.01
"""No effect is published in finer steps than a hundredth of a point."""

_EFFECT_KEY = ["area_code", "outcome", "outcome_window", "method"]
_EFFECT_VALUES = [
    "effect",
    "ci_low",
    "ci_high",
    "grain",
    "programme_rate",
    "rate_without_programme",
    "n_programme",
    "n_comparison",
    "mark",
]


def protect_effects(effects: pl.DataFrame, cells: pl.DataFrame, areas: pl.DataFrame) -> pl.DataFrame:
    """Effects with intervals for England and the regions.

    effects: `treatment_effects` (estimates in the outcome's own unit, 0.01 for one percentage point). cells:
    `outcome_cells`, for published denominators and for keys. areas: `area_frame`. Returns effect, ci_low and ci_high in
    percentage points (points for scores), the grain, the programme's published rate and that rate without the effect,
    and a mark: [c] hidden, [u] low reliability, [w] withheld, as the groups are not alike or too few stand behind the
    comparison, [x] no estimate. Hiding is decided by published numbers alone; withholding by `why_not_published`.
    """
    _refuse_unknown(effects)
    joined = (
        effects.select(
            *(*_EFFECT_KEY, "estimate", "effective_sample", "why_not_published"), true_low="ci_low", true_high="ci_high"
        )
        .join(areas.filter(pl.col("area_type") != "council"), on="area_code")
        .join(_arm_counts(cells), on=["area_code", "outcome", "outcome_window"], how="left")
        .join(_outcome_units(), on="outcome")
        .with_columns(pl.col("n_programme", "n_comparison", "yes_programme", "yes_comparison").fill_null(0))
        .with_columns(mark=_effect_mark())
    )
    is_shown = pl.col("mark").is_null() | (pl.col("mark") == "[u]")
    return (
        pl.concat([_rounded(joined.filter(is_shown)), joined.filter(~is_shown)], how="diagonal_relaxed")
        .select("area_type", "area_code", "area_name", *_EFFECT_KEY[1:], "unit", *_EFFECT_VALUES)
        .sort("area_type", *_EFFECT_KEY)
    )


def _rounded(shown: pl.DataFrame) -> pl.DataFrame:
    """Effects in steps of their grain, with the interval and the rates that follow from published numbers."""
    smallest = pl.min_horizontal("n_programme", "n_comparison", pl.col("effective_sample").clip(1.0))
    n_hidden = pl.when(is_yes_no(pl.col("outcome"))).then(BASE).otherwise(HIDDEN_IN_A_MEAN)
    shown = shown.with_columns(grain=grain(smallest, pl.col("reach") * pl.col("scale"), FINEST_EFFECT, n_hidden))
    effects = round_to_grain(shown["estimate"] * shown["scale"], shown["grain"], shown["effect_key"])
    return shown.with_columns(
        effect=effects,
        below=_reach(pl.col("estimate") - pl.col("true_low")),
        above=_reach(pl.col("true_high") - pl.col("estimate")),
        programme_rate=_programme_rate(),
    ).with_columns(
        ci_low=(pl.col("effect") - pl.col("below")).round(10),
        ci_high=(pl.col("effect") + pl.col("above")).round(10),
        rate_without_programme=(pl.col("programme_rate") - pl.col("effect")).round(2),
    )


def _refuse_unknown(effects: pl.DataFrame) -> None:
    unknown = sorted(set(effects["outcome"].unique()) - set(OUTCOMES))
    if unknown:
        raise EvaluationError(
            f"The outcomes {', '.join(unknown)} have no words for publication. Describe them in "
            "tf_assets/research/publication/catalogue.py."
        )


def _outcome_units() -> pl.DataFrame:
    return pl.DataFrame(
        [
            {"outcome": name, "unit": each.unit, "scale": each.scale, "reach": each.reach}
            for name, each in OUTCOMES.items()
        ]
    )


def _arm_counts(cells: pl.DataFrame) -> pl.DataFrame:
    """Published counts of both arms in one row an area, outcome and window, and the key of everybody in them.

    One key for all methods: two estimates of nearly the same thing share their draw, so that they cannot be averaged.
    """
    margins = sum_margins(cells, ["arm", "outcome", "outcome_window"], ["n_people", "n_yes", "people_key", "yes_key"])
    rounded = margins.filter((pl.col("sex") == ALL) & (pl.col("age_band") == ALL))
    rounded = rounded.with_columns(
        n=round_counts(rounded["n_people"], rounded["people_key"]),
        yes=round_counts(rounded["n_yes"], rounded["yes_key"]),
        key=pl.col("people_key") + pl.col("yes_key"),
    )

    def of(arm: str, column: str) -> pl.Expr:
        return pl.col(column).filter(pl.col("arm") == arm).sum()

    return rounded.group_by("area_code", "outcome", "outcome_window").agg(
        n_programme=of("programme", "n"),
        n_comparison=of("comparison", "n"),
        yes_programme=of("programme", "yes"),
        yes_comparison=of("comparison", "yes"),
        effect_key=pl.col("key").sum(),
    )


def _effect_mark() -> pl.Expr:
    people = pl.min_horizontal("n_programme", "n_comparison")
    fewest = pl.min_horizontal("yes_programme", "yes_comparison")
    counted = is_yes_no(pl.col("outcome"))
    is_whole_group = (pl.col("yes_programme") >= pl.col("n_programme")) | (
        pl.col("yes_comparison") >= pl.col("n_comparison")
    )
    return (
        pl.when(people < RELIABLE_PEOPLE)
        .then(pl.lit("[c]"))
        .when(counted & ((fewest == 0) | is_whole_group))
        .then(pl.lit("[c]"))
        .when(pl.any_horizontal(pl.col("estimate", "true_low", "true_high").is_null()))
        .then(pl.lit("[x]"))
        .when(pl.col("why_not_published") != "")
        .then(pl.lit("[w]"))
        .when(counted & (fewest < RELIABLE_YES))
        .then(pl.lit("[u]"))
        .otherwise(pl.lit(None, dtype=pl.String))
    )


def _reach(distance: pl.Expr) -> pl.Expr:
    """How far the published interval reaches to one side: the true distance with the rounding's variance, in steps."""
    reach = ((distance * pl.col("scale")) ** 2 + (NORMAL_975 * pl.col("grain")) ** 2 / 6).sqrt()
    return (reach / pl.col("grain")).ceil() * pl.col("grain")


def _programme_rate() -> pl.Expr:
    rate = 100 * pl.col("yes_programme") / pl.col("n_programme")
    return pl.when(is_yes_no(pl.col("outcome"))).then(rate.round(2)).otherwise(None)
