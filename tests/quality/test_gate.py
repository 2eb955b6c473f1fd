"""The gate in a Dagster step: what fails its suite is not published, is recorded, and stops what is downstream."""

import json
from collections.abc import Mapping
from pathlib import Path

import dagster as dg
import polars as pl
import pytest

from tf_assets.quality import gate, suites
from tf_assets.quality.gate import CHECK, gated_asset, gated_multi_asset, sql_assets
from tf_assets.warehouse import models, schema
from tf_assets.warehouse.errors import DeclarationError, InputRefused
from tf_assets.warehouse.resource import ZoneResource
from tf_assets.warehouse.zone import Zone

SCHEMA_YML = """
stage: extracts
owner: team:research
tables:
  - name: visits
    kind: python
    description: Visits to a clinic.
    grain: one row per visit
    key: [visit_ref]
    columns:
      - {name: visit_ref, type: VARCHAR, description: The visit., classification: reference}
      - {name: n_minutes, type: INTEGER, description: How long it took., classification: measure}
  - name: notes
    kind: python
    description: What is said of the visits.
    grain: one row per note
    key: [note]
    columns:
      - {name: note, type: VARCHAR, description: The note., classification: measure}
  - name: visit_totals
    kind: sql
    grain: one row
    key: [n_visits]
    columns:
      - {name: n_visits, type: BIGINT, description: How many visits., classification: measure}
"""


def rule(type_name: str, sentence: str, **kwargs: object) -> dict[str, object]:
    return {"type": type_name, "kwargs": kwargs, "meta": {"rule": sentence}}


SUITES: dict[str, list[dict[str, object]]] = {
    "visits": [
        rule("expect_column_values_to_not_be_null", "Each visit has a reference", column="visit_ref"),
        rule(
            "expect_column_values_to_be_between",
            "A visit takes 0 to 600 minutes",
            column="n_minutes",
            min_value=0,
            max_value=600,
        ),
    ],
    "notes": [rule("expect_column_values_to_be_unique", "No note twice", column="note")],
    "visit_totals": [rule("expect_table_row_count_to_be_between", "One row", min_value=1, max_value=1)],
}

