"""A council's rows as it writes them: every cell text, in its columns, headings, codes and dates."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from tf_assets.country.dirty.faults import FAULT, MIXED_ORDER, PICK
from tf_assets.country.dirty.shapes import DMY, MDY, Shape
from tf_assets.country.dirty.words import CODES, FULL_NAME, HEADINGS, NOTES, REMARKS

DATES = ("date_of_birth", "assessment_date", "start_date", "end_date")
PROBLEMS = (
    "is_problem_crime",
    "is_problem_attendance",
    "is_problem_child_help",
    "is_problem_worklessness",
    "is_problem_domestic_abuse",
    "is_problem_health",
)
COLUMNS = (
    "family_ref",
    "person_ref",
    "forename",
    "surname",
    "date_of_birth",
    "sex",
    "postcode",
    "address",
    "upn",
    "nino",
    "role",
    "school_name",
    "programme_group",
    "assessment_date",
    "start_date",
    "end_date",
    "end_reason",
    *PROBLEMS,
)
"""A return's columns in the order of the data schedule."""

ACCENTED = {
    "Zoe": "Zoë", "Chloe": "Chloë", "Sian": "Siân", "Sean": "Seán", "Sinead": "Sinéad", "Ciaran": "Ciarán",
    "Renee": "Renée", "Rene": "René", "Andre": "André", "Aimee": "Aimée", "Jose": "José", "Noel": "Noël",
    "Joel": "Joël", "Michele": "Michèle", "Leon": "Léon",
}  # fmt: skip
_APOSTROPHE = {"'": "’"}
_MOJIBAKE = {letter: letter.encode().decode("cp1252") for letter in "ëâáéèôç"}
"""UTF-8 taken for Windows-1252 on its way."""

_SHORT_SCHOOLS = {
    "Primary School": "Primary",
    "Academy": "Acad.",
    "High School": "High",
    "Saint ": "St ",
    "St. ": "St ",
}


@dataclass(frozen=True)
class Written:
    """A council's rows as text.

    texts: one column a column of the file, in its order; headings: one a column; date_columns: those that a
    spreadsheet may hold as true dates or serial numbers (ISO text here); number_columns: those it holds as numbers.
    """

    texts: pl.DataFrame
    headings: tuple[str, ...]
    date_columns: tuple[str, ...]
    number_columns: tuple[str, ...]


def write_rows(rows: pl.DataFrame, shape: Shape, schools: pl.DataFrame, names: list[str]) -> Written:
    """Render canonical rows (with `fault` and `pick`) of one council in its shape; row order stays.

    schools: urn, school_name of the council's schools; names: columns in the order of `column_order`.
    """
    codes = CODES[shape.codes]
    texts = rows.select(
        pl.col("family_ref"),
        pl.col("person_ref"),
        *(_name(column, shape) for column in ("forename", "surname")),
        *(_date(column, shape) for column in DATES),
        pl.col("sex").replace(codes.sex),
        _postcode(shape),
        _address(shape),
        pl.col("upn"),
        pl.col("nino"),
        pl.col("role").replace(codes.role),
        _school(schools, shape),
        pl.col("programme_group").replace(codes.group),
        pl.col("end_reason").str.replace_all("_", " "),
        *(pl.when(column).then(pl.lit(codes.yes)).otherwise(pl.lit(codes.no, pl.String)).alias(column)
          for column in PROBLEMS),
        pl.lit(pl.Series(REMARKS, dtype=pl.String)).gather(pl.col(PICK) // 7 % len(REMARKS)).alias(NOTES),
    )  # fmt: skip
    if shape.full_name:
        texts = texts.with_columns(_full_name(shape).alias(FULL_NAME))
    headings = HEADINGS[shape.vocabulary]
    return Written(
        texts=texts.select(names),
        headings=tuple(headings[name] for name in names),
        date_columns=tuple(name for name in names if name in DATES) if "%" not in shape.dates else (),
        number_columns=("family_ref", "person_ref") if shape.is_numbered else (),
    )


def column_order(shape: Shape, rng: np.random.Generator) -> list[str]:
    """The columns of a council's returns, left to right."""
    names = [name for name in COLUMNS if not (shape.full_name and name in ("forename", "surname"))]
    if shape.full_name:
        names.insert(2, FULL_NAME)
    if shape.columns == "group first":
        names.insert(0, names.pop(names.index("programme_group")))
    if shape.columns == "shuffled":
        names = [names[at] for at in rng.permutation(len(names))]
    return [*names, NOTES] if shape.has_notes else names


def _name(column: str, shape: Shape) -> pl.Expr:
    name = pl.col(column)
    if shape.names == "upper":
        return name.str.to_uppercase()
    if shape.names == "accents":
        return name.replace(ACCENTED).str.replace_many(_APOSTROPHE)
    if shape.names == "mojibake":
        return name.replace(ACCENTED).str.replace_many(_MOJIBAKE)
    return name


def _full_name(shape: Shape) -> pl.Expr:
    """Blank when the surname is missing: half a name in one column would pass for a surname."""
    forename, surname = pl.col("forename"), pl.col("surname")
    if shape.full_name == "surname, forename":
        return surname + pl.lit(", ") + forename
    return forename + pl.lit(" ") + surname


def _date(column: str, shape: Shape) -> pl.Expr:
    day = pl.col(column)
    if "%" not in shape.dates:
        return day.dt.strftime("%Y-%m-%d")
    text = day.dt.strftime(shape.dates)
    if column == "date_of_birth" and shape.dates in (DMY, MDY):
        other = day.dt.strftime(MDY if shape.dates == DMY else DMY)
        return pl.when(pl.col(FAULT) == MIXED_ORDER).then(other).otherwise(text).alias(column)
    return text


def _postcode(shape: Shape) -> pl.Expr:
    postcode = pl.col("postcode")
    if shape.postcodes == "compact":
        return postcode.str.replace_all(" ", "")
    return postcode.str.to_lowercase() if shape.postcodes == "lower" else postcode


def _address(shape: Shape) -> pl.Expr:
    return pl.col("address").str.replace(", ", "\n", literal=True) if shape.is_multiline else pl.col("address")


def _school(schools: pl.DataFrame, shape: Shape) -> pl.Expr:
    name = pl.col("school_name")
    if shape.schools == "upper":
        return name.str.to_uppercase()
    if shape.schools == "with urn":
        urns = dict(schools.select("school_name", pl.col("urn").cast(pl.String)).iter_rows())
        urn = name.replace_strict(urns, default=None, return_dtype=pl.String)
        return pl.coalesce(name + pl.lit(" (URN ") + urn + pl.lit(")"), name).alias("school_name")
    if shape.schools == "loose":
        style = pl.col(PICK) % 4
        mistyped = name.str.head(4) + name.str.slice(5)
        short = name.str.replace_many(_SHORT_SCHOOLS)
        return (
            pl.when(style == 0).then(name.str.to_uppercase())
            .when(style == 1).then(short)
            .when(style == 2).then(mistyped)
            .otherwise(name).alias("school_name")
        )  # fmt: skip
    return name
