"""A planted identifier is found wherever it hides, and is not imagined where it is not."""

import sqlite3
import zipfile
from collections.abc import Callable
from pathlib import Path

import duckdb
import polars as pl
import pytest

from tf_assets.verification.canaries import search_home
from tf_assets.warehouse.home import Home

NAME, POSTCODE = "Jqxkelvina", "E2 0BU"


@pytest.fixture
def home(tmp_path: Path) -> Home:
    made = Home(tmp_path)
    made.truth.mkdir()
    (made.truth / "canaries.csv").write_text(f"kind,value\nforename,{NAME}\npostcode,{POSTCODE}\n")
    (tmp_path / "research").mkdir()
    return made


def _in_zip(path: Path, text: str) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("inside.xml", f"<p>{text}</p>" * 50)


def _in_parquet(path: Path, text: str) -> None:
    pl.DataFrame({"note": [f"seen {text}", "nothing"] * 500}).write_parquet(path, compression="zstd")


def _in_sqlite(path: Path, text: str) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE event (body TEXT)")
        connection.execute("INSERT INTO event VALUES (?)", ["x" * 4090 + text])


def _in_duckdb(path: Path, text: str) -> None:
    with duckdb.connect(str(path)) as connection:
        connection.execute("CREATE TABLE people AS SELECT $text AS name FROM range(5000)", {"text": text})


HIDING: dict[str, Callable[[Path, str], object]] = {
    "log": lambda path, text: path.write_text(f"error at {text}\n"),
    "csv": lambda path, text: path.write_bytes(f"name\n{text}\n".encode("utf-16")),
    "ods": _in_zip,
    "parquet": _in_parquet,
    "db": _in_sqlite,
    "duckdb": _in_duckdb,
}


@pytest.mark.parametrize("form", [NAME, NAME.upper(), POSTCODE, "e20bu"])
@pytest.mark.parametrize("ending", HIDING)
def test_a_canary_is_found_in_every_kind_of_file(home: Home, ending: str, form: str) -> None:
    HIDING[ending](home.root / "research" / f"file.{ending}", form)
    assert search_home(home).found == (f"research/file.{ending}",)


def test_it_is_found_across_the_pieces_in_which_a_file_is_read(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tf_assets.verification.canaries._CHUNK", 64)
    (home.root / "run.log").write_text("x" * 60 + NAME + "x" * 60)
    assert search_home(home).found == ("run.log",)


def test_a_postcode_is_not_imagined_in_compressed_bytes(home: Home) -> None:
    (home.root / "research" / "keys.parquet").write_bytes(b"PARE" + b"\x00b4e20bu\xf4" * 9)
    (home.root / "research" / "clean.log").write_text("nothing to see")
    search = search_home(home)
    assert (search.found, search.n_files, search.n_canaries) == ((), 2, 2)


def test_where_identifiers_belong_nothing_is_searched(home: Home) -> None:
    home.landing.mkdir()
    (home.landing / "return.csv").write_text(NAME)
    assert search_home(home).n_files == 0
