"""Every rule that a row of a return is judged by.

Declared, so that the rule, its sentence and its source are read in one place. Severity: `refused` (the row is not
used), `warning` (the row is used, what the rule names is left out of it), `repaired` (the row is used; we mended it).
Sentences never hold a value. The rules as councils read them: docs/reference/return-rules.md.
"""

from datetime import date

import polars as pl

from tf_assets.linkage import standardise
from tf_assets.linkage.dates import PLACEHOLDER_BIRTH_DATES
from tf_assets.linkage.returns.comparing import LARGEST_FAMILY
from tf_assets.linkage.returns.rule import (
    COMMON_BASIC_DATA_SET,
    FRAMEWORK,
    HMRC_NUMBERS,
    OURS,
    POST_OFFICE,
    SCHEDULE,
    Rule,
)
from tf_assets.linkage.returns.vocabulary import PROBLEM_FIELDS

PROGRAMME_BEGAN = date(2012, 4, 1)
"""Financial Framework for the Troubled Families programme, DCLG, March 2012."""

OLDEST_AGE = 110
OLDEST_PUPIL_AGE = 20
YOUNGEST_NINO_AGE = 15
"""HMRC issues the number in the three months before the sixteenth birthday."""

LONGEST_LATE_ASSESSMENT = 92
"""Days after the start by which an assessment may be written up (ours)."""


def _sent(field: str) -> pl.Expr:
    return pl.col(f"sent_{field}")


def _unreadable(field: str) -> pl.Expr:
    return _sent(field).is_not_null() & pl.col(field).is_null()


def _changed(field: str) -> pl.Expr:
    return _sent(field).ne_missing(pl.col(field))


def _is_respelt(field: str) -> pl.Expr:
    """What was made of the text is more than its capitals."""
    return _sent(field).str.to_uppercase() != pl.col(field)


def _bare(field: str) -> pl.Expr:
    return _sent(field).str.to_uppercase().str.strip_chars()


_born, _start, _end, _assessed = (pl.col(c) for c in ("date_of_birth", "start_date", "end_date", "assessment_date"))
_quarter_end = pl.col("quarter_end_date")
_on_programme, _awaiting = pl.col("programme_group") == "programme", pl.col("programme_group") == "awaiting"
_is_name_respelt = (
    _sent("full_name").is_not_null() | _is_respelt("forename") | _is_respelt("surname")
    | pl.col("forename").is_null() | pl.col("surname").is_null()
)  # fmt: skip
_is_placeholder = _born.is_in(list(PLACEHOLDER_BIRTH_DATES))
_flag_names = {field: field.removeprefix("is_problem_").replace("_", " ") for field in PROBLEM_FIELDS}
_date_names = {"assessment_date": "assessment date", "start_date": "start date", "end_date": "end date"}

_REFUSALS_OF_ONE_ROW: tuple[Rule, ...] = (
    Rule("row_too_wide", "row", "refused", pl.col("has_stray_cell"),
         "The row has more cells than there are headings, so its values may stand in the wrong columns.",
         "Put quotes round text that contains the delimiter.", OURS),
    Rule("family_ref_missing", "family_ref", "refused", pl.col("family_ref").is_null(),
         "The family reference is missing.", "Give each row the reference of its family.", SCHEDULE),
    Rule("person_ref_missing", "person_ref", "refused", pl.col("person_ref").is_null(),
         "The person reference is missing.", "Give each person a reference that stays the same in all returns.",
         SCHEDULE),
    Rule("surname_missing", "surname", "refused", pl.col("surname").is_null(), "The surname is missing.",
         "Add the surname; without it the person cannot be linked.", SCHEDULE),
    Rule("birth_in_future", "date_of_birth", "refused", _born > _quarter_end,
         "The date of birth is after the end of the quarter.", "Correct the date of birth.", OURS),
    Rule("birth_after_start", "date_of_birth", "refused", (_born <= _quarter_end) & _on_programme & (_born > _start),
         "The date of birth is after the day on which work with the person's family began.",
         "Correct the date of birth or the start date.", OURS),
    Rule("group_missing", "programme_group", "refused", _sent("programme_group").is_null(),
         "The programme group is missing.", "Write programme or awaiting.", SCHEDULE),
    Rule("group_unreadable", "programme_group", "refused", _unreadable("programme_group"),
         "The programme group is neither programme nor awaiting.", "Write programme or awaiting.", SCHEDULE),
    Rule("start_missing", "start_date", "refused", _on_programme & _sent("start_date").is_null(),
         "The family is on the programme but has no start date.", "Add the day on which work began.", SCHEDULE),
    Rule("start_unreadable", "start_date", "refused", _on_programme & _unreadable("start_date"),
         "The start date cannot be read.", "Write dates as DD/MM/YYYY.", SCHEDULE),
    Rule("start_after_quarter", "start_date", "refused", _on_programme & (_start > _quarter_end),
         "The start date is after the end of the quarter.", "Correct it, or send the row in the return of its quarter.",
         SCHEDULE),
)  # fmt: skip

