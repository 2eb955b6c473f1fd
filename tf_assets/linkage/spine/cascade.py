"""Links two tables of people: matchkeys first, then weights of evidence for the rest, then one partner each.

    linkage = link(left, right)
    linkage.links        # left_record_id, right_record_id, stage, match_weight, probability

Nothing here knows of this programme: any two frames with record_id, forename, surname and date_of_birth will do.
"""

from dataclasses import dataclass

import polars as pl

from tf_assets.linkage.spine.assignment import assign_one_to_one
from tf_assets.linkage.spine.blocking import find_candidates
from tf_assets.linkage.spine.decided_pairs import CLERICAL, CLERICAL_PROBABILITY
from tf_assets.linkage.spine.families import (
    SUPPOSED_TOGETHER,
    SURE,
    share_together,
    weigh_in_families,
    without_the_lonely,
)
from tf_assets.linkage.spine.matchkeys import MATCHKEYS, link_by_keys
from tf_assets.linkage.spine.preparing import People, Workspace, workspace
from tf_assets.linkage.spine.probabilistic import Scales
from tf_assets.linkage.spine.probabilities import Judged, judge_pairs
from tf_assets.linkage.spine.quality import expected_matches, quality_by_stage
from tf_assets.linkage.spine.relatives import count_relatives
from tf_assets.linkage.spine.settings import LINK_SCHEMA, Linkage, LinkSettings, Model
from tf_assets.linkage.spine.thresholds import acceptance_threshold
from tf_assets.linkage.spine.training import Parameters, declared_parameters, train

IDS = ["left_record", "right_record"]
PROBABILISTIC = "probabilistic"
ROUNDS_FOR_SHARE, SETTLED_SHARE = 3, 0.01
"""How often the share of families' members who live together is counted anew for one set of pairs, unless it moves less."""

DEFAULT_SETTINGS = LinkSettings()


@dataclass(frozen=True)
class _Scored:
    """One pass of the cascade: links by key with their probabilities, and the judged pairs of the rest."""

    key_links: pl.DataFrame
    rest: Judged
    n_capped_blocks: int


def link(
    left: People,
    right: People,
    settings: LinkSettings = DEFAULT_SETTINGS,
    threads: int = 2,
    parameters: Parameters | None = None,
    decisions: pl.DataFrame | None = None,
) -> Linkage:
    """Link people of the left to people of the right, each to one at most.

    left, right: one or more rows a person: record_id, forename, surname, date_of_birth, and where there are any sex,
    postcode, address, upn, nino, nhs_number, aliases; text in one form on both sides. The same frames and settings
    give the same links to the last digit. parameters: of an earlier linkage, instead of learning anew; decisions: what
    people have decided on pairs (`load_decisions`).
    """
    with workspace(left, right, threads, decisions) as work:
        key_links = link_by_keys(work)
        parameters = parameters or _learn(work, key_links.height, settings)
        scales = Scales(work, parameters, count_relatives(work))
        weighed, refused = _weigh_good_keys(scales, key_links, settings)
        n_capped = find_candidates(work, settings.max_block_pairs)
        rest = scales.weigh("candidates")
        judged = _judge_in_families(scales, weighed, rest, settings)
        scored = _Scored(_with_probability(weighed, judged.match_rate, work), judged, n_capped)
        return _conclude(work, scored, refused, parameters, settings)


def _learn(work: Workspace, n_key_links: int, settings: LinkSettings) -> Parameters:
    return train(work, settings) if n_key_links >= settings.fewest_training_links else declared_parameters(work.columns)


def _weigh_good_keys(
    scales: Scales, key_links: pl.DataFrame, settings: LinkSettings
) -> tuple[pl.DataFrame, tuple[str, ...]]:
    """Key links with their evidence, made again as long as a key proves worse than the settings allow; such keys."""
    refused: tuple[str, ...] = ()
    while True:
        weighed = _weigh_key_links(scales, key_links)
        known = _with_probability(weighed, 0.0, scales.work)
        means = known.group_by("stage").agg(pl.col("probability").mean())
        weak = set(means.filter(pl.col("probability") < settings.key_precision)["stage"]) - {CLERICAL}
        if not weak or not scales.parameters.is_trained:
            return weighed, refused
        refused = (*refused, *sorted(weak))
        key_links = link_by_keys(scales.work, refused)


def _weigh_key_links(scales: Scales, key_links: pl.DataFrame) -> pl.DataFrame:
    """Links by key with the evidence for them: left_record, right_record, stage, evidence."""
    scales.work.connection.execute(
        "CREATE OR REPLACE TABLE key_pairs AS SELECT l.row_id AS left_row, r.row_id AS right_row FROM key_links "
        "JOIN left_rows AS l ON l.record = left_record JOIN right_rows AS r ON r.record = right_record"
    )
    return key_links.join(scales.weigh("key_pairs", keeps_all=True), on=IDS, how="left")


