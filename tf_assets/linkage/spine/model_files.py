"""A linkage's parameters in a file, so that another linkage can be made with the very same."""

import json
from pathlib import Path

import polars as pl

from tf_assets.linkage.spine.comparisons import COMPARISONS
from tf_assets.linkage.spine.settings import PARAMETER_SCHEMA, Model
from tf_assets.linkage.spine.training import Parameters
from tf_assets.warehouse.errors import InputRefused

VERSION = 1


def write_model(model: Model, path: Path) -> None:
    """Write a linkage's parameters as JSON; nothing of any person is in them."""
    written = {"version": VERSION, "is_trained": model.is_trained, "parameters": model.parameters.to_dicts()}
    path.write_text(json.dumps(written, indent=2) + "\n", encoding="utf-8")


def read_model(path: Path) -> Parameters:
    """Parameters from a file; `InputRefused` where it is none, or is of other levels of agreement than this version's."""
    try:
        model = json.loads(path.read_text(encoding="utf-8"))
        table = pl.DataFrame(model["parameters"], schema=PARAMETER_SCHEMA, orient="row")
        version, is_trained = model["version"], bool(model["is_trained"])
    except (json.JSONDecodeError, UnicodeDecodeError, KeyError, TypeError, pl.exceptions.PolarsError):
        raise InputRefused(
            f"{path} is not a model of a linkage. Leave it out, or give one that --model wrote."
        ) from None
    if version != VERSION:
        raise InputRefused(f"{path} is a model of version {version}; this is version {VERSION}. Train a new one.")
    labels = {each.name: [level.label for level in each.levels] for each in COMPARISONS}
    found = {str(name): rows for (name,), rows in table.group_by("comparison", maintain_order=True)}
    odd = [name for name, rows in found.items() if rows["level"].to_list() != labels.get(name)]
    if odd:
        raise InputRefused(f"{path} has other levels than this version for {', '.join(odd)}. Train a new model.")
    values = {which: {name: tuple(rows[which].to_list()) for name, rows in found.items()} for which in ("m", "u")}
    return Parameters(values["m"], values["u"], table, is_trained)
