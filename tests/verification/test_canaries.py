"""A planted identifier is found wherever it hides and however it is written, and is not imagined where it is not."""

import base64
import gzip
import io
import sqlite3
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote, quote_plus

import dagster as dg
import duckdb
import polars as pl
import pytest

from tf_assets.cli.instance import make_home
from tf_assets.verification import unpacking
from tf_assets.verification.canaries import search_home
from tf_assets.warehouse.home import Home

NAME, POSTCODE, PNC_ID, BIRTH = "Jqxkelvina", "E2 0BU", "1997/9932830M", "1985-02-13"


@pytest.fixture
def home(tmp_path: Path) -> Home:
    made = Home(tmp_path)
    made.truth.mkdir()
    kinds = ("forename", "postcode", "pnc_id", "date_of_birth")
    rows = zip(kinds, (NAME, POSTCODE, PNC_ID, BIRTH), strict=True)
    (made.truth / "canaries.csv").write_text("kind,value\n" + "".join(f"{kind},{value}\n" for kind, value in rows))
    (tmp_path / "research").mkdir()
    return made


def zipped(content: bytes) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("inside.xml", content * 50)
    return made.getvalue()


def _in_parquet(path: Path, text: str) -> None:
    pl.DataFrame({"note": [f"seen {text}", "nothing"] * 500}).write_parquet(path, compression="zstd")


def _in_sqlite(path: Path, text: str | bytes) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE event (body)")
        connection.execute("INSERT INTO event VALUES (?)", ["x" * 4090 + text if isinstance(text, str) else text])


def _in_duckdb(path: Path, text: str) -> None:
    with duckdb.connect(str(path)) as connection:
        connection.execute("CREATE SCHEMA other")
        connection.execute("CREATE TABLE other.people AS SELECT $text AS name FROM range(5000)", {"text": text})


def _parquet_bytes(text: str) -> bytes:
    made = io.BytesIO()
    pl.DataFrame({"note": [text] * 500}).write_parquet(made, compression="zstd")
    return made.getvalue()


HIDING: dict[str, Callable[[Path, str], object]] = {
    "log": lambda path, text: path.write_text(f"error at {text}\n"),
    "csv": lambda path, text: path.write_bytes(f"name\n{text}\n".encode("utf-16")),
    "be.csv": lambda path, text: path.write_bytes(f"name\n{text}\n".encode("utf-16-be")),
    "ods": lambda path, text: path.write_bytes(zipped(f"<p>{text}</p>".encode())),
    "gz": lambda path, text: path.write_bytes(gzip.compress(f"a line with {text}\n".encode() * 50)),
    "zlib": lambda path, text: path.write_bytes(zlib.compress(f"a line with {text}\n".encode() * 50)),
    "zip.gz": lambda path, text: path.write_bytes(gzip.compress(zipped(text.encode()))),
    "parquet.zip": lambda path, text: path.write_bytes(zipped(_parquet_bytes(text))),
    "parquet": _in_parquet,
    "db": _in_sqlite,
    "sqlite": _in_sqlite,
    "zlib.db": lambda path, text: _in_sqlite(path, zlib.compress(f"a snapshot with {text}".encode() * 50)),
    "duckdb": _in_duckdb,
    "no-ending": _in_duckdb,
}

