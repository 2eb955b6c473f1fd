"""The declaration of every table: `dbt_like_sql/<environment>/<stage>/schema.yml`, beside the stage's SQL.

A table made in Python is declared there too. A table made in SQL takes its description from the leading comment of
its file, so that what a reader of the SQL sees and what Dagster shows are the same words. Whatever is missing,
unknown or said twice is a `DeclarationError` that names the file and the table.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal, get_args

import yaml

from tf_assets.warehouse.errors import DeclarationError
from tf_assets.warehouse.project import project_root

Kind = Literal["sql", "python"]
Classification = Literal["identifier", "reference", "quasi_identifier", "pseudonym", "label", "measure"]
"""How near a column comes to naming a person, nearest first.

identifier: names somebody, alone or with little else, whole dates of birth and postcodes among them; reference: a
supplier's own reference of a person, a family or a file; quasi_identifier: what is left of an identifier when it is
coarse; pseudonym: a keyed id; label: names a place, a table or a publication, and nobody; measure: anything else.
"""

Step = Literal["pseudonymised", "coarsened", "compared", "counted"]
"""How a column comes to be further from naming a person than what it is made of.

pseudonymised: by the keyed hash; coarsened: to less than was there, such as a month; compared: to a verdict or an order,
without any value of it; counted: to a number of rows.
"""

Partitions = Literal["council_quarter", "academic_year", "social_care_year", "calendar_year", "financial_year"]

ENVIRONMENTS = ("linkage", "research")

_NAME = re.compile(r"[a-z][a-z0-9_]*")
_TYPE = re.compile(
    r"(VARCHAR|BOOLEAN|TINYINT|SMALLINT|INTEGER|BIGINT|HUGEINT|UTINYINT|USMALLINT|UINTEGER|UBIGINT|FLOAT|DOUBLE"
    r"|DECIMAL\(\d+, ?\d+\)|DATE|TIMESTAMP)(\[\])?"
)
_TABLE_FIELDS = {"name", "kind", "grain", "key", "columns"}
_TABLE_OPTIONS = {"description", "foreign_keys", "partitions", "owner", "step", "rows_decided_by"}
_COLUMN_FIELDS = {"name", "type", "description", "classification"}
_COLUMN_OPTIONS = {"derived_from", "step"}


@dataclass(frozen=True)
class Column:
    """A column: its DuckDB type, what it means, how near it comes to naming a person.

    derived_from: (table, column) pairs that a column made in Python comes from; SQL says that by itself. step: of a
    column that is further from naming a person than what it is made of.
    """

    name: str
    type: str
    description: str
    classification: Classification
    derived_from: tuple[tuple[str, str], ...] = ()
    step: Step | None = None


@dataclass(frozen=True)
class ForeignKey:
    """Columns whose values are found in the `references` columns of `table`."""

    columns: tuple[str, ...]
    table: str
    references: tuple[str, ...]


@dataclass(frozen=True)
class TableSchema:
    """What is declared of one table; `grain` is the sentence "one row per ...", `stage` is its Dagster group.

    step: of all its columns that name none of their own; rows_decided_by: identifiers and references, as (table,
    column), that a SQL model joins, filters or orders by.
    """

    environment: str
    stage: str
    name: str
    kind: Kind
    description: str
    grain: str
    key: tuple[str, ...]
    foreign_keys: tuple[ForeignKey, ...]
    partitions: Partitions | None
    owner: str
    columns: tuple[Column, ...]
    step: Step | None = None
    rows_decided_by: tuple[tuple[str, str], ...] = ()

    def column(self, name: str) -> Column:
        """The column of that name; a `KeyError` if there is none."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(name)


def load_schemas(root: Path | None = None) -> Mapping[tuple[str, str], TableSchema]:
    """Every declared table by (environment, name), read once a process; `root` holds `linkage/` and `research/`."""
    return _load_schemas(root or project_root() / "dbt_like_sql")


