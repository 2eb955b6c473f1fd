"""What a person would rather look at than read: the weights of pairs, and how many were linked."""

import base64
from collections.abc import Mapping
from typing import Any

import altair as alt
import polars as pl
import vl_convert

from tf_assets.linkage.spine.settings import Linkage

VERDICT_COLOURS = {"link": "#1d70b8", "clerical": "#f47738", "refused": "#b1b4b6"}
"""Blue, orange and grey of the GOV.UK palette: apart for colour-blind readers too."""


def weight_histogram_markdown(linkages: dict[str, Linkage]) -> str:
    """Match weights of scored pairs by verdict, one small panel an extract, as an image in Markdown.

    Only whole weights and counts are drawn, and counts below ten not at all, so that no bar is about anybody.
    """
    stacked = pl.concat(
        [linkage.weights.with_columns(extract=pl.lit(extract)) for extract, linkage in linkages.items()]
    ).filter(pl.col("n") >= 10, pl.col("match_weight").is_between(-15, 60))
    chart = (
        alt.Chart(alt.Data(values=stacked.to_dicts()))
        .mark_bar()
        .encode(
            x=alt.X("match_weight:Q", title="match weight (bits)", scale=alt.Scale(domain=[-15, 60])),
            y=alt.Y("n:Q", title="pairs (log scale)", scale=alt.Scale(type="log"), stack=False),
            color=alt.Color(
                "verdict:N",
                scale=alt.Scale(domain=list(VERDICT_COLOURS), range=list(VERDICT_COLOURS.values())),
                legend=alt.Legend(orient="top", title=None),
            ),
        )
        .properties(width=170, height=100)
        .facet(facet=alt.Facet("extract:N", title=None), columns=3)
        .resolve_scale(y="independent")
    )
    png = vl_convert.vegalite_to_png(chart.to_json(), scale=1.0)
    return f"![match weights](data:image/png;base64,{base64.b64encode(png).decode()})"


def link_rates_markdown(quality: pl.DataFrame) -> str:
    """Quality by extract and stage as a Markdown table."""
    lines = ["| extract | stage | left | links | est. precision | est. recall |", "|---|---|---|---|---|---|"]
    lines += [
        f"| {row['extract']} | {row['stage']} | {row['n_left']:,} | {row['n_links']:,} "
        f"| {_estimate(row, 'precision')} | {_estimate(row, 'recall')} |"
        for row in quality.iter_rows(named=True)
    ]
    return "\n".join(lines)


def _estimate(row: Mapping[str, Any], what: str) -> str:
    value = row[f"estimated_{what}"]
    return "" if value is None else f"{value:.4f} ({row[f'{what}_low']:.4f} to {row[f'{what}_high']:.4f})"
