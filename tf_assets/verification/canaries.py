"""Search every byte outside the linkage environment for planted identifiers, in every form that they may have.

The landing area, the truth and the keys are where identifiers belong. The linkage environment's own folder is searched
too: all that lies there is encrypted.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import polars as pl

from tf_assets.verification.disguises import SHORTEST_PACKED, Disguises, disguises_of
from tf_assets.verification.unpacking import Part, parts_of
from tf_assets.warehouse.errors import EvaluationError
from tf_assets.warehouse.home import Home

BELONGS = ("landing", "truth", "keys")
"""Folders of a home in which identifiers lie by right."""

BATCH = 1 << 24
"""Bytes that are searched at once."""


@dataclass(frozen=True)
class Search:
    """What was searched and where a canary was found.

    n_canaries: planted values; n_files, n_bytes: searched; found: paths below the home, never the value.
    """

    n_canaries: int
    n_files: int
    n_bytes: int
    found: tuple[str, ...]


def search_home(home: Home) -> Search:
    """Search every file of a home in which no identifier may be readable, and the names of the files."""
    values = pl.read_csv(home.truth / "canaries.csv", infer_schema=False)["value"].unique().to_list()
    if not values:
        raise EvaluationError(f"{home.truth / 'canaries.csv'} names no canary. Make the country again.")
    files = [
        path
        for path in sorted(home.root.rglob("*"))
        if path.is_file() and not path.is_symlink() and path.relative_to(home.root).parts[0] not in BELONGS
    ]
    return search_files(home.root, files, values)


def search_files(root: Path, files: Iterable[Path], values: list[str]) -> Search:
    """Search some files below a folder, and their names, for some values."""
    files = list(files)
    sought = _Sought(disguises_of(values))
    found = {path for batch in _batches(_parts(root, files)) for path in sought.find(batch)}
    in_order = tuple(str(path.relative_to(root)) for path in files if path in found)
    return Search(len(values), len(files), sum(path.stat().st_size for path in files), in_order)


_PartOf: TypeAlias = tuple[Path, Part]


def _parts(root: Path, files: list[Path]) -> Iterator[_PartOf]:
    for path in files:
        yield path, Part(str(path.relative_to(root)).encode(), is_packed=False)
        for part in parts_of(path):
            yield path, part
            if not part.is_packed and b"\0" in part.content:  # UTF-16, in which every form may be written too
                yield path, Part(part.content.replace(b"\0", b""), is_packed=False)


def _batches(parts: Iterable[_PartOf]) -> Iterator[list[_PartOf]]:
    """Parts by the dozen megabytes: to make the automaton that searches takes longer than to search a small part."""
    batch: list[_PartOf] = []
    n_bytes = 0
    for path, part in parts:
        batch.append((path, part))
        n_bytes += len(part.content)
        if n_bytes > BATCH:
            yield batch
            batch, n_bytes = [], 0
    yield batch


class _Sought:
    """The forms that are looked for.

    Compressed and encrypted bytes are as good as random: in gigabytes of them every form of a few characters occurs by
    chance, so short ones are looked for in what such a file unpacks to alone.
    """

    def __init__(self, forms: Disguises) -> None:
        self._any_case = list(forms.any_case)
        self._long_any_case = [form for form in forms.any_case if len(form) >= SHORTEST_PACKED]
        self._exact = list(forms.exact)
        self._alone = list(forms.alone)
        self._alone_pattern = re.compile(rf"(?<!\d)(?:{'|'.join(forms.alone)})(?!\d)") if forms.alone else None

    def find(self, parts: list[_PartOf]) -> set[Path]:
        """The files of which some part holds a form."""
        packed = [(path, part.content) for path, part in parts if part.is_packed]
        plain = [(path, part.content) for path, part in parts if not part.is_packed]
        return self._find_packed(packed) | self._find_plain(plain)

    def _find_packed(self, parts: list[tuple[Path, bytes]]) -> set[Path]:
        texts = _texts(parts)
        return _where(parts, texts.str.contains_any(self._long_any_case, ascii_case_insensitive=True))

    def _find_plain(self, parts: list[tuple[Path, bytes]]) -> set[Path]:
        texts = _texts(parts)
        found = texts.str.contains_any(self._any_case, ascii_case_insensitive=True)
        if self._exact:
            found |= texts.str.contains_any(self._exact)
        if self._alone_pattern:
            # the automaton is fast and knows no neighbours; the pattern is slow and does
            near = texts.str.contains_any(self._alone)
            beside = [bool(each and self._alone_pattern.search(text)) for each, text in zip(near, texts, strict=True)]
            found |= pl.Series(beside, dtype=pl.Boolean)
        return _where(parts, found)


def _texts(parts: list[tuple[Path, bytes]]) -> pl.Series:
    return pl.Series([content.decode("latin-1") for _, content in parts], dtype=pl.String)


def _where(parts: list[tuple[Path, bytes]], found: pl.Series) -> set[Path]:
    return {path for (path, _), is_found in zip(parts, found, strict=True) if is_found}
