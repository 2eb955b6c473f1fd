"""`tf-eval opt-out`: what it takes, what it says, and what it never says."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from tf_assets.cli.instance import make_home
from tf_assets.cli.main import app
from tf_assets.linkage.keys import create_keys
from tf_assets.linkage.opt_outs.evidence import FIELDS
from tf_assets.linkage.opt_outs.store import opt_outs_in_force
from tf_assets.warehouse.errors import InputRefused
from tf_assets.warehouse.home import HOME_VARIABLE, Home

CANARY = "Quenzzyzxcanary"
GOOD, WEAK = f"Ann,{CANARY},02/05/1984\n", f",{CANARY},\n"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    home = Home(tmp_path)
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path))
    monkeypatch.setenv("DAGSTER_HOME", str(home.dagster))
    make_home(home, "evaluation")
    create_keys(home)
    return home


def _n_on_record(home: Home) -> int:
    return opt_outs_in_force(home.zone("linkage")).n


def test_standard_input_is_recorded_and_the_answer_is_the_same_for_a_person_who_is_on_record(home: Home) -> None:
    first = CliRunner().invoke(app, ["opt-out"], input=f"forename,surname,date of birth\n{GOOD}")
    assert (first.exit_code, _n_on_record(home)) == (0, 1)
    assert first.output.startswith("1 opt-out is on record.")
    again = CliRunner().invoke(app, ["opt-out", "--from", "-"], input=f"forename,surname,date of birth\n{GOOD}")
    assert (again.output, _n_on_record(home)) == (first.output, 1)
    assert CANARY not in first.output


def test_a_row_that_is_not_enough_is_told_and_the_others_are_recorded(home: Home, tmp_path: Path) -> None:
    source = tmp_path / f"{CANARY}.csv"
    source.write_text(f"forename,surname,date of birth\n{GOOD}{WEAK}")
    done = CliRunner().invoke(app, ["opt-out", "--from", str(source)])
    assert isinstance(done.exception, InputRefused) and done.exception.exit_code == 2
    assert "1 row could not be used" in str(done.exception)
    assert "row 3, row, not_enough" in done.output
    assert CANARY not in done.output + str(done.exception)
    assert _n_on_record(home) == 1


def test_a_file_that_is_not_there_is_refused_without_its_name(home: Home, tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["opt-out", "--from", str(tmp_path / f"{CANARY}.csv")])
    assert isinstance(done.exception, InputRefused)
    assert CANARY not in done.output + str(done.exception)


def test_prompts_ask_for_each_field_and_show_nothing(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, bool]] = []
    said = {"forename": "Ann", "surname": CANARY, "date_of_birth": "1984-05-02"}

    def answer(text: str, hide_input: bool = False, **_: object) -> str:
        asked.append((text, hide_input))
        return said.get(text, "")

    monkeypatch.setattr("tf_assets.cli.opt_out.is_at_a_terminal", lambda: True)
    monkeypatch.setattr("typer.prompt", answer)
    done = CliRunner().invoke(app, ["opt-out"])
    assert (done.exit_code, _n_on_record(home)) == (0, 1)
    assert asked == [(field, True) for field in FIELDS]
    assert CANARY not in done.output


def test_no_option_takes_a_value_of_a_person() -> None:
    shown = (
        CliRunner().invoke(app, ["opt-out", "--help"], env={"COLUMNS": "200", "NO_COLOR": "1", "TERM": "dumb"}).output
    )
    assert {word for word in shown.split() if word.startswith("--")} == {"--from", "--help"}


def test_nothing_that_was_typed_is_left_in_the_home(home: Home) -> None:
    CliRunner().invoke(app, ["opt-out"], input=f"forename,surname,date of birth\n{GOOD}{WEAK}")
    held = [
        path for path in home.root.rglob("*") if path.is_file() and CANARY.upper().encode() in path.read_bytes().upper()
    ]
    assert held == []
