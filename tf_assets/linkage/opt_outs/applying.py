"""Which register records and which departments' records belong to people who have opted out.

First by keyed hash: records whose distinct identities give a hash that an opt-out has. Then by closure: whatever else the
same person stands in, by a shared number, by name and date of birth, or by name and place, until nothing more is found;
so a person who gave one number is out of every register and extract that the number leads to. It errs towards leaving
out (ours): that two strangers share a name and a date of birth costs the evaluation a record, and missing the person
costs a promise.

Everything is set-based over a few scans of each table, and nothing is computed where there are no opt-outs.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import duckdb
import polars as pl

from tf_assets.linkage.opt_outs.by_hash import find_by_hash
from tf_assets.linkage.opt_outs.keyed import Pads, register_roots
from tf_assets.linkage.opt_outs.same_person import find_by_closure
from tf_assets.linkage.opt_outs.sources import REGISTER
from tf_assets.linkage.opt_outs.store import OptOuts
from tf_assets.warehouse.calendar import EXTRACTS
from tf_assets.warehouse.errors import GateFailed

MOST_RECORDS_OF_AN_OPT_OUT = 200
"""On average; more would mean that a placeholder has joined strangers, and then nothing is published (ours)."""


@dataclass(frozen=True)
class OptedOut:
    """Records that are out.

    records: council_code, person_ref; identities: extract, record_ref; each sorted, each record once.
    """

    records: pl.DataFrame
    identities: pl.DataFrame


def find_opted_out(
    connection: duckdb.DuckDBPyConnection, opt_outs: OptOuts, key: str, extracts: Iterable[str] = EXTRACTS
) -> OptedOut:
    """Find the records in `council_register` and the `*_identities` of a connection, which gets temporary tables.

    key: the opt-out key. `GateFailed` when so many records are found that something must have joined strangers.
    """
    sources = (REGISTER, *extracts)
    # a record may be found twice: as a dead end, and then for good
    connection.execute("CREATE OR REPLACE TEMP TABLE found (source VARCHAR, record VARCHAR, step INTEGER)")
    if opt_outs.n:
        register_roots(connection)
        find_by_hash(connection, opt_outs, Pads.of(key), sources)
        step = 0
        while _count(connection, f"found WHERE step = {step}"):
            _refuse_runaway(connection, opt_outs.n)
            find_by_closure(connection, sources, step)
            step += 1
    return OptedOut(
        records=connection.sql(
            "SELECT DISTINCT split_part(record, '|', 1) AS council_code, substr(record, strpos(record, '|') + 1) AS person_ref "
            f"FROM found WHERE source = '{REGISTER}' ORDER BY ALL"
        ).pl(),
        identities=connection.sql(
            f"SELECT DISTINCT source AS extract, record AS record_ref FROM found WHERE source <> '{REGISTER}' ORDER BY ALL"
        ).pl(),
    )


def _refuse_runaway(connection: duckdb.DuckDBPyConnection, n_opt_outs: int) -> None:
    n_found = _count(connection, "found")
    if n_found > MOST_RECORDS_OF_AN_OPT_OUT * n_opt_outs:
        raise GateFailed(
            f"The opt-outs in force would leave out more than {MOST_RECORDS_OF_AN_OPT_OUT} records each, so a number or "
            "a name in them must be a placeholder that many records share. Nothing was left out and what was published "
            "stands: find the opt-out that was recorded last, and record it again with better evidence."
        )


def _count(connection: duckdb.DuckDBPyConnection, from_sql: str) -> int:
    counted = connection.execute(f"SELECT count(*) FROM {from_sql}").fetchone()
    return int(counted[0]) if counted else 0
