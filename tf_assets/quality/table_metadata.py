"""What Dagster's UI shows of a table, from its declaration in `schema.yml` and from what was published."""

from collections.abc import Mapping, Sequence
from typing import Any

import dagster as dg

from tf_assets.quality.audit import Audit
from tf_assets.warehouse.home import Environment
from tf_assets.warehouse.lineage import column_lineage
from tf_assets.warehouse.models import load_models
from tf_assets.warehouse.schema import TableSchema, load_schemas
from tf_assets.warehouse.zone import Staged

AUTOMATION = (
    dg.AutomationCondition.any_deps_updated()
    & ~dg.AutomationCondition.any_deps_in_progress()
    & ~dg.AutomationCondition.in_progress()
)
"""When a national table is made again: as soon as anything that it is made of was published, and nothing is on its
way. It waits for no council, so one that never sends holds up nobody; it crosses the two code locations."""


def automation_sensor(environment: Environment) -> dg.AutomationConditionSensorDefinition:
    """The sensor that acts on the tables' automation conditions in one code location; on from the first day."""
    return dg.AutomationConditionSensorDefinition(
        f"{environment}_automation",
        target=dg.AssetSelection.all(),
        default_status=dg.DefaultSensorStatus.RUNNING,
        minimum_interval_seconds=30,
    )


def table_spec(
    schema: TableSchema,
    deps: Sequence[str],
    partitions_def: dg.PartitionsDefinition[str] | None,
    code_version: str | None = None,
) -> dg.AssetSpec:
    """The asset of a table, wholly from its declaration; code_version: of the rules that it is made by."""
    return dg.AssetSpec(
        schema.name,
        deps=list(deps),
        description=f"{schema.description}\n\nGrain: {schema.grain}. Key: {', '.join(schema.key)}.",
        group_name=schema.stage,
        owners=[schema.owner],
        kinds={"duckdb", "sql"} if schema.kind == "sql" else {"python", "parquet" if schema.partitions else "duckdb"},
        tags={"environment": schema.environment},
        metadata={"dagster/column_schema": column_schema(schema)},
        partitions_def=partitions_def,
        code_version=code_version,
        automation_condition=_automation(deps, code_version) if partitions_def is None else None,
    )


def _automation(deps: Sequence[str], code_version: str | None) -> Any:
    """`AUTOMATION` where there is anything to wait for; and new rules, where a table is made by declared ones."""
    if code_version is None:
        return AUTOMATION if deps else None
    by_new_rules = dg.AutomationCondition.code_version_changed() & ~dg.AutomationCondition.in_progress()
    return (AUTOMATION | by_new_rules) if deps else by_new_rules


def column_schema(schema: TableSchema) -> dg.TableSchema:
    """Columns with types, descriptions and classifications."""
    return dg.TableSchema(
        columns=[
            dg.TableColumn(
                name=column.name,
                type=column.type,
                description=column.description,
                tags={"classification": column.classification},
                constraints=dg.TableColumnConstraints(unique=schema.key == (column.name,)),
            )
            for column in schema.columns
        ]
    )


def materialisation_metadata(
    schema: TableSchema, deps: Sequence[str], staged: Staged, seconds: float
) -> dict[str, Any]:
    """Row count, column schema, column lineage and duration of one materialisation."""
    return {
        "dagster/row_count": staged.n_rows,
        "dagster/column_schema": column_schema(schema),
        "dagster/column_lineage": _lineage(schema, deps),
        "content_version": staged.version,
        "seconds": round(seconds, 3),
    }


def check_metadata(verdict: Audit) -> dict[str, Any]:
    """Each rule with its verdict and its counts; never a value."""
    return {
        "n_rows": verdict.n_rows,
        "n_rules": len(verdict.outcomes),
        "rules": dg.MetadataValue.table(
            [
                dg.TableRecord(
                    {
                        "rule": outcome.rule,
                        "column": outcome.column or "",
                        "passed": outcome.passed,
                        "n_unexpected": outcome.n_unexpected,
                    }
                )
                for outcome in verdict.outcomes
            ]
        ),
    }


def _lineage(schema: TableSchema, deps: Sequence[str]) -> dg.TableColumnLineage:
    columns: Mapping[str, Sequence[tuple[str, str]]]
    if schema.kind == "sql":
        model = load_models(schema.environment)[schema.name]
        columns = column_lineage(model, load_schemas())
    else:
        columns = _declared_lineage(schema, deps)
    return dg.TableColumnLineage(
        {
            column: [dg.TableColumnDep(asset_key=table, column_name=name) for table, name in sources]
            for column, sources in columns.items()
        }
    )


def _declared_lineage(schema: TableSchema, deps: Sequence[str]) -> dict[str, list[tuple[str, str]]]:
    """For a table made in Python: the columns that `schema.yml` names, else those of the same name upstream."""
    by_table = {name: {c.name for c in each.columns} for (_, name), each in load_schemas().items()}
    return {
        column.name: (
            [(table, name) for table, name in column.derived_from]
            or [(table, column.name) for table in deps if column.name in by_table.get(table, set())]
        )
        for column in schema.columns
    }
