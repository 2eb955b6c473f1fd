"""SQL models: `dbt_like_sql/<environment>/<stage>/<table>.sql`, one SELECT a file, one file a table.

A loader, not a framework: a model is plain SQL in DuckDB's dialect over bare table names, with named parameters
(`$name`). sqlglot says which tables it reads. The file runs as it stands on any DuckDB connection that has them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import sqlglot
from sqlglot import exp
from sqlglot.errors import ParseError, SqlglotError
from sqlglot.optimizer.scope import traverse_scope

from tf_assets.warehouse.errors import DeclarationError
from tf_assets.warehouse.given import GIVEN_TABLES
from tf_assets.warehouse.portability import forbidden_constructs
from tf_assets.warehouse.project import project_root
from tf_assets.warehouse.schema import leading_comment, load_schemas


@dataclass(frozen=True)
class SqlModel:
    """One table's SQL.

    dependencies: the tables that it reads, sorted, its own CTEs left out; parameters: the names after `$`, sorted.
    """

    environment: str
    stage: str
    name: str
    sql: str
    description: str
    dependencies: tuple[str, ...]
    parameters: tuple[str, ...]


def load_models(environment: str, root: Path | None = None) -> Mapping[str, SqlModel]:
    """The SQL models of an environment by table name, read once a process."""
    return _load_models(environment, root or project_root() / "dbt_like_sql")


@cache
def _load_models(environment: str, root: Path) -> Mapping[str, SqlModel]:
    schemas = {name: schema for (each, name), schema in load_schemas(root).items() if each == environment}
    models: dict[str, SqlModel] = {}
    for name, schema in schemas.items():
        if schema.kind == "sql":
            path = root / environment / schema.stage / f"{name}.sql"
            models[name] = parse_model(environment, schema.stage, name, path.read_text(encoding="utf-8"))
            unknown = sorted(set(models[name].dependencies) - set(schemas) - set(GIVEN_TABLES))
            if unknown:
                raise DeclarationError(
                    f"{environment}/{schema.stage}/{name}.sql reads what no schema.yml of {environment} declares: "
                    f"{', '.join(unknown)}."
                )
    return models


def parse_model(environment: str, stage: str, name: str, sql: str) -> SqlModel:
    """A model from its text; a `DeclarationError` where it is not one SELECT in the portable subset."""
    place = f"{environment}/{stage}/{name}.sql"
    tree = parse_select(place, sql)
    dependencies = _dependencies(tree)
    if name in dependencies:
        raise DeclarationError(f"{place} reads the table that it makes. Give one of the two another name.")
    return SqlModel(
        environment=environment,
        stage=stage,
        name=name,
        sql=sql,
        description=leading_comment(sql),
        dependencies=dependencies,
        parameters=tuple(sorted({each.name for each in tree.find_all(exp.Placeholder, exp.Parameter) if each.name})),
    )


def parse_select(place: str, sql: str) -> exp.Query:
    """The tree of a file that holds one portable SELECT; `place` names the file in the errors."""
    try:
        statements = [each for each in sqlglot.parse(sql, dialect="duckdb") if each is not None]
    except SqlglotError as error:
        where = error.errors[0].get("line") if isinstance(error, ParseError) and error.errors else None
        line = f" near line {where}" if where else ""
        raise DeclarationError(f"{place} is not SQL that can be read{line}. Try it in a DuckDB shell.") from None
    if len(statements) != 1 or not isinstance(statements[0], exp.Query):
        raise DeclarationError(f"{place} must hold exactly one SELECT, and nothing else.")
    tree = statements[0]
    if tree.find(exp.DML, exp.Command, exp.Into):
        raise DeclarationError(f"{place} changes data inside its SELECT. A model only reads.")
    faults = [f"{each.name} ({each.instead})" for each in forbidden_constructs(tree)]
    if faults:
        raise DeclarationError(
            f"{place} uses what does not mean the same everywhere or every time: {'; '.join(faults)}. "
            "See docs/reference/sql-portability.md."
        )
    return tree


def _dependencies(tree: exp.Query) -> tuple[str, ...]:
    """Tables by scope, so that a CTE hides a table of its name only where it stands."""
    return tuple(
        sorted(
            {
                source.name
                for scope in traverse_scope(tree)
                for source in scope.sources.values()
                if isinstance(source, exp.Table)
            }
        )
    )
