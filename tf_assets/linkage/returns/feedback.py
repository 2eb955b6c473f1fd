"""What a council is told of its return: row numbers, rules and advice, never a value that it sent.

Two files in feedback/<council>/<quarter>/: `feedback.csv`, one row for each row and rule broken, and `feedback.html`,
the same by rule, readable by a person and by a screen reader. The same return gives the same bytes.
"""

import uuid
from importlib.resources import files
from pathlib import Path

import jinja2
import polars as pl

from tf_assets.linkage.returns.headings import HeadingMatch
from tf_assets.linkage.returns.judging import WHOLE_FILE, Facts, JudgedReturn, Received, ReturnRefused
from tf_assets.warehouse.geography import councils

ROW_NUMBERS_SHOWN = 50
"""Row numbers listed for each rule in the HTML; the CSV has them all."""

_SEVERITY_ORDER = pl.Enum(["refused", "warning", "repaired"])


def write_feedback(feedback: Path, received: Received, judged: JudgedReturn | ReturnRefused) -> Path:
    """Write both files of one return, each whole or not at all; the folder."""
    folder = feedback / received.council_code / received.quarter_date.isoformat()
    folder.mkdir(parents=True, exist_ok=True)
    listed = judged.judgements.select("row_number", "field", "rule", "severity", "sentence", "advice")
    _write(folder / "feedback.csv", listed.sort("row_number", "severity", "rule", "field").write_csv().encode())
    _write(folder / "feedback.html", _page(received, judged).encode())
    return folder


def _page(received: Received, judged: JudgedReturn | ReturnRefused) -> str:
    facts: Facts | None = None
    headings: tuple[HeadingMatch, ...] = ()
    if isinstance(judged, JudgedReturn):
        facts, headings = judged.facts, judged.headings
        verdict, sentence = "accepted", f"We used {facts.n_accepted} of the {facts.n_rows} rows."
    else:
        verdict, sentence = "refused", f"We could not use this return. {judged}"
    return _template().render(
        council=_council_name(received.council_code),
        quarter=f"{received.quarter_date:%B %Y} quarter",
        verdict=verdict,
        sentence=sentence,
        received=f"{received.received_at:%d %B %Y}",
        sha256=received.sha256[:8],
        facts=facts,
        headings=headings,
        unused=judged.unused if isinstance(judged, JudgedReturn) else (),
        rules=_by_rule(judged.judgements),
    )


def _by_rule(judgements: pl.DataFrame) -> list[dict[str, object]]:
    numbers = pl.col("row_number").sort()
    listed = numbers.head(ROW_NUMBERS_SHOWN).cast(pl.String).str.join(", ")
    shown = pl.when(numbers.first() == WHOLE_FILE).then(pl.lit("the whole file")).otherwise(listed)
    more = pl.when(pl.len() > ROW_NUMBERS_SHOWN).then(pl.lit(", ...")).otherwise(pl.lit(""))
    grouped = (
        judgements.filter((pl.col("row_number") != WHOLE_FILE) | (pl.col("severity") != "refused"))
        .group_by("severity", "field", "rule", "sentence", "advice")
        .agg(n_rows=pl.len(), row_numbers=shown + more)
    )
    return grouped.sort(pl.col("severity").cast(_SEVERITY_ORDER), "field", "rule").to_dicts()


def _template() -> jinja2.Template:
    source = (files("tf_assets.linkage.returns") / "feedback.html.jinja").read_text("utf-8")
    return jinja2.Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True).from_string(source)


def _council_name(council_code: str) -> str:
    known = councils().filter(pl.col("council_code") == council_code)["council_name"]
    return str(known[0]) if known.len() else council_code


def _write(path: Path, content: bytes) -> None:
    staged = path.with_name(f".{uuid.uuid4().hex}")
    try:
        staged.write_bytes(content)
        staged.replace(path)
    finally:
        staged.unlink(missing_ok=True)
