"""Link rates by group as published: from rounded counts, for every declared group."""

import polars as pl

from tf_assets.research.extracts.shapes import SHAPES
from tf_assets.research.publication.link_rates import DIMENSIONS, PEOPLE_GROUPS, people_groups, protect_link_rates
from tf_assets.research.publication.report import report_html
from tf_assets.research.publication.sheets import publication_sheets
from tf_assets.warehouse.models import load_models

Tables = dict[str, pl.DataFrame]


def row_of(rates: pl.DataFrame, dimension: str, group: str) -> dict[str, object]:
    return rates.row(by_predicate=(pl.col("dimension") == dimension) & (pl.col("people_group") == group), named=True)


def test_every_number_is_rounded_and_the_share_is_theirs(tables: Tables) -> None:
    rates = tables["protected_link_rates"]
    assert (rates["n_expected"] % 10 == 0).all() and (rates["n_linked"] % 10 == 0).all()
    everybody = row_of(rates, "all", "all")
    assert everybody["n_expected"] in (7_010, 7_020) and everybody["n_linked"] in (7_000, 7_010)
    assert everybody["linked_share"] == round(100 * everybody["n_linked"] / everybody["n_expected"], 1)
    assert everybody["mark"] is None


def test_a_source_of_which_nobody_can_be_expected_has_no_row(tables: Tables) -> None:
    assert tables["protected_link_rates"]["extract"].unique().to_list() == ["benefits"]


def test_every_declared_group_has_a_row_and_small_ones_no_share(tables: Tables) -> None:
    rates = tables["protected_link_rates"]
    assert rates.select("dimension", "people_group").rows() == sorted(people_groups().drop("label").rows())
    assert row_of(rates, "ethnic_group", "OOTH")["n_expected"] == 0  # nobody is there; the row does not tell
    small = row_of(rates, "ethnic_group", "BLAC")
    assert (small["linked_share"], small["mark"]) == (None, "[u]")


def test_a_share_is_at_most_100_whatever_the_rounding_does() -> None:
    counts = pl.DataFrame(
        {
            "extract": ["hospital"] * 40,
            "dimension": ["all"] * 40,
            "people_group": ["all"] * 40,
            "n_expected": [506] * 40,
            "n_expected_linked": [505] * 40,
            "expected_key": pl.Series(range(40), dtype=pl.UInt64),
            "expected_linked_key": pl.Series(range(100, 140), dtype=pl.UInt64),
        }
    )
    rates = pl.concat(protect_link_rates(each) for each in counts.iter_slices(1))
    assert (rates["n_linked"] > rates["n_expected"]).any()
    assert rates["linked_share"].max() == 100.0


def test_groups_are_those_that_the_counts_can_have() -> None:
    codes = next(column for column in SHAPES["attendance"] if column.name == "ethnic_group").values
    assert set(PEOPLE_GROUPS["ethnic_group"]) == set(codes) - {"UNCL"} | {"unknown"}
    assert set(DIMENSIONS) == set(PEOPLE_GROUPS)
    sql = load_models("research")["link_group_counts"].sql
    assert all(f"'{dimension}'" in sql for dimension in PEOPLE_GROUPS)


def test_report_and_workbook_show_the_groups_in_words(tables: Tables) -> None:
    page = report_html(tables, "p", is_fictional=False)
    shown = page.split("Whom the linkage misses</h3>")[1].split("</section>")[0]
    assert shown.index("Everybody") < shown.index("White British") < shown.index("Not known")
    assert "Mixed" not in shown  # nobody is, as published
    sheet = next(sheet for sheet in publication_sheets(tables) if sheet.name == "Linkage_groups")
    assert sheet.rows[0][:3] == ("Benefits", "Everybody", "Everybody")
    assert len(sheet.rows) == len(people_groups())
    assert all(cell is not None for row in sheet.rows for cell in row)


def test_the_page_says_nothing_of_groups_where_no_source_should_hold_anybody(tables: Tables) -> None:
    none = {**tables, "protected_link_rates": tables["protected_link_rates"].clear()}
    assert "Whom the linkage misses" not in report_html(none, "p", is_fictional=False)
