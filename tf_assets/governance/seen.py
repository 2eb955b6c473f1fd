"""What whoever writes the record can see: a folder that is closed to them is not an empty one."""

import json
import os
from pathlib import Path
from typing import Any

from tf_assets.warehouse.errors import EvaluationError


def is_visible(folder: Path) -> bool:
    """Whether a folder is there and its entries can be listed."""
    try:
        with os.scandir(folder):
            return True
    except OSError:
        return False


def read_json(path: Path, remedy: str) -> dict[str, Any]:
    """A JSON object; an `EvaluationError` names the damaged file and how to get it again."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise EvaluationError(f"{path.parent.name}/{path.name} is damaged. {remedy}")
    return found
