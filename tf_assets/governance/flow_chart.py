"""The flows as a picture: senders on the left, the two environments, and what is published, as SVG that stands in the page.

The picture says nothing that the table beside it does not say; the page hides its inside from screen readers.
"""

from collections.abc import Mapping, Sequence
from html import escape

from tf_assets.governance.flows import LINKAGE, PUBLISHED, RESEARCH, Flow, senders

WIDTH = 1120
TOP, GAP, LINE = 10, 14, 21
SENDERS_X, SENDERS_WIDTH = 1, 330
FEEDBACK_X, IDENTITIES_X, ATTRIBUTES_X = 352, 376, 412
PLACES_X, PLACES_WIDTH, PLACES_HEIGHT = 490, 320, 148
LEGEND_X, LEGEND_WIDTH = 860, 259
LEGEND = (
    ("identities", "identities: who people are"),
    ("attributes", "attributes: what happened"),
    ("release", "pseudonyms and measures"),
    ("publication", "rounded figures of many"),
    ("feedback", "rows and rules, no person"),
)


def flow_chart(flows: Sequence[Flow]) -> str:
    """The picture of all flows; as high as its senders need, and never less than its environments do."""
    boxes, y = [], TOP
    sent = senders(tuple(flows))
    research_senders = {flow.sender for flow in flows if flow.kind == "attributes"}
    ports: list[tuple[float, bool]] = []
    tops: dict[str, float] = {}
    for sender, theirs in sent.items():
        lines = [f"{flow.title}: {flow.amount}" for flow in theirs]
        height = 38 + LINE * len(lines)
        boxes.append(_box("sender", SENDERS_X, y, SENDERS_WIDTH, height, sender, lines))
        ports.append((y + height / 2, sender in research_senders))
        tops[sender] = y
        y += height + GAP
    height = max(y - GAP + TOP, 2 * PLACES_HEIGHT + 160)
    linkage_y, research_y = TOP, height - TOP - PLACES_HEIGHT
    heads = "".join(_arrow_head(kind) for kind, _ in LEGEND)
    parts = [
        *_from_senders(ports, linkage_y + 100, research_y + 74),
        *boxes,
        *_feedback(flows, tops, linkage_y),
        *_places(flows, linkage_y, research_y),
        *_legend(linkage_y),
    ]
    return (
        f'<svg aria-hidden="true" focusable="false" viewBox="0 0 {WIDTH} {_n(height)}" xmlns="http://www.w3.org/2000/svg">'
        f"<defs>{heads}</defs>{''.join(parts)}</svg>"
    )


DOORS = ("release", "publication")


def _arrow_head(kind: str) -> str:
    size = 16 if kind in DOORS else 11
    return (
        f'<marker id="to-{kind}" viewBox="0 0 10 10" refX="9" refY="5" markerUnits="userSpaceOnUse" markerWidth="{size}" '
        f'markerHeight="{size}" orient="auto"><path class="head head--{kind}" d="M0 0 10 5 0 10z"/></marker>'
    )


def _from_senders(ports: Sequence[tuple[float, bool]], linkage_y: float, research_y: float) -> list[str]:
    """Both halves' lines: each sender's leads to the trunk of its half, and the trunk to its environment."""
    edge = SENDERS_X + SENDERS_WIDTH
    lines = [_line("identities", [(edge, at - 6), (IDENTITIES_X, at - 6)]) for at, _ in ports]
    lines += [_line("attributes", [(edge, at + 6), (ATTRIBUTES_X, at + 6)]) for at, is_both in ports if is_both]
    starts = [at - 6 for at, _ in ports]
    if starts:
        low, high = min(*starts, linkage_y), max(*starts, linkage_y)
        lines.append(_line("identities", [(IDENTITIES_X, low), (IDENTITIES_X, high)]))
        lines.append(_line("identities", [(IDENTITIES_X, linkage_y), (PLACES_X, linkage_y)], is_arrow=True))
    starts = [at + 6 for at, is_both in ports if is_both]
    if starts:
        low, high = min(*starts, research_y), max(*starts, research_y)
        lines.append(_line("attributes", [(ATTRIBUTES_X, low), (ATTRIBUTES_X, high)]))
        lines.append(_line("attributes", [(ATTRIBUTES_X, research_y), (PLACES_X, research_y)], is_arrow=True))
    return lines


