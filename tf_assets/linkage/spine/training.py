"""What the data teach of the identifiers: Splink's estimates of m and u, and an account of what could not be learnt."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl
from splink import DuckDBAPI, Linker
from splink.internals.em_training_session import EMTrainingSession

from tf_assets.linkage.spine.comparisons import Comparison, applicable, level_sql, splink_comparison
from tf_assets.linkage.spine.preparing import SIDES, Workspace
from tf_assets.linkage.spine.settings import PARAMETER_SCHEMA, LinkSettings
from tf_assets.warehouse.errors import EvaluationError

TRAINING_BLOCKS = (("date_of_birth",), ("forename", "surname"))
"""Pairs that share a date of birth teach the names, and pairs that share their names teach the date of birth."""

MOST_ROUNDS, LARGEST_CHANGE = 100, 1e-4
"""Expectation maximisation has converged when no parameter changes more in a round, and must within so many rounds."""

SMALLEST_M, SMALLEST_U = 1e-4, 1e-7
"""No level is impossible among true pairs, nor among strangers."""


@dataclass(frozen=True)
class Parameters:
    """m and u of each level of each comparison, by comparison name, and where each came from (`PARAMETER_SCHEMA`)."""

    m: Mapping[str, tuple[float, ...]]
    u: Mapping[str, tuple[float, ...]]
    table: pl.DataFrame
    is_trained: bool


@dataclass(frozen=True)
class _Seen:
    """How many pairs taught m and u; none where nothing was taught."""

    m: int = 0
    u: int = 0


def declared_parameters(columns: Sequence[str]) -> Parameters:
    """What `comparisons` declares, for data that are too small to teach anything."""
    return _parameters(applicable(columns), {}, {}, _Seen(), is_trained=False)


def train(work: Workspace, settings: LinkSettings) -> Parameters:
    """Learn u from pairs of strangers and m by expectation maximisation; needs `key_links` in the workspace.

    A training that does not converge is an `EvaluationError`. So is a common level that no pair showed: Splink would go
    on with a parameter of its own making. A rare one takes its declared parameter, which is recorded.
    """
    comparisons = applicable(work.columns)
    u, n_strangers = _estimate_u(work, comparisons, settings)
    _refuse_untaught(comparisons, u, "strangers")
    n_links = work.connection.sql("SELECT count(*) FROM key_links").fetchall()[0][0]
    seen = _Seen(m=n_links, u=n_strangers)
    m = _estimate_m(work, comparisons, _parameters(comparisons, {}, u, seen, is_trained=True), settings)
    _refuse_untaught(comparisons, m, "likely matches")
    return _parameters(comparisons, m, u, seen, is_trained=True)


def linker_settings(comparisons: Sequence[dict[str, Any]], **more: object) -> dict[str, Any]:
    """Splink settings that keep nothing but what is asked for."""
    return {
        "link_type": "link_only",
        "unique_id_column_name": "row_id",
        "comparisons": list(comparisons),
        "retain_matching_columns": False,
        "retain_intermediate_calculation_columns": False,
        **more,
    }


def open_linker(work: Workspace, tables: Sequence[str], settings: dict[str, Any]) -> Linker:
    """A Splink linker over tables of the workspace."""
    logging.getLogger("splink").setLevel(logging.ERROR)  # what it would warn of is checked here, and raised
    database = DuckDBAPI(connection=work.connection)
    frames = [database.register(table, dataset_display_name=table) for table in tables]
    return Linker(frames, settings, log_level=None, validate_settings=False)


def _estimate_u(
    work: Workspace, comparisons: Sequence[Comparison], settings: LinkSettings
) -> tuple[dict[str, list[float | None]], int]:
    """Shares of levels among pairs of strangers, and how many pairs those were.

    They are all pairs of two samples in which nobody's partner by a key is left.

    Splink's own estimate counts true pairs among the strangers and scans the pairs once a comparison; this is the same
    count in one scan. The samples are taken by hash, so any number of threads gives the same parameters.
    """
    for side, other in (("left", ""), ("right", "AND record NOT IN (SELECT right_record FROM key_links)")):
        renamed = ", ".join(f"{column} AS {column}_{side[0]}" for column in work.compared_columns)
        work.connection.execute(
            f"CREATE OR REPLACE TABLE {side}_sample AS SELECT {renamed} FROM {side}_rows WHERE is_latest {other} "
            f"ORDER BY {_chance_sql(settings)}, record_id LIMIT {settings.training_sample}"
        )
    levels = ", ".join(f"{level_sql(comparison)} AS {comparison.name}" for comparison in comparisons)
    patterns = work.connection.sql(
        f"SELECT {levels}, count(*) AS n FROM left_sample CROSS JOIN right_sample GROUP BY ALL"
    ).pl()
    shares = {comparison.name: _shares(patterns, comparison) for comparison in comparisons}
    return shares, int(patterns["n"].sum())


def _shares(patterns: pl.DataFrame, comparison: Comparison) -> list[float | None]:
    """The share of each level among pairs in which nothing is missing; None where there is no such pair."""
    known = patterns.filter(pl.col(comparison.name).is_not_null())
    counts = dict(known.group_by(comparison.name).agg(pl.col("n").sum()).iter_rows())
    total = sum(counts.values())
    return [counts[each] / total if each in counts else None for each in range(len(comparison.levels))]


def _estimate_m(
    work: Workspace, comparisons: Sequence[Comparison], known: Parameters, settings: LinkSettings
) -> dict[str, list[float | None]]:
    """Shares of levels among true pairs, by expectation maximisation over pairs that share a training block."""
    for number, columns in enumerate(TRAINING_BLOCKS):
        _sample_block(work, number, columns, settings)
    numbers = range(len(TRAINING_BLOCKS))
    for side in SIDES:
        # a mark on the left is met by one on the right alone, or Splink would pair the right with itself
        here, there = ("taken", "met") if side == "left" else ("met", "taken")
        marks = ", ".join(f"t{each}.is_taken AS {here}_{each}, NULL::BOOLEAN AS {there}_{each}" for each in numbers)
        taken = " ".join(f"LEFT JOIN {side}_taken_{each} AS t{each} USING (row_id)" for each in numbers)
        work.connection.execute(
            f"CREATE OR REPLACE TABLE {side}_training AS SELECT rows.*, {marks} FROM {side}_rows AS rows {taken} "
            f"WHERE {' OR '.join(f't{each}.is_taken' for each in numbers)} ORDER BY row_id"
        )
    linker = open_linker(
        work,
        [f"{side}_training" for side in SIDES],
        linker_settings(
            [splink_comparison(each, u=known.u[each.name]) for each in comparisons],
            probability_two_random_records_match=1 / max(work.n_left, work.n_right),
            max_iterations=MOST_ROUNDS,
            em_convergence=LARGEST_CHANGE,
        ),
    )
    for number, columns in enumerate(TRAINING_BLOCKS):
        same = " AND ".join(f"l.{column} = r.{column}" for column in columns)
        session = linker.training.estimate_parameters_using_expectation_maximisation(
            f"{same} AND l.taken_{number} = r.met_{number}", estimate_without_term_frequencies=True
        )
        _refuse_unsettled(session, columns)
    return _learnt(linker, "m_probability")


def _sample_block(work: Workspace, number: int, columns: Sequence[str], settings: LinkSettings) -> None:
    """Make `<side>_taken_<number>` (row_id, is_taken): rows of a sample of the left, and all of the right that share
    their block; about so many pairs as the settings allow."""
    value = f"hash({', '.join(columns)})"
    known = " AND ".join(f"{column} IS NOT NULL" for column in columns)
    counts = " JOIN ".join(
        f"(SELECT {value} AS value, count(*) AS n FROM {side}_rows WHERE is_latest AND {known} GROUP BY 1) AS {side}_counts"
        for side in SIDES
    )
    found = work.connection.sql(f"SELECT sum(left_counts.n * right_counts.n) FROM {counts} USING (value)").fetchall()
    share = min(settings.max_training_pairs / max(float(found[0][0] or 0), 1.0), 1.0)
    work.connection.execute(
        f"CREATE OR REPLACE TABLE left_taken_{number} AS SELECT row_id, true AS is_taken FROM left_rows "
        f"WHERE is_latest AND {known} AND {_chance_sql(settings)} <= {share}"
    )
    work.connection.execute(
        f"CREATE OR REPLACE TABLE right_taken_{number} AS SELECT row_id, true AS is_taken FROM right_rows "
        f"WHERE is_latest AND {known} AND {value} IN "
        f"(SELECT {value} FROM left_rows JOIN left_taken_{number} USING (row_id))"
    )


def _chance_sql(settings: LinkSettings) -> str:
    """A number between 0 and 1 for each record, that of its id and the seed alone."""
    return f"(hash(record_id, {settings.seed}) / 18446744073709551616.0)"


def _learnt(linker: Linker, parameter: str) -> dict[str, list[float | None]]:
    """A parameter of each level by comparison; None where Splink saw no such pair."""
    return {
        comparison["output_column_name"]: [
            level.get(parameter) for level in comparison["comparison_levels"] if not level.get("is_null_level")
        ]
        for comparison in linker.misc.save_model_to_json()["comparisons"]
    }


def _refuse_unsettled(session: EMTrainingSession, columns: Sequence[str]) -> None:
    rounds = len(session._core_model_settings_history) - 1  # Splink tells it nowhere else, and goes on in silence
    if rounds >= MOST_ROUNDS:
        raise EvaluationError(
            f"The linkage could not be trained: over pairs with the same {' and '.join(columns)} its parameters were "
            f"still changing by more than {LARGEST_CHANGE} after {rounds} rounds. Check that the two tables hold the same "
            "kind of people and write their columns in the same way."
        )


def _refuse_untaught(comparisons: Sequence[Comparison], learnt: Mapping[str, list[float | None]], pairs: str) -> None:
    untaught = [
        f"{comparison.name} ({level.label})"
        for comparison in comparisons
        for level, value in zip(comparison.levels, learnt[comparison.name], strict=True)
        if value is None and not level.is_rare
    ]
    if untaught:
        raise EvaluationError(
            f"The linkage could not be trained: among {pairs} no pair showed {', '.join(untaught)}. "
            "Check that the two tables write these columns in the same way, or leave such a column out."
        )


def _parameters(
    comparisons: Sequence[Comparison],
    m: Mapping[str, list[float | None]],
    u: Mapping[str, list[float | None]],
    seen: _Seen,
    is_trained: bool,
) -> Parameters:
    """Learnt parameters where there are any, declared ones elsewhere, each comparison summing to one.

    What not one of n pairs showed is rarer than one in n, whatever was declared.
    """
    complete: dict[str, dict[str, tuple[float, ...]]] = {"m": {}, "u": {}}
    rows: list[dict[str, object]] = []
    for comparison in comparisons:
        none = [None] * len(comparison.levels)
        values = {"m": m.get(comparison.name, none), "u": u.get(comparison.name, none)}
        for name, smallest, n_seen in (("m", SMALLEST_M, seen.m), ("u", SMALLEST_U, seen.u)):
            most = 0.5 / n_seen if n_seen and any(value is not None for value in values[name]) else 1.0
            declared = [min(getattr(level, name), most) for level in comparison.levels]
            filled = [max(v if v is not None else d, smallest) for v, d in zip(values[name], declared, strict=True)]
            complete[name][comparison.name] = tuple(value / sum(filled) for value in filled)
        rows += [
            {
                "comparison": comparison.name,
                "level": level.label,
                "m": complete["m"][comparison.name][position],
                "u": complete["u"][comparison.name][position],
                "m_source": "declared" if values["m"][position] is None else "trained",
                "u_source": "declared" if values["u"][position] is None else "trained",
            }
            for position, level in enumerate(comparison.levels)
        ]
    return Parameters(complete["m"], complete["u"], pl.DataFrame(rows, schema=PARAMETER_SCHEMA), is_trained)