def _with_probability(weighed: pl.DataFrame, match_rate: float, work: Workspace) -> pl.DataFrame:
    """Links by key with match_weight and probability, instead of evidence.

    No rivals: a key's pair is alone on both sides, and everybody's chance of a partner is its prior: `match_rate`, or
    what the keys themselves found where that is more.
    """
    rate = min(max(match_rate, weighed.height / max(work.n_left, 1), 1e-6), 1 - 1e-6)
    nobody = work.n_right * (1 - rate) / rate
    factor = 2.0 ** (pl.col("evidence").clip(upper_bound=200.0))
    return weighed.select(
        *IDS,
        "stage",
        match_weight=(factor / nobody).log(2).round(4),
        probability=pl.when(pl.col("stage") == CLERICAL)
        .then(CLERICAL_PROBABILITY)
        .otherwise((factor / (factor + nobody)).round(6)),
    )


def _judge_in_families(scales: Scales, key_links: pl.DataFrame, rest: pl.DataFrame, settings: LinkSettings) -> Judged:
    """Probabilities of the pairs that no key decided, members of families looked for where others have been found."""
    sizes = (scales.work.n_left, scales.work.n_right, key_links.height)
    judged = judge_pairs(rest, *sizes)
    together = SUPPOSED_TOGETHER
    for _ in range(settings.family_rounds if scales.work.has_families else 0):
        anchors = pl.concat([key_links.select(IDS), _sure(judged.pairs)])
        pairs = weigh_in_families(scales, anchors, rest, together)
        rest = pairs.select(rest.columns)  # who was found in a pool is an anchor now, and has none in the next round
        for _ in range(ROUNDS_FOR_SHARE):
            supposed = together
            judged = judge_pairs(without_the_lonely(pairs, supposed), *sizes, judged.match_rate)
            together = share_together(pairs, judged.pairs)
            if abs(together - supposed) < SETTLED_SHARE:
                break
    return judged


def _sure(pairs: pl.DataFrame) -> pl.DataFrame:
    """Pairs that can hardly be wrong; of a record no two can be."""
    return pairs.filter(pl.col("probability") >= SURE).select(IDS)


def _conclude(
    work: Workspace, scored: _Scored, refused: tuple[str, ...], parameters: Parameters, settings: LinkSettings
) -> Linkage:
    """Assign, accept, set aside what a person should look at, and estimate how good it all is."""
    floor = scored.rest.pairs.filter(pl.col("probability") >= settings.clerical_floor)
    # of pairs that weigh the same the record ids decide, not the order in which rows were given
    ids = ["left_record_id", "right_record_id"]
    assigned = assign_one_to_one(_with_ids(work, floor), order=ids).drop(ids)
    threshold = acceptance_threshold(scored.key_links["probability"], assigned["probability"], settings)
    accepted = assigned.filter(pl.col("probability") >= threshold)
    clerical = floor.join(accepted, on="left_record", how="anti").join(accepted, on="right_record", how="anti")
    stages = pl.Enum([CLERICAL, *(key.name for key in MATCHKEYS), PROBABILISTIC])
    links = pl.concat(
        [scored.key_links, accepted.with_columns(stage=pl.lit(PROBABILISTIC)).select(scored.key_links.columns)]
    ).sort(pl.col("stage").cast(stages), "left_record")
    total = float(scored.rest.pairs["probability"].sum() or 0.0)
    expected = expected_matches(work, links, total - float(accepted["probability"].sum() or 0.0))
    return Linkage(
        links=_for_the_caller(work, links),
        clerical=_for_the_caller(work, clerical.with_columns(stage=pl.lit(PROBABILISTIC))),
        quality=quality_by_stage(links, work.n_left, expected),
        weights=_histogram(scored.rest.pairs, links, clerical),
        model=Model(parameters.table, parameters.is_trained, scored.rest.match_rate, refused, scored.n_capped_blocks),
        threshold=threshold,
        settings=settings,
    )


def _with_ids(work: Workspace, pairs: pl.DataFrame) -> pl.DataFrame:
    """Pairs with left_record_id and right_record_id besides."""
    work.connection.register("pairs_to_name", pairs.to_arrow())
    named = work.connection.sql(
        "SELECT p.*, l.record_id AS left_record_id, r.record_id AS right_record_id FROM pairs_to_name AS p "
        "JOIN left_rows AS l ON l.record = left_record AND l.is_latest "
        "JOIN right_rows AS r ON r.record = right_record AND r.is_latest"
    ).pl()
    work.connection.unregister("pairs_to_name")
    return named


def _for_the_caller(work: Workspace, pairs: pl.DataFrame) -> pl.DataFrame:
    """Pairs in `LINK_SCHEMA`, with the callers' record ids, sorted by them."""
    named = _with_ids(work, pairs).select(list(LINK_SCHEMA)).cast(LINK_SCHEMA)  # type: ignore[arg-type]
    return named.sort("left_record_id", "right_record_id")


def _histogram(rest: pl.DataFrame, links: pl.DataFrame, clerical: pl.DataFrame) -> pl.DataFrame:
    """Counts of scored pairs by whole match weight and verdict."""
    ids = ["left_record", "right_record"]
    refused = rest.join(links, on=ids, how="anti").join(clerical, on=ids, how="anti")
    parts = [
        pairs.select(pl.col("match_weight").round(0).cast(pl.Int32), verdict=pl.lit(verdict))
        for verdict, pairs in (("link", links), ("clerical", clerical), ("refused", refused))
    ]
    return pl.concat(parts).group_by("match_weight", "verdict").agg(n=pl.len()).sort("match_weight", "verdict")