def _feedback(flows: Sequence[Flow], tops: Mapping[str, float], linkage_y: float) -> list[str]:
    """The way back to whoever sends returns."""
    start, edge = linkage_y + 12, SENDERS_X + SENDERS_WIDTH
    ends = [tops[flow.receiver] + 12 for flow in flows if flow.kind == "feedback" and flow.receiver in tops]
    return [
        _line("feedback", [(PLACES_X, start), (FEEDBACK_X, start), (FEEDBACK_X, end), (edge, end)], is_arrow=True)
        for end in ends
    ]


def _places(flows: Sequence[Flow], linkage_y: float, research_y: float) -> list[str]:
    """The two environments, what is published, and the doors between them."""
    release = next(flow for flow in flows if flow.kind == "release")
    publication = next(flow for flow in flows if flow.kind == "publication")
    middle, door_x = PLACES_X + PLACES_WIDTH / 2, PLACES_X + PLACES_WIDTH
    between = (linkage_y + PLACES_HEIGHT + research_y) / 2
    return [
        _box(
            "linkage", PLACES_X, linkage_y, PLACES_WIDTH, PLACES_HEIGHT, LINKAGE,
            ["Sees who people are, never an outcome.", "Holds the keys. Encrypted.", "Leaves out whoever opts out."],
        ),
        _box(
            "research", PLACES_X, research_y, PLACES_WIDTH, PLACES_HEIGHT, RESEARCH,
            ["Sees outcomes by pseudonym.", "Has no identifier and no key.", "Compares the groups."],
        ),
        _box(
            "published", LEGEND_X, research_y, LEGEND_WIDTH, PLACES_HEIGHT, PUBLISHED,
            [publication.amount, "Everything is in the ledger", "before it leaves."],
        ),
        _line("release", [(middle, linkage_y + PLACES_HEIGHT), (middle, research_y)], is_arrow=True),
        _words(middle + 16, between - 16, release.title.split(": ")[0], "strong"),
        _words(middle + 16, between + 6, release.title.partition(": ")[2]),
        _words(middle + 16, between + 28, release.amount),
        _line("publication", [(door_x, research_y + 74), (LEGEND_X, research_y + 74)], is_arrow=True),
        _words((door_x + LEGEND_X) / 2, research_y + 56, "Door", "strong middle"),
        _words((door_x + LEGEND_X) / 2, research_y + 102, "2", "strong middle"),
    ]  # fmt: skip


def _legend(y: float) -> list[str]:
    lines = [_words(LEGEND_X, y + 16, "What the lines carry", "strong")]
    for row, (kind, words) in enumerate(LEGEND, start=1):
        at = y + 16 + 26 * row
        lines.append(_line(kind, [(LEGEND_X, at - 5), (LEGEND_X + 44, at - 5)], is_arrow=True))
        lines.append(_words(LEGEND_X + 56, at, words))
    at = y + 16 + 26 * (len(LEGEND) + 1) + 8
    return [
        *lines,
        _words(LEGEND_X, at, "No line leads back from research"),
        _words(LEGEND_X, at + LINE, "to a person's case."),
    ]


def _box(kind: str, x: float, y: float, width: float, height: float, title: str, lines: Sequence[str]) -> str:
    words = [_words(x + 14, y + 27, title, "strong")]
    words += [_words(x + 14, y + 27 + LINE * row, line) for row, line in enumerate(lines, start=1)]
    return f'<rect class="box box--{kind}" x="{_n(x)}" y="{_n(y)}" width="{_n(width)}" height="{_n(height)}"/>{"".join(words)}'


def _line(kind: str, points: Sequence[tuple[float, float]], is_arrow: bool = False) -> str:
    path = " ".join(f"{_n(x)},{_n(y)}" for x, y in points)
    end = f' marker-end="url(#to-{kind})"' if is_arrow else ""
    return f'<polyline class="flow flow--{kind}" points="{path}"{end}/>'


def _words(x: float, y: float, text: str, style: str = "") -> str:
    named = f' class="{style}"' if style else ""
    return f'<text{named} x="{_n(x)}" y="{_n(y)}">{escape(text)}</text>'


def _n(number: float) -> str:
    return f"{number:.1f}".removesuffix(".0")
