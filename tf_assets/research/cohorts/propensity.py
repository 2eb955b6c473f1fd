"""The propensity: how likely each eligible person's family was to be on the programme, given what was known before."""

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from tf_assets.research.cohorts.features import model_matrix
from tf_assets.research.cohorts.protocol import PROTOCOL
from tf_assets.research.estimation.propensity import fit_propensity
from tf_assets.warehouse.errors import InputRefused


@dataclass(frozen=True)
class Propensity:
    """Scores, and the model they come from.

    scores: person_pseudonym, arm, stratum (age band and sex: matches are exact on it), propensity, logit,
    is_on_support (between the other arm's lowest and highest logit in the stratum); area: of the ROC curve.
    """

    scores: pl.DataFrame
    n_programme: int
    n_comparison: int
    area: float


def estimate_propensity(people: pl.DataFrame, covariates: pl.DataFrame) -> Propensity:
    """Fit one logistic model for children and one for adults, whose covariates mean different things.

    people: eligible_people; covariates: cohort_covariates. People of one family share most covariates, so a person is
    the unit here and the family is the cluster of every standard error later.
    """
    joined = people.drop("age_at_index", strict=False).join(covariates, on="person_pseudonym")
    joined = joined.sort("person_pseudonym")
    _refuse_one_arm(joined)
    parts = [_fitted(part) for part in joined.partition_by("is_child", maintain_order=True)]
    scores = pl.concat(parts).with_columns(stratum=stratum()).sort("person_pseudonym")
    scores = scores.with_columns(is_on_support=_on_support()).select(
        "person_pseudonym", "arm", "stratum", "propensity", "logit", "is_on_support"
    )
    on_programme = (scores["arm"] == "programme").to_numpy()
    return Propensity(
        scores,
        int(on_programme.sum()),
        int((~on_programme).sum()),
        _area_under_curve(on_programme, scores["logit"].to_numpy()),
    )


def stratum() -> pl.Expr:
    """Age band and sex in one text: a match is found within it, never across it."""
    band = pl.when("is_adult").then(pl.lit("adult")).when("is_juvenile").then(pl.lit("10-17")).otherwise(pl.lit("0-9"))
    return pl.concat_str(band, pl.col("sex").fill_null("U"), separator=" ")


def _refuse_one_arm(joined: pl.DataFrame) -> None:
    if joined["arm"].n_unique() < 2:
        raise InputRefused(
            "The cohort has people of one arm only, so there is nobody to compare them with. Materialise a release "
            "that holds families on the programme and families who wait."
        )


def _fitted(people: pl.DataFrame) -> pl.DataFrame:
    on_programme = (people["arm"] == "programme").to_numpy()
    if on_programme.all() or not on_programme.any():
        share = float(on_programme.mean())
        logit: NDArray[np.float64] = np.full(len(people), np.log((share + 1e-6) / (1 - share + 1e-6)))
    else:
        logit = fit_propensity(model_matrix(people), on_programme, PROTOCOL.comparison.propensity_penalty).logit
    return people.with_columns(logit=pl.Series(logit), propensity=pl.Series(1 / (1 + np.exp(-logit))))


def _on_support() -> pl.Expr:
    on_programme = pl.col("arm") == "programme"

    def within(arm: pl.Expr) -> pl.Expr:
        logits = pl.col("logit").filter(arm)
        return pl.col("logit").is_between(logits.min().over("stratum"), logits.max().over("stratum"))

    return pl.when(on_programme).then(within(~on_programme)).otherwise(within(on_programme)).fill_null(False)


def _area_under_curve(positive: NDArray[np.bool_], score: NDArray[np.float64]) -> float:
    from scipy.stats import rankdata

    n_positive, n_negative = int(positive.sum()), int((~positive).sum())
    if not n_positive or not n_negative:
        return float("nan")
    ranks = float(rankdata(score)[positive].sum())
    return (ranks - n_positive * (n_positive + 1) / 2) / (n_positive * n_negative)
