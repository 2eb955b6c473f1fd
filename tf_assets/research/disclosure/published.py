"""The ledger's figures as blocks to attack, and what is known of how they are related."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise

import polars as pl

from tf_assets.research.disclosure.attack import Block
from tf_assets.research.disclosure.knowledge import (
    ADDED,
    CELL_SCHEMA,
    CHANGE_SCHEMA,
    REVISED,
    SAME,
    WHOLE,
    Relations,
)
from tf_assets.research.publication.catalogue import ALL, ENGLAND
from tf_assets.research.publication.causes import changes_between
from tf_assets.research.publication.cohort_flow import STEP_WORDS
from tf_assets.research.publication.ledger import UNBOUNDED, Ledger
from tf_assets.research.publication.rounding import BASE
from tf_assets.research.publication.sources import Sources
from tf_assets.warehouse.errors import InputRefused
from tf_assets.warehouse.geography import councils

OUTCOMES, PROGRAMME = "protected_outcome_counts", "protected_programme_counts"
FLOW, QUALITY, RATES = "protected_cohort_flow", "protected_link_quality", "protected_link_rates"

COUNTED = (OUTCOMES, PROGRAMME, FLOW, QUALITY, RATES)
"""The tables of counts."""

PEOPLE = "n_counted|people"

_TEXTS = ("table_name", "measure", "area_type", "area_code", "sex", "age_band", "arm", "outcome", "outcome_window")


def parents_of_areas() -> dict[str, str]:
    """Of each council its region, of each region England."""
    pairs = councils().select("council_code", "region_code")
    regions = dict.fromkeys(pairs["region_code"].unique().sort().to_list(), ENGLAND)
    return {**dict(pairs.iter_rows()), **regions}


def read_counts(parts: Iterable[pl.DataFrame]) -> pl.DataFrame:
    """The counts of publications, first to last: the columns of the ledger that say what was counted, step (0, 1, ...),
    published, lower and upper.

    parts: the records or figures of each publication. An `InputRefused` for a cross of sex and age, and for an unknown area.
    """
    read = [
        part.filter(pl.col("measure").str.starts_with("n_"))
        .with_columns(published=pl.when(pl.col("upper") < UNBOUNDED).then("published"))  # what was kept tells nothing
        .select(pl.col(_TEXTS).cast(pl.Categorical), "published", "lower", "upper", step=pl.lit(step, dtype=pl.Int64))
        for step, part in enumerate(parts)
    ]
    counts = pl.concat(read)
    crossed = counts.filter((pl.col("sex") != ALL) & (pl.col("age_band") != ALL)).height
    if crossed:
        raise InputRefused(
            f"{crossed:,} figures of the ledger are of a sex and an age band at once. The attack knows margins alone, so it "
            "would prove nothing. Publish each sex and each age band, not their cross."
        )
    elsewhere = counts.filter(~pl.col("area_code").cast(pl.String).is_in([*parents_of_areas(), ENGLAND])).height
    if elsewhere:
        raise InputRefused(
            f"{elsewhere:,} figures of the ledger are of areas that are no council, no region and not England. The attack does "
            "not know what they are part of, so it would prove nothing."
        )
    return counts


Within = Mapping[str, Sequence[tuple[str, str]]]
"""Of a table which counts are part of which."""


def blocks_of(counts: pl.DataFrame, within: Within | None = None) -> Iterator[Block]:
    """The blocks of these counts (`read_counts`). within: of tables that are not the evaluation's own."""
    programme = counts.filter(pl.col("table_name") == PROGRAMME)
    everybody = programme.filter(pl.col("measure") == PEOPLE)
    for arm in _values(programme, "arm"):
        here = programme.filter(pl.col("arm") == arm)
        yield Block(f"programme|{arm}", _with_not_known(_with_unshown(_figures(here, "measure"))), Relations())
    outcomes = counts.filter(pl.col("table_name") == OUTCOMES)
    for arm, outcome in _pairs(outcomes, "arm", "outcome"):
        here = outcomes.filter((pl.col("arm") == arm) & (pl.col("outcome") == outcome))
        yield _outcome_block(f"{outcome}|{arm}", here, everybody.filter(pl.col("arm") == arm))
    flow = counts.filter(pl.col("table_name") == FLOW)
    for arm in _values(flow, "arm"):
        yield Block(f"flow|{arm}", _figures(flow.filter(pl.col("arm") == arm), "measure"), _flow_relations())
    quality = counts.filter(pl.col("table_name") == QUALITY)
    if quality.height:
        figures = _figures(quality, "measure")
        yield Block("link quality", figures, Relations(_linked_within(figures, "n_linked", "n_released")))
    yield from _rate_blocks(counts.filter(pl.col("table_name") == RATES))
    yield from _other_blocks(counts.filter(~pl.col("table_name").cast(pl.String).is_in(COUNTED)), within or {})


