"""`tf-eval review`, at the screen and by the sheet, on a zone with two pairs in doubt."""

from datetime import date
from pathlib import Path

import polars as pl
import pytest
from typer.testing import CliRunner

from tf_assets.cli.instance import make_home
from tf_assets.cli.main import app
from tf_assets.linkage.keys import create_keys
from tf_assets.linkage.resources import LinkageZone
from tf_assets.linkage.reviews.store import recorded_decisions
from tf_assets.warehouse.errors import EvaluationError, InputRefused
from tf_assets.warehouse.home import HOME_VARIABLE, Home
from tf_assets.warehouse.zone import Zone

CANARY = "QUENZZYZXCANARY"
PEOPLE = {"P1": "a" * 32, "P2": "b" * 32, "P3": "c" * 32}


def publish(zone: Zone, table: str, rows: list[dict[str, object]], partition: str | None = None) -> None:
    empty = zone.read(table)
    full = pl.concat([empty, pl.DataFrame(rows)], how="diagonal_relaxed").cast(dict(empty.schema))
    zone.publish(zone.stage(table, full, partition))


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """P1 and P2, of whom two hospital records are in doubt, and P3 of P1's family, whose record is at H1's postcode."""
    home = Home(tmp_path)
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path))
    monkeypatch.setenv("DAGSTER_HOME", str(home.dagster))
    make_home(home, "evaluation")
    create_keys(home)
    zone = LinkageZone().zone()
    council = {"council_code": "E06000001", "quarter_date": date(2015, 4, 1)}
    born = {"surname": "KHAN", "date_of_birth": date(1985, 11, 30), "sex": "F", "postcode": "LS1 4AP"}
    register = [{**council, **born, "person_ref": ref, "forename": f"{CANARY}{ref}"} for ref in PEOPLE]
    publish(zone, "council_register", register, "E06000001|2015-04-01")
    families = {"P1": "f1", "P2": "f2", "P3": "f1"}
    clusters = [
        {"council_code": "E06000001", "person_ref": ref, "person_id": PEOPLE[ref], "family_id": families[ref]}
        for ref in PEOPLE
    ]
    publish(zone, "register_clusters", clusters)
    records = [
        {
            **born,
            "extract": "hospital",
            "record_ref": ref,
            "identity_number": 1,
            "forename": "MIRA",
            "postcode": postcode,
        }
        for ref, postcode in (("H1", "BD5 8QQ"), ("H2", "TR1 2XY"), ("H3", "BD5 8QQ"))
    ]
    publish(zone, "department_people", records)
    links = {"extract": "hospital", "stage": "name_dob_postcode", "match_weight": 9.0, "probability": 0.99}
    publish(zone, "record_links", [{**links, "record_ref": "H3", "person_id": PEOPLE["P3"]}])
    doubt = {**links, "stage": "probabilistic"}
    pairs = [("P1", "H1", 0.45), ("P2", "H2", 0.3)]
    publish(
        zone,
        "clerical_pairs",
        [{**doubt, "record_ref": record, "person_id": PEOPLE[ref], "probability": p} for ref, record, p in pairs],
    )
    return home


def run(*arguments: object, answers: str = "") -> str:
    result = CliRunner().invoke(app, ["review", *map(str, arguments)], input=answers)
    if isinstance(result.exception, EvaluationError):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result.output


def decided(home: Home) -> list[tuple[str, ...]]:
    return recorded_decisions(home).select("person_id", "record_ref", "verdict", "reason", "reviewer").rows()


def test_a_reviewer_sees_both_records_and_each_decision_is_kept(home: Home) -> None:
    told = run(answers="R. V.\nx\ns\n3\nd\n1\n")
    assert told.count("pair 1 of 2: hospital, probability 0.45") == 1
    assert f"{CANARY}P1" in told and "MIRA" in told and "differs" in told
    assert "1 of the family are linked to records at this postcode" in told
    assert told.rstrip().endswith("2 decisions kept. The next run links by them.")
    assert decided(home) == [
        (PEOPLE["P1"], "H1", "same", "moved", "R. V."),
        (PEOPLE["P2"], "H2", "different", "twin", "R. V."),
    ]
    assert "No pair waits" in run()


def test_whoever_quits_keeps_what_was_decided(home: Home) -> None:
    assert "1 decisions kept" in run(answers="R. V.\nc\n1\nq\n")
    assert [row[2] for row in decided(home)] == ["cannot_tell"]
    assert "pair 1 of 1" in run(answers="R. V.\nq\n")
    assert "pair 1 of 2" in run("--again", answers="R. V.\nn\nq\n")


def test_whoever_breaks_off_keeps_what_was_decided(home: Home) -> None:
    CliRunner().invoke(app, ["review"], input="R. V.\ns\n3\nd\n")  # the terminal is closed before a reason is given
    assert [row[2] for row in decided(home)] == ["same"]


def test_a_decision_needs_somebody(home: Home) -> None:
    with pytest.raises(InputRefused, match="is somebody's"):
        run(answers=" \n")


def test_a_sheet_goes_out_and_comes_back(home: Home) -> None:
    sheet = home.zone("linkage") / "pairs.csv"
    assert CANARY not in run("export", sheet)
    rows = pl.read_csv(sheet, infer_schema=False)
    rows.with_columns(verdict=pl.lit("different"), reason=pl.lit("twin")).write_csv(sheet)
    assert "2 decisions kept" in run("import", sheet, "--reviewer", "R. V.")
    assert [row[2] for row in decided(home)] == ["different", "different"]
    assert not sheet.exists()


def test_a_bad_sheet_is_refused_and_stays(home: Home) -> None:
    sheet = home.zone("linkage") / "pairs.csv"
    run("export", sheet)
    rows = pl.read_csv(sheet, infer_schema=False)
    rows.with_columns(verdict=pl.lit("perhaps")).write_csv(sheet)
    with pytest.raises(InputRefused, match="row 3, verdict"):
        run("import", sheet, "--reviewer", "R. V.")
    assert sheet.exists()
    assert decided(home) == []


def test_a_sheet_stays_in_the_linkage_zone(home: Home, tmp_path: Path) -> None:
    with pytest.raises(InputRefused, match="stays in"):
        run("export", tmp_path / "pairs.csv")
    assert not (tmp_path / "pairs.csv").exists()


def test_what_is_shown_is_written_nowhere(home: Home) -> None:
    before = {path for path in home.root.rglob("*") if path.is_file()}
    run(answers="R. V.\ns\n3\nq\n")
    for path in home.root.rglob("*"):
        if path.is_file() and path not in before:
            assert CANARY.encode() not in path.read_bytes()
