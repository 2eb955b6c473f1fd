"""A small home with a file of every kind that the storage key encrypts."""

import polars as pl

from tf_assets.cli.holding import held
from tf_assets.linkage.key_lock import alone_with_keys
from tf_assets.linkage.originals import Originals
from tf_assets.linkage.rotation.rotating import Rotated, rotate_storage_key
from tf_assets.warehouse.home import Home
from tf_assets.warehouse.kept import keep, read_kept
from tf_assets.warehouse.schema import Column, Partitions, TableSchema
from tf_assets.warehouse.zone import Zone

SENT = (b"", b"surname\nZzyzxcanary\n" * 40_000)


def declared(name: str, columns: dict[str, str], partitions: Partitions | None = None) -> TableSchema:
    return TableSchema(
        environment="linkage",
        stage="returns",
        name=name,
        kind="python",
        description=f"{name}, the council's own",
        grain="one row per person",
        key=(next(iter(columns)),),
        foreign_keys=(),
        partitions=partitions,
        owner="team:linkage",
        columns=tuple(Column(c, t, f"what {c} means", "measure") for c, t in columns.items()),
    )


SCHEMAS = {
    "people": declared(
        "people", {"person_ref": "VARCHAR", "born_on": "DATE", "seen_at": "TIMESTAMP"}, "council_quarter"
    ),
    "totals": declared("totals", {"n_people": "BIGINT", "share": "DOUBLE", "is_all": "BOOLEAN"}),
}


def zone_of(home: Home, storage_key: str) -> Zone:
    return Zone("linkage", home.zone("linkage"), SCHEMAS, storage_key)


def fill(home: Home, storage_key: str) -> None:
    """A partition, a national table that was published twice, a kept result, two originals, and what a crash leaves."""
    zone = zone_of(home, storage_key)
    people = pl.DataFrame({"person_ref": ["c", None, "a"], "born_on": [None, "2001-02-03", "1999-12-31"]})
    people = people.with_columns(pl.col("born_on").str.to_date(), seen_at=pl.datetime(2015, 4, 1, 12, 30, 1, 7))
    zone.publish(zone.stage("people", people, "E1|2015-04-01"))
    for n in (1, 2):
        zone.publish(
            zone.stage("totals", f"SELECT n AS n_people, n / 3 AS share, n > 2 AS is_all FROM range({n}) AS r(n)")
        )
    keep(zone, "sums", pl.DataFrame({"n": [3, 1, 2]}))
    for content in SENT:
        Originals(zone.root, storage_key).keep(content)
    zone.stage("people", people, "E1|2015-04-01")  # of a process that was killed before it published
    (zone.root / "originals" / "ab").mkdir(exist_ok=True)
    (zone.root / "originals" / "ab" / ".0123").write_bytes(b"unfinished")


def content_of(home: Home, storage_key: str) -> dict[str, object]:
    """Everything that can be read with a key: rows in their order, types, comments, bytes."""
    zone = zone_of(home, storage_key)
    with zone.connect() as connection:
        told = connection.sql("SELECT table_name, comment FROM duckdb_tables() WHERE database_name = 'zone' ORDER BY 1")
        comments = told.fetchall()
    kept = read_kept(zone, "sums")
    originals = Originals(zone.root, storage_key)
    found: dict[str, object] = {"comments": comments, "kept": None if kept is None else kept.rows()}
    found["standing"] = zone.standing()
    for table in SCHEMAS:
        frame = zone.read(table)
        found[table] = (frame.schema, frame.rows())
    for path in sorted(zone.root.glob("originals/*/[!.]*.aesgcm")):
        found[path.stem] = originals.read(path.stem)
    return found


def rotate(home: Home) -> Rotated:
    with held(home, to_rotate=True), alone_with_keys(home):
        return rotate_storage_key(home)
