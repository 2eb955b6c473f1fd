"""How each council makes its return: the program it comes from and the habits of whoever fills it in.

Twenty-four shapes, so that the demonstration's twenty-four councils show each of them once.
"""

from dataclasses import dataclass, replace

import numpy as np

SPREADSHEET_ROWS = 3_000
"""A council with more rows than this exports CSV: nobody types so long a register, and workbooks are slow to write."""

TWO_DIGIT_YEARS = ("%d/%m/%y", "%d-%b-%y")


@dataclass(frozen=True)
class Shape:
    """One kind of return.

    suffix: the file's; encoding, delimiter: of delimited text; vocabulary, codes: keys of `words`; dates: a strftime
    pattern, or in spreadsheets `cell` (true dates), `serial` (bare numbers) or `mixed` (true dates and text);
    full_name: "", "forename surname" or "surname, forename" when one column holds both; names: as is, upper, accents
    or mojibake; columns: in the order of the schedule, shuffled or group first; rows: in order of family or surname;
    schools: as is, upper, loose or with urn; postcodes: as is, compact or lower; n_titles: title rows above the
    headings; has_blank_rows, has_totals, has_notes: rows and columns beyond the schedule; is_numbered: references
    are numbers, not text; is_multiline: addresses hold line breaks; line_end: of delimited text.
    """

    suffix: str
    vocabulary: str
    dates: str
    codes: str
    encoding: str = "utf-8"
    delimiter: str = ","
    full_name: str = ""
    names: str = "as is"
    columns: str = "schedule"
    rows: str = "family"
    schools: str = "as is"
    postcodes: str = "as is"
    n_titles: int = 0
    has_blank_rows: bool = False
    has_totals: bool = False
    has_notes: bool = False
    is_numbered: bool = False
    is_multiline: bool = False
    line_end: str = "\r\n"

    @property
    def is_text(self) -> bool:
        """Delimited text, not a spreadsheet."""
        return self.suffix in ("csv", "txt")

    @property
    def has_two_digit_years(self) -> bool:
        """Years without a century: a date of birth in 2031 or 1900 cannot be told from one in 1931 or 2000."""
        return self.dates in TWO_DIGIT_YEARS


DMY, MDY, ISO = "%d/%m/%Y", "%m/%d/%Y", "%Y-%m-%d"
SHAPES: tuple[Shape, ...] = (
    Shape("csv", "schedule", ISO, "schedule", line_end="\n"),
    Shape("xlsx", "template", "cell", "words", n_titles=3, has_totals=True, schools="loose"),
    Shape("csv", "system", DMY, "letters", encoding="utf-16", delimiter="\t", columns="shuffled"),
    Shape("csv", "formal", DMY, "words", encoding="cp1252", names="accents", full_name="forename surname"),
    Shape("csv", "terse", "%d-%b-%y", "letters", delimiter=";", has_blank_rows=True),
    Shape("ods", "numbered", "cell", "ticks", n_titles=2, has_totals=True, has_notes=True),
    Shape("csv", "unfamiliar", DMY, "words", encoding="utf-8-sig", n_titles=1),
    Shape("csv", "system", MDY, "numbers", names="upper", postcodes="compact"),
    Shape("xlsx", "formal", "serial", "letters", columns="group first", has_notes=True, is_numbered=True),
    Shape("csv", "template", "%-d/%-m/%Y", "ticks", encoding="utf-8-sig", has_totals=True, rows="surname"),
    Shape("txt", "numbered", DMY, "numbers", delimiter="\t", full_name="surname, forename", schools="with urn"),
    Shape("csv", "template", "%d %B %Y", "words", has_notes=True, is_multiline=True, columns="group first"),
    Shape("xlsx", "system", "mixed", "ticks", has_blank_rows=True, names="accents", schools="upper"),
    Shape("csv", "terse", "%d.%m.%Y", "schedule", encoding="cp1252", delimiter=";", postcodes="lower"),
    Shape("csv", "formal", "%d/%m/%Y 00:00", "letters", encoding="utf-8-sig", names="upper", n_titles=2),
    Shape("ods", "template", DMY, "words", full_name="forename surname", has_blank_rows=True, schools="loose"),
    Shape("csv", "roundabout", ISO, "schedule", has_totals=True, columns="shuffled"),
    Shape("xlsx", "numbered", DMY, "words", n_titles=4, names="upper", rows="surname", has_notes=True),
    Shape("csv", "schedule", DMY, "words", names="mojibake", has_notes=True),
    Shape("csv", "system", "%Y-%m-%d 00:00:00", "numbers", delimiter="|", schools="loose"),
    Shape("csv", "formal", "%d/%m/%y", "letters", encoding="utf-16", postcodes="compact", has_totals=True),
    Shape("xlsx", "terse", "cell", "schedule", columns="shuffled", has_blank_rows=True, has_totals=True),
    Shape("csv", "numbered", DMY, "ticks", encoding="cp1252", schools="with urn", n_titles=3, is_multiline=True),
    Shape("csv", "schedule", "%Y%m%d", "schedule", delimiter="\t", columns="shuffled", line_end="\n"),
)


def shapes_of(rows_by_council: dict[str, int], seed: int) -> dict[str, Shape]:
    """The shape of each council, always the same for the same seed.

    rows_by_council: rows of a council's longest return. Shapes are dealt out in turn, so that n councils show n
    different shapes up to the number declared; spreadsheets become CSV in councils whose returns are long.
    """
    councils = sorted(rows_by_council)
    order = np.random.default_rng([seed, 1]).permutation(len(councils))
    return {
        councils[council]: _fitted(SHAPES[turn % len(SHAPES)], rows_by_council[councils[council]])
        for turn, council in enumerate(order)
    }


def _fitted(shape: Shape, n_rows: int) -> Shape:
    if shape.is_text or n_rows <= SPREADSHEET_ROWS:
        return shape
    dates = shape.dates if "%" in shape.dates else DMY
    return replace(shape, suffix="csv", dates=dates)