def _other_blocks(counts: pl.DataFrame, within: Within) -> Iterator[Block]:
    """One block a table, outcome and arm; the same in all of a table that has none."""
    named = counts.with_columns(pl.col("outcome", "arm", "outcome_window").cast(pl.String).fill_null(""))
    for table, outcome, arm in _pairs(named, "table_name", "outcome", "arm"):
        here = named.filter((pl.col("table_name") == table) & (pl.col("outcome") == outcome) & (pl.col("arm") == arm))
        windows = _values(here, "outcome_window")
        pairs = [(f"{part}|{each}", f"{whole}|{each}") for part, whole in within.get(table, ()) for each in windows]
        figures = _with_not_known(_with_unshown(_figures(here, "measure", "outcome_window")))
        by_window = [figures.filter(pl.col("series").str.ends_with(f"|{each}"))["series"].unique() for each in windows]
        yield Block(f"{table}|{outcome}|{arm}", figures, Relations(pairs), tuple(map(frozenset, by_window)))


def _outcome_block(name: str, outcome: pl.DataFrame, everybody: pl.DataFrame) -> Block:
    figures = _with_not_known(
        pl.concat([_with_unshown(_figures(outcome, "measure", "outcome_window")), _figures(everybody, "measure")])
    )
    windows = _values(outcome, "outcome_window")
    has_people = everybody.height > 0
    within = [(f"n_yes|{window}", f"n_people|{window}") for window in windows]
    among = [(f"n_people|{window}", PEOPLE) for window in windows] if has_people else []
    beside = [PEOPLE] if has_people else []
    splits = tuple(frozenset([f"n_yes|{window}", f"n_people|{window}", *beside]) for window in windows)
    return Block(name, figures, Relations([*within, *among]), splits)


def _flow_relations() -> Relations:
    names = [f"n_people|{step}" for step in STEP_WORDS]
    eligible = names.index("n_people|eligible")
    return Relations(adding=[(names[0], names[1 : eligible + 1]), (names[eligible], names[eligible + 1 :])])


def _rate_blocks(rates: pl.DataFrame) -> Iterator[Block]:
    """One block an extract; the groups of a dimension are everybody."""
    told = rates.with_columns(pl.col("measure").cast(pl.String).str.split("|").alias("told")).with_columns(
        counted=pl.col("told").list.get(0), extract=pl.col("told").list.get(1)
    )
    dimension, group = pl.col("told").list.get(2), pl.col("told").list.get(3)
    for extract in _values(told, "extract"):
        here = told.filter(pl.col("extract") == extract)
        figures = here.select(
            series="counted",
            area=pl.lit(ENGLAND),
            group=pl.when(dimension == ALL).then(pl.lit(WHOLE)).otherwise(pl.format("{}:{}", dimension, group)),
            **{name: pl.col(name) for name in ("step", "published", "lower", "upper")},
        )
        yield Block(f"link rates|{extract}", figures, Relations([("n_linked", "n_expected")]))


def _linked_within(figures: pl.DataFrame, part: str, whole: str) -> list[tuple[str, str]]:
    series = set(figures["series"].to_list())
    pairs = [(name, name.replace(part, whole, 1)) for name in sorted(series) if name.startswith(part)]
    return [pair for pair in pairs if pair[1] in series]


def _figures(counts: pl.DataFrame, *series: str) -> pl.DataFrame:
    group = (
        pl.when(pl.col("sex").is_not_null() & (pl.col("sex") != ALL))
        .then(pl.format("sex:{}", pl.col("sex").cast(pl.String)))
        .when(pl.col("age_band").is_not_null() & (pl.col("age_band") != ALL))
        .then(pl.format("age_band:{}", pl.col("age_band").cast(pl.String)))
        .otherwise(pl.lit(WHOLE))
    )
    return counts.select(
        series=pl.concat_str([pl.col(name).cast(pl.String) for name in series], separator="|"),
        area=pl.col("area_code").cast(pl.String).fill_null(ENGLAND),
        group=group,
        **{name: pl.col(name) for name in ("step", "published", "lower", "upper")},
    ).cast(CELL_SCHEMA)  # type: ignore[arg-type]


def _with_unshown(figures: pl.DataFrame) -> pl.DataFrame:
    """With the groups that are shown in some of these figures only: elsewhere all of England has at most 9 people of them,
    but where an area's figures were kept nothing is known."""
    is_kept = pl.col("upper") >= UNBOUNDED
    there = figures.filter(pl.col("group") == WHOLE).select("series", "area", "step", is_kept=is_kept)
    shown = figures.filter(pl.col("group") != WHOLE)
    dimension = pl.col("group").str.split(":").list.first()
    split = shown.select("series", dimension=dimension).unique()
    groups = shown.select("group", dimension=dimension).unique()
    unshown = (
        there.join(split, on="series")
        .join(groups, on="dimension")
        .join(shown, on=["series", "area", "step", "group"], how="anti")
        .sort("series", "area", "group", "step")
        .select(
            *("series", "area", "group", "step"),
            published=pl.lit(None, dtype=pl.Float64),
            lower=pl.lit(0.0),
            upper=pl.when("is_kept").then(UNBOUNDED).otherwise(float(BASE - 1)),
        )
    )
    return pl.concat([figures, unshown])


