"""Which column is which: exact words, then nearly the same words, then the same meaning; below that, no guess."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

import polars as pl
from rapidfuzz import fuzz, process

from tf_assets.linkage.returns.vocabulary import FIELDS, FULL_NAME, Field, plain_words
from tf_assets.linkage.semantic import semantic_matches
from tf_assets.warehouse.errors import InputRefused

FUZZY_THRESHOLD = 88.0
"""Least rapidfuzz ratio (0-100): one slip in a dozen letters (ours)."""

SEMANTIC_THRESHOLD = 0.55
"""Least cosine similarity (0-1): measured in docs/reference/return-rules.md (ours)."""

LONGEST_HEADING = 60
_ALIASES = {alias: field.name for field in FIELDS for alias in (plain_words(field.name), *field.aliases)}
_RANK = {alias: rank for rank, alias in enumerate(_ALIASES)}
SemanticMatcher = Callable[[list[str], list[str], float], pl.DataFrame]


@dataclass(frozen=True)
class HeadingMatch:
    """One heading that was understood.

    column: the cell column; field: what it is; method: exact, fuzzy or semantic; score: 0-1.
    """

    column: str
    field: str
    method: str
    score: float


@lru_cache(maxsize=100_000)
def known_field(heading: str) -> tuple[str, str, float] | None:
    """Field, method and score of a heading by its words alone; None when they are unknown."""
    words = plain_words(heading)
    if words in _ALIASES:
        return _ALIASES[words], "exact", 1.0
    if len(words) < 5:
        return None
    found = process.extractOne(words, _ALIASES.keys(), scorer=fuzz.ratio, score_cutoff=FUZZY_THRESHOLD)
    return (_ALIASES[found[0]], "fuzzy", found[1] / 100) if found else None


def heading_score(cells: list[str | None]) -> float:
    """How much a row looks like the headings: known words, and a little for other words that could be headings."""
    filled = [cell for cell in cells if cell]
    known = {found[0] for cell in filled if len(cell) <= LONGEST_HEADING and (found := known_field(cell))}
    return len(known) + 0.2 * sum(looks_like_heading(cell) for cell in filled)


def looks_like_heading(cell: str) -> bool:
    """Words, not a date, a number or a postcode."""
    return len(cell) <= LONGEST_HEADING and bool(re.match(r"^[A-Za-z][A-Za-z _\-/.'’?&()]*\d?$", cell))


def match_headings(
    headings: Mapping[str, str | None], semantic: SemanticMatcher = semantic_matches
) -> list[HeadingMatch]:
    """Match cell columns to fields; InputRefused when a required field is missing or two columns claim one.

    headings: cell column -> heading as sent. The first method that knows a heading decides. Of two headings for one
    field the better match is taken, among equals the one that stands first in the vocabulary (the more specific).
    """
    by_words = {column: known_field(text) for column, text in headings.items() if text}
    matches = [HeadingMatch(column, *found) for column, found in by_words.items() if found]
    _refuse_double_claims(matches, headings)
    best: dict[str, HeadingMatch] = {}
    for match in sorted(matches, key=lambda match: (-match.score, _rank(headings[match.column]))):
        best.setdefault(match.field, match)
    unknown = {column: text for column, text in headings.items() if text and not by_words.get(column)}
    if unknown and _absent(set(best)):
        for match in _by_meaning(unknown, set(best), semantic):
            best.setdefault(match.field, match)
    _refuse_missing(set(best), headings)
    if "forename" in best and "surname" in best:
        best.pop(FULL_NAME, None)
    return sorted(best.values(), key=lambda match: match.column)


def _by_meaning(unknown: Mapping[str, str], taken: set[str], semantic: SemanticMatcher) -> list[HeadingMatch]:
    """Nearest meanings among all fields, best first; one whose field is taken is dropped, not moved to another."""
    readable = {plain_words(text): column for column, text in unknown.items() if looks_like_heading(text)}
    phrases = {phrase: field.name for field in FIELDS for phrase in field.meaning.split(", ")}
    if not readable:
        return []
    found = semantic(sorted(readable), sorted(phrases), SEMANTIC_THRESHOLD).sort(
        "score", "left", descending=[True, False]
    )
    pairs = [(readable[left], phrases[right], score) for left, right, score in found.iter_rows()]
    return [HeadingMatch(column, field, "semantic", score) for column, field, score in pairs if field not in taken]


def absent_fields(matches: Iterable[HeadingMatch]) -> list[Field]:
    """Fields that no heading means; of the three name fields only those that are still wanted."""
    return _absent({match.field for match in matches})


def unused_headings(headings: Mapping[str, str | None], matches: list[HeadingMatch]) -> tuple[str, ...]:
    """Headings that no field takes, as sent; what does not look like a heading might be a value and is left out."""
    used = {match.column for match in matches}
    return tuple(t for column, t in headings.items() if column not in used and t and looks_like_heading(t))


def _absent(present: set[str]) -> list[Field]:
    has_name = FULL_NAME in present or {"forename", "surname"} <= present
    unwanted = {FULL_NAME, "forename", "surname"} if has_name else {FULL_NAME}
    return [field for field in FIELDS if field.name not in present | unwanted]


def _missing(present: set[str]) -> list[Field]:
    return [field for field in _absent(present) if field.is_required or field.name in ("forename", "surname")]


def _refuse_missing(present: set[str], headings: Mapping[str, str | None]) -> None:
    missing = _missing(present)
    if not missing:
        return
    seen = [text[:LONGEST_HEADING] for text in headings.values() if text and looks_like_heading(text)][:40]
    raise InputRefused(
        f"The register has no column for {_join([field.name.replace('_', ' ') for field in missing])}. "
        f"Its headings are: {_join(seen) or 'none that could be read'}. Name the columns as in the data schedule."
    )


def _refuse_double_claims(matches: list[HeadingMatch], headings: Mapping[str, str | None]) -> None:
    words = [plain_words(headings[match.column] or "") for match in matches if match.method == "exact"]
    twice = sorted({word for word in words if words.count(word) > 1})
    if twice:
        raise InputRefused(f"More than one column is headed {_join(twice)}. Send one of them.")


def _rank(heading: str | None) -> int:
    return _RANK.get(plain_words(heading or ""), len(_RANK))


def _join(words: list[str]) -> str:
    return ", ".join(f"“{word}”" for word in words)
