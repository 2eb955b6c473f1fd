"""Door 2: the only code that writes publications under `published/` (what moved: `revision_publishing`).

A publication is a folder that never changes: the report, the workbooks, the CSV files and a manifest of their hashes.
It is written apart and renamed when it is whole, and only if the ledger already holds every figure in it; then
`current.json` is pointed at it. Whatever is interrupted leaves the old publication current, or the new.
"""

import hashlib
import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import polars as pl

from tf_assets.research.cohorts.protocol import PROTOCOL, fingerprint
from tf_assets.research.publication.figures import PUBLISHED_TABLES, figures_of, publication_id
from tf_assets.research.publication.ledger import Ledger
from tf_assets.research.publication.opendocument import write_ods
from tf_assets.research.publication.report import report_html
from tf_assets.research.publication.rounding import METHOD
from tf_assets.research.publication.sheets import notes_table, publication_sheets
from tf_assets.research.publication.workbook import write_xlsx
from tf_assets.warehouse.errors import EvaluationError
from tf_assets.warehouse.schema import load_schemas

Tables = Mapping[str, pl.DataFrame]

TITLE = "Evaluation of the Troubled Families programme: tables"

FICTIONAL = "Fictional data: every person, family and record behind these numbers was invented to test the system."

INTRODUCTION = (
    "Families who took part in the programme are compared with similar families who had been assessed as eligible and "
    "were not yet worked with, in linked administrative records.",
    "Sheets of effects give the difference that the programme made. Sheets of outcomes give counts and rates of both "
    "groups as they are, before matching. Shorthand in square brackets is explained on the sheet Notes.",
    "Splits of regional and council figures by sex and by age are in the CSV files beside this workbook.",
)


@dataclass(frozen=True)
class Publication:
    """One publication; content_hash is over its files' names and hashes."""

    publication_id: str
    release_id: str
    n_figures: int
    n_files: int
    content_hash: str


def publish(published: Path, ledger: Ledger, release_id: str, tables: Tables, is_fictional: bool) -> Publication:
    """Write the publication of these protected tables and make it the current one.

    tables: the `PUBLISHED_TABLES`. Publishing the same tables again changes nothing. An `EvaluationError` if the
    ledger does not hold every figure, or if a folder of that name holds something else.
    """
    identity = publication_id(release_id, tables)
    figures = figures_of(tables, release_id)
    ledger.verify()
    if not ledger.holds(identity, figures):
        raise EvaluationError(
            "Nothing was published: the ledger does not hold these figures. Materialise publication_ledger first."
        )
    staged = published / f".staged-{identity}"
    shutil.rmtree(staged, ignore_errors=True)
    staged.mkdir(parents=True)
    _write_files(staged, identity, tables, is_fictional)
    made = _described(staged, identity, release_id, len(figures))
    _write_synced(staged / "manifest.json", _manifest(staged, made))
    target = published / identity
    if target.exists():
        _refuse_other(target, staged)
        shutil.rmtree(staged)
    else:
        staged.rename(target)
    _point_to(published, made)
    return made


def publications(published: Path) -> list[dict[str, object]]:
    """All publications with `is_current`, in the order of their ids."""
    pointer = published / "current.json"
    current = json.loads(pointer.read_text())["publication_id"] if pointer.exists() else None
    manifests = [json.loads(path.read_text()) for path in sorted(published.glob("[!.]*/manifest.json"))]
    names = Publication.__dataclass_fields__
    return [
        {**{name: manifest[name] for name in names}, "is_current": manifest["publication_id"] == current}
        for manifest in manifests
    ]


def _write_files(folder: Path, identity: str, tables: Tables, is_fictional: bool) -> None:
    sheets, notes = publication_sheets(tables), notes_table()
    introduction = [*([FICTIONAL] if is_fictional else []), *INTRODUCTION, f"Publication {identity}"]
    write_xlsx(folder / "tables.xlsx", TITLE, introduction, notes, sheets)
    write_ods(folder / "tables.ods", TITLE, introduction, notes, sheets)
    (folder / "report.html").write_text(report_html(tables, identity, is_fictional), encoding="utf-8")
    (folder / "csv").mkdir()
    for table in PUBLISHED_TABLES:
        tables[table].write_csv(folder / "csv" / f"{table.removeprefix('protected_')}.csv")
    pl.DataFrame(notes, schema=["note", "text"], orient="row").write_csv(folder / "csv" / "notes.csv")
    _columns().write_csv(folder / "csv" / "columns.csv")


def _columns() -> pl.DataFrame:
    """What each column of the CSV files means, as declared in schema.yml."""
    schemas = load_schemas()
    return pl.DataFrame(
        [
            {"file": f"{table.removeprefix('protected_')}.csv", "column": column.name, "meaning": column.description}
            for table in PUBLISHED_TABLES
            for column in schemas["research", table].columns
        ]
    )


def _described(folder: Path, identity: str, release_id: str, n_figures: int) -> Publication:
    hashes = _file_hashes(folder)
    content_hash = hashlib.sha256(json.dumps(hashes).encode()).hexdigest()
    return Publication(identity, release_id, n_figures, len(hashes), content_hash)


def _manifest(folder: Path, made: Publication) -> str:
    protocol = {"version": PROTOCOL.version, "sha256": fingerprint()}
    described = {**asdict(made), "method": METHOD, "protocol": protocol, "files": _file_hashes(folder)}
    return json.dumps(described, indent=2) + "\n"


def _file_hashes(folder: Path) -> dict[str, str]:
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.name != "manifest.json")
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def _refuse_other(target: Path, staged: Path) -> None:
    """The same tables must be the same files; else the way that they are written has changed since."""
    manifest = target / "manifest.json"
    is_same = manifest.exists() and manifest.read_bytes() == (staged / "manifest.json").read_bytes()
    if not is_same or _file_hashes(target) != _file_hashes(staged):
        shutil.rmtree(staged)
        raise EvaluationError(
            f"Publication {target.name} is out already and its files differ from what would be written now: the files "
            "were changed, or the software was. A publication never changes. Make a new release and publish that."
        )


def _point_to(published: Path, made: Publication) -> None:
    pointer = {"publication_id": made.publication_id, "release_id": made.release_id, "content_hash": made.content_hash}
    staged = published / ".current.json.staged"
    _write_synced(staged, json.dumps(pointer, indent=2) + "\n")
    staged.replace(published / "current.json")


def _write_synced(path: Path, text: str) -> None:
    with path.open("w", encoding="utf-8") as stream:
        stream.write(text)
        stream.flush()
        os.fsync(stream.fileno())
