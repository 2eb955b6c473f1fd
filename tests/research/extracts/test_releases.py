"""The current release is read only if it is whole, unchanged and of this project."""

import hashlib
import json

import polars as pl
import pytest

from tf_assets.research.extracts.releases import COLUMNS, FILES, current_release, salt_fingerprint
from tf_assets.warehouse.errors import InputRefused
from tf_assets.warehouse.home import Home, Project

PROJECT = Project("demo", "salt", True)


def _sha256(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.fixture
def home(tmp_path):
    folder = tmp_path / "releases" / "abc"
    folder.mkdir(parents=True)
    for table, name in FILES.items():
        pl.DataFrame({column: ["x"] for column in COLUMNS[table]}).write_parquet(folder / name)
    _seal(tmp_path)
    return Home(tmp_path)


def _seal(root, **changed):
    folder = root / "releases" / "abc"
    files = {name: _sha256(folder / name) for name in FILES.values()}
    manifest = {"release_id": "abc", "project": "demo", "files": files, **changed}
    (folder / "manifest.json").write_text(json.dumps(manifest))
    pointer = {"release_id": "abc", "manifest_sha256": _sha256(folder / "manifest.json")}
    (root / "releases" / "current.json").write_text(json.dumps(pointer))


def test_a_whole_release_is_read(home):
    release = current_release(home, PROJECT)
    assert release.release_id == "abc"
    assert [tuple(release.read(table).columns) for table in FILES] == [COLUMNS[table] for table in FILES]


def test_no_release_yet(tmp_path):
    with pytest.raises(InputRefused, match=r"There is no releases/current\.json"):
        current_release(Home(tmp_path), PROJECT)


def test_a_changed_file_is_refused(home):
    path = home.releases / "abc" / "people.parquet"
    path.write_bytes(path.read_bytes() + b" ")
    with pytest.raises(InputRefused, match=r"people\.parquet of release abc is not what its manifest says"):
        current_release(home, PROJECT)


def test_a_changed_manifest_is_refused(home):
    path = home.releases / "abc" / "manifest.json"
    path.write_text(path.read_text() + " ")
    with pytest.raises(InputRefused, match=r"not the one that current\.json points to"):
        current_release(home, PROJECT)


def test_a_missing_file_is_refused(home):
    (home.releases / "abc" / "link_quality.parquet").unlink()
    with pytest.raises(InputRefused, match=r"link_quality\.parquet"):
        current_release(home, PROJECT)


@pytest.mark.parametrize(
    "changed", [{"project": "other"}, {"record_salt_sha256": "0" * 64}], ids=["by name", "by record salt"]
)
def test_a_release_of_another_project_is_refused(home, changed):
    _seal(home.root, **changed)
    with pytest.raises(InputRefused, match="belongs to another project"):
        current_release(home, PROJECT)


def test_the_salts_fingerprint_of_this_project_is_accepted(home):
    _seal(home.root, record_salt_sha256=salt_fingerprint(PROJECT))
    assert current_release(home, PROJECT).release_id == "abc"


def test_a_file_with_a_column_too_many_is_refused(home):
    path = home.releases / "abc" / "people.parquet"
    pl.read_parquet(path).with_columns(forename=pl.lit("SECRET")).write_parquet(path)
    _seal(home.root)
    with pytest.raises(InputRefused, match=r"0 missing, 1 too many"):
        current_release(home, PROJECT).read("released_people")
