"""What missed and wrong links do to an effect, and what it would be without them.

How an outcome table reads somebody without a link decides what a missed link costs (`extracts` in the protocol):

- *Read as a no* (social care, offences). Of the true yeses of an arm a share r, the recall, is found; a wrong link brings
  in a stranger's record. An arm of true rate y is then seen at

      o = r y + (1 - p) k m      so      y = (o - (1 - p) k m) / r

  with p the precision, m the mean rate, and k the arm's share of linked people over that of both arms, since 1 - p counts
  wrong links among links and m counts people. With r and p alike in both arms the effect shrinks to r times itself.
- *Left out* (everything else: the extract holds everybody, so whoever is not linked is unknown). A missed link costs
  people, not rate, and if those who are missed differ, selection, which no correction here can undo; see
  `link_rates_by_group`. A wrong link shows a stranger's outcome:

      o = p y + (1 - p) m        so      y = (o - (1 - p) m) / p

Strangers are the same for both arms, so m cancels from the difference where precision is the same. Errors within an arm
are taken to come by chance; where they go with the outcome itself the corrected effect is wrong too.

Sources: Neter, Maynes and Ramanathan, JASA 60 (1965) 1005-1027, for mismatched records; Lahiri and Larsen, JASA 100
(2005) 222-230, for the exchangeable stranger; Rogan and Gladen, American Journal of Epidemiology 107 (1978) 71-76, for
rates seen through imperfect recall; Moore et al., Population Health Metrics 12 (2014), for linked rates.
"""

from itertools import product

import polars as pl
from scipy.stats import norm

from tf_assets.quality.link_rates import least_difference
from tf_assets.research.cohorts.protocol import PROTOCOL
from tf_assets.research.estimation.intervals import CONFIDENCE
from tf_assets.research.publication.catalogue import OUTCOMES, is_yes_no
from tf_assets.research.publication.causes import OUTCOME_EXTRACTS

ERROR_ODDS = 5.0
"""The odds of a missed and of a wrong link may be this many times what is estimated without truth, or one in this many
(ours): in the fictional England the share missed was up to four and a half times the estimate
(docs/explanation/linkage.md, attendance)."""

LEAST_RECALL = 0.05
"""Below it nothing is corrected: the rate would be made of almost nothing."""

ARMS = ("programme", "comparison")

_KEY = ("outcome", "outcome_window", "area_code", "method")

_SHOWN = ("precision_programme", "precision_comparison", "recall", "recall_low", "recall_gap_low", "recall_gap_high")


def linkage_errors(
    links: pl.DataFrame, people: pl.DataFrame, quality: pl.DataFrame, arm_counts: pl.DataFrame
) -> pl.DataFrame:
    """How good each extract's links are, by arm.

    links: `released_record_links`; people: `eligible_people`; quality: `released_link_quality`; arm_counts: the rows of
    `link_rates_by_group` with the dimension arm. Returns extract; precision_programme and _comparison, the mean
    probability of the arm's links; linked_programme and _comparison, the share of the arm that is linked; recall, as the
    linkage estimates it; recall_gap_low and _high, by how much the programme arm's recall may lie above the comparison
    arm's. The gap can be seen only where the extract holds everybody; the widest 95% interval there stands for all.
    """
    precision = (
        links.join(people.select("person_pseudonym", "arm"), on="person_pseudonym")
        .group_by("extract")
        .agg(pl.col("match_probability").filter(pl.col("arm") == arm).mean().alias(f"precision_{arm}") for arm in ARMS)
    )
    recall = quality.filter(pl.col("stage") == "all").select("extract", recall="estimated_recall")
    arms = _by_arm(arm_counts)
    low, high = _recall_gap(arms.filter("is_everybody_held"))
    shares = arms.select(
        "extract", *((pl.col(f"n_linked_{arm}") / pl.col(f"n_people_{arm}")).alias(f"linked_{arm}") for arm in ARMS)
    )
    return (
        recall.join(precision, on="extract", how="left")
        .join(shares, on="extract", how="left")
        .with_columns(recall_gap_low=pl.lit(low), recall_gap_high=pl.lit(high))
        .sort("extract")
    )


