"""Which column is which: what a person confirmed, then exact words, nearly the same words, the same meaning.

Below the thresholds, and where two readings are nearly equally good, nothing is guessed: the nearest field is proposed,
and a person decides.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from rapidfuzz import fuzz, process

from tf_assets.linkage.returns.heading_meanings import Nearest, by_meaning, nearest_fields
from tf_assets.linkage.returns.heading_names import (
    LONGEST_HEADING,
    column_names,
    exact_words,
    looks_like_heading,
)
from tf_assets.linkage.returns.mappings import CouncilMapping
from tf_assets.linkage.returns.vocabulary import FIELDS, FULL_NAME, Field, plain_words
from tf_assets.warehouse.errors import InputRefused

FUZZY_THRESHOLD = 88.0
"""Least rapidfuzz ratio (0-100) of the whole heading: one slip in a dozen letters (ours)."""

FUZZY_WORD_THRESHOLD = 74.0
"""Least ratio of each word with the word in its place, so that `role` is not read as `ref` (ours, measured)."""

COLUMN_MARGIN = 0.02
"""Two columns that are read as one field, but not by exact words, and whose scores are nearer than this: neither is
taken (ours)."""

MOST_UNKNOWN = 300
"""So many unknown headings are looked at for their meaning, the first ones (ours)."""

MOST_COLUMNS = 1_000
"""A register with more headed columns is no register, and reading them would take long (ours)."""

LEAST_WORDS_ROW = 7
"""A row of so many different words and hardly anything else is headings, known or not: no row of a register is without
a date or a number, and fewer columns cannot hold a register (ours)."""

WORDS_ROW_SCORE = 3.0
"""What such a row counts: enough to be the headings where no row has known words (reading.LEAST_HEADING_SCORE)."""

_ALIASES = {alias: field.name for field in FIELDS for alias in (plain_words(field.name), *field.aliases)}
_RANK = {alias: rank for rank, alias in enumerate(_ALIASES)}


@dataclass(frozen=True)
class HeadingMatch:
    """One heading that was understood.

    column: the cell column; field: what it is; method: confirmed, exact, fuzzy or semantic; score: 0-1.
    """

    column: str
    field: str
    method: str
    score: float


@dataclass(frozen=True)
class HeadingProposal:
    """One column that was not understood.

    nearest: the nearest field that is still wanted, None when there is none; is_likely: near enough to be put to a
    person as the answer; score: 0-1; method: fuzzy, semantic, or contested (another column has an equal claim).
    """

    column: str
    nearest: str | None
    method: str
    score: float
    is_likely: bool


@dataclass(frozen=True)
class ReadHeadings:
    """How the headings of one return were read.

    names: cell column -> what it is called, the columns left to right, nothing in it a value; ignored: columns that a
    person declared to be none of ours; decided: columns on which a person has decided, used or not; missing: fields
    without which the return cannot be used.
    """

    names: dict[str, str]
    matches: tuple[HeadingMatch, ...]
    proposals: tuple[HeadingProposal, ...]
    ignored: tuple[str, ...]
    missing: tuple[Field, ...]
    decided: tuple[str, ...] = ()

    @property
    def unused(self) -> tuple[str, ...]:
        """What the columns are called that no field takes."""
        used = {match.column for match in self.matches}
        return tuple(name for column, name in self.names.items() if column not in used)

    @property
    def likely(self) -> dict[str, HeadingProposal]:
        """Field -> the column that is proposed for it."""
        return {each.nearest: each for each in self.proposals if each.is_likely and each.nearest}


@lru_cache(maxsize=100_000)
def known_field(heading: str) -> tuple[str, str, float] | None:
    """Field, method and score of a heading by its words alone; None when they are unknown or could be two fields'."""
    words = plain_words(heading)
    if words in _ALIASES:
        return _ALIASES[words], "exact", 1.0
    if len(words) < 5:
        return None
    near = process.extract(words, _ALIASES.keys(), scorer=fuzz.ratio, score_cutoff=FUZZY_THRESHOLD, limit=10)
    found = [(alias, score) for alias, score, _ in near if _is_same_word_by_word(words, alias)]
    if len({_ALIASES[alias] for alias, _ in found}) != 1:
        return None
    return _ALIASES[found[0][0]], "fuzzy", found[0][1] / 100


