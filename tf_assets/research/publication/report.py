"""The published report: one accessible page that needs no network, made from protected tables only."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import jinja2
import polars as pl

from tf_assets.research.cohorts.protocol import BEFORE, HALF_YEARS, PROTOCOL, PROTOCOL_FILE, fingerprint
from tf_assets.research.publication.catalogue import ALL, HIDING, MARKS, METHODS, OUTCOMES, WINDOWS, headline_window
from tf_assets.research.publication.charts import balance_svg, effects_svg, event_study_svg
from tf_assets.research.publication.cohort_flow import flow_stages
from tf_assets.research.publication.fragility import finding, fragilities
from tf_assets.research.publication.link_rates import DIMENSIONS, LINK_RATES_NOTE, people_groups
from tf_assets.research.publication.sheets import ROUNDING_NOTE, covariate_words

Tables = Mapping[str, pl.DataFrame]

MAIN_METHOD = PROTOCOL.comparison.methods[0]
"""The method of the report's first table and plot; the others stand beside it in the second table."""

FARTHEST_PLOTTED = 4
"""An interval longer than this many times the median one is not plotted; its numbers are in the table."""


@dataclass(frozen=True)
class LinkRates:
    """Shares linked as a page shows them: the sources, and by dimension in words each group's label and its shares."""

    extracts: list[str]
    dimensions: dict[str, list[tuple[str, list[str]]]]


@dataclass(frozen=True)
class EffectRow:
    """An effect in words and formatted numbers, or its shorthand."""

    label: str
    population: str
    window: str
    method: str
    programme: str
    without: str
    effect: str
    interval: str
    people: str
    verdict: str


def report_html(tables: Tables, publication_id: str, is_fictional: bool) -> str:
    """The page; `is_fictional` puts a warning on it that all data are invented."""
    effects = _england_effects(tables["protected_effects"])
    plotted = _plotted(effects)
    balance = tables["protected_balance"].drop_nulls(["smd_before", "smd_after"])
    return page_template("report.html.jinja").render(
        publication_id=publication_id,
        is_fictional=is_fictional,
        headline=[_effect_row(row) for row in effects.iter_rows(named=True) if _is_headline(row)],
        effects=[_effect_row(row) for row in effects.iter_rows(named=True)],
        event_study_svg=_event_study(tables["protected_effects"]),
        fragilities=fragilities(tables["protected_effects"]),
        effects_svg=effects_svg(plotted) if len(plotted) else None,
        effects_alt=_effects_alt(plotted),
        not_plotted=_not_plotted(effects),
        balance=balance.to_dicts(),
        balance_svg=balance_svg(balance) if len(balance) else None,
        balance_alt=_balance_alt(balance),
        flow=flow_stages(tables["protected_cohort_flow"]),
        protocol_version=PROTOCOL.version,
        protocol_fingerprint=fingerprint(),
        protocol_text=PROTOCOL_FILE.read_text(encoding="utf-8"),
        people=_people(tables["protected_programme_counts"]),
        links=_links(tables["protected_link_quality"]),
        link_rates=_link_rates(tables["protected_link_rates"]),
        link_rates_note=LINK_RATES_NOTE,
        marks=MARKS,
        rounding_note=ROUNDING_NOTE,
        words=covariate_words,
    )


@cache
def page_template(name: str) -> jinja2.Template:
    """A page's template, with the filters that all pages use."""
    folder = Path(__file__).parent / "templates"
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(folder),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["thousands"] = lambda number: f"{number:,}"
    environment.filters["signed"] = _signed
    return environment.get_template(name)


def _england_effects(effects: pl.DataFrame) -> pl.DataFrame:
    """England's effects in each outcome's headline window, in the catalogue's order."""
    order = {name: position for position, name in enumerate(OUTCOMES)}
    windows = {name: headline_window(name) for name in OUTCOMES}
    return (
        effects.filter(pl.col("area_type") == "england")
        .filter(pl.col("outcome_window") == pl.col("outcome").replace_strict(windows))
        .sort(pl.col("outcome").replace_strict(order), pl.col("method") != MAIN_METHOD, "method")
    )


def _is_headline(row: dict[str, Any]) -> bool:
    return OUTCOMES[row["outcome"]].is_headline and row["method"] == MAIN_METHOD


def _effect_row(row: dict[str, Any]) -> EffectRow:
    outcome = OUTCOMES[row["outcome"]]
    is_hidden = row["effect"] is None
    return EffectRow(
        label=outcome.label,
        population=outcome.population,
        window=WINDOWS[row["outcome_window"]],
        method=METHODS.get(row["method"], row["method"]),
        programme=_percent(row["programme_rate"], row["mark"]),
        without=_percent(row["rate_without_programme"], row["mark"]),
        effect=row["mark"] if is_hidden else _signed(row["effect"]),
        interval=row["mark"] if is_hidden else f"{_signed(row['ci_low'])} to {_signed(row['ci_high'])}",
        people=f"{row['n_programme']:,}",
        verdict=_verdict(row),
    )


