"""Instances that encrypt: where they spill, and that no statement holds a key."""

import base64
from pathlib import Path

from tf_assets.warehouse.instances import add_parquet_key, prepare_instance
from tf_assets.warehouse.zone import Zone

KEY, OTHER_KEY = "ab" * 32, "cd" * 32


def test_no_key_stands_in_the_log_of_statements(tmp_path: Path) -> None:
    connection = prepare_instance(tmp_path / "spill", KEY)
    connection.execute("CALL enable_logging('QueryLog')")
    add_parquet_key(connection, "other", OTHER_KEY)
    Zone("linkage", tmp_path, {}, KEY)._attach(connection, read_only=False)
    connection.execute("SELECT 'seen in the log'")
    logged = "\n".join(row[0] for row in connection.execute("SELECT message FROM duckdb_logs").fetchall())
    assert "ATTACH" in logged and "add_parquet_key" in logged and "seen in the log" in logged
    for key in (KEY, OTHER_KEY):
        assert key not in logged and base64.b64encode(bytes.fromhex(key)).decode() not in logged


def test_an_instance_with_a_key_spills_encrypted_into_its_zone(tmp_path: Path) -> None:
    connection = prepare_instance(tmp_path / "spill", KEY)
    told = dict(
        connection.execute(
            "SELECT name, value FROM duckdb_settings() WHERE name IN ('temp_directory', 'temp_file_encryption')"
        ).fetchall()
    )
    assert told == {"temp_directory": str(tmp_path / "spill"), "temp_file_encryption": "true"}
    connection.execute("SET memory_limit = '60MB'")
    connection.execute("SET threads = 1")
    connection.execute(
        "CREATE TABLE many AS SELECT 'QZXMARKER' || i AS told, md5(i::VARCHAR) AS m FROM range(3_000_000) AS r(i)"
    )
    spilled = [path for path in (tmp_path / "spill").rglob("*") if path.is_file()]
    assert spilled and not [path for path in spilled if b"QZXMARKER" in path.read_bytes()]
