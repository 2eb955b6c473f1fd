"""What people have decided on pairs, as the cascade honours it: the same are linked before anything else, the different
never, by no stage. A decision on a record that is no more is left aside."""

import duckdb
import polars as pl

CLERICAL = "clerical"
"""The stage of a link that a person decided."""

CLERICAL_PROBABILITY = 0.99
"""Reviewers err too (ours)."""


def load_decisions(connection: duckdb.DuckDBPyConnection, decisions: pl.DataFrame | None) -> None:
    """Make `decided` and `parted` (left_record, right_record): the pairs that are the same, and those that are not.

    decisions: left_record_id, right_record_id, verdict (same, different or something else, which changes nothing). Where a
    record is the same as two, which comes of register records that were brought together since, none of the two counts.
    """
    given = pl.DataFrame(schema=dict.fromkeys(("left_record_id", "right_record_id", "verdict"), pl.String))
    connection.register("given_decisions", (given if decisions is None else decisions).to_arrow())
    found = (
        "SELECT DISTINCT l.record AS left_record, r.record AS right_record FROM given_decisions "
        "JOIN left_rows AS l ON l.record_id = left_record_id JOIN right_rows AS r ON r.record_id = right_record_id "
        "WHERE verdict = '{verdict}'"
    )
    alone = " QUALIFY count(*) OVER (PARTITION BY left_record) = 1 AND count(*) OVER (PARTITION BY right_record) = 1"
    connection.execute(f"CREATE TABLE decided AS SELECT * FROM ({found.format(verdict='same')}){alone}")
    connection.execute(f"CREATE TABLE parted AS {found.format(verdict='different')}")
    connection.unregister("given_decisions")


def without_the_parted(connection: duckdb.DuckDBPyConnection, pairs: pl.DataFrame) -> pl.DataFrame:
    """Pairs of left_record and right_record that nobody has decided to be different people."""
    parted = connection.sql("SELECT left_record, right_record FROM parted").pl()
    return pairs if parted.is_empty() else pairs.join(parted, on=parted.columns, how="anti")
