"""Hypothesis strategies for returns as people make them: every way to write the same table, and faults between."""

from dataclasses import dataclass

from hypothesis import strategies as st

from tests.fuzz.mutations import NASTY
from tests.fuzz.shapes import zipped

FIELDS = (
    "Family ref", "Person ref", "Forename", "Surname", "DOB", "Postcode", "Group", "Start date", "UPN", "End date",
)  # fmt: skip
_ROW = ("KRNXF1", "KRNXP{}", "Quenildaq", "Zyzxcanary", "13/02/2005", "M1 1AE", "programme", "01/05/2015", "", "")
_LINE_ENDS = ("\n", "\r\n", "\r")
_ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252", "utf-32")


@dataclass(frozen=True)
class Written:
    """A return: its bytes, how many people it holds, and whether anything in it is a fault."""

    content: bytes
    n_people: int
    is_good: bool


@st.composite
def written_returns(draw: st.DrawFn) -> Written:
    """Any encoding, delimiter and line end; titles, blank rows, totals; columns in any order; faults in some."""
    n_people = draw(st.integers(1, 12))
    order = draw(st.permutations(range(len(FIELDS))))
    rows = [[_ROW[at].format(n) for at in order] for n in range(n_people)]
    faults = draw(
        st.lists(st.tuples(st.integers(0, n_people - 1), st.integers(0, 9), st.sampled_from(NASTY)), max_size=3)
    )
    for row, column, value in faults:
        rows[row][column] = value.decode("latin-1")
    delimiter, end = draw(st.sampled_from(",;\t|")), draw(st.sampled_from(_LINE_ENDS))
    blank = [delimiter * draw(st.integers(0, 9))] * draw(st.integers(0, 3))
    titles = ["Register of families"] * draw(st.integers(0, 3))
    totals = [f"Total{delimiter}{n_people}"] * draw(st.integers(0, 1))
    is_quoted = draw(st.booleans())
    told = [_line(row, delimiter, is_quoted) for row in ([FIELDS[at] for at in order], *rows)]
    text = end.join([*titles, *blank, *told, *blank, *totals]) + end
    content = text.encode(draw(st.sampled_from(_ENCODINGS)), errors="replace")
    packed = zipped({"register.csv": content, "read me.txt": b"Dear colleague"}) if draw(st.booleans()) else content
    return Written(packed, n_people, not faults)


def _line(cells: list[str], delimiter: str, is_quoted: bool) -> str:
    doubled = (cell.replace('"', '""') for cell in cells)
    return delimiter.join(f'"{cell}"' for cell in doubled) if is_quoted else delimiter.join(cells)
