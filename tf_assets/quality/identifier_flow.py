"""No identifier on a way to the release that does not pass a declared step: the gate on lineage.

Every column has a classification, an order of how near it comes to naming a person. A column that is further from naming
a person than anything it is made of must say by which step. So must a SQL model whose rows follow from identifiers that
it does not show. A Python table says what a column comes from; where it does not, it may come from anything that the
table is made of. So on each way from an identifier to the release there is a declared step, or a fault.

The release itself may hold no identifier and no reference, and linkage's own ids must be pseudonymised once more.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from tf_assets.warehouse.given import GIVEN_TABLES
from tf_assets.warehouse.lineage import column_lineage
from tf_assets.warehouse.models import SqlModel
from tf_assets.warehouse.row_lineage import deciding_columns
from tf_assets.warehouse.schema import Classification, Column, TableSchema

NEARNESS: Mapping[Classification, int] = {
    "identifier": 4,
    "reference": 3,
    "quasi_identifier": 2,
    "pseudonym": 1,
    "label": 0,
    "measure": 0,
}
"""How near each classification comes to naming a person."""

MAY_LEAVE: tuple[Classification, ...] = ("quasi_identifier", "pseudonym", "label", "measure")
"""What a release may hold."""

NAMES_SOMEBODY = NEARNESS["reference"]

Schemas = Mapping[tuple[str, str], TableSchema]
Source = tuple[str, str]


@dataclass(frozen=True)
class Flow:
    """What is walked: declared tables, the SQL models of `linkage`, what each of its assets is made of, and the tables by
    which research knows the release."""

    schemas: Schemas
    models: Mapping[str, SqlModel]
    deps: Mapping[str, Sequence[str]]
    released: Sequence[str]

    def table(self, name: str) -> TableSchema | None:
        """A declared table of the linkage environment."""
        return self.schemas.get(("linkage", name))

    def column(self, source: Source) -> Column | None:
        """A declared column of the linkage environment; None of a given table, which names nobody."""
        table = self.table(source[0])
        return next((each for each in table.columns if each.name == source[1]), None) if table else None

    def sources_of(self, schema: TableSchema, column: Column) -> Sequence[Source]:
        """What a column is made of: by its SQL, as declared, or else anything that its table is made of."""
        if schema.name in self.models:
            return column_lineage(self.models[schema.name], self.schemas).get(column.name, ())
        if column.derived_from:
            return column.derived_from
        upstream = (self.table(name) for name in self.deps.get(schema.name, ()))
        return [(table.name, each.name) for table in upstream if table for each in table.columns]

    def undeclared(self) -> set[str]:
        """Assets that no schema.yml declares."""
        return {name for name in self.deps if self.table(name) is None}

    def upstream_of_the_release(self) -> set[str]:
        """The tables on a way to the release, from what it says that its columns come from."""
        columns = [column for name in self.released for column in self._released(name).columns]
        found: set[str] = set()
        waiting = {table for column in columns for table, _ in column.derived_from}
        while waiting:
            name = waiting.pop()
            found.add(name)
            made_of = {*self.deps.get(name, ()), *(self.models[name].dependencies if name in self.models else ())}
            waiting |= made_of - found - GIVEN_TABLES.keys()
        return found

    def _released(self, name: str) -> TableSchema:
        return self.schemas["research", name]


def find_faults(flow: Flow, tables: Iterable[str] | None = None) -> list[str]:
    """A sentence for each way by which an identifier might pass; tables: those that are walked, else all of linkage."""
    walked = sorted({*flow.deps, *(name for environment, name in flow.schemas if environment == "linkage")})
    if tables is not None:
        walked = sorted(tables)
    faults = [fault for name in walked for fault in _faults_of_table(flow, name)]
    return faults + [fault for name in flow.released for fault in _faults_of_released(flow, name)]


def _faults_of_table(flow: Flow, name: str) -> Iterator[str]:
    schema = flow.table(name)
    if schema is None:
        yield f"{name} is an asset of linkage that no schema.yml declares. Declare it, with its columns."
        return
    for made_of in flow.deps.get(name, ()):
        if flow.table(made_of) is None and made_of not in GIVEN_TABLES:
            yield f"{name} is made of {made_of}, which no schema.yml of linkage declares. Declare it, with its columns."
    for column in schema.columns:
        yield from _faults_of_column(flow, schema, column, column.step or schema.step)
    if name in flow.models:
        yield from _faults_of_rows(flow, schema)


def _faults_of_column(flow: Flow, schema: TableSchema, column: Column, step: str | None) -> Iterator[str]:
    nearer = []
    for source in flow.sources_of(schema, column):
        found = flow.column(source)
        if found is None and source[0] not in GIVEN_TABLES:
            yield f"{schema.name}.{column.name} comes from {'.'.join(source)}, which no schema.yml of linkage declares."
        elif found is not None and NEARNESS[found.classification] > NEARNESS[column.classification]:
            nearer.append(f"{'.'.join(source)} ({found.classification})")
    if nearer and step is None:
        yield (
            f"{schema.name}.{column.name} is classified {column.classification}, but may come from "
            f"{_some(nearer)}. Name what it is derived_from, and the step between."
        )


def _faults_of_rows(flow: Flow, schema: TableSchema) -> Iterator[str]:
    """Identifiers that decide which rows a model has, and that it does not show."""
    model = flow.models[schema.name]
    shown = {
        source
        for column in schema.columns
        for source in flow.sources_of(schema, column)
        if NEARNESS[column.classification] >= NAMES_SOMEBODY
    }
    deciding = {
        source
        for source in deciding_columns(model, flow.schemas)
        if (found := flow.column(source)) and NEARNESS[found.classification] >= NAMES_SOMEBODY and source not in shown
    }
    declared = set(schema.rows_decided_by)
    if undeclared := sorted(deciding - declared):
        yield (
            f"{schema.name}.sql joins, filters or orders by {_some('.'.join(each) for each in undeclared)}, which it does "
            "not show. Name it in rows_decided_by, if the rows give away no more than they may."
        )
    if idle := sorted(declared - deciding):
        yield f"{schema.name} says rows_decided_by {_some('.'.join(each) for each in idle)}, which decides none. Drop it."


def _faults_of_released(flow: Flow, name: str) -> Iterator[str]:
    schema = flow.schemas["research", name]
    for column in schema.columns:
        where = f"{name}.{column.name}"
        if column.classification not in MAY_LEAVE:
            yield f"{where} is classified {column.classification}: no release may hold that."
        if not column.derived_from:
            yield f"{where} does not say which column of linkage it comes from. Name it in derived_from."
        yield from _faults_of_column(flow, schema, column, column.step)
        sources = [(source, flow.column(source)) for source in column.derived_from]
        ids = [
            ".".join(source)
            for source, found in sources
            if found and found.classification in ("identifier", "reference", "pseudonym")
        ]
        if ids and column.step != "pseudonymised":
            yield f"{where} comes from {_some(ids)} and does not pass the pseudonymiser. Nothing else may."


def _some(names: Iterable[str]) -> str:
    """Up to three names."""
    names = list(names)
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
