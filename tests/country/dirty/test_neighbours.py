"""Two councils on one page, a title of another quarter, a return sent again."""

from tf_assets.country.dirty.neighbours import FAR_AREAS, FORM
from tf_assets.warehouse.calendar import next_quarter


def test_a_neighbours_rows_stand_below_the_councils_own(country) -> None:
    path, code, quarter = country.files.filter(defect="two_councils").select("path", "council_code", "quarter").row(0)
    text = _text(country, path)
    due = country.register.filter(council_code=code, quarter_date=quarter)
    first, second = text.find(due["family_ref"][0]), text.find(FORM + due["family_ref"][0])

    assert 0 < first < second
    assert any(area in text[second:].upper() for area in FAR_AREAS)


def test_a_title_names_the_quarter_after(country) -> None:
    path, quarter = country.files.filter(defect="title_of_another_quarter").select("path", "quarter").row(0)
    text = _text(country, path)

    assert f"Quarter beginning {next_quarter(quarter):%d %B %Y}" in text
    assert f"{quarter:%d %B %Y}" not in text.splitlines()[1]


def _text(country, path: str) -> str:
    """All cells of a file, a row a line."""
    file = country.landing / path
    if file.suffix in (".xlsx", ".ods"):
        import fastexcel

        sheet = fastexcel.read_excel(file).load_sheet("Register", header_row=None, skip_rows=0, dtypes="string")
        return "\n".join("|".join(str(cell) for cell in row) for row in sheet.to_polars().rows())
    content = file.read_bytes()
    return content.decode("utf-16" if content.startswith(b"\xff\xfe") else "cp1252")
