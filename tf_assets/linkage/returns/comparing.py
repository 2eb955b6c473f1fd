"""The rows of one return held beside each other: the same person twice, two people with one number, names exchanged.

Only rows that could be used are compared, and each with the first of its like, never all with all: a column filled
with one number costs no more than any other. Twins, and a father and son of one name, are two people.
"""

from functools import cache

import polars as pl

from tf_assets.linkage.returns.grid import ROW_NUMBER
from tf_assets.linkage.spine.nicknames import forename_roots

LARGEST_FAMILY = 25
"""People of one family reference; above it the reference is rather a street's or a worker's (ours)."""

COMPARED = (
    "is_repeated",
    "is_in_two_families",
    "is_under_two_refs",
    "is_upn_shared",
    "is_nino_shared",
    "has_names_swapped",
    "is_family_too_large",
)
"""The columns that `compare_rows` adds."""

COMPARED_BY = ("family_ref", "person_ref", "forename", "surname", "date_of_birth", "sex", "upn", "nino")
"""What rows are compared by."""

_PERSON = ["forename", "surname", "date_of_birth"]


def compare_rows(rows: pl.DataFrame) -> pl.DataFrame:
    """Add COMPARED, true or false, to the standardised rows of one return.

    rows: row_number, COMPARED_BY, and is_usable; what a rule leaves out of a row is empty.
    """
    usable = rows.lazy().filter("is_usable").select(ROW_NUMBER, *COMPARED_BY).collect()
    repeats = _repeats(usable)
    people = usable.filter(~pl.col(ROW_NUMBER).is_in(repeats[ROW_NUMBER].implode()))
    by_upn, by_nino = (_judged(_beside_the_first(people, [number])) for number in ("upn", "nino"))
    by_name = _beside_the_first(people, _PERSON).filter(~_differs("upn") & ~_differs("nino") & ~_differs("sex"))
    found = {
        "is_repeated": repeats.filter(~pl.col("is_elsewhere"))[ROW_NUMBER],
        "is_in_two_families": repeats.filter("is_elsewhere")[ROW_NUMBER],
        "is_under_two_refs": pl.concat(
            [by_name[ROW_NUMBER], *(each.filter("is_same")[ROW_NUMBER] for each in (by_upn, by_nino))]
        ),
        "is_upn_shared": _both(by_upn.filter("is_another")),
        "is_nino_shared": _both(by_nino.filter("is_another")),
        "has_names_swapped": _names_swapped(people),
        "is_family_too_large": _of_large_families(people),
    }
    return rows.with_columns(
        pl.col(ROW_NUMBER).is_in(numbers.unique().implode()).alias(name) for name, numbers in found.items()
    )


def _repeats(usable: pl.DataFrame) -> pl.DataFrame:
    """row_number and is_elsewhere (in another family than the first) of each further row of a person reference."""
    twice = usable.filter(pl.col("person_ref").is_duplicated())
    family, place = pl.col("family_ref"), pl.int_range(pl.len())
    return twice.select(
        ROW_NUMBER,
        place=place.over("person_ref"),
        is_elsewhere=family != family.first().over("person_ref"),
    ).filter(pl.col("place") > 0)


def _beside_the_first(people: pl.DataFrame, key: list[str]) -> pl.DataFrame:
    """Each further row of a key beside the first of it, whose columns are named `first_<column>`."""
    is_known = pl.all_horizontal(pl.col(key).is_not_null())
    twice = people.filter(is_known & pl.struct(key).is_duplicated())
    return twice.with_columns(pl.all().first().over(key).name.prefix("first_")).filter(
        pl.col(ROW_NUMBER) != pl.col(f"first_{ROW_NUMBER}")
    )


