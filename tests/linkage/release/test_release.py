"""Door 1: what a release holds, that it is refused when it must be, and that it is the same whenever it is made."""

import json
from datetime import date, datetime
from pathlib import Path

import polars as pl
import pytest

from tf_assets.linkage.keys import KEY_NAMES, LinkageKeys
from tf_assets.linkage.release.contents import PROBLEMS, RELEASE_SCHEMAS, SpineTables, release_tables
from tf_assets.linkage.release.door import examine
from tf_assets.linkage.release.inputs import content_keys
from tf_assets.linkage.release.pseudonyms import person_pseudonyms, rounding_keys
from tf_assets.linkage.release.writing import Provenance, write_release
from tf_assets.warehouse.errors import EvaluationError, GateFailed
from tf_assets.warehouse.home import Project
from tf_assets.warehouse.record_keys import record_key

KEYS = LinkageKeys(**{name: bytes(range(n, n + 32)).hex() for n, name in enumerate(KEY_NAMES)}, is_demo=False)
PROJECT = Project("p1", "salt", is_demo=False)
PROVENANCE = Provenance("p1", "code", {"seed": 1}, {"council_register": "abc"})

PEOPLE = pl.DataFrame(
    [("id1", "fam1", date(2004, 3, 1), "F", "child", "E1"), ("id2", "fam1", date(1980, 6, 1), None, "adult", "E2")],
    schema=["person_id", "family_id", "birth_month", "sex", "role", "council_code"],
    orient="row",
)
CLUSTERS = pl.DataFrame(
    [
        ("E1", "P1", "id1", "fam1"),
        ("E1", "P8", "id1", "fam1"),
        ("E1", "P2", "id2", "fam1"),
        ("E2", "Q2", "id2", "fam1"),
    ],
    schema=["council_code", "person_ref", "person_id", "family_id"],
    orient="row",
)
PROGRAMME = pl.DataFrame(
    [
        ("E1", "P1", "programme", date(2015, 4, 20), date(2015, 5, 1), None, None, *[True] * 6),
        ("E1", "P8", "programme", date(2015, 4, 20), date(2015, 5, 1), None, None, *[True] * 6),
        ("E1", "P2", "programme", date(2015, 4, 20), date(2015, 5, 1), date(2016, 1, 1), "moved", *[True] * 6),
        ("E2", "Q2", "awaiting", date(2016, 2, 1), None, None, None, *[False] * 6),
    ],
    schema=[
        "council_code", "person_ref", "programme_group", "assessment_date", "start_date", "end_date", "end_reason",
        *(f"is_problem_{problem}" for problem in PROBLEMS),
    ],
    orient="row",
)  # fmt: skip
LINKS = pl.DataFrame(
    [("hospital", "H1", "id1", "nhs_number", 20.0, 0.999), ("offences", "O1", "id2", "probabilistic", 9.0, 0.97)],
    schema=["extract", "record_ref", "person_id", "stage", "match_weight", "probability"],
    orient="row",
)
QUALITY = pl.DataFrame(
    [("hospital", "all", 2, 1, 0.999, 0.9)],
    schema=["extract", "stage", "n_left", "n_links", "estimated_precision", "estimated_recall"],
    orient="row",
)
RETURNS = pl.DataFrame(
    [
        ("E1", date(2015, 4, 1), "a" * 64, datetime(2015, 7, 20, 9, 30)),
        ("E2", date(2015, 4, 1), "b" * 64, datetime(2015, 7, 21)),
        ("E2", date(2015, 7, 1), "b" * 64, datetime(2015, 10, 3)),
    ],
    schema=["council_code", "quarter_date", "source_sha256", "received_at"],
    orient="row",
)
SPINE = SpineTables(PEOPLE, CLUSTERS, PROGRAMME, LINKS, QUALITY, RETURNS)


def tables(spine: SpineTables = SPINE, project: Project = PROJECT) -> dict[str, pl.DataFrame]:
    return release_tables(spine, KEYS, project)


