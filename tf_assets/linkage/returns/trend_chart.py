"""The trend as small bar charts: one for each number, a bar for each quarter, every bar with its figure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from tf_assets.linkage.returns.feedback_words import number_words, quarter_words
from tf_assets.linkage.returns.trend import ReturnNumbers
from tf_assets.warehouse.calendar import next_quarter

MOST_QUARTERS = 8
"""Two programme years."""

WIDTH, HEIGHT = 320, 170
_TOP, _BASE, _WIDEST_BAR = 24, 130, 44

_MEASURES = (
    ("Rows used", "n_accepted"),
    ("Used, something left out", "n_warned"),
    ("Rows not used", "n_refused"),
)


@dataclass(frozen=True)
class Bar:
    """One quarter: figure and its two lines of label, and the rectangle in units of the view box."""

    figure: str
    month: str
    year: str
    x: float
    y: float
    width: float
    height: float
    is_this_return: bool

    @property
    def middle(self) -> float:
        """Where its labels are centred."""
        return round(self.x + self.width / 2, 1)


@dataclass(frozen=True)
class Chart:
    """One measure; words: all that the picture shows, as text."""

    title: str
    words: str
    bars: tuple[Bar, ...]


def quarters_shown(returns: Sequence[ReturnNumbers]) -> list[date]:
    """Every quarter from the oldest return to the newest, at most MOST_QUARTERS, those without a return included."""
    if not returns:
        return []
    quarters = [returns[0].quarter_date]
    while quarters[-1] < returns[-1].quarter_date:
        quarters.append(next_quarter(quarters[-1]))
    return quarters[-MOST_QUARTERS:]


def trend_charts(returns: Sequence[ReturnNumbers]) -> tuple[Chart, ...]:
    """A chart for each measure; returns: oldest first, this one last. Empty with fewer than two."""
    if len(returns) < 2:
        return ()
    of_quarter = {each.quarter_date: each for each in returns}
    shown = [(quarter, of_quarter.get(quarter)) for quarter in quarters_shown(returns)]
    return tuple(
        _chart(title, [(day, None if each is None else getattr(each, name)) for day, each in shown])
        for title, name in _MEASURES
    )


def _chart(title: str, numbers: list[tuple[date, int | None]]) -> Chart:
    most = max(number or 0 for _, number in numbers) or 1
    step = WIDTH / len(numbers)
    width = min(_WIDEST_BAR, 0.72 * step)
    bars = [
        Bar(
            figure="none" if number is None else number_words(number),
            month=f"{quarter:%b}",
            year=f"{quarter:%Y}",
            x=round(step * (at + 0.5) - width / 2, 1),
            y=round(_BASE - _height(number, most), 1),
            width=round(width, 1),
            height=round(_height(number, most), 1),
            is_this_return=at == len(numbers) - 1,
        )
        for at, (quarter, number) in enumerate(numbers)
    ]
    told = [f"{quarter_words(day)} {'no return used' if n is None else number_words(n)}" for day, n in numbers]
    return Chart(title, f"{title} by quarter: {', '.join(told)}.", tuple(bars))


def _height(number: int | None, most: int) -> float:
    return (_BASE - _TOP) * (number or 0) / most
