"""Judgements by rule, with the numbers of their rows as ranges: 12, 15 to 19, 44."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

import polars as pl

from tf_assets.linkage.returns.grid import ROW_NUMBER
from tf_assets.linkage.returns.judging import WHOLE_FILE

SEVERITIES = ("refused", "warning", "repaired")
"""By consequence: the row is not used, something is left out of it, we mended it."""

_ONE_FINDING = ("severity", "field", "rule", "sentence", "advice", "previous_quarter_date")


@dataclass(frozen=True)
class Finding:
    """One rule that a return broke.

    n_rows: rows that broke it, 0 when it is about the whole file; ranges: first and last number of each run of
    neighbouring rows, ascending; previous_quarter_date: the earlier return that the rows differ from, or None.
    """

    severity: str
    field: str
    rule: str
    sentence: str
    advice: str
    previous_quarter_date: date | None
    n_rows: int
    ranges: tuple[tuple[int, int], ...]


def findings_by_rule(judgements: pl.DataFrame) -> list[Finding]:
    """One finding for each rule, gravest first and then by the number of rows.

    judgements: JUDGEMENT_SCHEMA, with or without `previous_quarter_date`. The refusal of the whole file is left out: it
    is the verdict.
    """
    told = judgements.filter((pl.col(ROW_NUMBER) != WHOLE_FILE) | (pl.col("severity") != "refused"))
    if "previous_quarter_date" not in told.columns:
        told = told.with_columns(previous_quarter_date=pl.lit(None, pl.Date))
    place = pl.col(ROW_NUMBER).cast(pl.Int64)
    runs = (
        told.select(*_ONE_FINDING, place)
        .unique()
        .sort(ROW_NUMBER)
        # neighbouring rows are as far from their place in the list
        .with_columns(run=place - pl.int_range(pl.len()).over(_ONE_FINDING))
        .group_by(*_ONE_FINDING, "run")
        .agg(first=pl.col(ROW_NUMBER).min(), last=pl.col(ROW_NUMBER).max())
        .sort("first")
        .group_by(_ONE_FINDING)
        .agg(
            n_rows=(pl.col("last") - pl.col("first") + (pl.col("first") != WHOLE_FILE)).sum(),
            firsts=pl.col("first"),
            lasts=pl.col("last"),
        )
    )
    columns = (*_ONE_FINDING, "n_rows", "firsts", "lasts")
    found = [
        Finding(
            severity, field, rule, sentence, advice, compared, n, tuple(zip(firsts, lasts, strict=True)) if n else ()
        )
        for severity, field, rule, sentence, advice, compared, n, firsts, lasts in runs.select(columns).iter_rows()
    ]
    return sorted(found, key=_by_consequence)


def _by_consequence(finding: Finding) -> tuple[object, ...]:
    rank = SEVERITIES.index(finding.severity) if finding.severity in SEVERITIES else len(SEVERITIES)
    first = finding.ranges[0] if finding.ranges else (0, 0)
    return (
        rank,
        -finding.n_rows,
        finding.field,
        finding.rule,
        str(finding.previous_quarter_date),
        first,
        finding.sentence,
    )


def row_words(ranges: Iterable[tuple[int, int]]) -> list[str]:
    """(12, 12), (15, 19), (44, 45) -> "12", "15 to 19", "44, 45"."""
    return [_words(first, last) for first, last in ranges]


def _words(first: int, last: int) -> str:
    if last - first < 2:
        return str(first) if first == last else f"{first}, {last}"
    return f"{first} to {last}"