@cache
def _load_schemas(root: Path) -> Mapping[tuple[str, str], TableSchema]:
    schemas: dict[tuple[str, str], TableSchema] = {}
    seen: dict[str, Path] = {}
    for environment in ENVIRONMENTS:
        for folder in sorted(path for path in (root / environment).glob("*") if path.is_dir()):
            for schema in _load_stage(folder, environment):
                if schema.name in seen:
                    _refuse(folder / "schema.yml", schema.name, f"is declared in {seen[schema.name].name} as well")
                seen[schema.name] = folder
                schemas[environment, schema.name] = schema
    return schemas


def leading_comment(sql: str) -> str:
    """The `--` lines before anything else in a SQL file, joined; paragraphs are parted by an empty `--` line."""
    lines: list[str] = []
    for line in sql.splitlines():
        if not line.startswith("--"):
            break
        lines.append(line.removeprefix("--").strip())
    return "\n\n".join(" ".join(each.split("\n")) for each in "\n".join(lines).split("\n\n") if each).strip()


def _load_stage(folder: Path, environment: str) -> list[TableSchema]:
    path = folder / "schema.yml"
    files = {file.stem: file for file in sorted(folder.glob("*.sql"))}
    if not path.exists():
        if files:
            raise DeclarationError(f"{_place(path)} does not exist, but {len(files)} SQL files stand in its folder.")
        return []
    stage = _read_stage(path, environment)
    schemas = [_table(path, environment, stage, entry, files) for entry in stage["tables"]]
    for name in files.keys() - {schema.name for schema in schemas}:
        _refuse(path, name, "has a SQL file but no entry; declare it, with its grain, key and columns")
    return schemas


