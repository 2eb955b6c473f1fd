"""The shapes of departments' attribute files (docs/reference/data-schedule.md)."""

from dataclasses import dataclass

import polars as pl

REFERENCE = "record_ref"
"""The supplier's own reference; it never passes the reader."""


@dataclass(frozen=True)
class Attribute:
    """A column of an attributes file.

    name; dtype: what it is stored as; values: the only codes it may hold (none declared: any);
    is_required: whether each row must have it; is_count: whether it may not be below zero.
    """

    name: str
    dtype: type[pl.DataType]
    values: tuple[str, ...] = ()
    is_required: bool = False
    is_count: bool = False


def _code(name: str, *values: str, is_required: bool = False) -> Attribute:
    return Attribute(name, pl.String, values, is_required)


def _count(name: str) -> Attribute:
    return Attribute(name, pl.Int32, is_required=True, is_count=True)


def _flag(name: str, is_required: bool = False) -> Attribute:
    return Attribute(name, pl.Boolean, is_required=is_required)


def _day(name: str, is_required: bool = False) -> Attribute:
    return Attribute(name, pl.Date, is_required=is_required)


def _year() -> Attribute:
    return Attribute("academic_year", pl.Int32, is_required=True)


SHAPES: dict[str, tuple[Attribute, ...]] = {
    "attendance": (
        _year(),
        _code("term", "autumn", "spring", "summer", is_required=True),
        _count("n_sessions_possible"),
        _count("n_sessions_authorised"),
        _count("n_sessions_unauthorised"),
        _count("n_exclusions"),
        _flag("is_fsm_eligible"),
        _code("sen_provision", "N", "K", "E"),
        _code("language", "ENG", "OTH"),
        _code("ethnic_group", "WBRI", "WOTH", "MIXD", "ASIA", "BLAC", "OOTH", "UNCL"),
    ),
    "attainment": (
        _year(),
        _code("key_stage", "KS2", "KS4", is_required=True),
        Attribute("ks2_reading_scaled", pl.Float64),
        Attribute("ks2_maths_scaled", pl.Float64),
        _code("ks2_reading_level"),
        _code("ks2_maths_level"),
        Attribute("ks4_attainment8", pl.Float64),
        _flag("is_ks4_five_ac"),
    ),
    "social_care": (
        _code("episode_type", "referral", "child_in_need", "protection_plan", "looked_after", is_required=True),
        _day("start_date", is_required=True),
        _day("end_date"),
        _code("abuse_category"),
        _code("legal_status"),
        _code("placement"),
        _code("reason_ceased"),
    ),
    "offences": (
        _day("offence_date", is_required=True),
        _day("disposal_date", is_required=True),
        _code("offence_group"),
        _code("disposal", "caution", "conviction", "no_further_action", is_required=True),
        Attribute("n_custody_days", pl.Int32, is_count=True),
        _flag("is_domestic_abuse"),
    ),
    "benefits": (
        _code("benefit", "JSA", "IS", "ESA", "IB", "SDA", "UC", is_required=True),
        _day("start_date", is_required=True),
        _day("end_date"),
    ),
    "employment": (
        _day("start_date", is_required=True),
        _day("end_date"),
        _code("employer_ref"),
    ),
    "hospital": (
        _day("attendance_date", is_required=True),
        _code("attendance_type", "emergency", "outpatient", "inpatient", is_required=True),
        _flag("is_injury"),
    ),
}
"""Columns beside the reference, by extract."""
