"""Which school a council means: its own words, matched within the council to the reference list.

Exact words first, then nearly the same words, then the same meaning; never below a threshold, and never where a second
school is almost as near: "Oakfield Academy" and "Oakwood Academy" are two schools and look like one.
"""

import re
from collections.abc import Callable

import polars as pl
from rapidfuzz import fuzz, process

from tf_assets.linkage.semantic import semantic_matches
from tf_assets.warehouse.errors import InputRefused

FUZZY_THRESHOLD = 88.0
"""Least rapidfuzz ratio (0-100) of two schools' words (ours)."""

FUZZY_MARGIN = 4.0
SEMANTIC_THRESHOLD = 0.85
SEMANTIC_MARGIN = 0.05
SCHOOL_SCHEMA = {
    "council_code": pl.String,
    "school_name": pl.String,
    "urn": pl.String,
    "method": pl.String,
    "score": pl.Float64,
}
REFERENCE_COLUMNS = ("urn", "school_name", "council_code")

_SHORT_FORMS = {
    "ST": "SAINT", "STS": "SAINTS", "SCH": "SCHOOL", "PRI": "PRIMARY", "PRIM": "PRIMARY", "SEC": "SECONDARY",
    "ACAD": "ACADEMY", "COLL": "COLLEGE", "JNR": "JUNIOR", "JUN": "JUNIOR", "INF": "INFANT", "INFANTS": "INFANT",
    "JUNIORS": "JUNIOR", "COMM": "COMMUNITY", "COMP": "COMPREHENSIVE", "CE": "CHURCH OF ENGLAND",
    "COFE": "CHURCH OF ENGLAND", "RC": "ROMAN CATHOLIC", "GRAM": "GRAMMAR", "HS": "HIGH SCHOOL",
}  # fmt: skip
_EMPTY_WORDS = {"THE", "OF", "AND", "FOR", "SCHOOL"}
Semantic = Callable[[list[str], list[str], float, float], pl.DataFrame]


def school_words(name: str) -> str:
    """The words of a school's name in one form: `St. Mary's Pri. Sch.` -> `SAINT MARYS PRIMARY`."""
    bare = re.sub(r"\bC\.? ?(?:OF )?E\.?\b", "CE", name.upper().replace("'", "").replace("’", ""))
    words = re.findall(r"[A-Z0-9]+", bare)
    long = " ".join(_SHORT_FORMS.get(word, word) for word in words).split()
    return " ".join(word for word in long if word not in _EMPTY_WORDS)


def match_schools(texts: pl.DataFrame, reference: pl.DataFrame, semantic: Semantic = semantic_matches) -> pl.DataFrame:
    """Match distinct school texts (council_code, school_name) to the reference (REFERENCE_COLUMNS).

    Returns SCHOOL_SCHEMA, one row a text; method is exact, fuzzy, semantic or none; score 0-1.
    """
    found: list[pl.DataFrame] = []
    for (council_code,), asked in (
        texts.unique().sort("council_code", "school_name").group_by("council_code", maintain_order=True)
    ):
        schools = reference.filter(pl.col("council_code") == council_code)
        found.append(_match_in_council(str(council_code), asked["school_name"].to_list(), schools, semantic))
    return pl.concat(found) if found else pl.DataFrame(schema=SCHOOL_SCHEMA)


def _match_in_council(council_code: str, texts: list[str], schools: pl.DataFrame, semantic: Semantic) -> pl.DataFrame:
    urn_of = _urns_by_words(schools)
    rows: dict[str, tuple[str | None, str, float | None]] = {}
    urns = set(schools["urn"].to_list())
    for text in texts:
        words = school_words(text)
        named = [word for word in words.split() if word in urns]
        if words in urn_of or named:
            rows[text] = (urn_of.get(words) or named[0], "exact", 1.0)
        else:
            rows[text] = _nearest(words, urn_of)
    open_texts = {school_words(text): text for text, row in rows.items() if row[0] is None and school_words(text)}
    if open_texts and urn_of:
        near = semantic(sorted(open_texts), sorted(urn_of), SEMANTIC_THRESHOLD, SEMANTIC_MARGIN)
        for left, right, score in near.iter_rows():
            rows[open_texts[left]] = (urn_of[right], "semantic", min(score, 1.0))
    return pl.DataFrame(
        [(council_code, text, *row) for text, row in sorted(rows.items())], schema=SCHOOL_SCHEMA, orient="row"
    )


def _urns_by_words(schools: pl.DataFrame) -> dict[str, str]:
    """Words of each school that only one school has."""
    words = [school_words(name) for name in schools["school_name"].to_list()]
    pairs = zip(words, schools["urn"].to_list(), strict=True)
    return {word: urn for word, urn in pairs if words.count(word) == 1}


def _nearest(words: str, urn_of: dict[str, str]) -> tuple[str | None, str, float | None]:
    near = process.extract(words, urn_of.keys(), scorer=fuzz.ratio, limit=2)
    if not near or near[0][1] < FUZZY_THRESHOLD or (len(near) > 1 and near[0][1] - near[1][1] < FUZZY_MARGIN):
        return None, "none", None
    return urn_of[near[0][0]], "fuzzy", near[0][1] / 100


def read_reference(content: bytes) -> pl.DataFrame:
    """The list of schools (REFERENCE_COLUMNS, text)."""
    try:
        schools = pl.read_csv(content, infer_schema=False)
    except pl.exceptions.PolarsError:
        schools = pl.DataFrame()
    missing = [column for column in REFERENCE_COLUMNS if column not in schools.columns]
    if missing:
        raise InputRefused(f"reference/schools.csv has no column {', '.join(missing)}. Send the list of schools again.")
    return schools.select(REFERENCE_COLUMNS)
