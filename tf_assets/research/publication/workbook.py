"""The published workbook as XLSX, by gptables (the UK statistical service's package), the same bytes each time."""

import datetime as dt
import warnings
from pathlib import Path

from tf_assets.research.publication.sheets import SOURCE, Sheet

MADE = dt.datetime(2000, 1, 1)
"""The creation date in a file's properties: constant, so that the same tables are the same file."""


def write_xlsx(
    path: Path, title: str, introduction: list[str], notes: list[tuple[str, str]], sheets: list[Sheet]
) -> None:
    """Write a workbook with a cover, contents, notes and the sheets."""
    import gptables  # half a second, and only publications need it
    import pandas as pd

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # gptables asks for shorthand to be explained; the notes sheet does
        workbook = gptables.produce_workbook(
            path,
            {sheet.name: _as_gptable(sheet) for sheet in sheets},
            cover=gptables.Cover(title, intro=introduction, about=[SOURCE]),
            notes_table=pd.DataFrame(notes, columns=["Note reference", "Note text"]),
        )
        workbook.set_properties({"title": title, "created": MADE})
        workbook.close()


def _as_gptable(sheet: Sheet) -> object:
    import gptables
    import pandas as pd

    frame = pd.DataFrame([list(row) for row in sheet.rows], columns=list(sheet.headings), dtype=object)
    formats = [
        {"column": {"columns": [index], "format": {"num_format": "#,##0" + ("." + "0" * places if places else "")}}}
        for index, places in enumerate(sheet.decimals)
    ]
    return gptables.GPTable(
        frame,
        table_name=sheet.name.lower(),
        title=sheet.title,
        subtitles=list(sheet.notes),
        source=SOURCE,
        index_columns={},
        additional_formatting=formats,
    )
