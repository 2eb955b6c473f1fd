"""The matched cohorts: England's, and each region's from its own people."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from tf_assets.research.cohorts.protocol import PROTOCOL
from tf_assets.research.estimation.matching import nearest_within, pooled_deviation

_COMPARISON = PROTOCOL.comparison


@dataclass(frozen=True)
class Matched:
    """The matched sample.

    people: person_pseudonym, arm, stratum, weight (1 for each programme person; a comparison person's is the sum, over
    the programme people it is matched to, of 1 / their number of matches), n_matches (how many people of the other
    arm it is matched to). Both arms' weights add up to the number of matched programme people.
    n_unmatched: programme people without a comparison person inside the caliper; caliper: in logits.
    """

    people: pl.DataFrame
    n_unmatched: int
    caliper: float


def match(
    scores: pl.DataFrame,
    k: int = _COMPARISON.neighbours,
    caliper_sd: float = _COMPARISON.caliper_sd,
    caliper: float | None = None,
) -> Matched:
    """Match each programme person on common support to up to k comparison people of the same stratum.

    scores: person_pseudonym, arm, stratum, logit, is_on_support. The caliper is `caliper_sd` standard deviations of the
    logit within strata, unless `caliper` gives it in logits. Ties are broken by pseudonym: random, but permanent.
    """
    ordered = scores.sort("stratum", "logit", "person_pseudonym")
    reach = caliper_sd * _deviation(ordered) if caliper is None else caliper
    parts = [_match_stratum(part, k, reach) for part in ordered.partition_by("stratum", maintain_order=True)]
    people = pl.concat(parts).filter(pl.col("n_matches") > 0).sort("person_pseudonym")
    n_programme = scores.filter(pl.col("arm") == "programme").height
    return Matched(people, n_programme - people.filter(pl.col("arm") == "programme").height, reach)


def match_for_areas(scores: pl.DataFrame, people: pl.DataFrame) -> tuple[pl.DataFrame, Matched, Matched]:
    """The matched cohorts for England and for each region by itself: (one row a person, national, regional).

    people: eligible_people. weight: within England, for the national effect; region_weight: with matches from the
    person's own region only, for that region's effect: the same labour market, police and councils. Each is 0 where
    the person has no match. A national match exact on region would lose every fifth programme person (measured).
    """
    placed = scores.join(people.select("person_pseudonym", "family_pseudonym", "region_code"), on="person_pseudonym")
    national = match(placed)
    by_region = placed.with_columns(stratum=pl.concat_str("stratum", "region_code", separator=" "))
    regional = match(by_region, caliper=national.caliper)
    table = (
        placed.select("person_pseudonym", "family_pseudonym", "arm", "stratum")
        .join(national.people.drop("arm", "stratum"), on="person_pseudonym", how="left")
        .join(regional.people.select("person_pseudonym", region_weight="weight"), on="person_pseudonym", how="left")
        .with_columns(pl.col("weight", "region_weight", "n_matches").fill_null(0))
        .filter((pl.col("weight") > 0) | (pl.col("region_weight") > 0))
        .sort("person_pseudonym")
    )
    return table, national, regional


def _deviation(scores: pl.DataFrame) -> float:
    stratum = scores["stratum"].rank("dense").cast(pl.Int64).to_numpy()
    return pooled_deviation(scores["logit"].to_numpy(), (scores["arm"] == "programme").to_numpy(), stratum)


def _match_stratum(part: pl.DataFrame, k: int, caliper: float) -> pl.DataFrame:
    programme = part.filter((pl.col("arm") == "programme") & pl.col("is_on_support"))
    comparison = part.filter(pl.col("arm") == "comparison")
    places, is_inside = nearest_within(programme["logit"].to_numpy(), comparison["logit"].to_numpy(), k, caliper)
    n_matches = is_inside.sum(axis=1)
    shares = is_inside / np.maximum(n_matches, 1)[:, None]
    used, weights = places[is_inside], shares[is_inside]
    columns = ["person_pseudonym", "arm", "stratum"]
    return pl.concat(
        [
            programme.select(columns).with_columns(
                weight=pl.Series((n_matches > 0).astype(np.float64), dtype=pl.Float64),
                n_matches=pl.Series(n_matches.astype(np.int32), dtype=pl.Int32),
            ),
            comparison.select(columns).with_columns(
                weight=pl.Series(np.bincount(used, weights, len(comparison)), dtype=pl.Float64),
                n_matches=pl.Series(np.bincount(used, minlength=len(comparison)).astype(np.int32), dtype=pl.Int32),
            ),
        ]
    )
