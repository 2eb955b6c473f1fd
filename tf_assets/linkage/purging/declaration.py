"""`retention.yml`, read and checked: how long each kind of thing is kept, on what ground, and who owns it."""

from pathlib import Path
from typing import Literal, get_args

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from tf_assets.warehouse.errors import DeclarationError

RETENTION_FILE = Path(__file__).parents[1] / "retention.yml"

AgingKind = Literal[
    "superseded_returns", "quarantine", "superseded_extracts", "superseded_references", "landed_files", "staging",
    "feedback", "worker_logs", "dagster_runs", "compute_logs", "releases", "rebuilt",
]  # fmt: skip
"""What is removed at an age."""

StandingKind = Literal[
    "returns_in_force", "decisions", "register_of_arrivals", "opt_outs", "tables", "publications"
]  # fmt: skip
"""What is kept as long as it stands: without it a release could not be made, or not be answered for."""

Kind = Literal[AgingKind, StandingKind]
AGING_KINDS: tuple[AgingKind, ...] = get_args(AgingKind)
STANDING_KINDS: tuple[StandingKind, ...] = get_args(StandingKind)


class Rule(BaseModel):
    """How long one kind is kept; days: None for as long as it stands."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    what: str = Field(min_length=1)
    days: int | None = Field(ge=1)
    counted_from: str = Field(min_length=1)
    ground: str = Field(min_length=1)
    owner: str = Field(min_length=1)


class Retention(BaseModel):
    """The whole declaration: a rule for every kind of thing, and for nothing else."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    version: int
    kinds: dict[Kind, Rule]

    @model_validator(mode="after")
    def _is_whole(self) -> "Retention":
        missing = [kind for kind in (*AGING_KINDS, *STANDING_KINDS) if kind not in self.kinds]
        if missing:
            raise ValueError(f"no rule for {', '.join(missing)}")
        aged = [kind for kind in STANDING_KINDS if self.kinds[kind].days is not None]
        if aged:
            raise ValueError(f"{', '.join(aged)} cannot be removed at an age: give days: null")
        return self

    def days(self, kind: AgingKind) -> int | None:
        """How many days a kind is kept; None for as long as it stands."""
        return self.kinds[kind].days


def load_retention(path: Path = RETENTION_FILE) -> Retention:
    """The declaration; `DeclarationError` says what is wrong with it."""
    try:
        return Retention.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except yaml.YAMLError as error:
        raise DeclarationError(f"{path.name} is not YAML: {str(error).splitlines()[0]}.") from None
    except ValidationError as error:
        faults = "; ".join(
            f"{'.'.join(str(part) for part in fault['loc']) or 'kinds'}: {fault['msg']}" for fault in error.errors()
        )
        raise DeclarationError(f"{path.name} does not declare a retention. {faults}.") from None
