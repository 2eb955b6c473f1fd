"""Workbooks and the report: what readers open."""

import re
from html.parser import HTMLParser
from pathlib import Path

import openpyxl
import pandas as pd
import polars as pl
import pytest

from tf_assets.research.publication.opendocument import write_ods
from tf_assets.research.publication.report import report_html
from tf_assets.research.publication.sheets import Sheet, notes_table, publication_sheets
from tf_assets.research.publication.workbook import write_xlsx

Tables = dict[str, pl.DataFrame]
SHEET = Sheet(
    "Outcomes",
    "A title & <more>",
    ("A note.",),
    ("Area", "People", "Rate (%)"),
    (("Hartlepool", 120, 4.5), ("Bath & Wells", 0, "[low]")),
    (0, 0, 1),
)


def test_sheets_have_one_table_no_empty_cell_and_shorthand_for_hidden_numbers(tables: Tables) -> None:
    sheets = publication_sheets(tables)
    assert [sheet.name for sheet in sheets] == [
        "Effects_England",
        "Effects_regions",
        "Outcomes_England",
        "Outcomes_regions",
        "Outcomes_councils",
        "People",
        "Who_was_left_out",
        "Balance",
        "Linkage",
        "Linkage_groups",
    ]
    for sheet in sheets:
        assert sheet.rows, sheet.name
        assert all(len(row) == len(sheet.headings) == len(sheet.decimals) for row in sheet.rows), sheet.name
        assert all(cell is not None and cell != "" for row in sheet.rows for cell in row), sheet.name
    marks = {cell for sheet in sheets for row in sheet.rows for cell in row if str(cell).startswith("[")}
    assert marks <= {name for name, _ in notes_table()}


def test_ods_reads_back_in_two_programs(tmp_path: Path) -> None:
    path = tmp_path / "tables.ods"
    write_ods(path, "Tables", ["Welcome."], [("[low]", "Rounds to 0.")], [SHEET])
    with pd.ExcelFile(path, engine="odf") as book:
        assert book.sheet_names == ["Cover", "Contents", "Notes", "Outcomes"]
        found = book.parse("Outcomes", header=2)
    assert found.to_numpy().tolist() == [["Hartlepool", 120, 4.5], ["Bath & Wells", 0, "[low]"]]
    other = pl.read_ods(path, sheet_name="Outcomes", has_header=False)
    assert other.row(2) == ("Area", "People", "Rate (%)")


def test_xlsx_has_cover_contents_notes_and_the_numbers(tmp_path: Path) -> None:
    path = tmp_path / "tables.xlsx"
    write_xlsx(path, "Tables", ["Welcome."], [("[low]", "Rounds to 0.")], [SHEET])
    book = openpyxl.load_workbook(path)
    assert book.sheetnames == ["Cover", "Contents", "Notes", "Outcomes"]
    cells = [tuple(cell.value for cell in row) for row in book["Outcomes"].iter_rows()]
    assert ("Bath & Wells", 0, "[low]") in cells
    assert list(book["Outcomes"].tables) == ["outcomes"]


def test_sheet_without_a_row_is_left_out_of_workbooks(tmp_path: Path, tables: Tables) -> None:
    few = {**tables, "protected_effects": tables["protected_effects"].filter(pl.col("area_type") == "england")}
    sheets = publication_sheets(few)
    assert "Effects_regions" not in [sheet.name for sheet in sheets]
    write_xlsx(tmp_path / "tables.xlsx", "Tables", ["Welcome."], notes_table(), sheets)
    write_ods(tmp_path / "tables.ods", "Tables", ["Welcome."], notes_table(), sheets)


