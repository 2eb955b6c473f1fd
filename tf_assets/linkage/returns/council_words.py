"""A council's own words for group, role, reason and the flags: applied when confirmed, listed when they are unknown.

Only words that cannot be about one person are ever listed: few, short, frequent, and no part of anybody's name.
"""

import re
from collections.abc import Sequence

import polars as pl

from tf_assets.linkage.returns.headings import HeadingMatch
from tf_assets.linkage.returns.mappings import Words, word_key
from tf_assets.linkage.returns.vocabulary import PROBLEM_FIELDS

MOST_WORDS = 20
"""A column with more distinct texts than this is free text, and nothing of it is listed (ours)."""

LEAST_ROWS = 5
"""A word in fewer rows is not listed, and where such a word stands in the column no other is either (ours)."""

LONGEST_WORD = 30
_WORD = re.compile(r"^(?=.*[^\W\d_])[^\W\d_][^\W_]{0,20}(?:[ \-/&+][^\W_]{1,20}){0,4}$")
_NUMBER = r"\d{3,}"
_NAME_FIELDS = ("forename", "surname", "full_name")


def with_words(cells: pl.DataFrame, matches: Sequence[HeadingMatch], words: Words) -> pl.DataFrame:
    """The cells with each explained word replaced by its meaning."""
    replaced = []
    for match in matches:
        told = words.get(_section_of(match.field))
        if told:
            texts = cells[match.column].drop_nulls().unique().to_list()
            meant = {text: meaning for text in texts if (meaning := told.get(word_key(text)))}
            replaced.append(pl.col(match.column).replace(meant))
    return cells.with_columns(replaced) if replaced else cells


def unknown_words(rows: pl.DataFrame, words: Words | None = None) -> dict[str, dict[str, int]]:
    """Section of a mapping -> word as sent -> rows, of what could not be read and may be listed.

    rows: as `standardise_rows` gives them (`sent_<field>` and `<field>`); words: what a person has decided already.
    """
    fields = ("programme_group", "role", "end_reason", *PROBLEM_FIELDS)
    n_unread = rows.select(_is_unread(field).sum().alias(field) for field in fields).row(0, named=True)
    unread = {field: _unread_words(rows, field) for field in fields if n_unread[field]}
    names = _name_parts(rows) if any(unread.values()) else set()
    found: dict[str, dict[str, int]] = {}
    for field, counts in unread.items():
        section = _section_of(field)
        decided = (words or {}).get(section, {})
        listed = counts if names and all(_is_code(word, names) for word in counts) else {}
        for word, n in listed.items():
            if word_key(word) in decided:
                continue
            of_section = found.setdefault(section, {})
            same = next((w for w in of_section if word_key(w) == word_key(word)), word)
            of_section[same] = of_section.get(same, 0) + n
    return found


def n_unread(rows: pl.DataFrame, field: str) -> int:
    """Rows with a text in the column that was not understood."""
    return int(rows.select(_is_unread(field).sum()).item())


def _is_unread(field: str) -> pl.Expr:
    missing = pl.col(field) == "other" if field == "end_reason" else pl.col(field).is_null()
    return pl.col(f"sent_{field}").is_not_null() & missing.fill_null(True)


def _unread_words(rows: pl.DataFrame, field: str) -> dict[str, int]:
    """The unread words of a column, the most frequent first; none when one of them is rare or the texts are many."""
    sent = pl.col(f"sent_{field}").alias("word")
    counts = rows.group_by(sent).agg(n=pl.len(), n_unread=_is_unread(field).sum()).drop_nulls("word")
    unread = counts.filter(pl.col("n_unread") > 0).sort("n", "word", descending=[True, False])
    if counts.height > MOST_WORDS or (unread["n"] < LEAST_ROWS).any():
        return {}
    return dict(unread.select("word", "n").iter_rows())


def _is_code(word: str, names: set[str]) -> bool:
    is_short = len(word) <= LONGEST_WORD and bool(_WORD.match(word)) and not re.search(_NUMBER, word)
    return is_short and not ({word.casefold(), *re.findall(r"\w+", word.casefold())} & names)


def _name_parts(rows: pl.DataFrame) -> set[str]:
    """Every word of every name of the return, in small letters."""
    sent = [f"sent_{field}" for field in _NAME_FIELDS if f"sent_{field}" in rows.columns]
    parts = [
        rows[column].drop_nulls().unique().str.to_lowercase().str.extract_all(r"[\p{L}]+").explode().drop_nulls()
        for column in sent
    ]
    return {part for each in parts for part in each.unique().to_list()}


def _section_of(field: str) -> str:
    return "problems" if field in PROBLEM_FIELDS else field
