"""The home of one instance: where its files lie."""

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from tf_assets.warehouse.errors import EvaluationError

Environment = Literal["linkage", "research"]
HOME_VARIABLE = "TF_HOME"
DEFAULT_HOME = ".tf"


@dataclass(frozen=True)
class Project:
    """What the instance is for.

    name: the release project; record_salt: salts record keys (not a secret); is_demo: a fictional country lives here,
    and only here may demo keys be used.
    """

    name: str
    record_salt: str
    is_demo: bool


@dataclass(frozen=True)
class Home:
    """Paths of one instance below its root."""

    root: Path

    @classmethod
    def from_environment(cls) -> "Home":
        """The home that `TF_HOME` names, else `.tf` below the working directory."""
        return cls(Path(os.environ.get(HOME_VARIABLE) or DEFAULT_HOME).resolve())

    @property
    def landing(self) -> Path:
        """What suppliers sent."""
        return self.root / "landing"

    @property
    def truth(self) -> Path:
        """The fictional country's truth; read by tests, benchmarks and `tf-eval verify` alone."""
        return self.root / "truth"

    @property
    def releases(self) -> Path:
        """Door 1."""
        return self.root / "releases"

    @property
    def published(self) -> Path:
        """Door 2."""
        return self.root / "published"

    @property
    def feedback(self) -> Path:
        """What councils are told of their returns."""
        return self.root / "feedback"

    @property
    def governance(self) -> Path:
        """What the information governance board is told of each release."""
        return self.root / "governance"

    @property
    def mappings(self) -> Path:
        """What people confirmed of councils' headings and words."""
        return self.root / "mappings"

    @property
    def dagster(self) -> Path:
        """Dagster's instance."""
        return self.root / "dagster"

    @property
    def keys(self) -> Path:
        """The linkage environment's key files."""
        return self.root / "keys"

    def zone(self, environment: Environment) -> Path:
        """The storage of one environment."""
        return self.root / environment

    @property
    def project_file(self) -> Path:
        """What the instance is for."""
        return self.root / "project.json"

    def project(self) -> Project:
        """Read `project.json`; an `EvaluationError` says how to make one."""
        try:
            declared = json.loads(self.project_file.read_text())
            return Project(declared["project"], declared["record_salt"], bool(declared["is_demo"]))
        except FileNotFoundError:
            raise EvaluationError(
                f"There is no project in {self.root}. Set {HOME_VARIABLE} to the instance's home, "
                "or make one with `tf-eval init`."
            ) from None
        except (ValueError, KeyError, TypeError):
            raise EvaluationError(
                f"{self.project_file} is not a project file: it needs project, record_salt and is_demo."
            ) from None
