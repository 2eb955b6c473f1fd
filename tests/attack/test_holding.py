"""The gate over the whole ledger: what would be found is held back, and what is held back is not found."""

from datetime import date, datetime
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from tests.attack.ledgers import Keyed, figures
from tf_assets.research.disclosure.attack import Block, attack_blocks
from tf_assets.research.disclosure.holding import Unsafe, hold, units_to_hold
from tf_assets.research.disclosure.knowledge import CELL_SCHEMA, CHANGE_SCHEMA, Relations
from tf_assets.research.disclosure.published import attackable, blocks_of, changes_of, parents_of_areas, read_counts
from tf_assets.research.publication.counts import area_frame, protect_outcomes, protect_programme
from tf_assets.research.publication.figures import figures_of, publication_id
from tf_assets.research.publication.holds import HELD, HELD_SCHEMA, attack_update, history_before, keep_earlier
from tf_assets.research.publication.ledger import UNBOUNDED, Ledger
from tf_assets.research.publication.rounding import draws
from tf_assets.research.publication.sources import RETURN_SCHEMA, Sources, read_sources, record_sources
from tf_assets.warehouse.geography import councils

NO_CHANGES = pl.DataFrame(schema=CHANGE_SCHEMA)

COUNCIL, REGION = councils().row(0)[0], councils().row(0)[2]


def hovering(n_steps: int) -> pl.DataFrame:
    return pl.DataFrame(
        [
            ("n_yes|19-24", COUNCIL, "all", step, p, max(p - 9, 0), p + 9)
            for step, p in enumerate([10.0 * (step % 2 == 0) for step in range(n_steps)])
        ],
        schema=CELL_SCHEMA,
        orient="row",
    )


def test_an_update_that_would_narrow_a_count_down_is_held() -> None:
    held: set[tuple[str, str]] = set()
    told = hovering(1)
    for step in range(1, 8):
        told = pl.concat([told, hovering(step + 1).filter(pl.col("step") == step)])
        gate = units_to_hold([Block("b", told, Relations())], {}, NO_CHANGES, ("n_yes",))
        held = set(gate.units.select("window", "area").iter_rows())
        told = hold(told, held, step)
        found = attack_blocks([Block("b", told, Relations())], {}, NO_CHANGES)
        assert not found["is_breach"].any()
    assert held == {("19-24", COUNCIL)}
    assert attack_blocks([Block("b", hovering(8), Relations())], {}, NO_CHANGES)["is_breach"].any()


def test_what_cannot_be_held_is_refused() -> None:
    exact = pl.DataFrame([("n_yes|19-24", COUNCIL, "all", 0, 4.0, 4.0, 4.0)], schema=CELL_SCHEMA, orient="row")
    with pytest.raises(Unsafe, match="Nothing was published") as refused:
        units_to_hold([Block("b", exact, Relations())], {}, NO_CHANGES, ("n_yes",))
    assert "4.0" not in str(refused.value)


def test_what_was_found_before_holds_nothing() -> None:
    exact = pl.DataFrame([("n_yes|19-24", COUNCIL, "all", 0, 4.0, 4.0, 4.0)], schema=CELL_SCHEMA, orient="row")
    later = figures({(COUNCIL, "all"): 30}, Keyed(1), "n_yes|19-24", step=1)
    both = pl.concat([exact, later])
    revised = pl.DataFrame({"area": [COUNCIL], "step": [1], "kind": ["revised"]}, schema=CHANGE_SCHEMA)
    assert units_to_hold([Block("b", both, Relations())], {}, revised, ("n_yes",)).units.is_empty()