def files_of(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_a_release_holds_the_schedules_columns_and_no_reference() -> None:
    made = tables()
    assert {name: dict(table.schema) for name, table in made.items()} == {
        name: dict(schema) for name, schema in RELEASE_SCHEMAS.items()
    }
    values = {str(value) for table in made.values() for column in table for value in column}
    assert not values & {"id1", "id2", "fam1", "P1", "P2", "P8", "Q2", "H1", "O1", "a" * 64, "b" * 64}


def test_a_return_is_told_by_a_key_that_follows_its_bytes_alone() -> None:
    returns = tables()["returns"]
    first, second, third = returns["content_key"]
    assert (first != second, second == third) == (True, True)
    assert returns.drop("content_key").rows() == RETURNS.drop("source_sha256").rows()
    other = LinkageKeys(**{name: bytes(range(n + 7, n + 39)).hex() for n, name in enumerate(KEY_NAMES)}, is_demo=False)
    assert content_keys(RETURNS["source_sha256"], other)[0] != first


def test_a_person_who_stands_twice_on_one_register_alike_has_one_spell() -> None:
    spells = tables()["programme_spells"]
    assert spells.group_by("council_code").len().sort("council_code").rows() == [("E1", 2), ("E2", 1)]


def test_records_are_keyed_as_research_keys_them() -> None:
    links = tables()["record_links"]
    assert links.select("extract", "record_key", "match_probability").rows() == [
        ("hospital", record_key("salt", "hospital", "H1"), 0.999),
        ("offences", record_key("salt", "offences", "O1"), 0.97),
    ]


def test_pseudonyms_join_the_files_and_differ_between_projects() -> None:
    here, there = tables(), tables(project=Project("p2", "other", is_demo=False))
    assert set(here["record_links"]["person_pseudonym"]) <= set(here["people"]["person_pseudonym"])
    assert not set(here["people"]["person_pseudonym"]) & set(there["people"]["person_pseudonym"])


def test_rounding_keys_are_the_same_in_every_project_and_use_all_64_bits() -> None:
    here, there = tables(), tables(project=Project("p2", "other", is_demo=False))
    assert set(here["people"]["rounding_key"]) == set(there["people"]["rounding_key"])
    many = rounding_keys(pl.Series([f"id{n}" for n in range(200)]), KEYS)
    assert many.n_unique() == 200
    assert many.max() > 2**63  # type: ignore[operator]


def test_a_pseudonym_depends_on_its_key() -> None:
    other = LinkageKeys(**{name: bytes(range(n + 7, n + 39)).hex() for n, name in enumerate(KEY_NAMES)}, is_demo=False)
    ids = pl.Series(["id1"])
    assert person_pseudonyms(ids, KEYS, "p1")[0] != person_pseudonyms(ids, other, "p1")[0]


def test_the_same_tables_give_the_same_bytes_and_the_same_id(tmp_path: Path) -> None:
    shuffled = SpineTables(
        PEOPLE.reverse(), CLUSTERS.reverse(), PROGRAMME.reverse(), LINKS.reverse(), QUALITY, RETURNS.reverse()
    )
    first = write_release(tmp_path / "a", tables(), PROVENANCE)
    second = write_release(tmp_path / "b", tables(shuffled), PROVENANCE)
    assert first.release_id == second.release_id
    assert files_of(first.folder) == files_of(second.folder)
    assert (tmp_path / "a" / "current.json").read_bytes() == (tmp_path / "b" / "current.json").read_bytes()


@pytest.mark.parametrize(
    "changed",
    [
        (SpineTables(PEOPLE, CLUSTERS, PROGRAMME, LINKS.head(1), QUALITY, RETURNS), PROVENANCE),
        (SpineTables(PEOPLE, CLUSTERS, PROGRAMME, LINKS, QUALITY, RETURNS.head(2)), PROVENANCE),
        (SPINE, Provenance("p1", "code2", {"seed": 1}, {"council_register": "abc"})),
        (SPINE, Provenance("p1", "code", {"seed": 2}, {"council_register": "abc"})),
        (SPINE, Provenance("p1", "code", {"seed": 1}, {"council_register": "abd"})),
    ],
)
def test_anything_else_gives_another_release_and_leaves_the_old_one(
    tmp_path: Path, changed: tuple[SpineTables, Provenance]
) -> None:
    first = write_release(tmp_path, tables(), PROVENANCE)
    before = files_of(first.folder)
    second = write_release(tmp_path, tables(changed[0]), changed[1])
    assert second.release_id != first.release_id
    assert files_of(first.folder) == before
    assert json.loads((tmp_path / "current.json").read_text())["release_id"] == second.release_id


def test_a_release_made_again_is_left_as_it_is_and_nothing_else_lies_about(tmp_path: Path) -> None:
    first = write_release(tmp_path, tables(), PROVENANCE)
    write_release(tmp_path, tables(), PROVENANCE)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([first.release_id, "current.json"])
    assert {path.stat().st_mode & 0o777 for path in first.folder.iterdir()} == {0o440}


def test_a_release_that_was_changed_is_noticed(tmp_path: Path) -> None:
    first = write_release(tmp_path, tables(), PROVENANCE)
    (first.folder / "people.parquet").chmod(0o644)
    (first.folder / "people.parquet").write_bytes(b"changed")
    with pytest.raises(EvaluationError, match=r"was changed after it was written \(people.parquet\)"):
        write_release(tmp_path, tables(), PROVENANCE)


def test_the_manifest_says_where_a_release_comes_from(tmp_path: Path) -> None:
    release = write_release(tmp_path, tables(), PROVENANCE)
    manifest = json.loads((release.folder / "manifest.json").read_text())
    assert manifest["release_id"] == release.release_id == release.folder.name
    assert manifest["inputs"] == {"council_register": "abc"}
    assert manifest["row_counts"] == {
        **{"people": 2, "programme_spells": 3, "record_links": 2, "link_quality": 1, "returns": 3}
    }
    assert sorted(manifest["files"]) == sorted(f"{name}.parquet" for name in RELEASE_SCHEMAS)
    assert {check["n_unexpected"] for check in manifest["gate"]} == {0}


@pytest.mark.parametrize(
    ("file", "spoil", "reason"),
    [
        ("people", lambda t: t.clear(), "there is somebody"),
        ("people", lambda t: pl.concat([t, t.head(1)]), "one row a person"),
        ("people", lambda t: t.with_columns(birth_month=pl.lit(date(2004, 3, 2))), "first of a month"),
        ("people", lambda t: t.with_columns(family_pseudonym=pl.lit("F1")), "32 hexadecimal digits"),
        ("people", lambda t: t.with_columns(forename=pl.lit("AMIRA")), "columns or types"),
        ("people", lambda t: t.with_columns(pl.col("rounding_key").cast(pl.Int64, strict=False)), "columns or types"),
        ("record_links", lambda t: pl.concat([t, t.head(1)]), "belongs to one person"),
        ("record_links", lambda t: t.with_columns(match_probability=pl.lit(1.5)), "between 0 and 1"),
        ("record_links", lambda t: t.with_columns(record_key=pl.lit("H1")), "32 hexadecimal digits"),
        ("returns", lambda t: pl.concat([t, t.head(1)]), "one return a council and quarter"),
        ("returns", lambda t: t.with_columns(quarter_date=pl.lit(date(2015, 4, 2))), "first day of a quarter"),
        ("returns", lambda t: t.with_columns(content_key=pl.lit("a" * 64)), "32 hexadecimal digits"),
        ("returns", lambda t: t.with_columns(received_at=pl.lit(None, pl.Datetime)), "every value is known"),
        ("returns", lambda t: t.with_columns(n_rows=pl.lit(7)), "columns or types"),
        ("programme_spells", lambda t: t.with_columns(person_pseudonym=pl.lit("f" * 32)), "is in people"),
    ],
)
def test_the_door_stays_shut(tmp_path: Path, file: str, spoil: object, reason: str) -> None:
    made = tables()
    made[file] = spoil(made[file])  # type: ignore[operator]
    with pytest.raises(GateFailed, match=reason):
        write_release(tmp_path, made, PROVENANCE)
    assert list(tmp_path.iterdir()) == []


def test_a_table_that_the_schedule_does_not_name_is_refused() -> None:
    with pytest.raises(GateFailed, match="does not name"):
        examine({**tables(), "names": PEOPLE})