IS_USABLE = ~pl.any_horizontal(rule.when.fill_null(False) for rule in _REFUSALS_OF_ONE_ROW)
"""Rows that nothing in themselves refuses. Of a person's rows the first of these is used."""

REFUSALS: tuple[Rule, ...] = (
    *_REFUSALS_OF_ONE_ROW,
    Rule("person_repeated", "person_ref", "refused", pl.col("is_repeated"),
         "The person reference stands in an earlier row of this return; that row is used.",
         "Send one row for each person.", SCHEDULE),
    Rule("person_in_two_families", "family_ref", "refused", pl.col("is_in_two_families"),
         "The person reference stands in an earlier row of this return in another family; that row is used.",
         "Send the person in one family, or tell us which of the two is right.", SCHEDULE),
)  # fmt: skip
"""The last rules need the others: rows are held beside each other (`comparing`) that are usable in themselves."""

_WARNINGS_OF_ONE_ROW: tuple[Rule, ...] = (
    Rule("forename_missing", "forename", "warning", pl.col("forename").is_null() & pl.col("surname").is_not_null(),
         "The forename is missing.", "Add it, so that the person can be linked.", SCHEDULE),
    Rule("birth_missing", "date_of_birth", "warning", _sent("date_of_birth").is_null(),
         "The date of birth is missing.", "Add it, so that the person can be linked.", SCHEDULE),
    Rule("birth_unreadable", "date_of_birth", "warning", _unreadable("date_of_birth"),
         "The date of birth cannot be read.", "Write dates as DD/MM/YYYY.", SCHEDULE),
    Rule("birth_placeholder", "date_of_birth", "warning", _is_placeholder,
         "The date of birth is one that systems write when they do not know it, so it was left out.",
         "Add the true date of birth.", OURS, ("date_of_birth",)),
    Rule("birth_too_long_ago", "date_of_birth", "warning", pl.col("age") > OLDEST_AGE,
         f"The person would be older than {OLDEST_AGE}, so the date of birth was left out.",
         "Correct the date of birth.", OURS, ("date_of_birth",)),
    Rule("birth_after_assessment", "date_of_birth", "warning",
         (_born <= _quarter_end) & (_born > _assessed) & ~(_on_programme & (_born > _start)).fill_null(False),
         "The date of birth is after the day on which the person's family was assessed.",
         "Check both dates; for a child born since then there is nothing to mend.", OURS),
    Rule("sex_unknown", "sex", "warning", _unreadable("sex"), "The sex is neither F nor M.", "Write F or M.", SCHEDULE),
    Rule("postcode_missing", "postcode", "warning", _sent("postcode").is_null(), "The postcode is missing.",
         "Add the postcode of the home.", SCHEDULE),
    Rule("postcode_no_fixed_abode", "postcode", "warning", standardise.is_no_fixed_abode(_sent("postcode")),
         "The postcode says that there is no fixed abode; nobody is linked by it.",
         "Add the postcode of a home when there is one.", POST_OFFICE, among=pl.col("postcode").is_null()),
    Rule("postcode_invalid", "postcode", "warning",
         _unreadable("postcode") & ~standardise.is_no_fixed_abode(_sent("postcode")),
         "The postcode is not one that Royal Mail could issue, so it was left out.", "Correct the postcode.",
         POST_OFFICE, among=pl.col("postcode").is_null()),
    Rule("upn_invalid", "upn", "warning", _unreadable("upn"),
         "The unique pupil number does not pass its own check, so it was left out.", "Copy it again from the school.",
         COMMON_BASIC_DATA_SET),
    Rule("upn_of_adult", "upn", "warning",
         pl.col("upn").is_not_null() & pl.col("age").is_between(OLDEST_PUPIL_AGE + 1, OLDEST_AGE),
         "A unique pupil number stands with an adult, so it was left out.", "Give it to the child whose it is.",
         SCHEDULE, ("upn",)),
    Rule("nino_invalid", "nino", "warning", _unreadable("nino"),
         "The national insurance number is not one that HMRC could issue, so it was left out.",
         "Copy it again from a letter of HMRC or DWP.", HMRC_NUMBERS),
    Rule("nino_of_child", "nino", "warning", pl.col("nino").is_not_null() & (pl.col("age") < YOUNGEST_NINO_AGE),
         "A national insurance number stands with a child, so it was left out.", "Give it to the adult whose it is.",
         HMRC_NUMBERS, ("nino",)),
    Rule("role_unclear", "role", "warning",
         pl.col("role").is_null() & (_sent("role").is_not_null() | pl.col("age").is_null()),
         "The role is neither adult nor child; the age was used where it is known.", "Write adult or child.", SCHEDULE),
    Rule("start_of_awaiting", "start_date", "warning", _awaiting & _sent("start_date").is_not_null(),
         "The family is awaiting but has a start date, which was left out.",
         "If work has begun, write programme as the group.", SCHEDULE, ("start_date", "end_date", "end_reason")),
    Rule("end_of_awaiting", "end_date", "warning",
         _awaiting & _sent("end_date").is_not_null() & _sent("start_date").is_null(),
         "The family is awaiting but has an end date, which was left out.",
         "If work has begun, write programme as the group and add the start date.", SCHEDULE,
         ("end_date", "end_reason")),
    Rule("start_before_programme", "start_date", "warning", _on_programme & (_start < PROGRAMME_BEGAN),
         "The start date is before the programme began in April 2012.", "Correct the start date.",
         FRAMEWORK),
    Rule("assessment_missing", "assessment_date", "warning", _awaiting & _sent("assessment_date").is_null(),
         "The family is awaiting but has no assessment date, so it cannot be compared with others.",
         "Add the day on which the family was found eligible.", SCHEDULE),
    Rule("assessment_unreadable", "assessment_date", "warning", _unreadable("assessment_date"),
         "The assessment date cannot be read.", "Write dates as DD/MM/YYYY.", SCHEDULE),
    Rule("assessment_after_quarter", "assessment_date", "warning", _assessed > _quarter_end,
         "The assessment date is after the end of the quarter, so it was left out.", "Correct the assessment date.",
         SCHEDULE, ("assessment_date",)),
    Rule("assessment_before_programme", "assessment_date", "warning", _assessed < PROGRAMME_BEGAN,
         "The assessment date is before the programme began in April 2012.", "Correct the assessment date.",
         FRAMEWORK),
    Rule("assessment_after_start", "assessment_date", "warning",
         _on_programme & (_assessed <= _quarter_end)
         & ((_assessed - _start).dt.total_days() > LONGEST_LATE_ASSESSMENT),
         f"The assessment date is more than {LONGEST_LATE_ASSESSMENT} days after the start date.",
         "Correct the assessment date or the start date.", OURS),
    Rule("end_unreadable", "end_date", "warning", _unreadable("end_date"),
         "The end date cannot be read, so it was left out.", "Write dates as DD/MM/YYYY.", SCHEDULE, ("end_reason",)),
    Rule("end_before_start", "end_date", "warning", _on_programme & (_end < _start),
         "The end date is before the start date, so it was left out.", "Correct the end date or the start date.",
         SCHEDULE, ("end_date", "end_reason")),
    Rule("end_after_quarter", "end_date", "warning", _on_programme & (_end > _quarter_end),
         "The end date is after the end of the quarter, so it was left out.",
         "Leave it blank until the work has ended.", SCHEDULE, ("end_date", "end_reason")),
    *(Rule(f"{field.removeprefix('is_')}_unreadable", field, "warning", _unreadable(field),
           f"The answer on the problem of {_flag_names[field]} is neither yes nor no.", "Write Y or N.", SCHEDULE)
      for field in PROBLEM_FIELDS),
)  # fmt: skip

