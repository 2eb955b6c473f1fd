"""The report's plots, as SVG that stands in the page: drawn from protected tables only."""

import re
from collections.abc import Sequence
from typing import Any

import polars as pl

from tf_assets.research.publication.sheets import covariate_words

INK = "#0b0c0c"
PROGRAMME = "#1d70b8"
BEFORE = "#b1b4b6"
FONT = "Arial, Helvetica, sans-serif"
ROW_HEIGHT = 26
BARS_HEIGHT_ROWS = 9
WIDTH = 420
PANEL_WIDTH, PANEL_HEIGHT = 290, 130


def effects_svg(effects: pl.DataFrame) -> str:
    """Points with 95% intervals, one row an outcome; effects: label, effect, ci_low, ci_high in percentage points."""
    import altair as alt

    order = effects["label"].to_list()
    base = alt.Chart(alt.Data(values=effects.select("label", "effect", "ci_low", "ci_high").to_dicts())).encode(
        y=alt.Y("label:N", sort=order, title=None, axis=alt.Axis(labelLimit=320, ticks=False, domain=False))
    )
    title = "Percentage points: to the left fewer, to the right more, than without the programme"
    intervals = base.mark_rule(strokeWidth=2, color=PROGRAMME).encode(
        x=alt.X("ci_low:Q", title=title, scale=alt.Scale(padding=8)), x2="ci_high:Q"
    )
    points = base.mark_point(filled=True, size=80, color=PROGRAMME, opacity=1).encode(x="effect:Q")
    return _svg(_zero_line(alt) + intervals + points, len(order))


def balance_svg(balance: pl.DataFrame) -> str:
    """Standardised differences before and after matching, one row a characteristic; balance: `protected_balance`."""
    import altair as alt

    ordered = balance.sort(pl.col("smd_before").abs(), "covariate", descending=[True, False])
    long = [
        {"covariate": covariate_words(name), "difference": value, "when": when}
        for name, before, after in ordered.select("covariate", "smd_before", "smd_after").iter_rows()
        for when, value in (("Before matching", before), ("After matching", after))
    ]
    order = [covariate_words(name) for name in ordered["covariate"]]
    whens = ["Before matching", "After matching"]
    points = (
        alt.Chart(alt.Data(values=long))
        .mark_point(filled=True, size=80, opacity=1)
        .encode(
            x=alt.X("difference:Q", title="Difference of the means in standard deviations"),
            y=alt.Y("covariate:N", sort=order, title=None, axis=alt.Axis(labelLimit=320, ticks=False, domain=False)),
            color=alt.Color("when:N", sort=whens, title=None, scale=alt.Scale(domain=whens, range=[BEFORE, PROGRAMME])),
            shape=alt.Shape(
                "when:N", sort=whens, title=None, scale=alt.Scale(domain=whens, range=["circle", "diamond"])
            ),
        )
    )
    limits = [-0.1, 0.1]
    band = alt.Chart(alt.Data(values=[{"at": at} for at in limits])).mark_rule(
        strokeDash=[4, 4], color=INK, opacity=0.5
    )
    return _svg(_zero_line(alt) + band.encode(x="at:Q") + points, len(order))


def event_study_svg(effects: pl.DataFrame, windows: Sequence[str]) -> str:
    """Effects in each window with 95% intervals, a panel an outcome; effects: label, window, effect, ci_low, ci_high in
    percentage points; windows: in words, in their order, the placebo first."""
    import altair as alt

    values = effects.select("label", "window", "effect", "ci_low", "ci_high").to_dicts()
    labels = effects["label"].unique(maintain_order=True).to_list()
    x = alt.X("window:N", sort=list(windows), title=None, scale=alt.Scale(domain=list(windows))).axis(labelAngle=0)
    base = alt.Chart().encode(x=x)
    zero = alt.Chart().mark_rule(color=INK).encode(y=alt.datum(0))
    title = "Percentage points"
    intervals = base.mark_rule(strokeWidth=2, color=PROGRAMME).encode(y=alt.Y("ci_low:Q", title=title), y2="ci_high:Q")
    points = base.mark_point(filled=True, size=60, color=PROGRAMME, opacity=1).encode(y=alt.Y("effect:Q", title=title))
    panels = (
        alt.layer(zero, intervals, points, data=alt.Data(values=values))
        .properties(width=PANEL_WIDTH, height=PANEL_HEIGHT)
        .facet(facet=alt.Facet("label:N", sort=labels, title=None, header=alt.Header(labelFontSize=14)), columns=2)
        .resolve_scale(y="independent")
        .resolve_axis(x="independent")
    )
    return _drawn(panels)


CAUSE_COLOURS = ("#1d70b8", "#003078", "#85994b", "#f47738", "#b1b4b6", "#505a5f")


def moves_svg(moves: pl.DataFrame, causes: Sequence[str], farthest: int) -> str:
    """Bars: how many figures moved by how many rounding steps; moves: steps (clipped to `farthest`), cause, n."""
    import altair as alt

    order = [_steps_words(steps, farthest) for steps in range(-farthest, farthest + 1) if steps]
    found = set(moves["cause"])
    shown = [cause for cause in causes if cause in found]
    values = [
        {"steps": _steps_words(steps, farthest), "cause": cause, "figures": n, "place": causes.index(cause)}
        for steps, cause, n in moves.select("steps", "cause", "n").iter_rows()
    ]
    bars = (
        alt.Chart(alt.Data(values=values))
        .mark_bar()
        .encode(
            x=alt.X("steps:N", sort=order, title="Steps of rounding", scale=alt.Scale(domain=order)).axis(labelAngle=0),
            y=alt.Y("sum(figures):Q", title="Figures"),
            color=alt.Color(
                "cause:N",
                title=None,
                scale=alt.Scale(domain=shown, range=[CAUSE_COLOURS[causes.index(cause)] for cause in shown]),
            ),
            order=alt.Order("place:Q"),
        )
    )
    return _svg(bars, BARS_HEIGHT_ROWS)


def _steps_words(steps: int, farthest: int) -> str:
    text = f"{steps:+d}".replace("-", "\N{MINUS SIGN}")
    return text if abs(steps) < farthest else f"{'≤' if steps < 0 else '≥'} {text}"


def _zero_line(alt: Any) -> Any:
    return alt.Chart(alt.Data(values=[{"zero": 0}])).mark_rule(color=INK).encode(x="zero:Q")


def _svg(chart: Any, n_rows: int) -> str:
    return _drawn(chart.properties(width=WIDTH, height=ROW_HEIGHT * max(n_rows, 1)))


def _drawn(chart: Any) -> str:
    """The chart as SVG without what a page around it does not need; the same bytes each time."""
    import vl_convert

    styled = chart.configure(
        font=FONT,
        axis={
            "labelFontSize": 13,
            "titleFontSize": 13,
            "titleFontWeight": "normal",
            "titlePadding": 10,
            "gridColor": "#e6e6e6",
        },
        legend={"labelFontSize": 13, "orient": "top"},
        view={"stroke": None},
    )
    drawn = str(vl_convert.vegalite_to_svg(styled.to_dict()))
    # the page describes the plot in a caption and an alternative text, so its inside is hidden from screen readers
    inside = re.sub(r"^.*?<svg", '<svg aria-hidden="true" focusable="false"', drawn, count=1, flags=re.DOTALL)
    # scaled down to a narrow screen, never up: text keeps the size of the page's own
    fluid = r'\1 style="width: 100%; max-width: \2px; height: auto"'
    return re.sub(r'(<svg[^>]*?) width="([\d.]+)" height="[\d.]+"', fluid, inside, count=1)
