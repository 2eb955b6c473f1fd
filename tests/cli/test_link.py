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


def test_a_mapping_names_columns_for_both_files_or_for_one(files: list[str], tmp_path: Path) -> None:
    (tmp_path / "mapping.yml").write_text("record_id: id\nleft: {forename: given}\nright: {forename: given}\n")
    run([*files, "--columns", str(tmp_path / "mapping.yml")])
    assert pl.read_csv(tmp_path / "links.csv").height == 1


@pytest.mark.parametrize(
    ("mapping", "message"),
    [
        ("record_id: nowhere", "has no column nowhere"),
        ("shoe_size: id", "no column shoe_size to map to"),
        ("- a list", "no mapping"),
        ("a: [", "is not YAML"),
    ],
)
def test_an_odd_mapping_is_a_sentence(files: list[str], tmp_path: Path, mapping: str, message: str) -> None:
    (tmp_path / "mapping.yml").write_text(mapping)
    with pytest.raises(InputRefused, match=message):
        run([*files, "--columns", str(tmp_path / "mapping.yml")])


def test_a_model_is_written_once_and_used_again(files: list[str], tmp_path: Path) -> None:
    arguments = [
        *files,
        "--rename",
        "id=record_id",
        "--rename",
        "given=forename",
        "--model",
        str(tmp_path / "model.json"),
    ]
    run(arguments)
    model, links = (tmp_path / "model.json").read_bytes(), (tmp_path / "links.csv").read_bytes()
    run(arguments)
    assert (tmp_path / "model.json").read_bytes() == model
    assert (tmp_path / "links.csv").read_bytes() == links


@pytest.mark.parametrize("model", ["no json", "{}", '{"version": 9, "is_trained": true, "parameters": []}'])
def test_what_is_no_model_is_a_sentence(files: list[str], tmp_path: Path, model: str) -> None:
    (tmp_path / "model.json").write_text(model)
    with pytest.raises(InputRefused, match="model"):
        run([*files, "--rename", "id=record_id", "--rename", "given=forename", "--model", str(tmp_path / "model.json")])