WARNINGS: tuple[Rule, ...] = (
    *_WARNINGS_OF_ONE_ROW,
    Rule("person_under_two_refs", "person_ref", "warning", pl.col("is_under_two_refs"),
         "The same person stands in an earlier row of this return under another person reference.",
         "Give the person one reference and send one row.", OURS),
    Rule("upn_shared", "upn", "warning", pl.col("is_upn_shared"),
         "Another person of this return has the same unique pupil number, so it was left out of both.",
         "Give it to the child whose it is.", COMMON_BASIC_DATA_SET, ("upn",)),
    Rule("nino_shared", "nino", "warning", pl.col("is_nino_shared"),
         "Another person of this return has the same national insurance number, so it was left out of both.",
         "Give it to the adult whose it is.", HMRC_NUMBERS, ("nino",)),
    Rule("names_swapped", "forename", "warning", pl.col("has_names_swapped"),
         "The forename is the surname of others in the family and the surname is a forename: they may have changed "
         "places.", "Put each name into its own column.", OURS),
    Rule("family_too_large", "family_ref", "warning", pl.col("is_family_too_large"),
         f"More than {LARGEST_FAMILY} people have this family reference.",
         "Give each family a reference of its own.", OURS),
)  # fmt: skip

LEFT_OUT: dict[str, pl.Expr] = {
    column: pl.any_horizontal(rule.when.fill_null(False) for rule in _WARNINGS_OF_ONE_ROW if column in rule.clears)
    for column in sorted({column for rule in _WARNINGS_OF_ONE_ROW for column in rule.clears})
}
"""Where a rule on the row itself leaves a column empty: what is left out is not compared with other rows."""