FORMS = {
    "as it is": NAME,
    "upper case": NAME.upper(),
    "lower case": NAME.lower(),
    "postcode": POSTCODE,
    "postcode without its space": "e20bu",
    "date": BIRTH,
    "date reversed": "13-02-1985",
    "date as councils write it": "13/02/1985",
    "date as Americans write it": "02/13/1985",
    "date with dots": "13.02.1985",
    "date in short": "13/2/1985",
    "date in words": "13 february 1985",
    "date in digits": "id=19850213;",
    "date reversed in digits": "id=13021985;",
    "URL": quote(PNC_ID, safe=""),
    "URL of a form": quote_plus(POSTCODE),
    "URL in lower case": quote(PNC_ID, safe="").lower(),
    "URL with every character": "".join(f"%{byte:02x}" for byte in NAME.encode()),
    "base64": base64.b64encode(NAME.encode()).decode(),
    "base64 of a short value": base64.b64encode(b"E20BU").decode(),
    "base64 of a URL": base64.urlsafe_b64encode(f"?>{NAME}".encode()).decode(),
    **{f"base64 after {n}": base64.b64encode(("." * n + NAME.upper() + "...").encode()).decode() for n in range(4)},
    "base64 of UTF-16": base64.b64encode(NAME.encode("utf-16-le")).decode(),
    "hex": NAME.encode().hex(),
    "hex in capitals": NAME.upper().encode().hex().upper(),
    "hex of UTF-16": POSTCODE.encode("utf-16-be").hex(),
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("ending", HIDING)
def test_a_canary_is_found_in_every_kind_of_file_in_every_form(home: Home, ending: str, form: str) -> None:
    HIDING[ending](home.root / "research" / f"file.{ending}", FORMS[form])
    (home.root / "research" / "clean.csv").write_text("area,families\nHartlepool,60\n")
    assert search_home(home).found == (f"research/file.{ending}",)


def test_a_date_is_found_where_it_is_no_text(home: Home) -> None:
    born = pl.DataFrame({"born": [BIRTH]}).with_columns(pl.col("born").str.to_date())
    born.write_parquet(home.root / "research" / "born.parquet")
    with duckdb.connect(str(home.root / "research" / "research.duckdb")) as connection:
        connection.execute("CREATE TABLE born AS SELECT [DATE '1985-02-13'] AS listed")
    assert search_home(home).found == ("research/born.parquet", "research/research.duckdb")


def test_a_canary_in_the_name_of_a_file_is_found(home: Home) -> None:
    (home.root / "research" / f"{NAME.lower()}.csv").write_text("")
    assert search_home(home).found == (f"research/{NAME.lower()}.csv",)


def test_what_only_looks_packed_or_is_torn_stops_no_search(home: Home) -> None:
    folder = home.root / "research"
    _in_parquet(folder / "whole.parquet", "nothing")
    whole = (folder / "whole.parquet").read_bytes()
    (folder / "torn.parquet").write_bytes(whole[: len(whole) // 2])
    (folder / "torn.db").write_bytes(b"SQLite format 3\0" + b"x" * 5000)
    (folder / "torn.gz").write_bytes(gzip.compress(b"a" * 9999)[:20])
    (folder / "not.zlib").write_bytes(b"\x78\x9c no")
    (folder / "torn.duckdb").write_bytes(b"x" * 8 + b"DUCK" + b"x" * 5000)
    (folder / "last.log").write_text(NAME)
    assert search_home(home).found == ("research/last.log",)


def test_dagsters_storage_is_searched_through_and_through(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """A step that fails with a name in its error: what the gate must never let happen is what the search finds."""
    monkeypatch.setenv("DAGSTER_HOME", "")
    make_home(home, "pilot")

    @dg.op
    def fail() -> None:
        raise ValueError(f"no such person: {NAME}")

    @dg.job(executor_def=dg.in_process_executor, tags={"who": base64.b64encode(POSTCODE.encode()).decode()})
    def failing() -> None:
        fail()

    with dg.DagsterInstance.get() as instance:
        assert not failing.execute_in_process(instance=instance, raise_on_error=False).success
    found = search_home(home).found
    assert {"dagster/event_log.db", "dagster/runs.db"} <= {name.removesuffix("-wal") for name in found}


def test_what_python_prints_of_an_error_is_searched(home: Home) -> None:
    log = home.root / "linkage.log"
    log.write_text(f'Traceback (most recent call last):\n  File "x.py", line 1\nKeyError: {POSTCODE!r}\n')
    assert search_home(home).found == ("linkage.log",)


def test_it_is_found_across_the_pieces_in_which_a_file_is_read(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unpacking, "CHUNK", 64)
    monkeypatch.setattr(unpacking, "OVERLAP", 32)
    (home.root / "run.log").write_text("x" * 60 + NAME + "x" * 60)
    assert search_home(home).found == ("run.log",)


def test_a_postcode_is_not_imagined_in_compressed_bytes(home: Home) -> None:
    (home.root / "research" / "keys.parquet").write_bytes(b"PARE" + b"\x00b4e20bu\xf4" * 9)
    (home.root / "research" / "clean.log").write_text("nothing to see")
    search = search_home(home)
    assert (search.found, search.n_files, search.n_canaries) == ((), 2, 4)


def test_where_identifiers_belong_nothing_is_searched(home: Home) -> None:
    home.landing.mkdir()
    (home.landing / "return.csv").write_text(NAME)
    assert search_home(home).n_files == 0


def test_hashes_numbers_and_short_runs_of_letters_are_no_canaries(home: Home) -> None:
    digits = "".join(f"{n:08d}" for n in range(19_850_200, 19_850_220))
    (home.root / "research" / "hashes.csv").write_text(f"{digits}\n{b'e20bu'.hex()}\n{'RTIwQ' * 3}\n119850213\n")
    assert search_home(home).found == ()
