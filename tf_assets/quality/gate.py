"""Dagster assets whose tables pass a gate: the body makes the data, the gate stages, audits and publishes them.

A blocking check alone stops what is downstream in the same run only, so the gate is in the step: a table that fails its
suite is not published, its check is recorded as failed, and the step fails. What is downstream reads only what is
published.

A table whose deps, code and whatever else it is made of are what they were when it was published is not made again: its
step says so and ends. So a correction reaches no further than its consequences do. A run with the tag `tf/make_again`
makes everything that it is asked for.
"""

import hashlib
import time
import traceback
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any, TypeAlias

import dagster as dg

from tf_assets.quality.basis import Beside, basis_of, code_fingerprint
from tf_assets.quality.left_standing import left_standing
from tf_assets.quality.publishing import Audited, publish_all, refusal_sentence, stage_and_audit
from tf_assets.quality.suites import suite_for
from tf_assets.quality.table_metadata import check_metadata, materialisation_metadata, table_spec
from tf_assets.warehouse.deliveries import VERDICT_TAG
from tf_assets.warehouse.errors import EvaluationError, InputRefused
from tf_assets.warehouse.home import Environment
from tf_assets.warehouse.models import load_models
from tf_assets.warehouse.project import project_root
from tf_assets.warehouse.schema import TableSchema, load_schemas
from tf_assets.warehouse.standing import Standing
from tf_assets.warehouse.zone import Data, Zone

CHECK = "expectations"
"""The name of the blocking check that each table has."""

MAKE_AGAIN_TAG = "tf/make_again"
"""The run tag, of any value, by which a person has tables made again that follow from nothing new."""


@dataclass(frozen=True)
class Produced:
    """What a body made: the data, and metadata to show beside them (never a value of an identifier).

    appended_to: the content (`Zone.standing`) of the published table whose rows stay beside these; the suite then judges
    the new rows.
    """

    data: Data
    metadata: Mapping[str, Any] = field(default_factory=dict)
    parameters: Mapping[str, object] = field(default_factory=dict)
    appended_to: str | None = None


Made: TypeAlias = Data | Produced
Body: TypeAlias = Callable[[dg.AssetExecutionContext, Zone], Made]
MultiBody: TypeAlias = Callable[[dg.AssetExecutionContext, Zone], Mapping[str, Made]]


def gated_asset(
    table: str,
    *,
    deps: Sequence[str] = (),
    partitions_def: dg.PartitionsDefinition[str] | None = None,
    pool: str | None = None,
    beside: Beside | None = None,
    code_version: str | None = None,
) -> Callable[[Body], dg.AssetsDefinition]:
    """An asset that publishes one table through its gate; the body is `(context, zone) -> data`.

    beside: a fingerprint of all that the body reads beside its deps and the code, `nothing` if that is nothing; without
    it the table is made each time that it is asked for. code_version: of declared rules that the body follows, so that
    Dagster knows the table to be stale when they change.
    """

    def decorate(body: Body) -> dg.AssetsDefinition:
        def bodies(context: dg.AssetExecutionContext, zone: Zone) -> Mapping[str, Made]:
            return {table: body(context, zone)}

        return _gated([table], bodies, _environment_of(body), deps, partitions_def, pool, beside, code_version)

    return decorate


def gated_multi_asset(
    tables: Sequence[str],
    *,
    deps: Sequence[str] = (),
    partitions_def: dg.PartitionsDefinition[str] | None = None,
    pool: str | None = None,
    beside: Beside | None = None,
    code_version: str | None = None,
) -> Callable[[MultiBody], dg.AssetsDefinition]:
    """Assets made together and published together or not at all; the body returns a mapping of table to data.

    beside, code_version: as of `gated_asset`.
    """

    def decorate(body: MultiBody) -> dg.AssetsDefinition:
        return _gated(tables, body, _environment_of(body), deps, partitions_def, pool, beside, code_version)

    return decorate


def sql_assets(
    environment: Environment, stage: str, parameters: Mapping[str, object] | None = None
) -> list[dg.AssetsDefinition]:
    """One asset for each SQL model of a stage; its dependencies are the tables that it reads."""
    return [
        _sql_asset(environment, model.name, model.sql, model.dependencies, model.parameters, parameters or {})
        for model in load_models(environment).values()
        if model.stage == stage
    ]


