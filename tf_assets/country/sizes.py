"""How large a fictional country is."""

from dataclasses import dataclass, replace
from datetime import date

from tf_assets.warehouse.calendar import FIRST_QUARTER, next_quarter


@dataclass(frozen=True)
class Size:
    """A declared size.

    n_families: families on the registers; n_people: the whole population; n_councils: councils they live in;
    n_quarters: quarters of returns from April 2015; years: first years of the departments' extracts;
    chunk: people made at a time; is_text: the offences extracts are CSV, as their supplier sends them.
    """

    name: str
    n_families: int
    n_people: int
    n_councils: int
    n_quarters: int
    years: tuple[int, ...]
    chunk: int
    is_text: bool = True

    @property
    def quarters(self) -> list[date]:
        """First days of the quarters of returns."""
        quarters = [FIRST_QUARTER]
        while len(quarters) < self.n_quarters:
            quarters.append(next_quarter(quarters[-1]))
        return quarters


ALL_YEARS = (2013, 2014, 2015, 2016, 2017, 2018)

SIZES: dict[str, Size] = {
    size.name: size
    for size in (
        Size("demo", 3_000, 150_000, 24, 6, ALL_YEARS, chunk=150_000),
        Size("region", 40_000, 1_500_000, 48, 8, ALL_YEARS, chunk=250_000),
        Size("national", 400_000, 53_000_000, 152, 8, ALL_YEARS, chunk=500_000, is_text=False),
    )
}
"""The sizes of DATA.md by name. National: about 40M adults and 8M pupils."""


def size_of(name: str, n_families: int | None = None, n_councils: int | None = None) -> Size:
    """A declared size, with its families (and its population in proportion) and councils changed on request."""
    size = SIZES[name]
    if n_families is not None:
        n_people = max(size.n_people * n_families // size.n_families, 20 * n_families)
        size = replace(size, n_families=n_families, n_people=n_people)
    return replace(size, n_councils=n_councils) if n_councils is not None else size
