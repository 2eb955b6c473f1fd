"""How large a fictional country is."""

from dataclasses import dataclass, replace
from datetime import date

from tf_assets.warehouse.calendar import FIRST_QUARTER, next_quarter
from tf_assets.warehouse.errors import EvaluationError


@dataclass(frozen=True)
class Size:
    """A declared size.

    n_families: families on the registers; n_people: the whole population; n_councils: councils they live in;
    n_quarters: quarters of returns from April 2015; years: first years of the departments' extracts;
    chunk: people made at a time; is_text: the offences extracts are CSV, as their supplier sends
    them; is_every_record_true: the truth says whose every record is, not those of the registers' candidates alone.
    """

    name: str
    n_families: int
    n_people: int
    n_councils: int
    n_quarters: int
    years: tuple[int, ...]
    chunk: int
    is_text: bool = True
    is_every_record_true: bool = True

    @property
    def quarters(self) -> list[date]:
        """First days of the quarters of returns."""
        quarters = [FIRST_QUARTER]
        while len(quarters) < self.n_quarters:
            quarters.append(next_quarter(quarters[-1]))
        return quarters


MIN_FAMILIES, N_COUNCILS, N_QUARTERS = 50, 152, 20
ALL_YEARS = (2013, 2014, 2015, 2016, 2017, 2018)

SIZES: dict[str, Size] = {
    size.name: size
    for size in (
        Size("demo", 3_000, 150_000, 24, 6, ALL_YEARS, chunk=150_000),
        Size("region", 40_000, 1_500_000, 48, 8, ALL_YEARS, chunk=250_000),
        Size(
            "national",
            n_families=400_000,
            n_people=53_000_000,
            n_councils=152,
            n_quarters=8,
            years=ALL_YEARS[1:],
            chunk=500_000,
            is_text=False,
            is_every_record_true=False,
        ),
    )
}
"""The sizes of DATA.md by name. National: about 40M adults and 8M pupils."""


def size_named(
    name: str, families: int | None = None, councils: int | None = None, quarters: int | None = None
) -> Size:
    """A declared size, with its families (and its population in proportion), councils and quarters changed on request."""
    if name not in SIZES:
        raise EvaluationError(f"There is no size of that name. Choose one of {', '.join(SIZES)}.")
    size = SIZES[name]
    if families is not None:
        if families < MIN_FAMILIES:
            raise EvaluationError(f"A country needs at least {MIN_FAMILIES} families on its registers. Ask for more.")
        n_people = max(size.n_people * families // size.n_families, 10 * families)
        size = replace(size, n_families=families, n_people=n_people)
    if councils is not None:
        if not 1 <= councils <= N_COUNCILS:
            raise EvaluationError(f"England has {N_COUNCILS} councils. Ask for a number from 1 to {N_COUNCILS}.")
        size = replace(size, n_councils=councils)
    if quarters is not None:
        if not 1 <= quarters <= N_QUARTERS:
            raise EvaluationError(f"The programme has {N_QUARTERS} quarters. Ask for a number from 1 to {N_QUARTERS}.")
        size = replace(size, n_quarters=quarters)
    return size
