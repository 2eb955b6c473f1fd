"""The record key is the same in Python and in SQL, and another project's salt gives another."""

import duckdb

from tf_assets.warehouse.record_keys import record_key, record_key_sql


def test_sql_and_python_agree() -> None:
    made = duckdb.execute(
        f"SELECT {record_key_sql()} FROM (VALUES ('offences', 'r-17')) AS t(extract, record_ref)", {"record_salt": "s"}
    ).fetchone()
    assert made == (record_key("s", "offences", "r-17"),)
    assert len(made[0]) == 32


def test_another_salt_or_extract_gives_another_key() -> None:
    keys = {record_key(salt, extract, "r-17") for salt in ("s", "t") for extract in ("offences", "benefits")}
    assert len(keys) == 4
