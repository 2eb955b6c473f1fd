"""Weights of evidence for every pair worth weighing, by Splink (Fellegi and Sunter 1969, as Splink documents it)."""

import math

import duckdb
import polars as pl

from tf_assets.linkage.spine.blocking import add_blocks
from tf_assets.linkage.spine.comparisons import applicable, splink_comparison
from tf_assets.linkage.spine.preparing import SIDES, Workspace
from tf_assets.linkage.spine.relatives import correction_sql, count_relatives
from tf_assets.linkage.spine.settings import LinkSettings
from tf_assets.linkage.spine.training import Parameters, linker_settings, open_linker

LEAST_WEIGHT = -8.0
"""Pairs of less evidence than this (in bits, before the prior) are forgotten: none of them can become a link."""

FREQUENCY_COLUMNS = ("forename", "surname")


def weigh_pairs(work: Workspace, parameters: Parameters, settings: LinkSettings) -> tuple[pl.DataFrame, int]:
    """Evidence of each candidate pair, and how many blocks were too large to use.

    Columns: left_record, right_record, evidence (log2 of the Bayes factor, that of the pair's best rows, rounded so
    that the order of floating-point sums cannot change an order of pairs). Pairs that a key linked are among them.
    """
    blocks, n_capped = add_blocks(work, settings.max_block_pairs)
    prior = 1 / max(work.n_left, work.n_right, 2)
    linker = open_linker(
        work,
        {side: f"{side}_blocked" for side in SIDES},
        linker_settings(
            [
                splink_comparison(comparison, parameters.m[comparison.name], parameters.u[comparison.name])
                for comparison in applicable(work.columns)
            ],
            blocking_rules_to_generate_predictions=[f"l.{block} = r.{block}" for block in blocks],
            probability_two_random_records_match=prior,
            retain_intermediate_calculation_columns=True,
        ),
    )
    _register_name_frequencies(work, linker)
    prior_weight = math.log2(prior / (1 - prior))
    scored = linker.inference.predict(threshold_match_weight=LEAST_WEIGHT + prior_weight)
    correction = correction_sql(work, parameters, count_relatives(work))
    evidence = f"match_weight - {prior_weight} - {correction}"
    return _best_rows(work.connection, scored.physical_name, evidence), n_capped


def _register_name_frequencies(work: Workspace, linker: object) -> None:
    """How common each name is among everybody, not only among those whom no key has linked."""
    for column in FREQUENCY_COLUMNS:
        latest = " UNION ALL ".join(
            f"SELECT {column} FROM {side}_rows WHERE is_latest AND {column} IS NOT NULL" for side in SIDES
        )
        table = f"{column}_frequencies"
        work.connection.execute(
            f"CREATE OR REPLACE TABLE {table} AS "
            f"SELECT {column}, count(*) / sum(count(*)) OVER () AS tf_{column} FROM ({latest}) GROUP BY {column}"
        )
        frequencies = linker._db_api.register(table)  # type: ignore[attr-defined]
        linker.table_management.register_term_frequency_lookup(frequencies, column)  # type: ignore[attr-defined]


def _best_rows(connection: duckdb.DuckDBPyConnection, scored: str, evidence: str) -> pl.DataFrame:
    """One row a pair of records: the evidence of the two rows that agree best."""
    return connection.sql(
        f"""
        SELECT l.record AS left_record, r.record AS right_record,
               round(max({evidence}), 4) AS evidence
        FROM {scored} JOIN left_rows AS l ON l.row_id = row_id_l JOIN right_rows AS r ON r.row_id = row_id_r
        GROUP BY 1, 2 ORDER BY 1, 2
        """
    ).pl()
