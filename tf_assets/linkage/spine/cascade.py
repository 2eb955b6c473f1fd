"""Links two tables of people: matchkeys first, then weights of evidence for the rest, then one partner each.

    linkage = link(left, right)
    linkage.links        # left_record_id, right_record_id, stage, match_weight, probability

Nothing here knows of this programme: any two frames with record_id, forename, surname and date_of_birth will do.
"""

from dataclasses import dataclass

import polars as pl

from tf_assets.linkage.spine.assignment import assign_one_to_one
from tf_assets.linkage.spine.matchkeys import MATCHKEYS, link_by_keys
from tf_assets.linkage.spine.preparing import Workspace, workspace
from tf_assets.linkage.spine.probabilistic import LEAST_WEIGHT, weigh_pairs
from tf_assets.linkage.spine.probabilities import Judged, judge_pairs
from tf_assets.linkage.spine.quality import expected_matches, quality_by_stage
from tf_assets.linkage.spine.settings import LINK_SCHEMA, Linkage, LinkSettings, Model
from tf_assets.linkage.spine.thresholds import acceptance_threshold
from tf_assets.linkage.spine.training import Parameters, declared_parameters, train

PROBABILISTIC = "probabilistic"
DEFAULT_SETTINGS = LinkSettings()


@dataclass(frozen=True)
class _Scored:
    """One pass of the cascade: links by key with their probabilities, and the judged pairs of the rest."""

    key_links: pl.DataFrame
    rest: Judged
    n_capped_blocks: int


def link(
    left: pl.DataFrame, right: pl.DataFrame, settings: LinkSettings = DEFAULT_SETTINGS, threads: int = 2
) -> Linkage:
    """Link people of the left to people of the right, each to one at most.

    left, right: one or more rows a person: record_id, forename, surname, date_of_birth, and where there are any sex,
    postcode, address, upn, nino, nhs_number, aliases; text in one form on both sides. The same frames and settings
    give the same links to the last digit.
    """
    with workspace(left, right, threads) as work:
        key_links = link_by_keys(work)
        if key_links.height < settings.fewest_training_links:
            parameters = declared_parameters(work.columns)
        else:
            parameters = train(work, settings)
        scored, refused = _score_with_good_keys(work, key_links, parameters, settings)
        return _conclude(work, scored, refused, parameters, settings)


def _score_with_good_keys(
    work: Workspace, key_links: pl.DataFrame, parameters: Parameters, settings: LinkSettings
) -> tuple[_Scored, tuple[str, ...]]:
    """Score, and as long as a key proves worse than the settings allow, score again without it."""
    refused: tuple[str, ...] = ()
    while True:
        scored = _score(work, key_links, parameters, settings)
        means = scored.key_links.group_by("stage").agg(pl.col("probability").mean())
        weak = set(means.filter(pl.col("probability") < settings.key_precision)["stage"])
        if not weak or not parameters.is_trained:
            return scored, refused
        refused = (*refused, *sorted(weak))
        key_links = link_by_keys(work, refused)


def _score(work: Workspace, key_links: pl.DataFrame, parameters: Parameters, settings: LinkSettings) -> _Scored:
    pairs, n_capped = weigh_pairs(work, parameters, settings)
    of_keys = key_links.join(pairs, on=["left_record", "right_record"], how="left")
    rest = pairs.join(key_links, on="left_record", how="anti")
    judged = judge_pairs(rest, work.n_left - key_links.height, work.n_right - key_links.height)
    # no rivals: a key's pair is alone on both sides, and everybody's chance of a partner is its prior
    rate = (key_links.height + judged.match_rate * (work.n_left - key_links.height)) / max(work.n_left, 1)
    rate = min(max(rate, 1e-6), 1 - 1e-6)
    nobody = work.n_right * (1 - rate) / rate
    factor = 2.0 ** (pl.col("evidence").fill_null(LEAST_WEIGHT).clip(upper_bound=200.0))
    weighed = of_keys.select(
        "left_record",
        "right_record",
        "stage",
        match_weight=(factor / nobody).log(2).round(4),
        probability=(factor / (factor + nobody)).round(6),
    )
    return _Scored(weighed, judged, n_capped)


def _conclude(
    work: Workspace, scored: _Scored, refused: tuple[str, ...], parameters: Parameters, settings: LinkSettings
) -> Linkage:
    """Assign, accept, set aside what a person should look at, and estimate how good it all is."""
    floor = scored.rest.pairs.filter(pl.col("probability") >= settings.clerical_floor)
    assigned = assign_one_to_one(floor)
    threshold = acceptance_threshold(scored.key_links["probability"], assigned["probability"], settings)
    accepted = assigned.filter(pl.col("probability") >= threshold)
    clerical = floor.join(accepted, on="left_record", how="anti").join(accepted, on="right_record", how="anti")
    stages = pl.Enum([*(key.name for key in MATCHKEYS), PROBABILISTIC])
    links = pl.concat(
        [scored.key_links, accepted.with_columns(stage=pl.lit(PROBABILISTIC)).select(scored.key_links.columns)]
    ).sort(pl.col("stage").cast(stages), "left_record")
    total = float(scored.rest.pairs["probability"].sum() or 0.0)
    expected = expected_matches(work, links, total - float(accepted["probability"].sum() or 0.0))
    return Linkage(
        links=_with_ids(work, links),
        clerical=_with_ids(work, clerical.with_columns(stage=pl.lit(PROBABILISTIC))),
        quality=quality_by_stage(links, work.n_left, expected),
        weights=_histogram(scored.rest.pairs, links, clerical),
        model=Model(parameters.table, parameters.is_trained, scored.rest.match_rate, refused, scored.n_capped_blocks),
        threshold=threshold,
        settings=settings,
    )


def _with_ids(work: Workspace, pairs: pl.DataFrame) -> pl.DataFrame:
    """Pairs in `LINK_SCHEMA`, with the callers' record ids, sorted by them."""
    named = pairs
    for side in ("left", "right"):
        records = work.connection.sql(
            f"SELECT record AS {side}_record, record_id AS {side}_record_id FROM {side}_records"
        )
        named = named.join(records.pl(), on=f"{side}_record", how="left")
    return named.select(list(LINK_SCHEMA)).cast(LINK_SCHEMA).sort("left_record_id", "right_record_id")  # type: ignore[arg-type]


def _histogram(rest: pl.DataFrame, links: pl.DataFrame, clerical: pl.DataFrame) -> pl.DataFrame:
    """Counts of scored pairs by whole match weight and verdict."""
    ids = ["left_record", "right_record"]
    refused = rest.join(links, on=ids, how="anti").join(clerical, on=ids, how="anti")
    parts = [
        pairs.select(pl.col("match_weight").round(0).cast(pl.Int32), verdict=pl.lit(verdict))
        for verdict, pairs in (("link", links), ("clerical", clerical), ("refused", refused))
    ]
    return pl.concat(parts).group_by("match_weight", "verdict").agg(n=pl.len()).sort("match_weight", "verdict")
