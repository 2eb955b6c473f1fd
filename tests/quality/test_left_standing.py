"""A table that follows from nothing new is left as it stands, and so is what is made of a table made again equal."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import dagster as dg
import polars as pl
import pytest

from tests.quality.test_gate import GOOD, failure_of, project, visits_of, zone
from tf_assets.quality import gate
from tf_assets.quality.basis import nothing
from tf_assets.quality.gate import MAKE_AGAIN_TAG, gated_asset, sql_assets
from tf_assets.quality.left_standing import MADE_AGAIN
from tf_assets.warehouse.resource import ZoneResource
from tf_assets.warehouse.zone import Zone

__all__ = ["project"]

OTHER = pl.DataFrame({"visit_ref": ["v1", "v3"], "n_minutes": [10, 20]})


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as made:
        yield made


def run(
    instance: dg.DagsterInstance, *assets: dg.AssetsDefinition, tags: dict[str, str] | None = None
) -> dg.ExecuteInProcessResult:
    zones = {"zone": ZoneResource(environment="research")}
    return dg.materialize(list(assets), resources=zones, instance=instance, raise_on_error=False, tags=tags)


def made(result: dg.ExecuteInProcessResult) -> set[str]:
    """The tables that a run made, without those that it left as they stood."""
    return {
        str(event.asset_key and event.asset_key.to_user_string())
        for event in result.get_asset_materialization_events()
        if MADE_AGAIN not in event.materialization.metadata
    }


def notes_of(text: str = "seen", read: str = "visits") -> dg.AssetsDefinition:
    @gated_asset("notes", deps=["visits"], beside=nothing)
    def notes(context: dg.AssetExecutionContext, zone: Zone) -> pl.DataFrame:
        return pl.DataFrame({"note": [f"{text} {zone.read(read).height}"]})

    return notes


def test_what_is_made_of_a_table_made_again_equal_is_left(project: Path, instance: dg.DagsterInstance) -> None:
    totals = sql_assets("research", "extracts")
    first = run(instance, visits_of(GOOD), notes_of(), *totals)
    assert made(first) == {"visits", "notes", "visit_totals"}
    again = run(instance, visits_of(GOOD.reverse()), notes_of("never"), *totals)
    assert (again.success, made(again)) == (True, {"visits"})
    assert zone().read("notes").rows() == [("seen 2",)]


def test_what_is_made_of_a_table_that_differs_is_made_again(project: Path, instance: dg.DagsterInstance) -> None:
    totals = sql_assets("research", "extracts")
    run(instance, visits_of(GOOD), notes_of(), *totals)
    result = run(instance, visits_of(OTHER), notes_of("now"), *totals)
    assert made(result) == {"visits", "notes", "visit_totals"}
    assert zone().read("notes").rows() == [("now 2",)]


def test_a_table_without_a_fingerprint_of_what_it_reads_is_made_each_time(
    project: Path, instance: dg.DagsterInstance
) -> None:
    run(instance, visits_of(GOOD))
    assert made(run(instance, visits_of(GOOD))) == {"visits"}


def test_what_was_left_tells_in_the_ui_what_it_told_when_it_was_made(
    project: Path, instance: dg.DagsterInstance
) -> None:
    totals = sql_assets("research", "extracts")
    first, second = (run(instance, visits_of(GOOD), *totals) for _ in range(2))
    told = [
        next(each.materialization for each in result.get_asset_materialization_events() if each.step_key != "visits")
        for result in (first, second)
    ]
    assert told[1].metadata == {**told[0].metadata, MADE_AGAIN: dg.MetadataValue.bool(False)}
    assert told[1].tags is not None and told[0].tags is not None
    assert told[1].tags["dagster/data_version"] == told[0].tags["dagster/data_version"]
    verdicts = [each for each in second.get_asset_check_evaluations() if each.asset_key == dg.AssetKey("visit_totals")]
    assert [(each.passed, "n_rules" in each.metadata) for each in verdicts] == [(True, True)]


@pytest.mark.parametrize("what", ["code", "beside", "tag", "instance"])
def test_a_table_is_made_again_when_anything_else_is_other(
    project: Path, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    def asset(beside: str) -> dg.AssetsDefinition:
        @gated_asset("notes", deps=["visits"], beside=lambda: beside)
        def notes(context: dg.AssetExecutionContext, zone: Zone) -> pl.DataFrame:
            return pl.DataFrame({"note": ["same"]})

        return notes

    run(instance, visits_of(GOOD), asset("a"))
    assert made(run(instance, asset("a"))) == set()
    if what == "code":
        monkeypatch.setattr(gate, "code_fingerprint", lambda environment: "other code")
    with dg.DagsterInstance.ephemeral() as unknowing:
        result = run(
            unknowing if what == "instance" else instance,
            asset("b" if what == "beside" else "a"),
            tags={MAKE_AGAIN_TAG: "yes"} if what == "tag" else None,
        )
    assert made(result) == {"notes"}


def test_a_table_of_deps_that_changed_while_it_was_made_is_made_again(
    project: Path, instance: dg.DagsterInstance
) -> None:
    @gated_asset("notes", deps=["visits"], beside=nothing)
    def notes(context: dg.AssetExecutionContext, zone: Zone) -> pl.DataFrame:
        n = zone.read("visits").height
        zone.publish(zone.stage("visits", OTHER if n == 2 else GOOD))
        return pl.DataFrame({"note": [f"seen {n}"]})

    run(instance, visits_of(GOOD), notes)
    assert zone().standing()["notes"].made_of is None
    run(instance, visits_of(GOOD))
    assert made(run(instance, notes_of("settled"))) == {"notes"}
    assert zone().read("notes").rows() == [("settled 2",)]


def test_a_failed_table_is_not_left_for_passed_when_what_it_is_made_of_comes_back(
    project: Path, instance: dg.DagsterInstance
) -> None:
    @gated_asset("notes", deps=["visits"], beside=nothing)
    def notes(context: dg.AssetExecutionContext, zone: Zone) -> pl.DataFrame:
        n_long = zone.read("visits").filter(pl.col("n_minutes") > 100).height
        return pl.DataFrame({"note": ["twice"] * (1 + n_long)})

    run(instance, visits_of(GOOD), notes)
    assert not run(instance, visits_of(OTHER.with_columns(n_minutes=pl.lit(200))), notes).success
    again = run(instance, visits_of(GOOD), notes)
    assert (again.success, made(again)) == (True, {"visits", "notes"})


def test_a_body_that_reads_what_it_does_not_name_is_refused(project: Path, instance: dg.DagsterInstance) -> None:
    failure = failure_of(run(instance, visits_of(GOOD), notes_of(read="visit_totals")))
    assert failure is not None and "does not name it among its deps" in str(failure.description)


def test_a_table_published_equal_stays_and_one_that_differs_does_not(project: Path) -> None:
    here = zone()
    for frame in (GOOD, GOOD.reverse()):
        here.publish(here.stage("visits", frame), made_of=lambda standing: "x")
    assert here.read("visits").equals(GOOD.cast({"n_minutes": pl.Int32})), "the rows as they were published first"
    before = here.standing()["visits"]
    here.publish(here.stage("visits", OTHER), made_of=lambda standing: "y")
    after = here.standing()["visits"]
    assert (before.made_of, after.made_of) == ("x", "y") and before.content != after.content
    assert set(here.read("visits")["visit_ref"]) == {"v1", "v3"}


def test_rows_that_stand_twice_do_not_cancel_in_the_version(project: Path) -> None:
    rows = pl.DataFrame({"visit_ref": ["v1", "v2", "v2"], "n_minutes": [1, 2, 2]})
    other = pl.DataFrame({"visit_ref": ["v1", "v3", "v3"], "n_minutes": [1, 3, 3]})
    versions = {zone().stage("visits", frame).version for frame in (rows, other)}
    assert len(versions) == 2


def test_another_declaration_of_the_same_rows_is_another_content(project: Path) -> None:
    here = zone()
    here.publish(here.stage("visits", GOOD))
    described = replace(here.schemas["visits"], description="Visits, described anew.")
    later = replace(here, schemas={**here.schemas, "visits": described})
    later.publish(later.stage("visits", GOOD))
    with here.connect() as connection:
        [(comment,)] = connection.sql("SELECT comment FROM duckdb_tables() WHERE table_name = 'visits'").fetchall()
    assert comment == "Visits, described anew."