def _is_same_word_by_word(words: str, alias: str) -> bool:
    theirs, ours = words.split(), alias.split()
    if len(theirs) != len(ours):
        return words.replace(" ", "") == alias.replace(" ", "")
    return all(fuzz.ratio(a, b) >= FUZZY_WORD_THRESHOLD for a, b in zip(theirs, ours, strict=True))


def heading_score(cells: list[str | None]) -> float:
    """How much a row looks like the headings: known words, and a little for other words that could be headings."""
    filled = [cell for cell in cells if cell][:MOST_COLUMNS]
    known = {found[0] for cell in filled if len(cell) <= LONGEST_HEADING and (found := known_field(cell))}
    n_words = sum(looks_like_heading(cell) for cell in filled)
    return len(known) + 0.2 * n_words + (WORDS_ROW_SCORE if _is_row_of_words(filled, n_words) else 0.0)


def _is_row_of_words(filled: list[str], n_words: int) -> bool:
    """Many cells that differ and could be headings, and no date, number or reference among them."""
    if n_words < max(LEAST_WORDS_ROW, 0.8 * len(filled)):
        return False
    has_value = any(re.search(r"\d", cell) and len(re.findall(r"[^\W\d_]{3,}", cell)) < 2 for cell in filled)
    return not has_value and len({exact_words(cell) for cell in filled}) >= 0.9 * len(filled)


def read_headings(
    headings: Mapping[str, str | None], mapping: CouncilMapping | None = None, nearest: Nearest = nearest_fields
) -> ReadHeadings:
    """Match cell columns to fields.

    headings: cell column -> heading as sent, left to right. mapping: counts only when it is confirmed, and then before
    everything else. `InputRefused` when two columns have the same heading and no mapping tells them apart, or when
    there are more than MOST_COLUMNS.
    Of two headings for one field the better match is taken, among exact ones the more specific (the first alias).
    """
    if sum(bool(text) for text in headings.values()) > MOST_COLUMNS:
        raise InputRefused(f"More than {MOST_COLUMNS:,} columns have a heading. Send the register alone.")
    decided = mapping if mapping and mapping.is_confirmed else None
    names = column_names(headings, decided.known_headings if decided else frozenset())
    told = {column: decided.decision(headings[column], names[column]) for column in names} if decided else {}
    ignored = tuple(column for column, decision in told.items() if decision == "ignore")
    confirmed = [HeadingMatch(c, d, "confirmed", 1.0) for c, d in told.items() if d and d != "ignore"]
    rest = {column: text for column, text in headings.items() if text and not told.get(column)}
    by_words = {column: HeadingMatch(column, *known) for column, text in rest.items() if (known := known_field(text))}
    matches = list(by_words.values())
    contested = _same_words(matches, headings, {match.field for match in confirmed})
    best, equal = _best([*confirmed, *matches], contested, headings)
    unknown = {column: text for column, text in rest.items() if column not in by_words and looks_like_heading(text)}
    proposals = [*equal]
    wanted = {field.name for field in _absent(set(best))}
    if unknown and wanted:
        found = _by_meaning(dict(list(unknown.items())[:MOST_UNKNOWN]), wanted, nearest)
        taken, undecided = _best([each for each in found if isinstance(each, HeadingMatch)], set(), headings)
        best |= taken
        proposals += [*undecided, *(each for each in found if isinstance(each, HeadingProposal))]
    if "forename" in best and "surname" in best:
        best.pop(FULL_NAME, None)
    places = {column: at for at, column in enumerate(headings)}
    return ReadHeadings(
        names=names,
        matches=tuple(sorted(best.values(), key=lambda match: places[match.column])),
        proposals=_one_likely_a_field(proposals, set(best)),
        ignored=ignored,
        missing=tuple(_missing(set(best))),
        decided=tuple(column for column, decision in told.items() if decision),
    )