def _verdict(row: dict[str, Any]) -> str:
    if row["effect"] is None:
        return MARKS[row["mark"]].split(":")[0]
    return f"{finding(row)} {row['mark']}" if row["mark"] else finding(row)


def _percent(rate: float | None, mark: str | None) -> str:
    return f"{rate:.1f}%" if rate is not None else mark if mark in HIDING else "[z]"


def _signed(number: float) -> str:
    text = f"{number:+.2f}".replace("-", "−")
    return "0.00" if float(f"{number:.2f}") == 0 else text


def _plottable(effects: pl.DataFrame) -> pl.DataFrame:
    """Shown effects in percentage points by the main method, with the length of their intervals."""
    labels = {name: each.label for name, each in OUTCOMES.items()}
    return effects.filter(
        (pl.col("method") == MAIN_METHOD) & pl.col("effect").is_not_null() & (pl.col("unit") == "percentage points")
    ).with_columns(label=pl.col("outcome").replace_strict(labels), length=pl.col("ci_high") - pl.col("ci_low"))


def _plotted(effects: pl.DataFrame) -> pl.DataFrame:
    """The effects of the plot: one that is far less certain than the rest would press all others into a corner."""
    return _plottable(effects).filter(pl.col("length") <= FARTHEST_PLOTTED * pl.col("length").median())


def _not_plotted(effects: pl.DataFrame) -> list[str]:
    shown = _plotted(effects)["label"].to_list()
    return [label for label in _plottable(effects)["label"].to_list() if label not in shown]


def _event_study(effects: pl.DataFrame) -> str | None:
    """England's headline outcomes by window, the placebo first; None where nothing is published."""
    order = {
        BEFORE.name: "before",
        **{window.name: f"{window.from_month + 1} to {window.to_month}" for window in HALF_YEARS},
    }
    headlines = {name: each.label for name, each in OUTCOMES.items() if each.is_headline}
    shown = effects.filter(
        (pl.col("area_type") == "england")
        & (pl.col("method") == MAIN_METHOD)
        & pl.col("effect").is_not_null()
        & pl.col("outcome").is_in(list(headlines))
        & pl.col("outcome_window").is_in(list(order))
    ).with_columns(label=pl.col("outcome").replace(headlines), window=pl.col("outcome_window").replace(order))
    place = {label: position for position, label in enumerate(headlines.values())}
    if shown.is_empty():
        return None
    return event_study_svg(shown.sort(pl.col("label").replace_strict(place), "outcome_window"), list(order.values()))


def _effects_alt(plotted: pl.DataFrame) -> str:
    lower = plotted.filter(pl.col("ci_high") < 0)["label"].to_list()
    higher = plotted.filter(pl.col("ci_low") > 0)["label"].to_list()
    return (
        f"Effects on {len(plotted)} outcomes with 95% intervals. Wholly below zero: {'; '.join(lower) or 'none'}. "
        f"Wholly above zero: {'; '.join(higher) or 'none'}. The numbers are in the table of all effects."
    )


def _balance_alt(balance: pl.DataFrame) -> str:
    largest = [max(balance[column].abs().to_list(), default=0.0) for column in ("smd_before", "smd_after")]
    return (
        f"Differences of {len(balance)} characteristics. The largest is {largest[0]:.2f} before matching and "
        f"{largest[1]:.2f} after. The numbers are in the table that follows."
    )


def _people(counts: pl.DataFrame) -> list[dict[str, Any]]:
    """People and families of both groups, for England and its regions."""
    everybody = counts.filter((pl.col("sex") == ALL) & (pl.col("age_band") == ALL) & (pl.col("area_type") != "council"))
    return (
        everybody.group_by("area_type", "area_code", "area_name")
        .agg(
            pl.col("n_counted").filter((pl.col("unit") == unit) & (pl.col("arm") == arm)).sum().alias(f"{arm}_{unit}")
            for unit in ("families", "people")
            for arm in ("programme", "comparison")
        )
        .sort("area_type", "area_name")
        .to_dicts()
    )


def _links(links: pl.DataFrame) -> list[dict[str, Any]]:
    """Each source once, whatever the stage that linked it, with the linkage's own estimates where it made them."""
    return links.filter(pl.col("stage") == ALL).to_dicts()


def _link_rates(rates: pl.DataFrame) -> LinkRates:
    """A row for each group in which anybody is, as published, and a column for each source."""
    extracts = rates["extract"].unique().sort().to_list()
    shares = {
        (extract, dimension, group): mark if share is None else f"{share:.1f}%"
        for extract, dimension, group, share, mark in rates.select(
            "extract", "dimension", "people_group", "linked_share", "mark"
        ).iter_rows()
    }
    met = rates.filter(pl.col("n_expected") > 0).select("dimension", "people_group").unique()
    groups = people_groups().join(met, on=["dimension", "people_group"], how="semi", maintain_order="left")
    shown: dict[str, list[tuple[str, list[str]]]] = {}
    for dimension, group, label in groups.iter_rows():
        row = (label, [shares[extract, dimension, group] for extract in extracts])
        shown.setdefault(DIMENSIONS[dimension], []).append(row)
    return LinkRates([covariate_words(extract) for extract in extracts], shown)
