"""What is kept how long, as `retention.yml` of the linkage environment declares it, and when it was last enforced.

The declaration is checked by whoever enforces it; here it is read to be shown.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tf_assets.governance.seen import is_visible, read_json
from tf_assets.warehouse.errors import DeclarationError
from tf_assets.warehouse.home import Home
from tf_assets.warehouse.project import project_root

RETENTION_FILE = project_root() / "tf_assets" / "linkage" / "retention.yml"

PURGES = "purges"
"""Below the linkage zone: a file for each purge, by its time."""


@dataclass(frozen=True)
class Kept:
    """One kind of thing; days: None for as long as it stands."""

    kind: str
    what: str
    days: int | None
    counted_from: str
    ground: str
    owner: str

    @property
    def length(self) -> str:
        """How long, in words."""
        if self.days is None:
            return "as long as it stands"
        years, rest = divmod(self.days, 365)
        if years and not rest:
            return f"{years} year{'s' if years > 1 else ''}"
        return f"{self.days} day{'s' if self.days > 1 else ''}"


@dataclass(frozen=True)
class Purge:
    """The last purge: on what day, how many things went, whether it came to its end."""

    day: str
    n_removed: int
    is_finished: bool


def read_retention(path: Path | None = None) -> tuple[Kept, ...] | None:
    """Every kind in the order of the declaration; None where nothing is declared."""
    path = path or RETENTION_FILE
    if not path.exists():
        return None
    try:
        kinds = yaml.safe_load(path.read_text(encoding="utf-8"))["kinds"]
        return tuple(_kept(kind, said) for kind, said in kinds.items())
    except (yaml.YAMLError, KeyError, TypeError, AttributeError):
        raise DeclarationError(
            f"{path.name} cannot be read: each kind needs what, days, counted_from, ground and owner."
        ) from None


def _kept(kind: str, said: dict[str, Any]) -> Kept:
    return Kept(kind, said["what"], said["days"], said["counted_from"], said["ground"], said["owner"])


def last_purge(home: Home) -> Purge | None:
    """The purge that was begun last, where there was one and it can be seen from here."""
    folder = home.zone("linkage") / PURGES
    if not is_visible(folder):
        return None
    paths = sorted(folder.glob("[0-9]*.json"))
    if not paths:
        return None
    told = read_json(paths[-1], "Restore it from a copy, or purge again.")
    n_removed = sum(int(each["n_due"]) for each in told["removed"])
    return Purge(str(told["purged_at"])[:10], n_removed, bool(told["is_finished"]))
