"""Which slots go wrong, and what lies in them then."""

from dataclasses import replace
from datetime import date

import numpy as np
import polars as pl
import pytest

from tf_assets.country.dirty.mishaps import KINDS, arrival, cut_short, plan_mishaps
from tf_assets.country.dirty.shapes import ISO, Shape

QUARTERS = [date(2015, 4, 1), date(2015, 7, 1), date(2015, 10, 1)]


def register(n_councils: int, n_rows: int = 30) -> pl.DataFrame:
    codes = pl.DataFrame({"council_code": [f"E{n:08d}" for n in range(n_councils)]})
    rows = codes.join(pl.DataFrame({"quarter_date": QUARTERS}), how="cross").select(
        pl.all().repeat_by(n_rows).explode()
    )
    family = pl.int_range(pl.len()).cast(pl.String)
    return rows.with_columns(family_ref=family, end_date="quarter_date")


def shapes(n_councils: int, suffix: str = "csv") -> dict[str, Shape]:
    return {f"E{n:08d}": Shape(suffix, "schedule", ISO, "schedule", n_titles=2) for n in range(n_councils)}


def test_each_mishap_befalls_a_council_of_its_own() -> None:
    plan = plan_mishaps(register(60), shapes(60), seed=1)

    assert set(plan.values()) == set(KINDS)
    assert len({code for code, _ in plan}) == len(plan)


def test_a_small_country_keeps_eleven_slots_in_twelve() -> None:
    plan = plan_mishaps(register(8), shapes(8), seed=1)

    assert sorted(plan.values()) == ["corrected", "late"]


def test_only_text_is_cut_short_and_only_a_first_return_is_of_the_wrong_quarter() -> None:
    plan = plan_mishaps(register(40), shapes(40, "xlsx"), seed=1)

    assert "cut_short" not in plan.values()
    assert [quarter for (_, quarter), kind in plan.items() if kind == "wrong_quarter"] == [QUARTERS[0]]


def test_only_a_busy_register_is_sent_again_and_only_a_titled_one_has_a_wrong_title() -> None:
    idle = register(60).with_columns(end_date=pl.lit(None, pl.Date))
    bare = {code: replace(shape, n_titles=0) for code, shape in shapes(60).items()}

    busy = plan_mishaps(register(60), shapes(60), seed=1)
    assert {"earlier_quarter", "title_of_another_quarter"} <= set(busy.values())
    assert all(quarter > QUARTERS[0] for (_, quarter), kind in busy.items() if kind == "earlier_quarter")
    assert "earlier_quarter" not in plan_mishaps(idle, shapes(60), seed=1).values()
    assert "title_of_another_quarter" not in plan_mishaps(register(60), bare, seed=1).values()


def test_short_registers_are_left_alone() -> None:
    assert plan_mishaps(register(40, n_rows=19), shapes(40), seed=1) == {}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_a_file_cut_short_ends_in_the_middle_of_a_row(encoding: str) -> None:
    text = "ref,forename,surname\r\n" + "".join(f"P{n},Zoë,Smith\r\n" for n in range(10))

    cut = cut_short(text.encode(encoding), encoding).decode(encoding)

    assert text.startswith(cut)
    assert cut.splitlines()[-1] == "P5,Z"


def test_returns_arrive_in_office_hours_one_to_five_weeks_after_the_quarter() -> None:
    rng = np.random.default_rng(1)
    moments = [arrival(date(2015, 4, 1), rng) for _ in range(200)]

    assert min(moments).date() >= date(2015, 7, 8)
    assert max(moments).date() <= date(2015, 8, 4)
    assert {moment.hour for moment in moments} == set(range(9, 17))