MARKER = "QZXMARKER"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small project of three declared tables, and an empty home."""
    stage = tmp_path / "dbt_like_sql" / "research" / "extracts"
    stage.mkdir(parents=True)
    (stage / "schema.yml").write_text(SCHEMA_YML)
    (stage / "visit_totals.sql").write_text("-- How many visits there were.\nSELECT count(*) AS n_visits FROM visits\n")
    folder = tmp_path / "expectations" / "research"
    folder.mkdir(parents=True)
    for name, expectations in SUITES.items():
        (folder / f"{name}.json").write_text(json.dumps({"name": name, "expectations": expectations, "meta": {}}))
    for module in (schema, suites, models):
        monkeypatch.setattr(module, "project_root", lambda: tmp_path)
    monkeypatch.setenv("TF_HOME", str(tmp_path / "home"))
    return tmp_path


def visits_of(frame: pl.DataFrame) -> dg.AssetsDefinition:
    @gated_asset("visits")
    def visits(context: dg.AssetExecutionContext, zone: Zone) -> pl.DataFrame:
        return frame

    return visits


def run(*assets: dg.AssetsDefinition) -> dg.ExecuteInProcessResult:
    return dg.materialize(list(assets), resources={"zone": ZoneResource(environment="research")}, raise_on_error=False)


def zone() -> Zone:
    return ZoneResource(environment="research").zone()


def failure_of(result: dg.ExecuteInProcessResult) -> dg.Failure | None:
    failures = [event for event in result.all_events if event.is_step_failure]
    return failures[0].step_failure_data.user_failure_data if failures else None


GOOD = pl.DataFrame({"visit_ref": ["v1", "v2"], "n_minutes": [10, 20]})
BAD = pl.DataFrame({"visit_ref": [MARKER, None], "n_minutes": [10, 999]})


def test_a_good_table_is_published_with_its_metadata(project: Path) -> None:
    result = run(visits_of(GOOD))
    assert result.success
    [event] = result.get_asset_materialization_events()
    assert event.materialization.metadata["dagster/row_count"].value == 2
    assert set(event.materialization.metadata) >= {"dagster/column_schema", "dagster/column_lineage", "seconds"}
    assert zone().read("visits").sort("visit_ref").equals(GOOD.cast({"n_minutes": pl.Int32}))


def test_a_failed_gate_leaves_the_last_good_data_and_stops_what_is_downstream(project: Path) -> None:
    totals = sql_assets("research", "extracts")
    assert run(visits_of(GOOD), *totals).success
    result = run(visits_of(BAD), *totals)
    assert not result.success
    assert zone().read("visits").height == 2
    assert [event.asset_key for event in result.get_asset_materialization_events()] == []
    assert not list((zone().root / "staging").iterdir())


def test_a_failed_gate_is_recorded_with_counts_and_never_values(project: Path) -> None:
    result = run(visits_of(BAD))
    [evaluation] = result.get_asset_check_evaluations()
    assert (evaluation.check_name, evaluation.passed, evaluation.blocking) == (CHECK, False, True)
    assert "Each visit has a reference (1 of 2 rows); A visit takes 0 to 600 minutes (1 of 2 rows)" in str(
        evaluation.description
    )
    assert MARKER not in str(result.all_events)


def test_a_sql_table_is_made_of_what_was_published(project: Path) -> None:
    assert run(visits_of(GOOD), *sql_assets("research", "extracts")).success
    assert zone().read("visit_totals").rows() == [(2,)]


def test_tables_made_together_are_published_together_or_not_at_all(project: Path) -> None:
    @gated_multi_asset(["visits", "notes"])
    def both(context: dg.AssetExecutionContext, zone: Zone) -> Mapping[str, pl.DataFrame]:
        return {"visits": GOOD, "notes": pl.DataFrame({"note": ["same", "same"]})}

    assert not run(both).success
    assert zone().read("visits").is_empty()


def test_a_refusal_publishes_what_tells_why_and_nothing_else(project: Path) -> None:
    @gated_multi_asset(["visits", "notes"])
    def both(context: dg.AssetExecutionContext, zone: Zone) -> Mapping[str, pl.DataFrame]:
        raise InputRefused("The file is empty. Send it again.", {"notes": pl.DataFrame({"note": ["empty"]})})

    result = run(both)
    failure = failure_of(result)
    assert failure is not None and failure.description == "The file is empty. Send it again."
    assert "refused" in failure.metadata
    assert zone().read("notes").rows() == [("empty",)]
    assert zone().read("visits").is_empty()
    verdicts = {each.asset_key.to_user_string(): each.passed for each in result.get_asset_check_evaluations()}
    assert verdicts == {"visits": False, "notes": True}


def test_an_unforeseen_error_keeps_its_values_to_itself(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    @gated_asset("visits")
    def visits(context: dg.AssetExecutionContext, zone: Zone) -> pl.DataFrame:
        return pl.DataFrame({"visit_ref": [MARKER]}).with_columns(pl.col("visit_ref").cast(pl.Int32))

    monkeypatch.setattr(gate, "project_root", lambda: Path(__file__).parents[2])
    result = run(visits)
    failure = failure_of(result)
    assert failure is not None and failure.description is not None
    assert "InvalidOperationError at tests/quality/test_gate.py" in failure.description
    assert MARKER not in str(result.all_events)


def test_a_table_without_a_suite_does_not_load(project: Path) -> None:
    (project / "expectations" / "research" / "visits.json").unlink()
    with pytest.raises(DeclarationError, match="visits has no suite"):
        visits_of(GOOD)


def test_the_asset_is_described_by_its_declaration(project: Path) -> None:
    [spec] = visits_of(GOOD).specs
    assert spec.description is not None and spec.description.startswith("Visits to a clinic.")
    assert (spec.group_name, list(spec.owners), spec.kinds) == ("extracts", ["team:research"], {"python", "duckdb"})
    assert spec.tags["environment"] == "research"
