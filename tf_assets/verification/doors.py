"""What crosses the doors of a home, against the declared list (`doors.yml`): nothing else may, and nobody is in what
leaves.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal, get_args

import polars as pl
import yaml

from tf_assets.research.publication.figures import PUBLISHED_TABLES
from tf_assets.verification.unpacking import parts_of
from tf_assets.warehouse.errors import DeclarationError
from tf_assets.warehouse.home import Home

Rows = Literal["person", "sent_row", "aggregate", "none"]

NAMES: Mapping[str, str] = {
    "release_id": r"[0-9a-f]{16}",
    "publication_id": r"[0-9a-f]{16}-[0-9a-f]{8}",
    "published_table": "|".join(table.removeprefix("protected_") for table in PUBLISHED_TABLES),
    "workbook": r"xlsx|ods",
    "generation": r"\d{6}-[0-9a-f]{8}",
    "council_code": r"E\d{8}",
    "quarter_date": r"\d{4}-\d{2}-01",
    "digest": r"[0-9a-f]{12}",
    "check": r"canaries|doors|keys",
    "closed_at": r"\d{8}T\d{6,12}",
    "arrival": r"\d{4}-\d{2}-\d{2}T\d{6}-[0-9a-f]{8}",
}
"""The words in braces of `doors.yml`, as patterns. None is wide enough for a name or a reference."""

PSEUDONYM = re.compile(rb"(?<![0-9A-Za-z])[0-9a-fA-F]{32}(?![0-9A-Za-z])")
"""What a pseudonym or a record key looks like; hashes of files and records have other lengths."""

_NONE = "no release has anybody"

_DOOR_FIELDS = {"name", "folder", "sender", "receiver", "files"}
_FILE_FIELDS = {"path", "rows", "holds", "why"}


@dataclass(frozen=True)
class DeclaredFile:
    """A kind of file that may cross a door: which door, the pattern of its path below the home, what it holds, from whom
    to whom and why."""

    door: str
    pattern: re.Pattern[str]
    rows: Rows
    holds: str
    sender: str
    receiver: str
    why: str


@dataclass(frozen=True)
class Doors:
    """The declared list. inside: files and folders of a home that stay, by whom they belong to; commands: by their words,
    what each gives of people."""

    files: tuple[DeclaredFile, ...]
    folders: Mapping[str, str]
    inside: Mapping[str, str]
    commands: Mapping[str, str]


@dataclass(frozen=True)
class Crossings:
    """What was found in a home: crossed, paths below it by door; undeclared, paths that no line names; personal, paths of
    what leaves in which a pseudonym or a key of a person stands."""

    crossed: Mapping[str, tuple[str, ...]]
    undeclared: tuple[str, ...]
    personal: tuple[str, ...]

    @property
    def are_as_declared(self) -> bool:
        """Whether nothing crossed that may not."""
        return not self.undeclared and not self.personal


def declared_doors(path: Path | None = None) -> Doors:
    """Read the list; a `DeclarationError` names what is wrong with it."""
    return _declared_doors(path or Path(__file__).with_name("doors.yml"))


@cache
def _declared_doors(path: Path) -> Doors:
    told = yaml.safe_load(path.read_text(encoding="utf-8"))
    files = tuple(file for door in told["doors"] for file in _files_of(door))
    return Doors(
        files,
        {door["folder"]: door["name"] for door in told["doors"]},
        {each["path"]: each["holder"] for each in told["inside"]},
        {name: each["gives"] for name, each in told["commands"].items()},
    )


def _files_of(door: Mapping[str, Any]) -> Iterator[DeclaredFile]:
    if set(door) != _DOOR_FIELDS:
        raise DeclarationError(f"doors.yml: a door must say exactly {', '.join(sorted(_DOOR_FIELDS))}.")
    for file in door["files"]:
        if set(file) != _FILE_FIELDS or not all(file.values()):
            raise DeclarationError(
                f"doors.yml: a file of the door {door['name']} must say exactly {', '.join(sorted(_FILE_FIELDS))}."
            )
        if file["rows"] not in get_args(Rows):
            raise DeclarationError(f"doors.yml: {file['path']} has unknown rows; say {', '.join(get_args(Rows))}.")
        if file["rows"] == "person" and (door["sender"], door["receiver"]) != ("linkage", "research"):
            raise DeclarationError(
                f"doors.yml: {file['path']} would take rows of people out of {door['sender']} to {door['receiver']}. "
                "Only the release may hold people, and only research may have it."
            )
        pattern = _pattern(f"{door['folder']}/{file['path']}")
        yield DeclaredFile(
            door["name"], pattern, file["rows"], file["holds"], door["sender"], door["receiver"], file["why"]
        )


def _pattern(path: str) -> re.Pattern[str]:
    parts = re.split(r"\{(\w+)\}", path)
    unknown = sorted(set(parts[1::2]) - NAMES.keys())
    if unknown:
        raise DeclarationError(f"doors.yml: {path} has a name that doors.py does not know: {', '.join(unknown)}.")
    return re.compile("".join(f"(?:{NAMES[part]})" if at % 2 else re.escape(part) for at, part in enumerate(parts)))


def find_crossings(home: Home, doors: Doors | None = None) -> Crossings:
    """Hold every file of a home against the list, and look for people in what leaves research and linkage."""
    doors = doors or declared_doors()
    crossed: dict[str, list[str]] = {name: [] for name in doors.folders.values()}
    undeclared, leaving = [], []
    for path in sorted(each for each in home.root.rglob("*") if each.is_file() or each.is_symlink()):
        name = str(path.relative_to(home.root))
        first = name.split("/")[0]
        if any(_pattern(inside).fullmatch(first) for inside in doors.inside):
            continue
        file = next((each for each in doors.files if each.pattern.fullmatch(name)), None)
        if file is None or path.is_symlink():
            undeclared.append(name)
        else:
            crossed[file.door].append(name)
        if file is None or file.rows != "person":
            leaving.append(path)
    in_order = {door: tuple(names) for door, names in crossed.items()}
    return Crossings(in_order, tuple(undeclared), tuple(_with_people(home, leaving)))


def _with_people(home: Home, leaving: list[Path]) -> Iterator[str]:
    """The files of some in which a pseudonym, a key of a record or the rounding key of a person stands.

    The keyed hashes of returns (`returns.parquet`) look as a pseudonym does and are no person's.
    """
    content_keys, rounding_keys = _keys_of_releases(home)
    texts = [b"\n".join(part.content for part in parts_of(path) if not part.is_packed) for path in leaving]
    # once for all files: to make the automaton takes longer than to search one
    has_rounding_key = pl.Series([text.decode("latin-1") for text in texts], dtype=pl.String).str.contains_any(
        [str(key) for key in rounding_keys] or [_NONE]
    )
    for path, text, is_found in zip(leaving, texts, has_rounding_key, strict=True):
        looks_keyed = {found.group().decode().lower() for found in PSEUDONYM.finditer(text)} - content_keys
        if looks_keyed or is_found:
            yield str(path.relative_to(home.root))


def _keys_of_releases(home: Home) -> tuple[set[str], set[int]]:
    content_keys, rounding_keys = set[str](), set[int]()
    for path in home.releases.glob("[!.]*/returns.parquet"):
        content_keys.update(pl.read_parquet(path)["content_key"])
    for path in home.releases.glob("[!.]*/people.parquet"):
        rounding_keys.update(pl.read_parquet(path)["rounding_key"])
    return content_keys, rounding_keys
