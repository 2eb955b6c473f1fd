"""How a person says which columns of a file of people are which."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer
import yaml

from tf_assets.linkage.spine.preparing import IDENTITY_COLUMNS, REQUIRED_COLUMNS, columns_of
from tf_assets.warehouse.errors import InputRefused

SIDES = ("left", "right")
OUR_COLUMNS = tuple(dict.fromkeys((*REQUIRED_COLUMNS, *IDENTITY_COLUMNS, "aliases", "family_id")))

ColumnsOption = Annotated[
    Path | None, typer.Option(help="YAML with our column names and theirs, for both files or under left and right.")
]
RenameOption = Annotated[list[str] | None, typer.Option(help="theirs=ours, for a column of either file; repeat it.")]


def names_of_columns(files: Mapping[str, Path], columns: Path | None, rename: list[str]) -> dict[str, dict[str, str]]:
    """Their name of each column by ours, for each side: what the mapping says, then what is renamed and is there."""
    given = _read_mapping(columns) if columns is not None else {}
    pairs = [_pair(each) for each in rename]
    names: dict[str, dict[str, str]] = {}
    for side, path in files.items():
        both = {ours: theirs for ours, theirs in given.items() if ours not in SIDES}
        theirs_here = columns_of(path)
        names[side] = {
            **{ours: str(theirs) for ours, theirs in {**both, **given.get(side, {})}.items()},
            **{ours: theirs for ours, theirs in pairs if theirs in theirs_here},
        }
        unknown = sorted(set(names[side]) - set(OUR_COLUMNS))
        if unknown:
            raise InputRefused(
                f"There is no column {', '.join(unknown)} to map to. There are {', '.join(OUR_COLUMNS)}."
            )
    return names


def _read_mapping(path: Path) -> dict[str, Any]:
    try:
        mapping = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InputRefused(f"There is no file {path}.") from None
    except (yaml.YAMLError, UnicodeDecodeError):
        raise InputRefused(f"{path} is not YAML. Write lines of the form forename: their column.") from None
    parts = [mapping, *(mapping.get(side, {}) for side in SIDES)] if isinstance(mapping, dict) else [mapping]
    if not all(isinstance(part, dict) for part in parts):
        raise InputRefused(
            f"{path} is no mapping. Write lines of the form forename: their column, or under left and right."
        )
    return dict(mapping)


def _pair(text: str) -> tuple[str, str]:
    """Ours and theirs."""
    theirs, equals, ours = text.partition("=")
    if not (theirs and equals and ours):
        raise InputRefused(f"--rename {text} is not of the form theirs=ours.")
    return ours.strip(), theirs.strip()