def cells_at(step: int, random: np.random.Generator) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Cells of one council in which one more of 4 people has the outcome at each step, rounded up and down by turns."""
    yes = 3 + step
    wanted = step % 2 == 0
    while True:
        key = int(random.integers(0, 2**62))
        if bool(draws(pl.Series([key], dtype=pl.UInt64))[0] * 10 < yes) == wanted:
            break
    where = {"council_code": COUNCIL, "region_code": REGION, "sex": "F", "age_band": "25-34", "arm": "programme"}
    counted = pl.DataFrame(
        [{**where, "outcome": "is_on_jsa", "outcome_window": "19-24", "n_people": 500, "n_yes": yes}]
    )
    people = pl.DataFrame([{**where, "unit": "people", "n_counted": 500}])
    keys = pl.lit(key, dtype=pl.UInt64)
    return (
        counted.with_columns(people_key=pl.lit(7, dtype=pl.UInt64), yes_key=keys),
        people.with_columns(cell_key=pl.lit(7, dtype=pl.UInt64)),
    )


def sources_at(step: int) -> Sources:
    quarters = [date(2015 + quarter // 4, 1 + 3 * (quarter % 4), 1) for quarter in range(step + 1)]
    rows = [(COUNCIL, quarter, f"{i:032x}", datetime(2015, 1, 1)) for i, quarter in enumerate(quarters)]
    return Sources(pl.DataFrame(rows, schema=RETURN_SCHEMA, orient="row"), {}, "software")


def test_a_ledger_is_kept_safe_release_after_release(tmp_path: Path) -> None:
    """One more person each quarter, and a figure that goes up and down: some updates are held, and nothing is found."""
    random, ledger = np.random.default_rng(3), Ledger(tmp_path / "ledger")
    areas = area_frame(councils(), pl.Series([COUNCIL]))
    held_at = []
    for step in range(7):
        outcomes, programme = cells_at(step, random)
        tables = {
            "protected_outcome_counts": protect_outcomes(outcomes, areas),
            "protected_programme_counts": protect_programme(programme, areas),
        }
        release_id, sources = f"r{step}", sources_at(step)
        held = attack_update(tables, release_id, sources, history_before(ledger, sources)).held
        published = keep_earlier({**tables, HELD: held}, ledger)
        identity = publication_id(release_id, published)
        record_sources(ledger, identity, sources)
        ledger.append(identity, figures_of(published, release_id))
        if held.height:
            held_at.append(step)
            assert set(held["outcome"]) == {"is_on_jsa"} and set(held["kept_from"]) == {ledger.publications()[-2]}
            recorded = ledger.read_publication(identity).filter(pl.col("upper") == UNBOUNDED)
            assert set(recorded["method"]) == {"kept-from-earlier/1"}
        # the same publication again makes the same decision
        again = attack_update(tables, release_id, sources, history_before(ledger, sources)).held
        assert again.equals(held) and again.schema == HELD_SCHEMA

        counts = attackable(ledger)
        changes = changes_of(counts, ledger.publications(), read_sources(ledger))
        found = attack_blocks(blocks_of(counts), parents_of_areas(), changes)
        assert not found["is_breach"].any()
    assert held_at and held_at[0] >= 3


def test_a_row_of_a_kept_unit_that_was_never_published_is_not_published_now(tmp_path: Path) -> None:
    random, ledger = np.random.default_rng(3), Ledger(tmp_path / "ledger")
    areas = area_frame(councils(), pl.Series([COUNCIL]))
    outcomes, programme = cells_at(0, random)
    tables = {
        "protected_outcome_counts": protect_outcomes(outcomes, areas),
        "protected_programme_counts": protect_programme(programme, areas),
    }
    nothing = pl.DataFrame(schema=HELD_SCHEMA)
    men = pl.concat([outcomes, outcomes.with_columns(sex=pl.lit("M"))])
    later = {**tables, "protected_outcome_counts": protect_outcomes(men, areas)}
    ledger.append("r0-a", figures_of({**tables, HELD: nothing}, "r0"))
    unit = {"table_name": "protected_outcome_counts", "area_code": COUNCIL, "arm": "programme", "outcome": "is_on_jsa"}
    held = pl.DataFrame([{**unit, "outcome_window": "19-24", "kept_from": "r0-a"}], schema=HELD_SCHEMA)
    kept = keep_earlier({**later, HELD: held}, ledger)["protected_outcome_counts"]
    here = kept.filter((pl.col("area_code") == COUNCIL) & (pl.col("arm") == "programme"))
    assert here.filter(pl.col("sex") == "M")["n_people"].to_list() == [None]
    assert here.filter(pl.col("sex") == "F")["n_people"].to_list() == [500]
    elsewhere = kept.filter(pl.col("area_code") == REGION)
    assert elsewhere["n_people"].null_count() == 0


def test_a_group_that_is_shown_in_one_publication_only_is_not_taken_to_be_empty_in_the_other() -> None:
    """England's published count of it was 0 there, so that nine people may be in it."""
    everybody = [("all", 30.0), ("M", 30.0)]
    rows = [(step, *group) for step in (0, 1) for group in [*everybody, *([("F", 10.0)] if step == 0 else [])]]
    figures_there = pl.DataFrame(
        [
            {
                "table_name": "protected_outcome_counts",
                "measure": measure,
                "area_type": "council",
                "area_code": COUNCIL,
                "sex": sex,
                "age_band": "all",
                "arm": "programme",
                "outcome": "is_on_jsa",
                "outcome_window": "19-24",
                "published": count,
                "lower": max(count - 9, 0),
                "upper": count + 9,
                "step": step,
            }
            for step, sex, count in rows
            for measure in ("n_people",)
        ]
    )
    parts = [figures_there.filter(pl.col("step") == step).drop("step") for step in (0, 1)]
    same = pl.DataFrame({"area": [COUNCIL], "step": [1], "kind": ["same"]}, schema=CHANGE_SCHEMA)
    found = attack_blocks(blocks_of(read_counts(parts)), parents_of_areas(), same)
    women = found.filter((pl.col("group") == "sex:F") & (pl.col("target") == "count"))
    assert women.height and not women["is_breach"].any()
