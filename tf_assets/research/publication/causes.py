"""Because of whose return: what changed between two publications, and which of it a figure is laid to.

The rules, the first that holds:

1. own return: a council's figure, and a return of that council is new, corrected or withdrawn;
   returns of the area: a figure of a region or of England, and such a return is of a council in it;
2. department's extract: the extract that the figure is measured from was sent again, or has a new year;
3. other councils' returns: no return of the area changed, but others did (somebody is on two registers, or an estimate
   is fitted on all of England);
4. department's extract: only extracts changed, and not the one that the figure is measured from (linkage, matching);
5. opt-outs or software: nothing that is sent changed;
   not recorded: what one of the two publications was made of is not known.

When both 1 and 2 hold, the account names the extract too.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import polars as pl

from tf_assets.research.publication.sources import Sources
from tf_assets.warehouse.calendar import EXTRACTS
from tf_assets.warehouse.geography import councils

OWN_RETURN, AREA_RETURNS, OTHER_RETURNS = "own return", "returns of the area", "other councils' returns"
EXTRACT, OTHERWISE, NOT_RECORDED = "department's extract", "opt-outs or software", "not recorded"

CAUSES = (OWN_RETURN, AREA_RETURNS, OTHER_RETURNS, EXTRACT, OTHERWISE, NOT_RECORDED)

ACCOUNT_SCHEMA = pl.Schema([("cause", pl.String()), ("because_of", pl.String()), ("n_returns", pl.Int64())])

MOST_NAMED = 5
"""So many returns or extracts are named for a figure; of the others their number is given."""

OUTCOME_EXTRACTS = {
    "is_looked_after": "social_care",
    "is_on_protection_plan": "social_care",
    "is_child_in_need": "social_care",
    "is_convicted_juvenile": "offences",
    "is_in_custody_juvenile": "offences",
    "is_convicted_adult": "offences",
    "is_in_custody_adult": "offences",
    "is_on_jsa": "benefits",
    "is_on_out_of_work_benefit": "benefits",
    "is_employed": "employment",
    "is_persistently_absent": "attendance",
    "absence_rate": "attendance",
    "is_ks2_expected": "attainment",
    "ks4_attainment8": "attainment",
    "is_emergency_attendance": "hospital",
    "is_injury_attendance": "hospital",
}
"""The extract that each outcome is measured from."""

SUBJECTS = {
    "attendance": "school attendance",
    "attainment": "attainment",
    "social_care": "social care",
    "offences": "offences",
    "benefits": "benefits",
    "employment": "employment",
    "hospital": "hospital attendances",
}

_CHANGED_SCHEMA = pl.Schema(
    [(name, pl.String()) for name in ("council_code", "region_code", "council_name", "label")]
    + [("quarter_date", pl.Date())]
)


@dataclass(frozen=True)
class Changes:
    """What differs between what two publications were made of.

    returns: council_code, region_code, council_name, label ("Hartlepool April 2015 (corrected)"), quarter_date, in the
    order of names and quarters; extracts: label by extract and year, in order; is_software_changed.
    """

    returns: pl.DataFrame
    extracts: Mapping[str, str]
    is_software_changed: bool


def changes_between(before: Sources | None, after: Sources | None) -> Changes | None:
    """What changed from one publication's sources to the next; None where either is not known."""
    if before is None or after is None:
        return None
    return Changes(
        _changed_returns(before.returns, after.returns),
        _changed_extracts(before.extracts, after.extracts),
        before.software != after.software,
    )


def _changed_returns(before: pl.DataFrame, after: pl.DataFrame) -> pl.DataFrame:
    key, content = ["council_code", "quarter_date"], pl.col("content_key")
    both = before.join(after, on=key, how="full", coalesce=True, suffix="_after")
    fate = (
        pl.when(content.is_null())
        .then(pl.lit("new"))
        .when(pl.col("content_key_after").is_null())
        .then(pl.lit("withdrawn"))
        .otherwise(pl.lit("corrected"))
    )
    return (
        both.filter(content.ne_missing(pl.col("content_key_after")))
        .join(councils(), on="council_code", how="left")
        .with_columns(pl.col("council_name").fill_null(pl.col("council_code")))
        .with_columns(label=pl.format("{} {} ({})", "council_name", pl.col("quarter_date").dt.strftime("%B %Y"), fate))
        .sort("council_name", "quarter_date")
        .select(_CHANGED_SCHEMA.names())
    )