def _with_not_known(figures: pl.DataFrame) -> pl.DataFrame:
    """With the people whose sex is not known: they are in the whole and in no group that is published."""
    wholes = figures.filter((pl.col("group") == WHOLE) & pl.col("series").is_in(_split_by_sex(figures).implode()))
    not_known = wholes.with_columns(
        group=pl.lit("sex:not known"), published=pl.lit(None, dtype=pl.Float64), lower=pl.lit(0.0), upper="upper"
    )
    return pl.concat([figures, not_known])


def _split_by_sex(figures: pl.DataFrame) -> pl.Series:
    return figures.filter(pl.col("group").str.starts_with("sex:"))["series"].unique()


def _values(counts: pl.DataFrame, column: str) -> list[str]:
    return counts[column].cast(pl.String).unique().sort().to_list()


def _pairs(counts: pl.DataFrame, *columns: str) -> list[tuple[str, ...]]:
    return counts.select(pl.col(columns).cast(pl.String)).unique().sort(columns).rows()


def changes_of(counts: pl.DataFrame, publications: list[str], sources: Mapping[str, Sources]) -> pl.DataFrame:
    """How each council's counts changed on the way to each publication (`CHANGE_SCHEMA`), as far as the page of revisions and
    the figures themselves tell.

    A council that sent nothing new, and no figure of which moved, is as it was. One of which returns or years of extracts
    were only added was only added to; so it is taken to be where nothing is recorded, for that tells an intruder most.
    Any other may have lost people too.
    """
    council_codes = councils()["council_code"].to_list()
    there = counts.select("area_code", "step").unique().cast({"area_code": pl.String})
    there = there.filter(pl.col("area_code").is_in(council_codes))
    moved = _moved_areas(counts)
    said = [
        _said_between(step, sources.get(before), sources.get(after), council_codes)
        for step, (before, after) in enumerate(pairwise(publications), start=1)
    ]
    told = pl.concat([pl.DataFrame(schema=CHANGE_SCHEMA), *said])
    return (
        there.rename({"area_code": "area"})
        .join(told, on=["area", "step"], how="left")
        .join(moved.with_columns(has_moved=pl.lit(True)), on=["area", "step"], how="left")
        .select(
            "area",
            "step",
            kind=pl.when((pl.col("kind") == SAME) & pl.col("has_moved").is_not_null())
            .then(pl.lit(REVISED))
            .otherwise(pl.col("kind").fill_null(ADDED)),
        )
        .sort("area", "step")
    )


def _moved_areas(counts: pl.DataFrame) -> pl.DataFrame:
    """area, step: where some figure is not what it was in the publication before."""
    figure = [name for name in _TEXTS if name != "area_type"]
    before = counts.select(*figure, "published", step=pl.col("step") + 1)
    return (
        counts.join(before, on=[*figure, "step"], how="inner", nulls_equal=True, suffix="_before")
        .filter(pl.col("published") != pl.col("published_before"))
        .select(area=pl.col("area_code").cast(pl.String), step="step")
        .unique()
    )


def _said_between(step: int, before: Sources | None, after: Sources | None, council_codes: list[str]) -> pl.DataFrame:
    changes = changes_between(before, after)
    if changes is None:
        return pl.DataFrame(schema=CHANGE_SCHEMA)
    is_rewritten = changes.is_software_changed or any(
        not label.endswith("(new)") for label in changes.extracts.values()
    )
    elsewhere = REVISED if is_rewritten else ADDED if changes.extracts else SAME
    own = changes.returns.group_by("council_code").agg(is_added=pl.col("label").str.ends_with("(new)").all())
    return (
        pl.DataFrame({"council_code": council_codes})
        .join(own, on="council_code", how="left")
        .select(
            area="council_code",
            step=pl.lit(step, dtype=pl.Int64),
            kind=pl.when(pl.lit(is_rewritten) | pl.col("is_added").not_())
            .then(pl.lit(REVISED))
            .when(pl.col("is_added"))
            .then(pl.lit(ADDED))
            .otherwise(pl.lit(elsewhere)),
        )
    )


def attackable(ledger: Ledger) -> pl.DataFrame:
    """The counts of everything that a ledger holds, its chain followed."""
    ledger.verify()
    return read_counts(ledger.read_parts())