def _sql_asset(
    environment: Environment,
    table: str,
    sql: str,
    dependencies: Sequence[str],
    names: Sequence[str],
    parameters: Mapping[str, object],
) -> dg.AssetsDefinition:
    bound = {name: parameters[name] for name in names}

    def body(context: dg.AssetExecutionContext, zone: Zone) -> Mapping[str, Made]:
        return {table: Produced(sql, parameters=bound)}

    known = {name for env, name in load_schemas() if env == environment}
    deps = sorted(set(dependencies) & known)
    told = repr(sorted(bound.items()))
    version = hashlib.sha256(told.encode()).hexdigest()[:12] if bound else None
    return _gated([table], body, environment, deps, None, None, lambda: told, version)


def _gated(
    tables: Sequence[str],
    body: MultiBody,
    environment: Environment,
    deps: Sequence[str],
    partitions_def: dg.PartitionsDefinition[str] | None,
    pool: str | None,
    beside: Beside | None,
    code_version: str | None = None,
) -> dg.AssetsDefinition:
    code = code_fingerprint(environment)  # of the code that has just been loaded
    schemas = [load_schemas()[environment, table] for table in tables]
    for table in tables:
        suite_for(environment, table)  # a table without a suite is an error when the definitions load

    @dg.multi_asset(
        name=tables[0],
        specs=[table_spec(schema, deps, partitions_def, code_version) for schema in schemas],
        check_specs=[_check_spec(environment, table, partitions_def) for table in tables],
        partitions_def=partitions_def,
        required_resource_keys={"zone"},
        pool=pool,
    )
    def gated(context: dg.AssetExecutionContext) -> Iterator[dg.AssetCheckResult | dg.MaterializeResult[None]]:
        zone: Zone = context.resources.zone.zone()
        partition = f"-{context.partition_key}" if partitions_def else ""
        # what a table is made of is read, and what was made of it published, before another run begins on the same
        with zone.lock(f"{tables[0]}{partition}"):
            basis = _Basis(zone, deps, code, None if partitions_def else beside)
            yield from _stand_or_make(context, zone, schemas, deps, body, basis)

    return gated


@dataclass(frozen=True)
class _Basis:
    """What a table's step has to ask what the table is made of now."""

    zone: Zone
    deps: Sequence[str]
    code: str
    beside: Beside | None

    def now(self, standing: Mapping[str, Standing]) -> str | None:
        return basis_of(self.zone, standing, self.deps, self.code, self.beside)

    def still(self, made_of: str | None, standing: Mapping[str, Standing]) -> str | None:
        """The basis that tables were made of, if it is that still: what changed meanwhile may or may not be in them."""
        return made_of if made_of is not None and made_of == self.now(standing) else None


def _stand_or_make(
    context: dg.AssetExecutionContext,
    zone: Zone,
    schemas: Sequence[TableSchema],
    deps: Sequence[str],
    body: MultiBody,
    basis: _Basis,
) -> Iterator[dg.AssetCheckResult | dg.MaterializeResult[None]]:
    """Leave the tables as they stand if they follow from the same; else make them."""
    standing = {} if basis.beside is None else zone.standing()
    made_of = basis.now(standing)
    is_same = made_of is not None and all(
        schema.name in standing and standing[schema.name].made_of == made_of for schema in schemas
    )
    told = left_standing(context.instance, CHECK, schemas) if is_same and not _is_asked_again(context) else None
    yield from told or _run_through_gate(context, zone, schemas, deps, body, made_of, basis)


def _is_asked_again(context: dg.AssetExecutionContext) -> bool:
    return MAKE_AGAIN_TAG in context.run.tags


def _check_spec(
    environment: Environment, table: str, partitions_def: dg.PartitionsDefinition[str] | None
) -> dg.AssetCheckSpec:
    with warnings.catch_warnings():
        # checks by partition are a preview in Dagster 1.13, whose version is pinned; a council's verdict is its own
        warnings.simplefilter("ignore", dg.PreviewWarning)
        return dg.AssetCheckSpec(
            CHECK,
            asset=table,
            blocking=True,
            partitions_def=partitions_def,
            description=f"Great Expectations suite expectations/{environment}/{table}.json on the staged table.",
        )


