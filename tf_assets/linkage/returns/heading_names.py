"""What a column is called in messages and mappings: by the ordinary words of its heading, or by its letter.

A cell that stands where headings stand may be a person's name. So nothing of a heading is repeated but the words of the
lexicon (`lexicon.py`); any other word becomes `…`, and a column without a known word is called by its
letter and by the heading on its left, which a person finds in the file and which is remembered as long as it holds.
"""

import re
from collections import Counter
from collections.abc import Mapping

from tf_assets.linkage.returns.lexicon import ALSO_NAMES, is_alias, known_words
from tf_assets.linkage.returns.vocabulary import plain_words, without_accents

LONGEST_HEADING = 100
MASK = "…"
_NUMBERING = r"^\(?(?:[A-Za-z]{0,2}\d{1,2}|[a-z]|[ivx]+)[.):]+\s+"
_SHAPE = re.compile(
    r"^[^\W\d_][^\W\d_\s]*(?:[\s_\-/.,:;'’?&()%#*+–—|]+[^\W\d_]+)*[\s_\-/.,:;'’?&()%#*+–—|]*\d{0,2}[)%?.]*$"
)
_PART = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*|\d+|[^\w]+|_+")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_JOINTS = (" ", "_", "-", "/", " - ", " / ")
_BEFORE_NAMES = ("by", "of", "for", "from", "to", "with")
_KEPT_MARKS = set(" /-&()?.,:;%#+")


def looks_like_heading(cell: str) -> bool:
    """Words, not a date, a number, a reference or a postcode; a question's number before them does not matter."""
    if len(cell) > LONGEST_HEADING:
        return False
    return bool(_SHAPE.match(re.sub(_NUMBERING, "", cell)))


def exact_words(heading: str) -> str:
    """A heading as remembered: case, accents and spaces do not matter, brackets do."""
    return " ".join(without_accents(heading).casefold().split())


def masked_heading(heading: str) -> str | None:
    """The heading with each word outside the lexicon as `…`; None when no word of it may be repeated.

    `Notes by Sarah` -> `Notes by …`; `FamRefNo` -> `Fam Ref No`; `Sarah Smith` -> None.
    """
    if not looks_like_heading(heading):
        return None
    if is_alias(heading):
        return " ".join(heading.split())
    parts = [piece for part in _PART.findall(re.sub(_NUMBERING, "", heading)) for piece in _CAMEL.split(part)]
    plain = [plain_words(part) for part in parts]
    known = known_words({word for words in plain for word in words.split()})
    if not known:
        return None
    names = [_names_here(parts, plain, known, at) for at in range(len(parts))]
    kept = [_kept(part, words, known - may) for part, words, may in zip(parts, plain, names, strict=True)]
    spaced = "".join(f" {text} " if text == MASK else text for text in _with_spaces(parts, kept))
    once = re.sub(rf"{MASK}(?:\s+{MASK})+", MASK, " ".join(spaced.split()))
    return re.sub(r"(?<=\() | (?=\))", "", once)


def _names_here(parts: list[str], plain: list[str], known: set[str], at: int) -> frozenset[str]:
    """Words that may be somebody's name at this place: none where a plain word of registers stands beside it.

    `Short code` is a code; in `Notes by Short`, `Short (team)` and `Worker: Grace Short` it is a person.
    """

    def is_plain(word: int, mark: int) -> bool:
        is_there = 0 <= word < len(parts) and (mark == at or parts[mark] in _JOINTS)
        return is_there and not set(plain[word].split()) - (known - ALSO_NAMES) and bool(plain[word])

    # a joint stands between two words, but for those that were one in capitals and small letters
    before = at - 1 if at and plain[at - 1] else at - 2
    after = at + 1 if at + 1 < len(plain) and plain[at + 1] else at + 2
    is_beside = (is_plain(before, before + 1) and plain[before] not in _BEFORE_NAMES) or is_plain(after, after - 1)
    is_plain_word = is_beside and not set(parts[at]) & set("'’")
    return frozenset() if is_plain_word else ALSO_NAMES


def _kept(part: str, words: str, known: set[str]) -> str:
    if part.isdigit():
        return MASK
    if not words:
        return "".join(mark if mark in _KEPT_MARKS else " " for mark in part)
    return part if set(words.split()) <= known else MASK


def _with_spaces(parts: list[str], kept: list[str]) -> list[str]:
    """A space between two pieces that were one word in capitals and small letters."""
    spaced: list[str] = []
    for at, text in enumerate(kept):
        joins = at > 0 and parts[at - 1].isalpha() and parts[at].isalpha()
        spaced.append(f" {text}" if joins else text)
    return spaced


def column_letter(column: str) -> str:
    """`c0` -> `A`, `c27` -> `AB`, as spreadsheets count."""
    at = int(re.sub(r"\D", "", column) or 0) + 1
    letters = ""
    while at:
        at, rest = divmod(at - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


def column_names(headings: Mapping[str, str | None], known: frozenset[str] = frozenset()) -> dict[str, str]:
    """Cell column -> what it is called, for each column up to the last that has a heading; no two are called the same.

    headings: cell column -> heading as sent, left to right. known: headings (`exact_words`) that a person has written
    into a mapping, and that may be repeated because of it.
    """
    last = max((at for at, text in enumerate(headings.values()) if text), default=-1)
    shown = {column: _shown(text, known) for column, text in list(headings.items())[: last + 1]}
    counts = Counter(exact_words(text) for text in shown.values() if text)
    names: dict[str, str] = {}
    left = ""
    for column, text in shown.items():
        is_told = text is not None and counts[exact_words(text)] == 1
        names[column] = text if is_told and text else _place(column, left)
        # What stands on the left is called as it was before a person wrote words into a mapping.
        left = (masked_heading(headings[column] or "") if is_told else None) or left
    return names


def _place(column: str, left: str) -> str:
    return f"column {column_letter(column)}" + (f" after {left}" if left else "")


def _shown(heading: str | None, known: frozenset[str]) -> str | None:
    if not heading:
        return None
    return heading if exact_words(heading) in known else masked_heading(heading)