def _read_stage(path: Path, environment: str) -> dict[str, Any]:
    try:
        stage = yaml.load(path.read_text(encoding="utf-8"), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f" at line {mark.line + 1}" if mark else ""
        raise DeclarationError(f"{_place(path)} is not valid YAML{line}. Mend its indentation or quotes.") from None
    if not isinstance(stage, dict) or set(stage) != {"stage", "owner", "tables"}:
        raise DeclarationError(f"{_place(path)} must say exactly three things: stage, owner and tables.")
    if stage["stage"] != path.parent.name:
        raise DeclarationError(f"{_place(path)} calls its stage otherwise than its folder, {path.parent.name}.")
    if stage["owner"] not in {f"team:{each}" for each in ENVIRONMENTS}:
        raise DeclarationError(f"{_place(path)} has no known owner. Say team:{environment}.")
    stage["tables"] = stage["tables"] or []
    return stage


def _table(path: Path, environment: str, stage: dict[str, Any], entry: Any, files: dict[str, Path]) -> TableSchema:
    name = _named(path, entry, "a table")
    _refuse_fields(path, name, entry, _TABLE_FIELDS, _TABLE_OPTIONS)
    if not _NAME.fullmatch(name):
        _refuse(path, name, "is not a name in snake_case")
    if entry["kind"] not in get_args(Kind):
        _refuse(path, name, "has an unknown kind; say sql or python")
    partitions = entry.get("partitions")
    if partitions is not None and partitions not in get_args(Partitions):
        _refuse(path, name, f"has unknown partitions; say null or one of {', '.join(get_args(Partitions))}")
    columns = tuple(_column(path, name, each) for each in entry["columns"])
    names = [column.name for column in columns]
    for twice in sorted({each for each in names if names.count(each) > 1}):
        _refuse(path, name, f"declares its column {twice} twice")
    key = tuple(entry["key"])
    if not key or set(key) - set(names):
        _refuse(path, name, "has no key, or a key with a column that it does not declare")
    return TableSchema(
        environment=environment,
        stage=stage["stage"],
        name=name,
        kind=entry["kind"],
        description=_description(path, name, entry, files),
        grain=str(entry["grain"]),
        key=key,
        foreign_keys=tuple(_foreign_key(path, name, names, each) for each in entry.get("foreign_keys") or []),
        partitions=partitions,
        owner=entry.get("owner") or stage["owner"],
        columns=columns,
        step=_step(path, name, entry),
        rows_decided_by=tuple(_column_reference(path, name, each) for each in entry.get("rows_decided_by") or []),
    )


def _step(path: Path, thing: str, entry: dict[str, Any]) -> Step | None:
    step: Step | None = entry.get("step")
    if step is not None and step not in get_args(Step):
        _refuse(path, thing, f"has an unknown step; say one of {', '.join(get_args(Step))}")
    return step


def _description(path: Path, name: str, entry: dict[str, Any], files: dict[str, Path]) -> str:
    if entry["kind"] == "sql":
        if name not in files:
            _refuse(path, name, f"is of kind sql, but {name}.sql does not exist")
        if entry.get("description"):
            _refuse(path, name, f"is described twice; keep the leading comment of {name}.sql and drop the other")
        description = leading_comment(files[name].read_text(encoding="utf-8"))
        if not description:
            _refuse(path, name, f"has no description; begin {name}.sql with a comment that says what a row is")
        return description
    if name in files:
        _refuse(path, name, f"is of kind python, but {name}.sql exists as well")
    if not str(entry.get("description") or "").strip():
        _refuse(path, name, "has no description")
    return " ".join(str(entry["description"]).split())


def _column(path: Path, table: str, entry: Any) -> Column:
    name = _named(path, entry, f"a column of {table}")
    _refuse_fields(path, f"{table}.{name}", entry, _COLUMN_FIELDS, _COLUMN_OPTIONS)
    if not _NAME.fullmatch(name):
        _refuse(path, f"{table}.{name}", "is not a name in snake_case")
    if not _TYPE.fullmatch(str(entry["type"])):
        _refuse(path, f"{table}.{name}", "has an unknown type; use the DuckDB types, in capitals")
    if entry["classification"] not in get_args(Classification):
        known = ", ".join(get_args(Classification))
        _refuse(path, f"{table}.{name}", f"has an unknown classification; say one of {known}")
    return Column(
        name,
        str(entry["type"]),
        " ".join(str(entry["description"]).split()),
        entry["classification"],
        tuple(_column_reference(path, f"{table}.{name}", each) for each in entry.get("derived_from") or []),
        _step(path, f"{table}.{name}", entry),
    )


def _foreign_key(path: Path, table: str, names: list[str], entry: Any) -> ForeignKey:
    if not isinstance(entry, dict) or set(entry) != {"columns", "references"}:
        _refuse(path, table, "has a foreign key that does not say exactly columns and references")
    references = entry["references"] if isinstance(entry["references"], list) else [entry["references"]]
    pairs = [_column_reference(path, table, each) for each in references]
    columns = tuple(entry["columns"])
    if set(columns) - set(names) or len(columns) != len(pairs) or len({each for each, _ in pairs}) != 1:
        _refuse(path, table, "has a foreign key whose columns do not match those that it references, one for one")
    return ForeignKey(columns, pairs[0][0], tuple(column for _, column in pairs))


def _column_reference(path: Path, thing: str, text: Any) -> tuple[str, str]:
    parts = str(text).split(".")
    if len(parts) != 2:
        _refuse(path, thing, "refers to something that is not of the form table.column")
    return parts[0], parts[1]


def _named(path: Path, entry: Any, thing: str) -> str:
    if not isinstance(entry, dict) or not entry.get("name"):
        raise DeclarationError(f"{_place(path)}: {thing} has no name.")
    return str(entry["name"])


def _refuse_fields(path: Path, thing: str, entry: dict[str, Any], needed: set[str], options: set[str]) -> None:
    for field in sorted(needed):
        if entry.get(field) in (None, "", []):
            _refuse(path, thing, f"has no {field}")
    unknown = sorted(set(map(str, entry)) - needed - options)
    if unknown:
        _refuse(path, thing, f"has unknown fields: {', '.join(unknown)}")


def _refuse(path: Path, thing: str, fault: str) -> None:
    raise DeclarationError(f"{_place(path)}: {thing} {fault}.")


def _place(path: Path) -> str:
    """A declaration file by environment, stage and name."""
    return "/".join(path.parts[-3:])