def _changed_extracts(before: Mapping[str, str], after: Mapping[str, str]) -> dict[str, str]:
    changed = sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name))
    return {name: _extract_label(name, name in before, name in after) for name in changed}


def _extract_label(name: str, was_there: bool, is_there: bool) -> str:
    extract, first_day = name.split("|")
    fate = "sent again" if was_there and is_there else "new" if is_there else "withdrawn"
    year = date.fromisoformat(first_day).year
    named = str(year) if EXTRACTS[extract].start_month == 1 else f"{year}/{(year + 1) % 100:02d}"
    return f"{EXTRACTS[extract].supplier}: {SUBJECTS[extract]} {named} ({fate})"


def account_for(moved: pl.DataFrame, changes: Changes | None) -> pl.DataFrame:
    """Moved figures with their cause, what it was because of, and how many returns (`ACCOUNT_SCHEMA`).

    moved: area_type, area_code, outcome, table_name and measure as in the ledger. There are as many accounts as areas
    and extracts, however many figures.
    """
    measured_from = (
        pl.when(pl.col("table_name").is_in(["protected_link_quality", "protected_link_rates"]))
        .then(pl.col("measure").str.split("|").list.get(1, null_on_oob=True))
        .otherwise(pl.col("outcome").replace_strict(OUTCOME_EXTRACTS, default=None, return_dtype=pl.String))
    )
    moved = moved.with_columns(measured_from=measured_from)
    grounds = ["area_type", "area_code", "measured_from"]
    distinct = moved.select(grounds).unique()
    accounts = pl.DataFrame(
        [
            (area_type, area_code, extract, *_account(area_type, area_code, extract, changes))
            for area_type, area_code, extract in distinct.iter_rows()
        ],
        schema={**moved.select(grounds).schema, **ACCOUNT_SCHEMA},
        orient="row",
    )
    return moved.join(accounts, on=grounds, how="left", nulls_equal=True).drop("measured_from")


def _account(
    area_type: str | None, area_code: str | None, measured_from: str | None, changes: Changes | None
) -> tuple[str, str, int]:
    """Cause, because_of and n_returns of the figures of one area that are measured from one extract, if from any."""
    if changes is None:
        return NOT_RECORDED, "What one of the two publications was made of was not recorded", 0
    near = _labels(changes.returns.filter(_is_within(area_type, area_code)))
    direct = [label for name, label in changes.extracts.items() if name.split("|")[0] == measured_from]
    if near:
        cause = OWN_RETURN if area_type == "council" else AREA_RETURNS
        return cause, _named(near, "returns", *direct), len(near)
    if direct:
        return EXTRACT, _named(direct, "years of extracts"), 0
    far = _labels(changes.returns)
    if far:
        return OTHER_RETURNS, _named(far, "returns"), len(far)
    if changes.extracts:
        return EXTRACT, _named(list(changes.extracts.values()), "years of extracts"), 0
    return OTHERWISE, "No return and no extract changed", 0


def _is_within(area_type: str | None, area_code: str | None) -> pl.Expr:
    """Whether a return is of a council in the area; a figure without an area is of all England."""
    if area_type in ("council", "region"):
        return pl.col(f"{area_type}_code") == area_code
    return pl.lit(True)


def _labels(returns: pl.DataFrame) -> list[str]:
    return returns["label"].to_list()


def _named(labels: list[str], noun: str, *beside: str) -> str:
    more = [f"{len(labels) - MOST_NAMED} more {noun}"] if len(labels) > MOST_NAMED else []
    return "; ".join([*labels[:MOST_NAMED], *more, *beside])
