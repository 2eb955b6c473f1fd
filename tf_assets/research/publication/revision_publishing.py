"""The revisions page on disk, beside the publications, whose folders do not depend on what was published before.

    published/revisions/<generation>/revisions.html  revisions.csv
    published/revisions/current.json                 the generation that counts

A generation is written apart and renamed when it is whole, then pointed to; the others are then removed. The same
history is the same generation and the same bytes.
"""

import hashlib
import json
import shutil
from collections.abc import Mapping
from pathlib import Path

import polars as pl

from tf_assets.research.publication.ledger import Ledger
from tf_assets.research.publication.revision_page import history_of, revisions_html
from tf_assets.research.publication.sources import Sources
from tf_assets.warehouse.errors import EvaluationError
from tf_assets.warehouse.whole_files import write_whole

FOLDER = "revisions"
PAGE, TABLE = "revisions.html", "revisions.csv"


def publish_revisions(
    published: Path, ledger: Ledger, moved: pl.DataFrame, sources: Mapping[str, Sources], is_fictional: bool
) -> Path:
    """Write the page and the table of what moved, and make them the current ones; their folder.

    moved: `revisions`, of figures that the ledger holds; sources: by publication.
    """
    pointer = published / "current.json"
    if not pointer.exists():
        raise EvaluationError("Nothing is published yet, so nothing can have moved. Materialise publication first.")
    current = json.loads(pointer.read_text())["publication_id"]
    history = history_of(ledger.n_figures(), moved, sources)
    made = {
        PAGE: revisions_html(history, current, is_fictional).encode(),
        TABLE: moved.write_csv().encode(),
    }
    hashes = {name: hashlib.sha256(content).hexdigest() for name, content in made.items()}
    digest = hashlib.sha256(json.dumps(hashes).encode()).hexdigest()
    generation = f"{len(history):06d}-{digest[:8]}"
    folder = published / FOLDER / generation
    _put_in_place(folder, made)
    told = {"generation": generation, "publication_id": history[0].publication_id, "files": hashes}
    write_whole(published / FOLDER / "current.json", json.dumps(told, indent=2) + "\n")
    for other in (published / FOLDER).iterdir():
        if other.is_dir() and other != folder:
            shutil.rmtree(other)
    return folder


def _put_in_place(folder: Path, made: Mapping[str, bytes]) -> None:
    """Write a generation; one of this name that was changed by hand is replaced, for it follows from the ledger."""
    staged = folder.parent / f".staged-{folder.name}"
    shutil.rmtree(staged, ignore_errors=True)
    for name, content in made.items():
        write_whole(staged / name, content.decode())
    if folder.exists():
        if all((folder / name).exists() and (folder / name).read_bytes() == made[name] for name in made):
            shutil.rmtree(staged)
            return
        shutil.rmtree(folder)
    staged.rename(folder)
