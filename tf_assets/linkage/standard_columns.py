"""Whole columns brought to the standard form of `standardise`.

Its patterns are slow and most texts of a register need none of them: a name of plain letters becomes upper case and no
more. PLAIN says for which texts that is so; the patterns run on the rest alone, and there on each distinct text once,
for names and places repeat. What comes out is the same text for text (a property test holds the two beside each other).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache

import polars as pl

from tf_assets.linkage import standardise

Standard = Callable[[pl.Expr], pl.Expr]
"""A function of `standardise`."""


@dataclass(frozen=True)
class Plain:
    """Texts that match `pattern` are standard after `standard`, which is quick."""

    pattern: str
    standard: Standard


def _upper(value: pl.Expr) -> pl.Expr:
    return value.str.to_uppercase()


def _as_sent(value: pl.Expr) -> pl.Expr:
    return value


_WORD = r"[A-Za-z]+(?:['\-][A-Za-z]+)*"
_PLACE = r"[A-Za-z0-9][A-Za-z0-9\-/]*(?: [A-Za-z0-9\-/]+)*"
_POSTCODE = rf"(?:{standardise.OUTWARD}) [0-9][ABD-HJLNP-UW-Z]{{2}}"

PLAIN: Mapping[Standard, Plain] = {
    standardise.name: Plain(rf"^{_WORD}$", _upper),
    standardise.reference: Plain(r"^[A-Za-z1-9][A-Za-z0-9\-/]*$", _upper),
    standardise.address: Plain(rf"^{_PLACE}$", _upper),
    standardise.postcode: Plain(rf"^{_POSTCODE}$", _as_sent),
    standardise.upn: Plain(standardise.UPN_FORM, standardise.upn_of_right_letter),
    standardise.nino: Plain(standardise.NINO_FORM, standardise.nino_in_use),
}
"""By the function that a pattern spares."""

_TWO_WORDS = rf"^(?P<first>{_WORD})(?P<comma>,?) (?P<second>{_WORD})$"
_TITLES = standardise.TITLES.split("|")


def standardise_column(texts: pl.Series, standard: Standard) -> pl.Series:
    """What a function from text to text makes of each text. A column without any text stays as it is."""
    if texts.null_count() == texts.len():
        return texts
    plain = PLAIN.get(standard)
    if plain is None:
        return _each_once(texts, standard)[0]
    made = texts.to_frame("t").select(_of_text(plain.standard)).to_series()
    rest = (~texts.str.contains(plain.pattern)).arg_true()
    return _with_rest([made], rest, texts, standard)[0].alias(texts.name)


def standardise_names(full_names: pl.Series) -> tuple[pl.Series, pl.Series]:
    """`forename_of` and `surname_of` of a column of full names, most of which are two plain words."""
    words = full_names.to_frame("t").select(pl.col("t").str.extract_groups(_TWO_WORDS)).unnest("t")
    first, second = (pl.col(name).str.to_uppercase() for name in ("first", "second"))
    has_comma = pl.col("comma") == ","
    halves = words.select(
        forename=pl.when(has_comma).then(second).otherwise(first),
        surname=pl.when(has_comma).then(first).otherwise(second),
        is_plain=pl.col("first").is_not_null() & (has_comma | ~first.is_in(_TITLES)),
    )
    rest = (full_names.is_not_null() & ~halves["is_plain"]).arg_true()
    made = [halves["forename"], halves["surname"]]
    forename, surname = _with_rest(made, rest, full_names, standardise.forename_of, standardise.surname_of)
    return forename, surname


def _with_rest(made: list[pl.Series], rest: pl.Series, texts: pl.Series, *standards: Standard) -> list[pl.Series]:
    """With the standard form of the texts in the places `rest`, where what is made already does not hold."""
    if rest.is_empty():
        return made
    slow = _each_once(texts.gather(rest), *standards)
    return [all_texts.scatter(rest, of_rest) for all_texts, of_rest in zip(made, slow, strict=True)]


def _each_once(texts: pl.Series, *standards: Standard) -> list[pl.Series]:
    """What functions make of each text. Not lazy: for a few texts the plan would cost many times the work."""
    distinct = texts.drop_nulls().unique()
    exprs = [_of_text(standard).alias(f"made_{at}") for at, standard in enumerate(standards)]
    made = distinct.to_frame("t").select(exprs)
    return [texts.replace_strict(distinct, each, default=None, return_dtype=each.dtype) for each in made]


@cache
def _of_text(standard: Standard) -> pl.Expr:
    """The expression on the column `t`; to build it takes as long as to compute it on a thousand names."""
    return standard(pl.col("t"))