def _by_meaning(unknown: Mapping[str, str], wanted: set[str], nearest: Nearest) -> list[HeadingMatch | HeadingProposal]:
    """For each column a match by meaning with a wanted field, or what is nearest where there is none."""
    readings = by_meaning([plain_words(text) for text in unknown.values()], nearest)
    found: list[HeadingMatch | HeadingProposal] = []
    for column, reading in zip(unknown, readings, strict=True):
        is_wanted = reading.field in wanted
        if reading.is_sure and is_wanted:
            found.append(HeadingMatch(column, reading.field, "semantic", reading.score))
        else:
            field = reading.field if is_wanted else None
            found.append(HeadingProposal(column, field, "semantic", reading.score, is_wanted and reading.is_likely))
    return found


def _best(
    matches: list[HeadingMatch], contested: set[str], headings: Mapping[str, str | None]
) -> tuple[dict[str, HeadingMatch], list[HeadingProposal]]:
    """The one match of each field, and proposals instead where two columns have an equal claim."""
    by_field: dict[str, list[HeadingMatch]] = {}
    for match in matches:
        by_field.setdefault(match.field, []).append(match)
    best: dict[str, HeadingMatch] = {}
    equal: list[HeadingProposal] = []
    for field, claims in by_field.items():
        claims.sort(key=lambda match: (match.method != "confirmed", -match.score, _rank(headings[match.column])))
        first, second = claims[0], claims[1] if len(claims) > 1 else None
        is_equal = second is not None and first.score - second.score < COLUMN_MARGIN
        is_same_kind = second is not None and second.method == first.method
        if (is_equal and is_same_kind and first.method != "exact") or (field in contested and first.method == "exact"):
            equal += [HeadingProposal(claim.column, field, "contested", claim.score, False) for claim in claims]
        else:
            best[field] = first
    return best, equal


def _same_words(matches: list[HeadingMatch], headings: Mapping[str, str | None], decided: set[str]) -> set[str]:
    """Fields that two columns claim in the same words and only brackets or marks differ; the very same are refused."""
    exact = [match for match in matches if match.method == "exact" and match.field not in decided]
    texts = [exact_words(headings[match.column] or "") for match in exact]
    twice = sorted({plain_words(text) for text in texts if texts.count(text) > 1})
    if twice:
        raise InputRefused(f"More than one column is headed {_join(twice)}. Send one of them.")
    words = [(plain_words(headings[match.column] or ""), match.field) for match in exact]
    return {field for word, field in words if words.count((word, field)) > 1}


def _one_likely_a_field(proposals: list[HeadingProposal], taken: set[str]) -> tuple[HeadingProposal, ...]:
    """Of the columns proposed for one field only the nearest stays likely; what is taken is wanted no more."""
    wanted = {field.name for field in _absent(taken)}
    seen: set[str] = set()
    kept: list[HeadingProposal] = []
    for each in sorted(proposals, key=lambda each: (-each.score, each.column)):
        field = each.nearest if each.nearest in wanted else None
        likely = each.is_likely and field is not None and field not in seen
        seen |= {field} if likely and field else set()
        kept.append(HeadingProposal(each.column, field, each.method, each.score, likely))
    return tuple(sorted(kept, key=lambda each: each.column))


def absent_fields(matches: Iterable[HeadingMatch]) -> list[Field]:
    """Fields that no heading means; of the three name fields only those that are still wanted."""
    return _absent({match.field for match in matches})


def _absent(present: set[str]) -> list[Field]:
    has_name = FULL_NAME in present or {"forename", "surname"} <= present
    has_part = {"forename", "surname"} & present
    unwanted = {FULL_NAME, "forename", "surname"} if has_name else {FULL_NAME} if has_part else set()
    return [field for field in FIELDS if field.name not in present | unwanted]


def _missing(present: set[str]) -> list[Field]:
    return [field for field in _absent(present) if field.is_required or field.name in ("forename", "surname")]


def missing_sentence(read: ReadHeadings) -> str:
    """What is missing beside what was found, for a return in which no column is left that could be it."""
    missing = [field.name.replace("_", " ") for field in read.missing]
    seen = [name for column, name in list(read.names.items())[:40]]
    return (
        f"The register has no column for {_join(missing)}. "
        f"Its headings are: {_join(seen) or 'none that could be read'}. Name the columns as in the data schedule."
    )


def _rank(heading: str | None) -> int:
    return _RANK.get(plain_words(heading or ""), len(_RANK))


def _join(words: list[str]) -> str:
    return ", ".join(f"“{word}”" for word in words)