REPAIRS: tuple[Rule, ...] = (
    Rule("name_cleaned", "forename", "repaired",
         standardise.has_title(pl.coalesce(_sent("forename"), _sent("full_name")))
         | standardise.has_title(_sent("surname")),
         "A title or a remark in brackets was taken out of the name.", "Send the name alone.", OURS, among=_is_name_respelt),
    Rule("upn_spaced", "upn", "repaired", pl.col("upn").is_not_null() & (pl.col("upn") != _bare("upn")),
         "Spaces or marks were taken out of the unique pupil number.", "Send the number without spaces.",
         COMMON_BASIC_DATA_SET, among=_changed("upn")),
    Rule("nino_spaced", "nino", "repaired", pl.col("nino").is_not_null() & (pl.col("nino") != _bare("nino")),
         "Spaces or marks were taken out of the national insurance number.", "Send the number without spaces.",
         HMRC_NUMBERS, among=_changed("nino")),
    Rule("postcode_mended", "postcode", "repaired",
         pl.col("postcode").str.replace(" ", "") != standardise.compact(_sent("postcode")),
         "A letter O or I in the postcode was read as a figure.", "Correct the postcode.",
         POST_OFFICE, among=_changed("postcode")),
    Rule("role_from_age", "role", "repaired", _sent("role").is_null() & pl.col("age").is_not_null(),
         "The role is missing and was taken from the age.", "Write adult or child.", SCHEDULE),
    *(Rule(f"{field.removesuffix('_date')}_other_order", field, "repaired", pl.col(f"{field}_is_other_order"),
           f"The {name} can only be read with day and month in the other order than the rest of the column.",
           "Write all dates in the same order.", OURS)
      for field, name in {"date_of_birth": "date of birth", **_date_names}.items()),
)  # fmt: skip

RULES: tuple[Rule, ...] = REFUSALS + WARNINGS + REPAIRS
"""All rules, by severity."""
