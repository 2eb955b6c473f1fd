"""The folder of mappings: `<council>.yml`, and `<council>.proposed.yml` beside a confirmed one that lacks something.

A confirmed file stays in force, and returns that it covers go on being read by it, until the proposed file beside it is
confirmed too: then that one, which holds everything the first did, counts. Each write is whole or not at all.
"""

import re
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from tf_assets.linkage.returns.mappings import CouncilMapping, parse_mapping, read_nodes
from tf_assets.linkage.returns.proposals import confirmed_text, merged_proposal
from tf_assets.warehouse.errors import InputRefused
from tf_assets.warehouse.whole_files import write_whole


@dataclass(frozen=True)
class MappingFile:
    """One file of the folder: its council, what it says, or the fault that keeps it from being read."""

    council_code: str
    path: Path
    mapping: CouncilMapping | None
    fault: str | None

    @property
    def state(self) -> str:
        """confirmed, waiting or faulty."""
        if self.mapping is None:
            return "faulty"
        return "confirmed" if self.mapping.is_confirmed else "waiting"


def mapping_path(folder: Path, council_code: str) -> Path:
    """The council's mapping."""
    return folder / f"{_safe(council_code)}.yml"


def proposed_path(folder: Path, council_code: str) -> Path:
    """What is proposed beside a confirmed mapping."""
    return folder / f"{_safe(council_code)}.proposed.yml"


def mapping_in_force(folder: Path, council_code: str) -> CouncilMapping | None:
    """The council's confirmed mapping, None while there is none; `InputRefused` when its file has a fault."""
    found = confirmed_file(folder, council_code)
    return found.mapping if found else None


def confirmed_file(folder: Path, council_code: str) -> MappingFile | None:
    """The file of the council's confirmed mapping, None while there is none; `InputRefused` when it has a fault."""
    proposed = _read(proposed_path(folder, council_code), council_code)
    if proposed and proposed.state == "confirmed":
        return proposed
    main = _read(mapping_path(folder, council_code), council_code)
    if main and main.fault:
        raise InputRefused(main.fault)
    return main if main and main.state == "confirmed" else None


def write_proposal(folder: Path, council_code: str, text: str) -> Path:
    """Put a proposal where a person finds it; the file to edit.

    Nothing that a person wrote is lost: a confirmed file stays, with the proposal beside it; an unconfirmed one keeps
    its lines and gets the headings that it lacks; one with a fault is left alone until it is mended.
    """
    folder.mkdir(parents=True, exist_ok=True)
    main, proposed = mapping_path(folder, council_code), proposed_path(folder, council_code)
    beside = _read(proposed, council_code)
    if beside and beside.mapping and beside.mapping.is_confirmed:
        proposed.replace(main)
        beside = None
    existing = _read(main, council_code)
    if existing is None:
        write_whole(main, text)
        return main
    if existing.mapping is None:
        return main
    if not existing.mapping.is_confirmed:
        return _merge(main, main, council_code, text)
    if beside is not None and beside.mapping is None:
        return proposed
    return _merge(proposed if beside else main, proposed, council_code, text)


def confirm(folder: Path, council_code: str, by: str, on: date) -> CouncilMapping:
    """Confirm what waits for a council, the proposal beside a confirmed file before the file itself.

    `InputRefused` when there is nothing, or the file has a fault; it stays as it was then.
    """
    main, proposed = mapping_path(folder, council_code), proposed_path(folder, council_code)
    path = proposed if proposed.exists() else main
    if not path.exists():
        raise InputRefused(
            f"There is no mappings/{council_code}.yml. It is written when a return of the council waits for it."
        )
    content = path.read_bytes()
    told = {"confirmed": "true", "confirmed_by": _quoted(by), "confirmed_on": on.isoformat()}
    read_nodes(content, council_code)
    text = confirmed_text(content.decode("utf-8-sig"), council_code, told)
    mapping = parse_mapping(text.encode(), council_code)
    write_whole(main, text)
    proposed.unlink(missing_ok=True)
    return mapping


def mapping_files(folder: Path) -> list[MappingFile]:
    """Every mapping of the folder, by name."""
    found = []
    for path in sorted(folder.glob("*.yml")):
        council_code = path.name.split(".")[0]
        if path.name in (f"{council_code}.yml", f"{council_code}.proposed.yml") and _is_safe(council_code):
            file = _read(path, council_code)
            if file:
                found.append(file)
    return found


def _merge(source: Path, target: Path, council_code: str, text: str) -> Path:
    """The person's lines of `source` with what they lack of `text`, unconfirmed, in `target`."""
    before = source.read_text("utf-8-sig")
    merged = merged_proposal(before, text, council_code)
    if merged == before:
        return source
    unconfirmed = {"confirmed": "false  # headings were added below: look at them, then write true"}
    unconfirmed |= {"confirmed_by": "", "confirmed_on": ""}
    write_whole(target, merged if source == target else confirmed_text(merged, council_code, unconfirmed))
    return target


def _read(path: Path, council_code: str) -> MappingFile | None:
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return None
    try:
        return MappingFile(council_code, path, parse_mapping(content, council_code), None)
    except InputRefused as refusal:
        return MappingFile(council_code, path, None, str(refusal).replace(f"{council_code}.yml", path.name))


def _quoted(name: str) -> str:
    plain = " ".join(name.split())
    if not plain:
        raise InputRefused("Say who confirms the mapping: --by NAME.")
    return "'" + plain.replace("'", "''") + "'"


def _is_safe(council_code: str) -> bool:
    return bool(re.fullmatch(r"[A-Z]\d{8}", council_code))


def _safe(council_code: str) -> str:
    if not _is_safe(council_code):
        raise InputRefused("A council code is a letter and eight digits, as E06000001.")
    return council_code
