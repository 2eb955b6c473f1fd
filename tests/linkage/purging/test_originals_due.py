"""From when on nobody needs an original."""

from datetime import date, datetime, timedelta
from pathlib import Path

import polars as pl

from tf_assets.linkage.arrivals import Arrival, ArrivalRegister, Kind
from tf_assets.linkage.purging.originals_due import done_with, uses
from tf_assets.linkage.returns.receipts import RECEIPT_SCHEMA
from tf_assets.warehouse.home import Home

SLOT = "E06000001/2015-04-01"
OTHER_SLOT = "E06000001/2015-07-01"


def day(number: int) -> datetime:
    return datetime(2015, 8, 1) + timedelta(days=number)


def arrived(home: Home, content: str, number: int, slot: str = SLOT, kind: Kind = "return") -> Arrival:
    arrival = Arrival(kind, slot, content * 64, day(number), day(number), 1, "landing area")
    ArrivalRegister.of_home(home).record(arrival)
    return arrival


def receipts_of(*told: tuple[Arrival, str]) -> pl.DataFrame:
    rows = [
        {
            "kind": arrival.kind,
            "sha256": arrival.sha256,
            "council_code": arrival.slot.split("/")[0],
            "quarter_date": date.fromisoformat(arrival.slot.split("/")[1]),
            "received_at": arrival.received_at,
            "verdict": verdict,
        }
        for arrival, verdict in told
    ]
    return pl.DataFrame(rows, schema_overrides=RECEIPT_SCHEMA) if rows else pl.DataFrame(schema=RECEIPT_SCHEMA)


def found(home: Home, receipts: pl.DataFrame) -> dict[str, list[tuple[str | None, datetime]]]:
    """By the first letter of the hash: the kind of each use, and until when a rebuild needs it."""
    return {
        sha256[0]: [(use.kind, use.needed_until) for use in each]
        for sha256, each in done_with(uses(home, receipts)).items()
    }


def test_a_replaced_return_is_needed_until_what_replaced_it_became_known(tmp_path: Path) -> None:
    home = Home(tmp_path)
    a, b, c = (arrived(home, content, number) for number, content in enumerate("abc"))
    assert found(home, receipts_of((a, "superseded"), (b, "superseded"), (c, "current"))) == {
        "a": [("superseded_returns", day(1))],
        "b": [("superseded_returns", day(2))],
    }


def test_a_file_that_was_refused_ends_nothing(tmp_path: Path) -> None:
    home = Home(tmp_path)
    a, b, c = (arrived(home, content, number) for number, content in enumerate("abc"))
    assert found(home, receipts_of((a, "superseded"), (b, "refused"), (c, "current"))) == {
        "a": [("superseded_returns", day(2))],
        "b": [("quarantine", day(1))],
    }


def test_a_withdrawn_return_ends_with_the_note_which_is_kept(tmp_path: Path) -> None:
    home = Home(tmp_path)
    a, note = arrived(home, "a", 0), arrived(home, "b", 3, kind="withdrawal")
    assert found(home, receipts_of((a, "withdrawn"), (note, "withdrawal"))) == {"a": [("superseded_returns", day(3))]}


def test_the_same_bytes_are_needed_while_any_arrival_needs_them(tmp_path: Path) -> None:
    home = Home(tmp_path)
    first, second, back = arrived(home, "a", 0), arrived(home, "b", 1), arrived(home, "a", 2)
    assert found(home, receipts_of((first, "superseded"), (second, "superseded"), (back, "current"))) == {
        "b": [("superseded_returns", day(2))]
    }
    elsewhere = arrived(home, "b", 3, OTHER_SLOT)
    verdicts = [(first, "superseded"), (second, "superseded"), (back, "current")]
    assert found(home, receipts_of(*verdicts, (elsewhere, "current"))) == {}
    assert found(home, receipts_of(*verdicts, (elsewhere, "refused"))) == {
        "b": [("superseded_returns", day(2)), ("quarantine", day(3))]
    }


def test_what_waits_or_has_no_verdict_yet_is_needed(tmp_path: Path) -> None:
    home = Home(tmp_path)
    a, b = arrived(home, "a", 0), arrived(home, "b", 1)
    assert found(home, receipts_of((a, "waiting"))) == {}
    assert found(home, receipts_of((a, "current"), (b, "waiting"))) == {}
    assert found(home, receipts_of()) == {}


def test_of_extracts_mappings_and_school_lists_the_last_is_needed(tmp_path: Path) -> None:
    home = Home(tmp_path)
    for number, content in enumerate("ab"):
        arrived(home, content, number, "attendance/2014-09-01", "identities")
    for number, content in enumerate("cde"):
        arrived(home, content, number, "E06000001", "mapping")
    arrived(home, "f", 0, "schools", "reference")
    arrived(home, "9", 0, "decisions", "review")
    arrived(home, "8", 1, "decisions", "review")
    assert found(home, receipts_of()) == {
        "a": [("superseded_extracts", day(1))],
        "c": [("superseded_references", day(1))],
        "d": [("superseded_references", day(2))],
    }


def test_an_age_is_counted_from_when_it_was_written_down_here(tmp_path: Path) -> None:
    home = Home(tmp_path)
    a, b = arrived(home, "a", 0), arrived(home, "b", 1)
    (use,) = done_with(uses(home, receipts_of((a, "superseded"), (b, "current"))))[a.sha256]
    assert use.needed_until == day(1)
    assert use.since == ArrivalRegister.of_home(home).recorded_at(b) > day(1000)