class Outline(HTMLParser):
    """Opening tags with their attributes, and how many captions there are."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def named(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


@pytest.fixture(scope="module")
def page(tables: Tables) -> str:
    return report_html(tables, "r1-0000", is_fictional=True)


def test_report_is_accessible(page: str) -> None:
    outline = Outline()
    outline.feed(page)
    assert outline.named("html") == [{"lang": "en-GB"}]
    assert len(outline.named("h1")) == 1
    assert len(outline.named("table")) == len(outline.named("caption")) > 4
    assert all(heading.get("scope") in ("col", "row", "rowgroup") for heading in outline.named("th"))
    plots = [each for each in outline.named("div") if each.get("role") == "img"]
    assert len(plots) == 3 and all(each["aria-label"] for each in plots)
    ids = {attributes["id"] for _, attributes in outline.tags if attributes.get("id")}
    assert all(str(link["href"]).removeprefix("#") in ids for link in outline.named("a"))


def test_report_needs_no_network(page: str) -> None:
    addresses = set(re.findall(r"https?://[^\s\"'<]+", page))
    assert addresses <= {"http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"}
    assert "<script" not in page


def test_report_says_so_when_the_data_are_fictional(tables: Tables, page: str) -> None:
    assert "Fictional data." in page
    assert "Fictional data." not in report_html(tables, "r1-0000", is_fictional=False)


def test_report_shows_the_published_effect_and_the_mark_of_a_hidden_one(tables: Tables, page: str) -> None:
    shown = tables["protected_effects"].row(
        by_predicate=(pl.col("area_type") == "england")
        & (pl.col("outcome") == "is_looked_after")
        & (pl.col("method") == "matching"),
        named=True,
    )
    assert f"{shown['effect']:+.2f}".replace("-", "−") in page
    assert "is_in_custody_juvenile" not in page


def test_effect_far_less_certain_than_the_rest_is_named_and_not_plotted(tables: Tables) -> None:
    is_uncertain = pl.col("outcome") == "is_on_jsa"
    another = tables["protected_effects"].with_columns(
        pl.col("outcome").replace({"is_looked_after": "is_child_in_need", "is_on_jsa": "is_employed"})
    )
    wide = pl.concat(
        [tables["protected_effects"], another.filter(pl.col("outcome") != "ks4_attainment8")]
    ).with_columns(
        ci_low=pl.when(is_uncertain).then(pl.col("ci_low") - 500).otherwise("ci_low"),
        mark=pl.lit(None, dtype=pl.String),
    )
    page = report_html({**tables, "protected_effects": wide}, "r1-0000", is_fictional=False)
    section = page[page.index('<section id="effects">') :]
    plot = section[section.index("<svg") : section.index("</svg>")]
    assert "Looked after by the council" in plot and "Jobseeker" not in plot
    assert "too uncertain: On Jobseeker&#39;s Allowance." in page


def test_report_of_nothing_says_so(tables: Tables) -> None:
    page = report_html({name: table.head(0) for name, table in tables.items()}, "r1-0000", is_fictional=False)
    assert "No effect could be estimated." in page


def test_the_event_study_has_a_panel_for_each_headline_and_starts_before_the_programme(tables: Tables) -> None:
    effects = tables["protected_effects"].filter(pl.col("area_type") == "england")
    before = effects.with_columns(outcome_window=pl.lit("before"))
    page = report_html({**tables, "protected_effects": pl.concat([effects, before])}, "x", is_fictional=True)
    plot = page[page.index("event-study-caption") : page.index("</figure>", page.index("event-study-caption"))]
    assert "Looked after by the council" in plot
    assert ">before<" in plot
    assert ">19 to 24<" in plot


def test_kept_figures_are_listed(tables: dict[str, pl.DataFrame]) -> None:
    kept = {"table_name": "protected_outcome_counts", "area_code": "E06000001", "arm": "programme"}
    row = {**kept, "outcome": "is_on_jsa", "outcome_window": "19-24", "kept_from": "r1-a"}
    held = pl.DataFrame([row], schema=tables["held_updates"].schema)
    sheet = publication_sheets({**tables, "held_updates": held})[-1]
    assert sheet.rows == (("E06000001", "Programme group", "On Jobseeker's Allowance", "Months 19 to 24", "r1-a"),)
    assert "Kept" not in [sheet.name for sheet in publication_sheets(tables)]
