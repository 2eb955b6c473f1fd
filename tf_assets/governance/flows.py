"""The flows of data of one release: who sends what to whom, through which door, and how much of it there was."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

from tf_assets.governance.record import Record
from tf_assets.governance.release_facts import ReleaseFacts
from tf_assets.warehouse.calendar import EXTRACTS, next_quarter

Kind = Literal["identities", "attributes", "release", "publication", "feedback"]

LINKAGE, RESEARCH, PUBLISHED = "Linkage environment", "Research environment", "Published"
UNSEEN = "not seen from here"

RETURNS, OPT_OUTS = "council_returns", "opt_outs"
"""Declared sources whose amount is told in words of their own."""


@dataclass(frozen=True)
class Flow:
    """One flow; carries: what it holds of people; amount: in this release."""

    sender: str
    receiver: str
    kind: Kind
    title: str
    carries: str
    amount: str


def flows(record: Record) -> tuple[Flow, ...]:
    """Every flow in the order of its way. A source named as a declared extract is one of a department, and sends two halves;
    any other sends to the linkage environment alone."""
    found: list[Flow] = []
    for name, source in record.governance.sources.items():
        sender = capitalised(source.sender)
        if name in EXTRACTS:
            identities = years_words(record.release.n_inputs.get(name, 0))
            held = record.outputs.n_attributes
            attributes = UNSEEN if held is None else years_words(held.get(name, 0))
            found.append(Flow(sender, LINKAGE, "identities", source.title, "who people are", identities))
            found.append(Flow(sender, RESEARCH, "attributes", source.title, "what happened to them", attributes))
        else:
            amount = _amount(name, record.release)
            found.append(Flow(sender, LINKAGE, "identities", source.title, source.gives, amount))
    return (*found, *_ways_out(record))


def senders(all_flows: tuple[Flow, ...]) -> Mapping[str, list[Flow]]:
    """Each sender's flows into the linkage environment, in order; whoever sends at all sends something there."""
    sent: dict[str, list[Flow]] = {}
    for flow in all_flows:
        if flow.kind == "identities":
            sent.setdefault(flow.sender, []).append(flow)
    return sent


def incoming(all_flows: tuple[Flow, ...]) -> list[tuple[Flow, Flow | None]]:
    """Each source's flow of identities, and that of attributes where it has one."""
    attributes = {flow.title: flow for flow in all_flows if flow.kind == "attributes"}
    return [(flow, attributes.get(flow.title)) for flow in all_flows if flow.kind == "identities"]


def _ways_out(record: Record) -> tuple[Flow, ...]:
    release, publication = record.release, record.outputs.publication
    n_columns = sum(len(columns) for columns in release.columns.values())
    is_out = record.outputs.is_of(release.release_id) and publication is not None
    return (
        Flow(
            LINKAGE,
            _returning(record),
            "feedback",
            "Feedback on returns",
            "rows, columns and rules; nothing that stands in a row",
            "for each return",
        ),
        Flow(
            LINKAGE,
            RESEARCH,
            "release",
            f"Door 1: release {release.release_id}",
            "pseudonyms and the programme's measures",
            f"{len(release.columns)} files, {n_columns} columns",
        ),
        Flow(
            RESEARCH,
            PUBLISHED,
            "publication",
            f"Door 2: publication {publication.publication_id}" if is_out and publication else "Door 2",
            "rounded counts, rates and effects; nothing of any one person",
            f"{publication.n_figures:,} figures" if is_out and publication else "nothing of this release as yet",
        ),
    )


def _returning(record: Record) -> str:
    """Who is told what became of a return."""
    declared = record.governance.sources.get(RETURNS)
    return capitalised(declared.sender) if declared else "Senders of returns"


def _amount(source: str, release: ReleaseFacts) -> str:
    if source == RETURNS:
        return f"{release.n_returns:,} returns of {release.n_councils:,} councils"
    if source == OPT_OUTS:
        return release.opt_outs or UNSEEN
    return f"{release.n_inputs.get(source, 0):,} inputs"


def quarters_words(first: date | None, last: date | None) -> str:
    """The time that returns are about: April 2015 to September 2016."""
    if first is None or last is None:
        return "no quarter"
    end = next_quarter(last)
    last_month = date(end.year - 1, 12, 1) if end.month == 1 else date(end.year, end.month - 1, 1)
    return f"{first:%B %Y} to {last_month:%B %Y}"


def years_words(n: int) -> str:
    """A number of years' deliveries."""
    return "nothing" if n == 0 else f"{n} year{'s' if n > 1 else ''}"


def capitalised(words: str) -> str:
    """The first letter large, the others as they are."""
    return words[:1].upper() + words[1:]