def _judged(pairs: pl.DataFrame) -> pl.DataFrame:
    """Rows that share a number with the first of it, with is_same and is_another; where neither is so it is not sure.

    is_another: a forename or a birth that cannot be the first one's.
    """
    told = pairs.with_columns(
        _root_of("forename").alias("forename_root"), _root_of("first_forename").alias("first_forename_root")
    ).with_columns(is_same=_is_same_person())
    return told.with_columns(is_another=~pl.col("is_same") & (_differs("forename_root") | ~_is_birth_near()))


def _equal(column: str) -> pl.Expr:
    return (pl.col(column) == pl.col(f"first_{column}")).fill_null(False)


def _differs(column: str) -> pl.Expr:
    return (pl.col(column) != pl.col(f"first_{column}")).fill_null(False)


@cache
def _is_birth_near() -> pl.Expr:
    """Unknown, or two of year, month and day agree, or day and month are exchanged."""
    born, first = pl.col("date_of_birth"), pl.col("first_date_of_birth")
    year, month, day = (born.dt.year() == first.dt.year(), born.dt.month() == first.dt.month(),
                        born.dt.day() == first.dt.day())  # fmt: skip
    is_swapped = year & (born.dt.month() == first.dt.day()) & (born.dt.day() == first.dt.month())
    agrees = (year.cast(pl.Int8) + month.cast(pl.Int8) + day.cast(pl.Int8) >= 2) | is_swapped
    return agrees.fill_null(True)


@cache
def _is_swapped() -> pl.Expr:
    crossed = (pl.col("forename") == pl.col("first_surname")) & (pl.col("surname") == pl.col("first_forename"))
    return crossed.fill_null(False)


@cache
def _is_same_person() -> pl.Expr:
    """One number, and names and birth that can be one person's: neither twins nor a father and a son of one name."""
    is_named_so = _equal("forename_root") & (_equal("date_of_birth") | (_equal("surname") & _is_birth_near()))
    return is_named_so | (_is_swapped() & _is_birth_near())


def _both(pairs: pl.DataFrame) -> pl.Series:
    """The row numbers of either side."""
    return pl.concat([pairs[ROW_NUMBER], pairs[f"first_{ROW_NUMBER}"].alias(ROW_NUMBER)])


def _names_swapped(people: pl.DataFrame) -> pl.Series:
    """A forename that is the surname of somebody else in the family, and a surname that is a forename, nobody's here.

    A forename that is a known one (Thomas, James) is never taken for a surname.
    """
    known = _known_forenames()
    doubtful = people.filter(pl.col("surname").is_in(known)).filter(~pl.col("forename").is_in(known))
    families = doubtful["family_ref"].unique().implode()
    others = people.filter(pl.col("family_ref").is_in(families)).select(
        "family_ref", other_row=ROW_NUMBER, other_surname="surname"
    )
    beside = doubtful.select(ROW_NUMBER, "family_ref", "forename", "surname").join(others, on="family_ref")
    beside = beside.filter(pl.col(ROW_NUMBER) != pl.col("other_row"))
    judged = beside.group_by(ROW_NUMBER).agg(
        is_family_name=(pl.col("forename") == pl.col("other_surname")).any(),
        is_own_name=(pl.col("surname") == pl.col("other_surname")).any(),
    )
    return judged.filter(pl.col("is_family_name") & ~pl.col("is_own_name"))[ROW_NUMBER]


def _of_large_families(people: pl.DataFrame) -> pl.Series:
    sizes = people["family_ref"].value_counts(name="n_people")
    large = sizes.filter(pl.col("n_people") > LARGEST_FAMILY)["family_ref"]
    return people.filter(pl.col("family_ref").is_in(large.implode()))[ROW_NUMBER]


@cache
def _root_of(forename: str) -> pl.Expr:
    """The first word of a forename, or of what it is a short form of."""
    roots = forename_roots()
    return pl.col(forename).replace(roots["forename"], roots["root"]).str.extract(r"^([A-Z']+)")


@cache
def _known_forenames() -> list[str]:
    return sorted({name for column in forename_roots().get_columns() for name in column.to_list()})
