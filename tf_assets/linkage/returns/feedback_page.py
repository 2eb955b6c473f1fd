"""The feedback as one HTML page: no network, no script, readable aloud, on a phone and on paper (WCAG 2.2 AA)."""

from functools import lru_cache

import jinja2

from tf_assets.linkage.returns import feedback_tables, feedback_words
from tf_assets.linkage.returns.column_readings import NOT_REPEATED
from tf_assets.linkage.returns.feedback_content import Feedback
from tf_assets.linkage.returns.row_ranges import SEVERITIES, Finding, row_words
from tf_assets.linkage.returns.trend_chart import HEIGHT, WIDTH, trend_charts

RANGES_SHOWN = 50
"""Runs of rows listed for each rule on the page; the spreadsheet has them all."""

VERDICT_WORDS = {
    "accepted": "Accepted",
    "refused": "Not accepted",
    "waiting": "Waiting for you",
    "withdrawn": "Withdrawn",
}
GROUP_WORDS = {
    "refused": ("Rows that we did not use", "These rows are not in the evaluation until they are mended."),
    "warning": ("Rows used with something left out", "These rows are used without what the rule names."),
    "repaired": ("Rows that we mended", "These rows are used in full; mending the source saves doubt."),
    "other": ("Rows to be looked at", "These rows are used."),
}
GROUP_WORDS_UNUSED = {
    "refused": ("Rows that could not be used", "No row of this return is used; these could not be used even singly."),
    "warning": ("Rows that lack something", "These rows could be used without what the rule names."),
    "repaired": ("Rows that we could mend", "These rows could be used in full; mending the source saves doubt."),
    "other": ("Rows to be looked at", "These rows could be used."),
}
"""The same of a return that is not used as a whole."""


def render_page(feedback: Feedback, workbook_name: str, digest: str) -> str:
    """The page; workbook_name: the spreadsheet beside it; digest: what it was made from."""
    returns = [*feedback.earlier.returns, feedback.numbers] if feedback.numbers else []
    return _template().render(
        feedback=feedback,
        workbook_name=workbook_name,
        digest=digest,
        quarter=feedback_words.quarter_words(feedback.quarter_date),
        last_quarter=feedback_words.quarter_words(feedback.last.quarter_date) if feedback.last else "",
        verdict=VERDICT_WORDS[feedback.verdict],
        groups=_groups(feedback),
        charts=trend_charts(returns),
        chart_width=WIDTH,
        chart_height=HEIGHT,
        words=feedback_words,
        tables=feedback_tables,
        row_text=_row_text,
        not_repeated=NOT_REPEATED,
    )


def _groups(feedback: Feedback) -> list[tuple[str, str, str, list[Finding]]]:
    """Severity, heading, sentence and findings of each consequence that the return has."""
    of_group: dict[str, list[Finding]] = {}
    for finding in feedback.findings:
        severity = finding.severity if finding.severity in SEVERITIES else "other"
        of_group.setdefault(severity, []).append(finding)
    worded = GROUP_WORDS if feedback.numbers else GROUP_WORDS_UNUSED
    found = [(severity, *words, of_group.get(severity, [])) for severity, words in worded.items()]
    return [group for group in found if group[3]]


def _row_text(finding: Finding) -> str:
    if not finding.ranges:
        return "The whole file"
    more = len(finding.ranges) - RANGES_SHOWN
    text = ", ".join(row_words(finding.ranges[:RANGES_SHOWN]))
    return text if more <= 0 else f"{text} and {more:,} more, listed in the spreadsheet"


@lru_cache(maxsize=1)
def _template() -> jinja2.Template:
    return jinja2.Environment(
        loader=jinja2.PackageLoader("tf_assets.linkage.returns", "."),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    ).get_template("feedback.html.jinja")