def _run_through_gate(
    context: dg.AssetExecutionContext,
    zone: Zone,
    schemas: Sequence[TableSchema],
    deps: Sequence[str],
    body: MultiBody,
    made_of: str | None,
    basis: _Basis,
) -> Iterator[dg.AssetCheckResult | dg.MaterializeResult[None]]:
    started = time.monotonic()
    tables = [schema.name for schema in schemas]
    try:
        # what is left standing by its deps must read nothing else
        readable = zone if basis.beside is None else replace(zone, readable=frozenset(deps))
        made = {table: _produced(each) for table, each in body(context, readable).items()}
        audited = _stage_all(context, zone, schemas, made)
    except InputRefused as refusal:
        yield from _publish_beside_refusal(context, zone, schemas, refusal)
        raise _failure(context, str(refusal), "refused") from None
    except EvaluationError as error:
        for table in tables:
            yield dg.AssetCheckResult(passed=False, check_name=CHECK, asset_key=table, description=str(error))
        raise _failure(context, str(error), "failed") from None
    except dg.DagsterExecutionInterruptedError:
        raise
    except Exception as error:
        raise _failure(context, _without_values(error), "failed") from None
    for table, each in audited.items():
        yield _check_result(table, each)
    try:
        publish_all(zone, audited, partial(basis.still, made_of))
    except EvaluationError as error:
        raise _failure(context, str(error), "failed") from None
    seconds = time.monotonic() - started
    for schema in schemas:
        each = audited[schema.name]
        yield dg.MaterializeResult(
            asset_key=schema.name,
            metadata={
                **materialisation_metadata(schema, deps, each.staged, seconds),
                **made[schema.name].metadata,
            },
            data_version=dg.DataVersion(each.staged.version),
        )


def _failure(context: dg.AssetExecutionContext, sentence: str, verdict: str) -> dg.Failure:
    """The end of a step by a verdict; the run says so, for a run that merely died is tried again."""
    context.instance.add_run_tags(context.run_id, {VERDICT_TAG: verdict})
    return dg.Failure(sentence, metadata={"refused": True} if verdict == "refused" else None, allow_retries=False)


def _publish_beside_refusal(
    context: dg.AssetExecutionContext, zone: Zone, schemas: Sequence[TableSchema], refusal: InputRefused
) -> Iterator[dg.AssetCheckResult | dg.MaterializeResult[None]]:
    """Record a refusal; tables that tell why (`refusal.beside`) are published, what was refused is not."""
    for schema in schemas:
        if schema.name in refusal.beside:
            made = {schema.name: Produced(refusal.beside[schema.name])}
            audited = _stage_all(context, zone, [schema], made)
            yield _check_result(schema.name, audited[schema.name])
            publish_all(zone, audited)
            yield dg.MaterializeResult(
                asset_key=schema.name,
                metadata=materialisation_metadata(schema, (), audited[schema.name].staged, 0.0),
                data_version=dg.DataVersion(audited[schema.name].staged.version),
            )
        else:
            yield dg.AssetCheckResult(passed=False, check_name=CHECK, asset_key=schema.name, description=str(refusal))


def _stage_all(
    context: dg.AssetExecutionContext, zone: Zone, schemas: Sequence[TableSchema], made: Mapping[str, Produced]
) -> dict[str, Audited]:
    audited: dict[str, Audited] = {}
    try:
        for schema in schemas:
            audited[schema.name] = stage_and_audit(
                zone,
                suite_for(schema.environment, schema.name),
                schema.name,
                made[schema.name].data,
                context.partition_key if schema.partitions else None,
                made[schema.name].parameters,
                made[schema.name].appended_to,
            )
    except BaseException:
        for each in audited.values():
            zone.discard(each.staged)
        raise
    return audited


def _check_result(table: str, each: Audited) -> dg.AssetCheckResult:
    return dg.AssetCheckResult(
        passed=each.audit.passed,
        check_name=CHECK,
        asset_key=table,
        description=None if each.audit.passed else refusal_sentence(table, each.audit),
        metadata=check_metadata(each.audit),
    )


def _produced(made: Made) -> Produced:
    return made if isinstance(made, Produced) else Produced(made)


def _environment_of(body: Callable[..., Any]) -> Environment:
    """The environment in whose package a body stands."""
    return "linkage" if body.__module__.startswith("tf_assets.linkage") else "research"


def _without_values(error: Exception) -> str:
    """Where an unforeseen error arose; its own message may hold a value, and Dagster's event log is for ever."""
    frames = [
        f"{Path(frame.filename).relative_to(project_root())}:{frame.lineno}"
        for frame in traceback.extract_tb(error.__traceback__)
        if frame.filename.startswith(str(project_root())) and "site-packages" not in frame.filename
    ]
    return (
        f"An unforeseen {type(error).__name__} at {' < '.join(reversed(frames)) or 'an unknown place'}. Nothing was "
        "published. Its message is withheld because it may hold a person's data; run the same step on fictional data "
        "to see it."
    )
