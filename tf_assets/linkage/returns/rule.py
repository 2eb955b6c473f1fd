"""What a rule on rows is, and where rules come from."""

from dataclasses import dataclass
from typing import Literal

import polars as pl

Severity = Literal["refused", "warning", "repaired"]

OURS = "ours"
SCHEDULE = "data schedule"
COMMON_BASIC_DATA_SET = "DfE common basic data set"
HMRC_NUMBERS = "HMRC, National Insurance Manual NIM39110"
POST_OFFICE = "Royal Mail, Programmer's guide to PAF"
FRAMEWORK = "Financial Framework, DCLG, March 2012"


@dataclass(frozen=True)
class Rule:
    """One rule.

    id: its name; field: the column that it is about; when: true where the rule is broken (null counts as kept);
    sentence: what is wrong; advice: what the council can do; source: where the rule comes from; clears: columns that
    are left empty where the rule is broken; among: what is true of all rows that can break the rule, and quick to tell,
    where `when` is slow.
    """

    id: str
    field: str
    severity: Severity
    when: pl.Expr
    sentence: str
    advice: str
    source: str
    clears: tuple[str, ...] = ()
    among: pl.Expr | None = None
