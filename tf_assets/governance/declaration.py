"""`governance.yml`, read and checked: sources and their legal ground, stores, and which role may reach which store."""

from datetime import date
from pathlib import Path
from typing import Literal, get_args

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from tf_assets.warehouse.errors import DeclarationError

GOVERNANCE_FILE = Path(__file__).with_name("governance.yml")

Holds = Literal["identifiers", "keys", "outcomes", "release", "nobody"]
Level = Literal["send", "read", "change"]

WHO: frozenset[Holds] = frozenset({"identifiers", "keys"})
"""What tells who people are."""

LEGAL_FIELDS = ("controller", "gateway", "ground")
"""What only the board can say of a source."""


class _Declared(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Source(_Declared):
    """What one sender sends, why, and by what right; None where the board has not said."""

    title: str = Field(min_length=1)
    sender: str = Field(min_length=1)
    inputs: tuple[str, ...] = Field(min_length=1)
    gives: str = Field(min_length=1)
    purpose: str = Field(min_length=1)
    controller: str | None = Field(min_length=1)
    gateway: str | None = Field(min_length=1)
    ground: str | None = Field(min_length=1)

    @property
    def n_gaps(self) -> int:
        """How many legal fields nobody has filled in."""
        return sum(getattr(self, name) is None for name in LEGAL_FIELDS)


class Store(_Declared):
    """A place where data lie, and how near they come to a person."""

    title: str = Field(min_length=1)
    place: str = Field(min_length=1)
    holds: Holds


class Role(_Declared):
    """Who may do what; a store that is not named is closed to the role."""

    title: str = Field(min_length=1)
    access: dict[str, Level]

    def sees(self, store: str) -> bool:
        """Whether the role can read what lies in a store; its own deliveries it only sends."""
        return self.access.get(store) in ("read", "change")


class Governance(_Declared):
    """The whole declaration."""

    version: Literal[1]
    purpose: str = Field(min_length=1)
    purpose_approved_on: date | None
    sources: dict[str, Source] = Field(min_length=1)
    stores: dict[str, Store] = Field(min_length=1)
    access_approved_on: date | None
    roles: dict[str, Role] = Field(min_length=1)
    retention_approved_on: date | None

    @model_validator(mode="after")
    def _is_consistent(self) -> "Governance":
        for name, role in self.roles.items():
            unknown = sorted(set(role.access) - set(self.stores))
            if unknown:
                raise ValueError(f"the role {name} has access to {', '.join(unknown)}, which no store is called")
            seen = {self.stores[store].holds for store in role.access if role.sees(store)}
            if seen & WHO and "outcomes" in seen:
                raise ValueError(
                    f"the role {name} would see both who people are and what happened to them; part it into two"
                )
        inputs = [each for source in self.sources.values() for each in source.inputs]
        twice = sorted({each for each in inputs if inputs.count(each) > 1})
        if twice:
            raise ValueError(f"{', '.join(twice)} is the input of two sources")
        return self

    @property
    def n_legal_gaps(self) -> int:
        """Legal fields of sources that nobody has filled in."""
        return sum(source.n_gaps for source in self.sources.values())

    @property
    def n_legal_fields(self) -> int:
        """Legal fields of sources in all."""
        return len(LEGAL_FIELDS) * len(self.sources)

    def source_of(self, name: str) -> str:
        """The source that an input of a release comes from; `DeclarationError` if none is declared."""
        table = name.split("|")[0]
        for source, declared in self.sources.items():
            if table in declared.inputs:
                return source
        raise DeclarationError(
            f"The release is made of {table}, which no source in {GOVERNANCE_FILE.name} names. Declare who sends it and for "
            "what purpose: until then there is no record for the board."
        )

    def reached_by(self, role: str) -> list[str]:
        """The titles of the roles' stores that hold anything of single people and that it can read."""
        return [
            store.title
            for name, store in self.stores.items()
            if self.roles[role].sees(name) and store.holds != "nobody"
        ]


def load_governance(path: Path = GOVERNANCE_FILE) -> Governance:
    """The declaration; `DeclarationError` says what is wrong with it."""
    try:
        return Governance.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except yaml.YAMLError as error:
        raise DeclarationError(f"{path.name} is not YAML: {str(error).splitlines()[0]}.") from None
    except ValidationError as error:
        faults = "; ".join(
            f"{'.'.join(str(part) for part in fault['loc']) or 'the whole'}: {fault['msg'].removeprefix('Value error, ')}"
            for fault in error.errors()
        )
        raise DeclarationError(f"{path.name} cannot be used. {faults}.") from None


LEVELS: tuple[Level, ...] = get_args(Level)
