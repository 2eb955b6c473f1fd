"""`tf-eval exchange-key`, `tf-eval hash`, and `tf-eval link` on what they make."""

from pathlib import Path

import polars as pl
import pytest
from typer.testing import CliRunner

from tf_assets.cli.main import app
from tf_assets.warehouse.errors import EvaluationError, InputRefused, KeysRefused

LEFT = (
    "record_id,forename,surname,date_of_birth,postcode\n"
    "a1,Zoë,O'Neil-Khan,02/03/2004,ls14ap\na2,Owen,Price,30/11/2003,ls2 9jt\n"
)
RIGHT = (
    "hesid,given,surname,date_of_birth,postcode\nb1,ZOE,ONEIL KHAN,20040302,LS1  4AP\nb3,OLA,BERG,19850101,LS8 1AA\n"
)


def run(*arguments: object) -> str:
    result = CliRunner().invoke(app, [str(each) for each in arguments])
    if isinstance(result.exception, EvaluationError):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result.output


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "left.csv").write_text(LEFT)
    (tmp_path / "right.csv").write_text(RIGHT)
    run("exchange-key", tmp_path / "key")
    return tmp_path


def hash_right(folder: Path) -> str:
    renamed = ("--rename", "hesid=record_id", "--rename", "given=forename")
    return run("hash", folder / "right.csv", "--out", folder / "h.parquet", "--key-file", folder / "key", *renamed)


def test_a_department_hashes_and_the_linkage_links(folder: Path) -> None:
    told = hash_right(folder)
    run("link", folder / "left.csv", folder / "h.parquet", "--out", folder / "l.csv", "--key-file", folder / "key")
    links = pl.read_csv(folder / "l.csv")
    assert links.select("left_record_id", "right_record_id").rows() == [("a1", "b1")]
    assert "hashes of 2 records" in told
    assert (folder / "key").read_text().strip() not in told


def test_the_key_may_stand_in_a_variable(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hash_right(folder)
    monkeypatch.setenv("TF_EXCHANGE_KEY", (folder / "key").read_text())
    run("link", folder / "left.csv", folder / "h.parquet", "--out", folder / "l.csv")
    assert pl.read_csv(folder / "l.csv").height == 1


def test_hashes_without_a_key_are_a_sentence(folder: Path) -> None:
    hash_right(folder)
    with pytest.raises(KeysRefused, match="--key-file"):
        run("link", folder / "left.csv", folder / "h.parquet", "--out", folder / "l.csv")


def test_hashes_have_no_model(folder: Path) -> None:
    hash_right(folder)
    with pytest.raises(InputRefused, match="--model out"):
        run("link", folder / "left.csv", folder / "h.parquet", "--out", folder / "l.csv", "--model", folder / "m.json")


def test_a_key_is_its_owners_alone_and_never_overwritten(folder: Path) -> None:
    assert (folder / "key").stat().st_mode & 0o777 == 0o600
    with pytest.raises(KeysRefused, match="is there already"):
        run("exchange-key", folder / "key")
    (folder / "key").chmod(0o644)
    with pytest.raises(KeysRefused, match="others may read it"):
        hash_right(folder)


@pytest.mark.parametrize("text", ["", "secret", "00" * 32, "0123456789abcdef" * 3])
def test_what_is_no_key_is_a_sentence(folder: Path, text: str) -> None:
    (folder / "key").write_text(text)
    with pytest.raises(KeysRefused, match="is no key"):
        hash_right(folder)


def test_a_missing_key_file_is_a_sentence(folder: Path) -> None:
    (folder / "key").unlink()
    with pytest.raises(KeysRefused, match="cannot be opened"):
        hash_right(folder)
