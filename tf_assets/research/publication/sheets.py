"""What stands on each sheet of the published workbook: a few readable tables made from the protected ones.

Numbers that are not given are replaced by their shorthand, as the UK statistical service asks; no cell is empty.
https://analysisfunction.civilservice.gov.uk/policy-store/releasing-statistics-in-spreadsheets/
https://analysisfunction.civilservice.gov.uk/policy-store/symbols-in-tables-definitions-and-help/
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import polars as pl

from tf_assets.research.publication.catalogue import (
    AGE_BANDS,
    ALL,
    ARMS,
    HIDING,
    MARKS,
    METHODS,
    OUTCOMES,
    SEXES,
    WINDOWS,
)
from tf_assets.research.publication.cohort_flow import KEPT, STEP_WORDS
from tf_assets.research.publication.link_rates import DIMENSIONS, LINK_RATES_NOTE, people_groups

Cell = str | int | float
Tables = Mapping[str, pl.DataFrame]

SOURCE = "Source: evaluation of the Troubled Families programme, linked administrative records"

ROUNDING_NOTE = (
    "Counts are rounded to a multiple of 10, up or down at random but always the same for the same people. Each total "
    "is rounded on its own, so figures may not add up. A count of 0 stands for 0 to 9 people."
)

KEPT_NOTE = (
    "Where the update of a figure, taken together with everything published before, could tell of a small group of people, "
    "the figure stays as it was published last. These figures are listed."
)


@dataclass(frozen=True)
class Sheet:
    """One sheet: a single table.

    name: the sheet's tab; title and notes: above the table; headings: one for each column; rows: text and numbers,
    no empty cell; decimals: places of each column's numbers.
    """

    name: str
    title: str
    notes: tuple[str, ...]
    headings: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    decimals: tuple[int, ...]


def publication_sheets(tables: Tables) -> list[Sheet]:
    """All sheets of a publication, from the protected tables; a sheet without a row is left out."""
    effects, outcomes = tables["protected_effects"], tables["protected_outcome_counts"]
    sheets = [
        _effects_sheet(effects, "england", "Effects_England", "Effects of the programme, England"),
        _effects_sheet(effects, "region", "Effects_regions", "Effects of the programme, regions of England"),
        _outcomes_sheet(outcomes, "england", "Outcomes_England", "Outcomes by group, sex and age, England"),
        _outcomes_sheet(outcomes, "region", "Outcomes_regions", "Outcomes by group, regions of England"),
        _outcomes_sheet(outcomes, "council", "Outcomes_councils", "Outcomes by group, councils"),
        _people_sheet(tables["protected_programme_counts"]),
        _flow_sheet(tables["protected_cohort_flow"]),
        _balance_sheet(tables["protected_balance"]),
        _links_sheet(tables["protected_link_quality"]),
        _link_rates_sheet(tables["protected_link_rates"]),
        _kept_sheet(tables["held_updates"]),
    ]
    return [sheet for sheet in sheets if sheet.rows]


def notes_table() -> list[tuple[str, str]]:
    """The notes sheet: reference and text."""
    return [
        ("Rounding", ROUNDING_NOTE),
        *MARKS.items(),
        ("Kept figures", KEPT_NOTE),
        (
            "Rates",
            "Rates are made from the rounded counts beside them. Sex and age bands are never crossed.",
        ),
        (
            "Effects",
            "An effect is the difference that the programme made to those who took part, estimated from similar "
            "families who had been assessed but not yet worked with. It is rounded to steps that hide single people; "
            "the 95% interval allows for that.",
        ),
        (
            "Rate without the programme",
            "The programme group's rate less the estimated effect. It is not the comparison group's own rate, since "
            "the groups differ before matching.",
        ),
    ]


def _effects_sheet(effects: pl.DataFrame, area_type: str, name: str, title: str) -> Sheet:
    shown = effects.filter(pl.col("area_type") == area_type).select(
        pl.col("area_name"),
        _words("outcome", {key: each.label for key, each in OUTCOMES.items()}),
        _words("outcome_window", WINDOWS),
        _words("method", METHODS),
        "unit",
        "effect",
        "ci_low",
        "ci_high",
        "programme_rate",
        "rate_without_programme",
        "n_programme",
        "n_comparison",
        "mark",
    )
    rows = [
        (*_filled(row[:-1], row[-1] if row[-1] in HIDING else "[z]"), _reliability(row[-1]))
        for row in shown.iter_rows()
    ]
    return Sheet(
        name,
        title,
        (ROUNDING_NOTE,),
        (
            "Area",
            "Outcome",
            "Time since start",
            "Method",
            "Unit of effect",
            "Effect",
            "95% interval, lower end",
            "95% interval, upper end",
            "Programme group (%)",
            "Without the programme (%)",
            "People, programme group",
            "People, comparison group",
            "Reliability",
        ),
        tuple(rows),
        (0, 0, 0, 0, 0, 2, 2, 2, 1, 1, 0, 0, 0),
    )


def _outcomes_sheet(outcomes: pl.DataFrame, area_type: str, name: str, title: str) -> Sheet:
    """One row for each area, outcome, window and group of people, the two arms side by side."""
    here = outcomes.filter(pl.col("area_type") == area_type)
    if area_type != "england":  # the splits by sex and age of smaller areas are in the CSV file
        here = here.filter((pl.col("sex") == ALL) & (pl.col("age_band") == ALL))
    key = ["area_code", "area_name", "outcome", "outcome_window", "sex", "age_band"]
    values = ["n_yes", "n_people", "yes_rate", "mark"]
    programme, comparison = (
        here.filter(pl.col("arm") == arm).select(*key, *values) for arm in ("programme", "comparison")
    )
    joined = programme.join(comparison, on=key, suffix="_comparison").sort(key)
    shown = joined.select(
        "area_code",
        "area_name",
        _words("outcome", {name: each.label for name, each in OUTCOMES.items()}),
        _words("outcome_window", WINDOWS),
        _words("sex", SEXES),
        _words("age_band", AGE_BANDS),
        *values,
        *(f"{value}_comparison" for value in values),
    )
    rows = [(*_filled(row[:9], row[9]), *_filled(row[10:13], row[13])) for row in shown.iter_rows()]
    return Sheet(
        name,
        title,
        (ROUNDING_NOTE, "Groups are as they are, before matching; read effects from the sheets of effects."),
        (
            "Area code",
            "Area",
            "Outcome",
            "Time since start",
            "Sex",
            "Age",
            "Programme group: people with the outcome",
            "Programme group: people",
            "Programme group (%)",
            "Comparison group: people with the outcome",
            "Comparison group: people",
            "Comparison group (%)",
        ),
        tuple(rows),
        (0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 1),
    )


def _people_sheet(counts: pl.DataFrame) -> Sheet:
    everybody = counts.filter((pl.col("sex") == ALL) & (pl.col("age_band") == ALL))
    wide = (
        everybody.with_columns(pl.concat_str("unit", "arm", separator="_").alias("column"))
        .group_by("area_type", "area_code", "area_name")
        .agg(
            pl.col("n_counted").filter(pl.col("column") == column).sum().alias(column)
            for column in ("families_programme", "people_programme", "families_comparison", "people_comparison")
        )
        .sort(pl.col("area_type").replace_strict({"england": 0, "region": 1, "council": 2}), "area_code")
        .drop("area_type")
    )
    return Sheet(
        "People",
        "People and families in the evaluation, by area",
        (ROUNDING_NOTE,),
        (
            "Area code",
            "Area",
            "Programme group: families",
            "Programme group: people",
            "Comparison group: families",
            "Comparison group: people",
        ),
        tuple(wide.iter_rows()),
        (0,) * 6,
    )


def _kept_sheet(held: pl.DataFrame) -> Sheet:
    """The figures that stay as they were published last."""
    everything = {ALL: "All"}
    shown = held.select(
        "area_code",
        pl.col("arm").str.to_titlecase() + " group",
        _words("outcome", everything | {name: each.label for name, each in OUTCOMES.items()}),
        _words("outcome_window", everything | WINDOWS),
        "kept_from",
    )
    headings = ("Area code", "Group", "Outcome", "Time since start", "Publication whose figures are kept")
    return Sheet(
        "Kept",
        "Figures that stay as they were published last",
        (KEPT_NOTE,),
        headings,
        tuple(shown.iter_rows()),
        (0,) * 5,
    )


def _flow_sheet(flow: pl.DataFrame) -> Sheet:
    counts = {(step, arm): n_people for step, arm, n_people in flow.select("step", "arm", "n_people").iter_rows()}
    rows = [
        (f"{'' if step in KEPT else 'Left out: '}{words}", *(counts[step, arm] for arm in ARMS))
        for step, words in STEP_WORDS.items()
        if counts
    ]
    return Sheet(
        "Who_was_left_out",
        "From the registers to the matched comparison: people at each step",
        (ROUNDING_NOTE,),
        ("Step", "Programme group: people", "Comparison group: people"),
        tuple(rows),
        (0, 0, 0),
    )


def _balance_sheet(balance: pl.DataFrame) -> Sheet:
    rows = [
        (covariate_words(name), *_filled((before, after), mark or "[x]"))
        for name, before, after, mark in balance.select("covariate", "smd_before", "smd_after", "mark").iter_rows()
    ]
    return Sheet(
        "Balance",
        "How alike the two groups were before and after matching, England",
        ("Differences of the means in standard deviations. Under 0.1 either way is usually taken as alike.",),
        ("Characteristic", "Difference before matching", "Difference after matching"),
        tuple(rows),
        (0, 2, 2),
    )


def _links_sheet(links: pl.DataFrame) -> Sheet:
    rows = [
        (
            covariate_words(extract),
            covariate_words(stage),
            n_linked,
            *_filled((share, precision, recall), mark or "[x]"),
        )
        for extract, stage, n_linked, share, precision, recall, mark in links.select(
            "extract", "stage", "n_linked", "linked_share", *(pl.col(c) * 100 for c in _QUALITY), "mark"
        ).iter_rows()
    ]
    return Sheet(
        "Linkage",
        "People with a linked record, by source and linkage stage",
        (ROUNDING_NOTE, "A person without a record in a source may truly have none: most people have no offence."),
        (
            "Source",
            "Linkage stage",
            "People linked",
            "Share of all people in the release (%)",
            "Estimated share of links that are right (%)",
            "Estimated share of true links found (%)",
        ),
        tuple(rows),
        (0, 0, 0, 1, 1, 1),
    )


def _link_rates_sheet(rates: pl.DataFrame) -> Sheet:
    rows = [
        (covariate_words(extract), DIMENSIONS[dimension], label, n_expected, n_linked, *_filled((share,), mark))
        for extract, dimension, label, n_expected, n_linked, share, mark in people_groups()
        .join(rates, on=["dimension", "people_group"], maintain_order="left_right")
        .sort("extract", maintain_order=True)
        .select("extract", "dimension", "label", "n_expected", "n_linked", "linked_share", "mark")
        .iter_rows()
    ]
    return Sheet(
        "Linkage_groups",
        "Whom the linkage misses: people with a linked record, by source and group of people",
        (ROUNDING_NOTE, LINK_RATES_NOTE),
        ("Source", "By", "Group", "People whom the source should hold", "Of them, linked", "Share linked (%)"),
        tuple(rows),
        (0, 0, 0, 0, 0, 1),
    )


_QUALITY = ("estimated_precision", "estimated_recall")


ACRONYMS = {"jsa": "JSA", "fsm": "FSM", "sen": "SEN", "uc": "UC", "ks2": "KS2", "ks4": "KS4"}


def covariate_words(name: str) -> str:
    """A name as words: `n_jsa_days` is 'JSA days'."""
    words = name.removeprefix("is_").removeprefix("n_").split("_")
    text = " ".join(ACRONYMS.get(word, word) for word in words)
    return text[:1].upper() + text[1:]


def _words(column: str, words: Mapping[str, str]) -> pl.Expr:
    return pl.col(column).replace(dict(words)).alias(f"{column}_words")


def _filled(cells: Iterable[Cell | None], mark: str | None) -> tuple[Cell, ...]:
    return tuple((mark or "[x]") if cell is None else cell for cell in cells)


def _reliability(mark: str | None) -> str:
    return "usual" if mark is None else mark
