"""`tf-eval mappings`: list, show, confirm, check."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from tf_assets.cli.mappings import app
from tf_assets.linkage.returns.headings import read_headings
from tf_assets.linkage.returns.mapping_files import mapping_in_force, write_proposal
from tf_assets.linkage.returns.proposals import render_proposal
from tf_assets.warehouse.errors import InputRefused
from tf_assets.warehouse.home import Home

HEADINGS = ("Quux", "Person ref", "Forename", "Surname", "DOB", "Postcode", "Group", "Start date")
ROW = ("F1", "P1", "Ann", "Quillfeather", "13/02/1985", "M1 1AE", "programme", "13/05/2015")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    monkeypatch.setenv("TF_HOME", str(tmp_path))
    monkeypatch.setenv("COLUMNS", "200")
    return Home.from_environment()


def _run(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, list(arguments))
    if isinstance(result.exception, InputRefused):
        raise result.exception
    return result.exit_code, result.output


def _propose(home: Home) -> Path:
    read = read_headings({f"c{at}": heading for at, heading in enumerate(HEADINGS)})
    return write_proposal(home.mappings, "E06000001", render_proposal("E06000001", read))


def test_a_mapping_waits_is_edited_confirmed_and_applied(home: Home, tmp_path: Path) -> None:
    assert "No council has a mapping" in _run("list")[1]
    path = _propose(home)
    assert "waiting" in _run("list")[1]
    assert '"column A": null' in _run("show", "E06000001")[1]
    path.write_text(path.read_text().replace('"column A": null', '"column A": family_ref'))
    code, told = _run("confirm", "E06000001", "--by", "R. Officer")
    assert (code, "Confirmed the mapping of E06000001: 8 headings." in told) == (0, True)
    assert "R. Officer" in _run("list")[1]
    mapping = mapping_in_force(home.mappings, "E06000001")
    assert mapping is not None
    assert mapping.fields["column a"] == "family_ref"
    file = tmp_path / "return.csv"
    file.write_text("\n".join(",".join(line) for line in (HEADINGS, ROW)) + "\n")
    code, told = _run("check", str(file))
    assert code == InputRefused.exit_code
    assert "Missing: family_ref" in told
    code, told = _run("check", str(file), "--council", "E06000001")
    assert code == 0
    assert "confirmed" in told
    assert not [value for value in ("Quux", *ROW) if value in told.split()]


def test_a_confirmation_that_leaves_a_needed_field_out_says_so(home: Home) -> None:
    _propose(home)
    assert "No heading is given to family_ref" in _run("confirm", "E06000001", "--by", "R. Officer")[1]


def test_a_faulty_file_is_listed_with_its_fault(home: Home) -> None:
    _propose(home).write_text("headings: [")
    told = _run("list")[1]
    assert "faulty" in told
    assert "this is not YAML" in told
    with pytest.raises(InputRefused, match="this is not YAML"):
        _run("confirm", "E06000001", "--by", "R. Officer")


def test_what_is_not_there_is_a_sentence(home: Home) -> None:
    for arguments in (("show", "E06000001"), ("confirm", "E06000001", "--by", "R. Officer"), ("check", "nowhere.csv")):
        with pytest.raises(InputRefused, match="There is no"):
            _run(*arguments)
    _propose(home)
    with pytest.raises(InputRefused, match="Say who confirms"):
        _run("confirm", "E06000001", "--by", " ")
