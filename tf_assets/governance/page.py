"""The record as one HTML page: no network, no script, readable aloud, on a phone and on paper."""

import hashlib
from dataclasses import asdict
from functools import lru_cache

import jinja2

from tf_assets.governance.declaration import LEGAL_FIELDS
from tf_assets.governance.five_safes import five_safes
from tf_assets.governance.flow_chart import flow_chart
from tf_assets.governance.flows import flows, incoming, quarters_words
from tf_assets.governance.record import Record
from tf_assets.governance.safes import gaps, verdict
from tf_assets.governance.words import (
    ACCESS_WORDS,
    HOLDS_WORDS,
    STATE_WORDS,
    TARGET_WORDS,
    refusal_words,
    stages_of,
    tag_words,
)

MOST_REFUSALS = 20
"""Refused deliveries listed by name on the page; the others are counted, and Dagster shows each."""


def record_html(record: Record) -> str:
    """The page; the same record gives the same bytes."""
    found, safes = flows(record), five_safes(record)
    return _template().render(
        record=record,
        release=record.release,
        governance=record.governance,
        quarters=quarters_words(record.release.first_quarter, record.release.last_quarter),
        safes=safes,
        verdict=verdict(safes),
        tag_words=tag_words,
        refusal_words=refusal_words,
        gaps=gaps(safes),
        flows=found,
        incoming=incoming(found),
        chart=flow_chart(found),
        stages=stages_of(record.gates),
        legal_fields=LEGAL_FIELDS,
        most_refusals=MOST_REFUSALS,
        access_words=ACCESS_WORDS,
        holds_words=HOLDS_WORDS,
        state_words=STATE_WORDS,
        target_words=TARGET_WORDS,
        digest=fingerprint(record),
    )


def fingerprint(record: Record) -> str:
    """A hash of all that the record was made from."""
    said = {**asdict(record), "governance": record.governance.model_dump()}
    return hashlib.sha256(repr(said).encode()).hexdigest()[:16]


@lru_cache(maxsize=1)
def _template() -> jinja2.Template:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("tf_assets.governance"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    environment.filters["thousands"] = lambda number: f"{number:,}"
    environment.filters["day"] = lambda day: f"{day:%-d %B %Y}"
    return environment.get_template("record.html.jinja")
