"""A rule that is asked of some rows alone would be broken by none of the others."""

import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tf_assets.linkage import standardise
from tf_assets.linkage.returns.rule import Rule
from tf_assets.linkage.returns.rules import RULES

SCREENED = [rule for rule in RULES if rule.among is not None]
_PARTS = st.sampled_from(
    ["Ann", "Mr", "MISS", "dr.", "and", "(Jo)", "Lee", "Weiß", "ZZ99", "3VZ", "zz9", "M1", "1AE", "IAE", "O", "AB", "BG",
     "123456", "C", "U201001234567", " ", "  ", ", ", "-", "'", "\u00a0"]
)  # fmt: skip
_TEXTS = st.one_of(st.none(), st.text(min_size=1, max_size=8), st.lists(_PARTS, min_size=1, max_size=5).map("".join))
_STANDARDS = {"postcode": standardise.postcode, "upn": standardise.upn, "nino": standardise.nino}


def _rows(texts: list[str | None], is_full_name: bool) -> pl.DataFrame:
    """Rows as they are judged, in which each text stands in each column, names whole or in two."""
    sent = pl.Series("sent", texts, dtype=pl.String)
    names = ("full_name",) if is_full_name else ("forename", "surname")
    rows = pl.DataFrame(
        {f"sent_{field}": sent if field in (*names, *_STANDARDS) else pl.Series([None] * len(texts), dtype=pl.String)
         for field in ("forename", "surname", "full_name", *_STANDARDS)}
    )  # fmt: skip
    full = pl.col("sent_full_name")
    return rows.with_columns(
        *(standard(pl.col(f"sent_{field}")).alias(field) for field, standard in _STANDARDS.items()),
        forename=standardise.forename_of(full) if is_full_name else standardise.name(pl.col("sent_forename")),
        surname=standardise.surname_of(full) if is_full_name else standardise.name(pl.col("sent_surname")),
    )


@pytest.mark.parametrize("rule", SCREENED, ids=lambda rule: rule.id)
@settings(max_examples=150, deadline=None)
@given(texts=st.lists(_TEXTS, min_size=1, max_size=8), is_full_name=st.booleans())
@example(texts=["Mr Lee", "zz99 3vz", "M1 IAE", "U2010 01234567", "AB 123456 C"], is_full_name=False)
def test_no_other_row_breaks_the_rule(rule: Rule, texts: list[str | None], is_full_name: bool) -> None:
    others = _rows(texts, is_full_name).filter(~rule.among.fill_null(False))
    assert others.filter(rule.when.fill_null(False)).is_empty()


@pytest.mark.parametrize("rule", SCREENED, ids=lambda rule: rule.id)
def test_a_row_that_breaks_the_rule_is_asked(rule: Rule) -> None:
    texts = ["Mr Lee", "zz99 3vz", "M1 IAE", "U2010 01234567", "AB 123456 C"]
    assert _rows(texts, False).filter(rule.among & rule.when).height > 0
