"""What somebody who objects can say of themselves, in the form of the registers, and whether it is enough.

A row of an opt-out may hold any of `FIELDS`. Each is standardised as a return's is, so that both sides compare alike. An
opt-out applies by each kind of evidence that it holds (`KINDS`); a row that holds none is told back with what is
missing, by row number, field and rule and never by a value.
"""

from dataclasses import dataclass
from datetime import date

import polars as pl

from tf_assets.linkage import standardise
from tf_assets.linkage.dates import PLACEHOLDER_BIRTH_DATES, order_evidence, parse_dates
from tf_assets.warehouse.geography import councils

ROW_NUMBER = "row_number"
FIELDS = (
    "council", "person_ref", "forename", "surname", "date_of_birth", "postcode", "upn", "nino", "nhs_number",
)  # fmt: skip

EVIDENCE_COLUMNS = (
    ROW_NUMBER, "council_code", "person_ref", "forename", "surname", "date_of_birth", "postcode", "upn", "nino",
    "nhs_number",
)  # fmt: skip
"""The columns of standardised evidence; text, but for row_number (UInt32) and date_of_birth (Date)."""

KINDS: dict[str, tuple[str, ...]] = {
    "register_ref": ("council_code", "person_ref"),
    "upn": ("upn",),
    "nino": ("nino",),
    "nhs_number": ("nhs_number",),
    "name_dob": ("forename", "surname", "date_of_birth"),
    "forename_dob_postcode": ("forename", "date_of_birth", "postcode"),
    "name_postcode": ("forename", "surname", "postcode"),
}
"""What is enough by itself (ours): a number of an authority, a council's own reference, or three things of which two
are rarely shared. A surname with a date of birth is not enough: twins share them."""

FAULTS: dict[str, str] = {
    "not_enough": (
        "This is not enough to know the person by. Give the council and its reference of the person, or a pupil, "
        "national insurance or NHS number, or the forename with two of surname, date of birth and postcode."
    ),
    "council_unknown": "This is neither the code nor the name of one of the 152 councils, so it was not used.",
    "council_missing": "A person reference is a council's own. Name the council beside it; it was not used.",
    "not_a_date": "This is no date of birth that could be read, so it was not used. Write it as YYYY-MM-DD.",
    "not_a_postcode": "This is not a postcode that could exist, so it was not used.",
    "check_failed": "This number fails its own check, so a digit or letter is wrong and it was not used.",
    "not_a_name": "This holds no letters of a name, so it was not used.",
}
"""Rules and the sentence of each."""

FAULT_SCHEMA = pl.Schema({ROW_NUMBER: pl.UInt32(), "field": pl.String(), "rule": pl.String(), "sentence": pl.String()})
WHOLE_ROW = "row"


@dataclass(frozen=True)
class Judged:
    """Rows of evidence, judged.

    usable: EVIDENCE_COLUMNS, the rows that hold at least one of `KINDS`; faults: FAULT_SCHEMA, what could not be used,
    with `not_enough` for each row that is not in `usable`.
    """

    usable: pl.DataFrame
    faults: pl.DataFrame

    @property
    def n_refused(self) -> int:
        """Rows that no opt-out was made of."""
        return self.faults.filter(pl.col("rule") == "not_enough").height


def judge(rows: pl.DataFrame) -> Judged:
    """Standardise and judge rows of text: row_number and any of `FIELDS`; blank cells are null.

    Whether 03/04/2001 is in March or in April is decided for the rows together, for England where nothing shows it.
    """
    given = rows.select(
        pl.col(ROW_NUMBER).cast(pl.UInt32),
        *(_given(rows, field) for field in FIELDS),
    )
    made = given.select(
        ROW_NUMBER,
        council_code=_council_code(given["council"]),
        person_ref=standardise.reference(pl.col("person_ref")),
        forename=standardise.name(pl.col("forename")),
        surname=standardise.name(pl.col("surname")),
        date_of_birth=_date_of_birth(given["date_of_birth"]),
        postcode=standardise.postcode(pl.col("postcode")),
        upn=standardise.upn(pl.col("upn")),
        nino=standardise.nino(pl.col("nino")),
        nhs_number=standardise.nhs_number(pl.col("nhs_number")),
    )
    is_enough = pl.any_horizontal(holds(kind) for kind in KINDS)
    return Judged(made.filter(is_enough), _faults(given, made, is_enough))


def holds(kind: str) -> pl.Expr:
    """Does a row of evidence hold this kind?"""
    return pl.all_horizontal(pl.col(column).is_not_null() for column in KINDS[kind])


def _given(rows: pl.DataFrame, field: str) -> pl.Expr:
    given = standardise.text(pl.col(field).cast(pl.String)) if field in rows.columns else pl.lit(None, pl.String)
    return given.alias(field)


def _council_code(texts: pl.Series) -> pl.Series:
    """The code of a council that is named by its code or its name."""
    known = councils().select("council_code", "council_name")
    words = {name.upper(): code for code, name in known.iter_rows()} | {code: code for code in known["council_code"]}
    return texts.str.to_uppercase().replace_strict(words, default=None, return_dtype=pl.String)


def _date_of_birth(texts: pl.Series) -> pl.Series:
    order = order_evidence(texts.drop_nulls()).order or "day first"
    read = parse_dates(texts, order, date.today().year)["date"]
    return read.set(read.is_in(list(PLACEHOLDER_BIRTH_DATES)) | (read > date.today()), None)


def _faults(given: pl.DataFrame, made: pl.DataFrame, is_enough: pl.Expr) -> pl.DataFrame:
    """One row for each field that was given and not used, and one for each row that is not enough."""
    rules = {
        "council": ("council_code", "council_unknown"),
        "forename": ("forename", "not_a_name"),
        "surname": ("surname", "not_a_name"),
        "date_of_birth": ("date_of_birth", "not_a_date"),
        "postcode": ("postcode", "not_a_postcode"),
        "upn": ("upn", "check_failed"),
        "nino": ("nino", "check_failed"),
        "nhs_number": ("nhs_number", "check_failed"),
    }
    broken = [
        _fault(given.filter(given[field].is_not_null() & made[column].is_null()), field, rule)
        for field, (column, rule) in rules.items()
    ]
    without_council = made.filter(pl.col("person_ref").is_not_null() & given["council"].is_null())
    broken.append(_fault(without_council, "person_ref", "council_missing"))
    broken.append(_fault(made.filter(~is_enough), WHOLE_ROW, "not_enough"))
    return pl.concat([pl.DataFrame(schema=FAULT_SCHEMA), *broken]).sort(ROW_NUMBER, "field", "rule")


def _fault(rows: pl.DataFrame, field: str, rule: str) -> pl.DataFrame:
    return rows.select(ROW_NUMBER, field=pl.lit(field), rule=pl.lit(rule), sentence=pl.lit(FAULTS[rule]))
