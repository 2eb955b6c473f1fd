"""How fragile each headline is: what the other methods say, the time before the programme, and something unseen.

Made from published numbers alone, so it tells nothing more than they do.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from scipy.stats import norm

from tf_assets.research.cohorts.protocol import BEFORE, PROTOCOL
from tf_assets.research.estimation.sensitivity import e_value
from tf_assets.research.estimation.several import adjusted_p_values
from tf_assets.research.publication.catalogue import METHODS, OUTCOMES, headline_window

WEAK_E_VALUE = 1.5
"""An unseen factor of this strength is common in such data: problems on the register multiply the chance of the programme
by about as much (ours)."""

_NORMAL_975 = 1.959963984540054


@dataclass(frozen=True)
class Fragility:
    """One headline: label, finding in words, sentences on what speaks for and against it, and a judgement in a word."""

    label: str
    finding: str
    sentences: tuple[str, ...]
    judgement: str


def fragilities(effects: pl.DataFrame) -> list[Fragility]:
    """A row a headline outcome that has a published effect by the main method, England. effects: `protected_effects`."""
    england = effects.filter((pl.col("area_type") == "england") & pl.col("effect").is_not_null())
    chances = adjusted_chances(england)
    found = []
    for outcome in (name for name, each in OUTCOMES.items() if each.is_headline):
        rows = england.filter(outcome=outcome, outcome_window=headline_window(outcome))
        main = _one(rows, PROTOCOL.comparison.methods[0])
        if main is not None:
            found.append(_fragility(outcome, main, rows, _one(_before(england, outcome), main["method"]), chances))
    return found


def finding(row: dict[str, Any]) -> str:
    """What an effect says, from its published interval: no effect is claimed only where none that matters is left."""
    matters = OUTCOMES[row["outcome"]].matters
    if row["ci_high"] < 0:
        return "Lower"
    if row["ci_low"] > 0:
        return "Higher"
    if row["ci_low"] > -matters and row["ci_high"] < matters:
        return f"No effect of {matters:g} or more"
    return "Not enough evidence"


def adjusted_chances(england: pl.DataFrame) -> dict[tuple[str, str, str], float]:
    """Holm's p-value by outcome, window and method, over all published effects of the method but the placebo."""
    chances: dict[tuple[str, str, str], float] = {}
    for (method,), rows in england.filter(pl.col("outcome_window") != BEFORE.name).group_by(
        "method", maintain_order=True
    ):
        errors = ((rows["ci_high"] - rows["ci_low"]) / (2 * _NORMAL_975)).to_numpy()
        p_values = 2 * norm.sf(np.abs(rows["effect"].to_numpy()) / np.maximum(errors, 1e-12))
        keys = rows.select("outcome", "outcome_window").iter_rows()
        chances |= {
            (outcome, window, str(method)): float(p)
            for (outcome, window), p in zip(keys, adjusted_p_values(p_values), strict=True)
        }
    return chances


def _fragility(
    outcome: str,
    main: dict[str, Any],
    rows: pl.DataFrame,
    before: dict[str, Any] | None,
    chances: dict[tuple[str, str, str], float],
) -> Fragility:
    others = [_one(rows, method) for method in PROTOCOL.comparison.methods[1:]]
    said = finding(main)
    methods, agree = _methods(main, [row for row in others if row is not None])
    placebo, is_alike = _placebo(main, before)
    sentences, weak = [methods, placebo], not agree or not is_alike
    if said in ("Lower", "Higher"):
        unseen, is_strong = _unseen(main)
        chance = chances[main["outcome"], main["outcome_window"], main["method"]]
        n_tests = sum(key[2] == main["method"] for key in chances)
        by_chance = "could be one of them that chance alone makes" if chance >= 0.05 else "stands out even so"
        sentences += [unseen, f"Of {n_tests} effects that were estimated this way, this one {by_chance}."]
        weak = weak or not is_strong or chance >= 0.05
        judgement = "Fragile" if weak else "Holds"
    else:
        judgement = "Fragile" if weak else "No finding"
    return Fragility(OUTCOMES[outcome].label, said, tuple(sentences), judgement)


def _methods(main: dict[str, Any], others: Sequence[dict[str, Any]]) -> tuple[str, bool]:
    if not others:
        return "No other method could make the groups alike.", False
    apart = [row for row in others if row["ci_low"] > main["effect"] or row["ci_high"] < main["effect"]]
    if not apart:
        return "The other methods' intervals hold the same effect.", True
    named = "; ".join(f"{METHODS[row['method']].lower()} {_interval(row)}" for row in apart)
    return f"Other methods say otherwise: {named}.", False


def _placebo(main: dict[str, Any], before: dict[str, Any] | None) -> tuple[str, bool]:
    if before is None:
        return "What the groups were like 13 to 24 months before the assessment could not be compared.", True
    apart = before["ci_low"] > 0 or before["ci_high"] < 0
    seen = (
        "13 to 24 months before the assessment, when the programme cannot have had an effect, they differed by "
        f"{_interval(before)}"
    )
    if not apart:
        return f"{seen}: no more than chance allows.", True
    left = main["effect"] - before["effect"]
    return f"{seen}: they were not alike to begin with. Taken off, the effect would be {_signed(left)}.", False


def _unseen(main: dict[str, Any]) -> tuple[str, bool]:
    without = main["rate_without_programme"]
    if without is None or without <= 0:
        return "How strong an unseen cause would have to be cannot be told from what is published.", False
    near = main["ci_low"] if main["ci_low"] > 0 else main["ci_high"]
    point, end = (e_value(max(1 + each / without, 1e-9)) for each in (main["effect"], near))
    return (
        f"Something unseen would have to multiply both the chance of being on the programme and that of the outcome by "
        f"{point:.1f} to explain it away, and by {end:.1f} to leave it in doubt.",
        end >= WEAK_E_VALUE,
    )


def _before(england: pl.DataFrame, outcome: str) -> pl.DataFrame:
    return england.filter(outcome=outcome, outcome_window=BEFORE.name)


def _one(rows: pl.DataFrame, method: str) -> dict[str, Any] | None:
    found = rows.filter(method=method)
    return found.row(0, named=True) if len(found) else None


def _interval(row: dict[str, Any]) -> str:
    return f"{_signed(row['effect'])} ({_signed(row['ci_low'])} to {_signed(row['ci_high'])})"


def _signed(number: float) -> str:
    return f"{number:+.2f}".replace("-", "\N{MINUS SIGN}")
