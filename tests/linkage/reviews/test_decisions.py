"""Which decisions stand, how they are kept, and in which order pairs are looked at."""

from datetime import datetime
from pathlib import Path

import polars as pl
import pytest

from tf_assets.cli.instance import make_home
from tf_assets.linkage.arrivals import ArrivalRegister
from tf_assets.linkage.keys import create_keys
from tf_assets.linkage.reviews.decisions import Decision, by_probability, decisions_table, second_partners, standing
from tf_assets.linkage.reviews.deliveries import review_deliveries
from tf_assets.linkage.reviews.queue import waiting
from tf_assets.linkage.reviews.store import record_decisions, recorded_decisions
from tf_assets.warehouse.errors import InputRefused
from tf_assets.warehouse.home import Home

CANARY = "QUENZZYZXCANARY"


def decision(person: str, record: str, verdict: str = "same", minute: int = 0, probability: float = 0.4) -> Decision:
    reason = {"same": "moved", "different": "twin", "cannot_tell": "too_little"}[verdict]
    at = datetime(2026, 1, 5, 9, minute)
    return Decision("hospital", person, record, verdict, reason, CANARY, at, probability)  # type: ignore[arg-type]


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home(tmp_path)
    make_home(home, "evaluation")
    create_keys(home)
    return home


def test_the_last_decision_on_a_pair_stands() -> None:
    table = decisions_table([decision("p", "r"), decision("q", "s"), decision("p", "r", "different", 1)])
    assert standing(table).select("person_id", "verdict").rows() == [("p", "different"), ("q", "same")]


def test_a_second_partner_is_found_until_one_of_the_pairs_is_different() -> None:
    both = [decision("p", "r"), decision("q", "r", minute=1)]
    assert second_partners(decisions_table(both)).height == 2
    assert second_partners(decisions_table([*both, decision("p", "r", "different", 2)])).is_empty()


def test_decisions_come_back_as_they_were_and_in_their_order(home: Home) -> None:
    batches = [[decision("p", "r"), decision("q", "s", "cannot_tell")], [decision("p", "r", "different", 1)]]
    for batch in batches:
        record_decisions(home, batch)
    assert recorded_decisions(home).equals(decisions_table([each for batch in batches for each in batch]))


def test_a_second_partner_is_refused_and_nothing_is_recorded(home: Home) -> None:
    record_decisions(home, [decision("p", "r")])
    with pytest.raises(InputRefused, match="2 pairs would stand"):
        record_decisions(home, [decision("z", "y"), decision("q", "r", minute=1)])
    assert recorded_decisions(home).height == 1


def test_no_file_shows_who_was_decided_on_or_by_whom(home: Home) -> None:
    record_decisions(home, [decision("p" + CANARY, "r")])
    assert ArrivalRegister.of_home(home).all("review")[0].slot == "decisions"
    for path in home.root.rglob("*"):
        assert CANARY not in path.name
        assert not path.is_file() or CANARY.encode() not in path.read_bytes()


def test_a_run_is_asked_for_when_something_was_decided_and_again_when_more_was(home: Home) -> None:
    assert list(review_deliveries(home)) == []
    seen = []
    for minute in range(2):
        record_decisions(home, [decision(f"p{minute}", f"r{minute}", minute=minute)])
        seen += [each.fingerprint for each in review_deliveries(home)]
    assert len(set(seen)) == 2


def pairs(*rows: tuple[str, str, float]) -> pl.DataFrame:
    table = pl.DataFrame(list(rows), schema=["person_id", "record_ref", "probability"], orient="row")
    return table.with_columns(extract=pl.lit("hospital"))


def test_pairs_near_even_odds_come_first_and_rivals_stand_together() -> None:
    in_doubt = pairs(("p", "r1", 0.9), ("q", "r2", 0.3), ("p", "r3", 0.48), ("z", "r4", 0.4))
    order = waiting(in_doubt, decisions_table([]))["record_ref"].to_list()
    assert order == ["r1", "r3", "r4", "r2"]


def test_a_decided_pair_waits_no_more_but_one_of_which_nobody_could_tell_does_when_asked() -> None:
    in_doubt = pairs(("p", "r", 0.4), ("q", "s", 0.5))
    done = decisions_table([decision("p", "r", "different"), decision("q", "s", "cannot_tell")])
    assert waiting(in_doubt, done).is_empty()
    assert waiting(in_doubt, done, again=True)["person_id"].to_list() == ["q"]


def test_verdicts_stand_beside_probabilities_where_there_are_enough() -> None:
    many = [decision(f"p{n}", f"r{n}", "same" if n < 8 else "different", probability=0.75) for n in range(10)]
    few = [decision("a", "b", probability=0.25), decision("c", "d", "cannot_tell", probability=0.75)]
    assert by_probability(decisions_table([*many, *few])).rows() == [(0.7, 10, 0.8)]
