"""`tf-eval link` on two files."""

from pathlib import Path

import polars as pl
import pytest
import typer
from typer.testing import CliRunner

from tf_assets.cli.link import link_command
from tf_assets.warehouse.errors import InputRefused

LEFT = "id,given,surname,date_of_birth,postcode\na1,Amira,Khan,02/03/2004,ls1 4ap\na2,Owen,Price,30/11/2003,ls2 9jt\n"
RIGHT = "id,given,surname,date_of_birth,postcode\nb1,AMIRA,KHAN,20040302,LS1 4AP\nb3,Ola,Berg,19850101,LS8 1AA\n"


@pytest.fixture
def files(tmp_path: Path) -> list[str]:
    for name, text in (("left.csv", LEFT), ("right.csv", RIGHT)):
        (tmp_path / name).write_text(text)
    return [str(tmp_path / "left.csv"), str(tmp_path / "right.csv"), "--out", str(tmp_path / "links.csv")]


def run(arguments: list[str]) -> str:
    app = typer.Typer()
    app.command()(link_command)
    result = CliRunner().invoke(app, arguments)
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result.output


def test_two_files_in_two_styles_are_linked(files: list[str], tmp_path: Path) -> None:
    output = run([*files, "--rename", "id=record_id", "--rename", "given=forename"])
    links = pl.read_csv(tmp_path / "links.csv")
    assert links.select("left_record_id", "right_record_id", "stage").rows() == [("a1", "b1", "name_dob_postcode")]
    assert "declared" in output
    assert "Amira" not in output


def test_a_missing_column_is_a_sentence(files: list[str]) -> None:
    with pytest.raises(InputRefused, match="no column record_id, forename"):
        run(files)


def test_a_missing_file_is_a_sentence(files: list[str]) -> None:
    with pytest.raises(InputRefused, match="There is no file"):
        run(["nowhere.csv", *files[1:]])


def test_an_odd_rename_is_a_sentence(files: list[str]) -> None:
    with pytest.raises(InputRefused, match="theirs=ours"):
        run([*files, "--rename", "id"])