def correct_effects(effects: pl.DataFrame, errors: pl.DataFrame) -> pl.DataFrame:
    """Each effect with what it would be without linkage errors, and the range of that over what the errors may be.

    effects: `treatment_effects`; errors: `linkage_errors`. corrected takes the estimated precision and recall, the recall
    alike in both arms; corrected_low and _high are its ends over error odds up to `ERROR_ODDS` times larger or smaller,
    the arms' gap in recall, and strangers of whom none or all have the outcome. The range is of linkage alone: what
    chance does to the effect is in its own interval. None where the extract's links were not estimated.
    """
    unknown = {name: rule.unlinked == "unknown" for name, rule in PROTOCOL.extracts.items()}
    joined = (
        effects.select(*_KEY, "estimate", "programme_rate", "comparison_rate")
        .with_columns(extract=pl.col("outcome").replace_strict(OUTCOME_EXTRACTS))
        .with_columns(
            is_unlinked_unknown=pl.col("extract").replace_strict(unknown),
            span=pl.col("outcome").replace_strict({name: each.reach for name, each in OUTCOMES.items()}),
        )
        .join(errors, on="extract", how="left")
        .with_columns(recall_low=_with_odds(pl.col("recall"), ERROR_ODDS))
    )
    mean = (pl.col("programme_rate") + pl.col("comparison_rate")) / 2
    corners = [
        _corrected(precision_odds, recall_odds, gap, strangers)
        for precision_odds, recall_odds, gap, strangers in product(
            (1 / ERROR_ODDS, 1.0, ERROR_ODDS),
            (1 / ERROR_ODDS, 1.0, ERROR_ODDS),
            (pl.col("recall_gap_low"), pl.lit(0.0), pl.col("recall_gap_high")),
            (pl.lit(0.0), mean, pl.col("span")),
        )
    ]
    return (
        joined.with_columns(corrected=_corrected(1.0, 1.0, pl.lit(0.0), mean))
        .with_columns(
            corrected_low=pl.when(pl.col("corrected").is_not_null()).then(pl.min_horizontal(corners)),
            corrected_high=pl.when(pl.col("corrected").is_not_null()).then(pl.max_horizontal(corners)),
        )
        .select(*_KEY, "extract", "is_unlinked_unknown", "estimate", *_CORRECTED, *_SHOWN)
        .sort(_KEY)
    )


def largest_correction(attenuation: pl.DataFrame) -> float:
    """The farthest that the correction moves an effect on a yes-or-no outcome, in percentage points; 0 if there is none."""
    shift = attenuation.filter(is_yes_no(pl.col("outcome"))).select((pl.col("corrected") - pl.col("estimate")).abs())
    return round(100 * float(shift.to_series().fill_null(0.0).max() or 0.0), 3)  # type: ignore[arg-type]


_CORRECTED = ("corrected", "corrected_low", "corrected_high")


def _corrected(precision_odds: float, recall_odds: float, gap: pl.Expr, strangers: pl.Expr) -> pl.Expr:
    """The difference of the arms' rates without linkage errors, if the odds of errors are so many times the estimated,
    the arms' recalls lie `gap` apart, and strangers have the outcome at the rate `strangers`."""
    linked = pl.sum_horizontal((pl.col(f"linked_{arm}") for arm in ARMS), ignore_nulls=False) / 2
    recall = _with_odds(pl.col("recall"), recall_odds)

    def rate(arm: str, side: float) -> pl.Expr:
        precision = _with_odds(pl.col(f"precision_{arm}"), precision_odds)
        wrong = (1 - precision) * strangers
        found = (recall + side * gap / 2).clip(0.0, 1.0)
        as_no = pl.when(found >= LEAST_RECALL).then(
            (pl.col(f"{arm}_rate") - wrong * pl.col(f"linked_{arm}") / linked) / found
        )
        return pl.when("is_unlinked_unknown").then((pl.col(f"{arm}_rate") - wrong) / precision).otherwise(as_no)

    return rate("programme", 1.0) - rate("comparison", -1.0)


def _with_odds(share: pl.Expr, odds: float) -> pl.Expr:
    """A share of right ones if the odds of wrong ones are `odds` times as large."""
    return share / (share + odds * (1 - share))


def _by_arm(counts: pl.DataFrame) -> pl.DataFrame:
    """Counts of both arms in one row an extract: `n_people_programme` and so on."""
    names = ("n_people", "n_linked", "n_expected", "n_expected_linked")
    return counts.group_by("extract", "is_everybody_held").agg(
        pl.col(name).filter(pl.col("people_group") == arm).sum().alias(f"{name}_{arm}")
        for name in names
        for arm in ARMS
    )


def _recall_gap(arms: pl.DataFrame) -> tuple[float, float]:
    """The lowest and highest end of the intervals of programme recall less comparison recall; as far apart as can be
    where nothing shows it."""
    z = float(norm.ppf(0.5 + CONFIDENCE / 2))
    programme, comparison = ((pl.col(f"n_expected_linked_{arm}"), pl.col(f"n_expected_{arm}")) for arm in ARMS)
    seen = arms.filter(pl.min_horizontal(*(f"n_expected_{arm}" for arm in ARMS)) > 0).select(
        low=least_difference(*programme, *comparison, z), high=-least_difference(*comparison, *programme, z)
    )
    if seen.is_empty():
        return -1.0, 1.0
    return float(seen["low"].to_numpy().min()), float(seen["high"].to_numpy().max())
