"""A whole column standardised is the same as text by text, however plain most of its texts are."""

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tf_assets.linkage import standardise
from tf_assets.linkage.standard_columns import PLAIN, Standard, standardise_column, standardise_names

_WORDS = st.sampled_from(
    ["Ann", "O'Neil", "Smith-Jones", "Mr", "MISS", "de", "van der", "Zoë", "Weiß", "ﬁsk", "12", "0", "Flat", "St.",
     "SW1A", "1AA", "ZZ99", "3VZ", "Z1", "AB", "123456", "C", "BG", "H801200001001", "F0017", "0001042", "1042.0", "I"]
)  # fmt: skip
_MARKS = st.sampled_from(["", " ", "  ", "-", "'", ",", ", ", "/", ".", "(", ")", "\u00a0", "_", "Ã©", "\n"])
_TEXTS = st.one_of(
    st.none(),
    st.text(max_size=12),
    st.lists(st.one_of(_WORDS, _MARKS), max_size=6).map("".join),
    st.tuples(_WORDS, st.sampled_from([" ", ", "]), _WORDS).map("".join),
    st.from_regex(r"[A-Z]{1,2}[0-9][0-9A-Z]? [0-9][A-Z]{2}", fullmatch=True),
    st.from_regex(r"[A-Z]{2}[0-9]{6}[A-D]", fullmatch=True),
    st.from_regex(r"[A-Z][0-9]{11}[0-9A-Z]", fullmatch=True),
)


@pytest.mark.parametrize("standard", [*PLAIN, standardise.sex, standardise.flag])
@settings(max_examples=150, deadline=None)
@given(texts=st.lists(_TEXTS, min_size=1, max_size=12))
def test_a_column_is_what_its_texts_are_one_by_one(standard: Standard, texts: list[str | None]) -> None:
    column = pl.Series("sent", [*texts, "1"], dtype=pl.String)
    alone = column.to_frame("t").select(standard(pl.col("t"))).to_series()
    assert standardise_column(column, standard).to_list() == alone.to_list()


@settings(max_examples=400, deadline=None)
@given(texts=st.lists(_TEXTS, min_size=1, max_size=12))
def test_a_column_of_full_names_is_what_its_names_are_one_by_one(texts: list[str | None]) -> None:
    column = pl.Series("sent", [*texts, "Ann Lee"], dtype=pl.String)
    halves = column.to_frame("t").select(f=standardise.forename_of(pl.col("t")), s=standardise.surname_of(pl.col("t")))
    forename, surname = standardise_names(column)
    assert (forename.to_list(), surname.to_list()) == (halves["f"].to_list(), halves["s"].to_list())


def test_plain_and_other_texts_keep_their_places() -> None:
    texts = pl.Series(["ann", None, "Mr Bo", "ann", "", "Zoë"])
    assert standardise_column(texts, standardise.name).to_list() == ["ANN", None, "BO", "ANN", None, "ZOE"]
    assert standardise_column(texts.head(0), standardise.name).to_list() == []


def test_a_column_without_any_text_stays_as_it_is() -> None:
    nothing = pl.Series([None, None], dtype=pl.String)
    assert standardise_column(nothing, standardise.upn).to_list() == [None, None]
    assert [half.to_list() for half in standardise_names(nothing)] == [[None, None], [None, None]]
