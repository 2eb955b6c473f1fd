"""The field whose meaning is nearest to a heading. Headings and declared phrases go to the model, never a cell.

A heading is compared with phrases for each field and with phrases for what other columns of councils' systems mean: a
previous postcode is nearer to `previous postcode` than to our postcode, and so it is none of ours. A model is easily
sure of too much (`date of next assessment`), so a reading is sure only when each word of the heading is one of the
field's own; a heading with a strange word in it is proposed to a person.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from tf_assets.linkage.returns.lexicon import OTHER_MEANINGS
from tf_assets.linkage.returns.vocabulary import FIELD_NAMES, FIELDS, plain_words
from tf_assets.linkage.semantic import similarities

SEMANTIC_THRESHOLD = 0.68
"""Least cosine similarity (0-1) to be sure: measured in docs/reference/return-rules.md (ours)."""

SEMANTIC_MARGIN = 0.05
"""Least lead over the second nearest meaning (ours, measured with the threshold)."""

PROPOSAL_THRESHOLD = 0.5
"""Least cosine similarity to be put to a person as the likely answer (ours)."""

SHORTEST_ALIAS = 5
"""Aliases of fewer letters are codes, and have no meaning to compare."""

Nearest = Callable[[Sequence[str]], np.ndarray]
"""Plain headings -> similarity with each of FIELD_NAMES and, in the last column, with what is none of ours."""

_PHRASES: tuple[tuple[str, int], ...] = (
    *(
        (phrase, at)
        for at, field in enumerate(FIELDS)
        for phrase in (*field.meaning.split(", "), *(a for a in field.aliases if len(a) >= SHORTEST_ALIAS))
    ),
    *((phrase, len(FIELDS)) for phrase in OTHER_MEANINGS),
)


_NEUTRAL_TEXT = """
a an and are as be client each families family familys flag for in individual individuals is of on or own person persons
that the their them they this to was were when where which who with
"""
_NEUTRAL = frozenset(_NEUTRAL_TEXT.split())
"""Words that say nothing of what a column holds; `by`, `at`, `from` and `next` do (ours)."""

_OWN_WORDS: tuple[frozenset[str], ...] = tuple(
    frozenset(
        word.removesuffix("s")
        for phrase in (plain_words(field.name), *field.meaning.split(", "), *field.aliases)
        for word in phrase.split()
    )
    for field in FIELDS
)


@dataclass(frozen=True)
class Meaning:
    """The nearest field of one heading.

    is_sure: over the threshold and the margin, in the field's own words; is_likely: worth a person's look. Neither,
    where something that is not of the schedule is nearer.
    """

    field: str
    score: float
    is_sure: bool
    is_likely: bool


def nearest_fields(headings: Sequence[str]) -> np.ndarray:
    """Shape (headings, fields + 1): the greatest cosine with a phrase of each field, and of none of ours at the end."""
    found = similarities(tuple(headings), tuple(phrase for phrase, _ in _PHRASES))
    owners = np.array([at for _, at in _PHRASES])
    return np.stack([found[:, owners == at].max(axis=1) for at in range(len(FIELDS) + 1)], axis=1)


def by_meaning(headings: Sequence[str], nearest: Nearest = nearest_fields) -> list[Meaning]:
    """The nearest field of each plain heading."""
    scores = nearest(headings)
    return [_meaning(heading, row) for heading, row in zip(headings, scores, strict=True)]


def _meaning(heading: str, row: np.ndarray) -> Meaning:
    fields = row[:-1]
    best = int(fields.argmax())
    score = float(fields[best])
    lead = score - float(np.delete(row, best).max())
    return Meaning(
        field=FIELD_NAMES[best],
        score=min(max(score, 0.0), 1.0),
        is_sure=score >= SEMANTIC_THRESHOLD and lead >= SEMANTIC_MARGIN and _is_own(heading, best),
        is_likely=score >= PROPOSAL_THRESHOLD and score > float(row[-1]),
    )


def _is_own(heading: str, field: int) -> bool:
    words = {word for word in heading.split() if word not in _NEUTRAL}
    return {word.removesuffix("s") for word in words} <= _OWN_WORDS[field]
