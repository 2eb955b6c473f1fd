"""Is this another council's return, or two councils' in one file?

A column or a title that names councils says so outright. Where neither does, references and postcodes do: the file
falls into two parts one below the other whose references have different forms and whose postcodes lie in different
areas, or whose references are the same and mean other people.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

import polars as pl

from tf_assets.linkage.returns.grid import ROW_NUMBER
from tf_assets.linkage.returns.vocabulary import COUNCIL_HEADINGS, plain_words
from tf_assets.warehouse.geography import councils

LEAST_ROWS = 3
LEAST_SHARE = 0.05
"""Rows that name another council: fewer are slips in single rows (ours)."""

LEAST_PART = 10
"""Rows of each part before forms of references and postcodes say anything (ours)."""

LEAST_COLLIDING_SHARE = 0.1
"""Rows whose reference stands above with another person, as a share of all (ours)."""

MOST_NAMES = 1_000
"""A column of more different texts, or more titles between the rows, names no councils (ours)."""

LONGEST_TITLE = 200

RANGES_SHOWN = 5

_KINDS = {
    "council", "city", "county", "borough", "of", "the", "metropolitan", "district", "london", "royal", "unitary",
    "authority", "mbc", "cbc", "bc", "cc", "mdc", "rb", "lb", "upon", "and",
}  # fmt: skip

_OF_A_REGISTER = r"(?i)register|return|troubled famil|council"
_TITLE_BREAK = r"(?i)[:|,;()]| - | – |\btroubled\b|\bregister\b|\breturns?\b|\bfor\b|\bfrom\b"


@dataclass(frozen=True)
class CouncilFault:
    """rule: wrong_council or two_councils; sentence: for the council, with row numbers and names of councils only."""

    rule: str
    sentence: str


def council_fault(
    rows: pl.DataFrame,
    cells: pl.DataFrame,
    headings: dict[str, str | None],
    titles: Iterable[str],
    council_code: str,
) -> CouncilFault | None:
    """What says that a return is not, or not only, of the council of its slot; None where nothing does.

    rows: standardised, with the sent texts; cells, headings: as read (`reading.Sheet`); titles: cells above the
    headings.
    """
    return (
        _by_column(cells, headings, council_code)
        or _by_title(cells, titles, council_code)
        or _by_form(rows)
        or _by_collision(rows)
    )


def council_named(text: str) -> str | None:
    """The code of the council that a text is the name or the code of; None for any other text."""
    words = frozenset(plain_words(text.replace("&", " and ")).split())
    return _by_words().get(words - _KINDS) or _by_code().get(text.strip().upper())


def told_rows(numbers: pl.Series) -> str:
    """`rows 12 to 40 and 43`; of many ranges the first few."""
    rows = numbers.unique().sort().to_frame("n").with_columns(run=pl.col("n").cast(pl.Int64) - pl.int_range(pl.len()))
    runs = rows.group_by("run", maintain_order=True).agg(first=pl.col("n").min(), last=pl.col("n").max())
    told = [str(a) if a == b else f"{a} to {b}" for a, b in runs.select("first", "last").head(RANGES_SHOWN).iter_rows()]
    if runs.height > RANGES_SHOWN:
        return f"rows {', '.join(told)} and others"
    return f"rows {' and '.join(filter(None, [', '.join(told[:-1]), told[-1]]))}"


def _by_column(cells: pl.DataFrame, headings: dict[str, str | None], council_code: str) -> CouncilFault | None:
    for column, heading in headings.items():
        if heading and plain_words(heading) in COUNCIL_HEADINGS:
            texts = cells[column].drop_nulls().unique().to_list()
            if len(texts) > MOST_NAMES:
                continue
            codes = cells[column].replace_strict(
                {text: council_named(text) for text in texts}, default=None, return_dtype=pl.String
            )
            named = cells.select(ROW_NUMBER, code=codes).drop_nulls()
            others = named.filter(pl.col("code") != council_code)
            if others.height < LEAST_ROWS or others.height < LEAST_SHARE * named.height:
                continue
            other = _name(str(others["code"].mode().sort()[0]))
            if others.height == named.height:
                return CouncilFault("wrong_council", _wrong(f"The column headed for the council names {other}"))
            return _two(f"{told_rows(others[ROW_NUMBER])} name {other}", others[ROW_NUMBER])
    return None


def _by_title(cells: pl.DataFrame, titles: Iterable[str], council_code: str) -> CouncilFault | None:
    above = [found for title in titles if (found := _titled(title))]
    if above and council_code not in above:
        return CouncilFault("wrong_council", _wrong(f"The title above the headings names {_name(above[0])}"))
    columns = [column for column in cells.columns if column != ROW_NUMBER]
    alone = cells.filter(pl.sum_horizontal(pl.col(columns).is_not_null()) == 1).select(
        ROW_NUMBER, text=pl.coalesce(columns)
    )
    for number, text in alone.filter(pl.col("text").str.contains(_OF_A_REGISTER)).head(MOST_NAMES).iter_rows():
        found = _titled(text)
        if found and found != council_code:
            below = cells.filter(pl.col(ROW_NUMBER) > number)[ROW_NUMBER]
            return _two(f"row {number} is a title that names {_name(found)}", below) if below.len() else None
    return None


def _by_form(rows: pl.DataFrame) -> CouncilFault | None:
    """Two blocks of rows whose references differ in form and whose postcodes share no area."""
    reference = pl.col("family_ref")
    form = pl.when(reference.str.contains(r"^\d+$")).then(pl.lit("9")).otherwise(
        reference.str.head(1) + reference.str.len_chars().cast(pl.String)
    )  # fmt: skip
    known = rows.select(ROW_NUMBER, form=form, area=pl.col("postcode").str.extract(r"^([A-Z]+)")).drop_nulls("form")
    lengths = known["form"].rle().struct.field("len").to_list()
    if len(lengths) != 2 or min(lengths) < LEAST_PART:
        return None
    first, second = known.head(lengths[0]), known.slice(lengths[0])
    areas = [set(part["area"].drop_nulls()) for part in (first, second)]
    if any(part["area"].count() < LEAST_PART for part in (first, second)) or areas[0] & areas[1]:
        return None
    return _two(
        f"from row {second[ROW_NUMBER][0]} on the references have another form and the postcodes lie in other areas",
        second[ROW_NUMBER],
    )


def _by_collision(rows: pl.DataFrame) -> CouncilFault | None:
    """References that stand above already, with somebody else."""
    names = ("forename", "surname", "date_of_birth")
    known = rows.select(ROW_NUMBER, "person_ref", *names).filter(pl.col("person_ref").is_duplicated()).drop_nulls()
    twice = known.filter(pl.col("person_ref").is_duplicated())
    is_another = pl.all_horizontal(pl.col(name) != pl.col(name).first().over("person_ref") for name in names)
    colliding = twice.filter(is_another)[ROW_NUMBER]
    if colliding.len() < LEAST_PART or colliding.len() < LEAST_COLLIDING_SHARE * rows.height:
        return None
    return _two(f"{told_rows(colliding)} repeat references that stand with other people above", colliding)


def _two(evidence: str, second: pl.Series) -> CouncilFault:
    return CouncilFault(
        "two_councils",
        f"The file holds the registers of two councils: {evidence}. The second part has {second.len()} rows. Send each "
        "council's register on its own, in its own slot.",
    )


def _wrong(evidence: str) -> str:
    return f"{evidence}, and the file lies in the slot of another council. Send it to the slot of its council."


def _titled(text: str) -> str | None:
    """The council that a part of a title names, where the rest of the title is of a register."""
    if len(text) > LONGEST_TITLE or not re.search(_OF_A_REGISTER, text):
        return None
    parts = re.split(_TITLE_BREAK, text)
    return next((found for part in parts if part.strip() and (found := council_named(part))), None)


def _name(code: str) -> str:
    return str(councils().filter(pl.col("council_code") == code)["council_name"][0])


@cache
def _by_code() -> dict[str, str]:
    return {code: code for code in councils()["council_code"]}


@cache
def _by_words() -> dict[frozenset[str], str]:
    """Words of a council's name, without those that any council's may have -> code; ambiguous ones are left out."""
    pairs = [
        (frozenset(plain_words(name.replace("&", " and ")).split()) - _KINDS, code)
        for code, name in councils().select("council_code", "council_name").iter_rows()
    ]
    words = [each for each, _ in pairs]
    return {each: code for each, code in pairs if each and words.count(each) == 1}
