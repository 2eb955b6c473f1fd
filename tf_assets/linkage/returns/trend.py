"""A council's return beside its earlier ones: numbers by quarter, who is new and who is gone, as counts."""

from dataclasses import dataclass, field
from datetime import date

import polars as pl

from tf_assets.linkage.returns.judging import WHOLE_FILE, JudgedReturn

REGISTER_COLUMNS_COMPARED = ("quarter_date", "family_ref", "person_ref", "source_sha256")
"""All that is read of a register."""

_RULE = ("rule", "field", "severity", "sentence")


@dataclass(frozen=True)
class RuleCount:
    """How many rows of one return broke a rule; n_rows is 1 for a judgement on the whole file."""

    rule: str
    field: str
    severity: str
    sentence: str
    n_rows: int


@dataclass(frozen=True)
class ReturnNumbers:
    """A return that was used, as counts.

    n_rows = n_accepted + n_refused; n_warned, n_repaired: accepted rows with at least one such judgement; n_people and
    n_families: distinct references among the accepted rows; by_rule: every rule broken, by name.
    """

    quarter_date: date
    n_rows: int
    n_accepted: int
    n_refused: int
    n_warned: int
    n_repaired: int
    n_people: int
    n_families: int
    by_rule: tuple[RuleCount, ...]


@dataclass(frozen=True)
class EarlierReturns:
    """What a council's return is compared with.

    returns: its used returns of earlier quarters, the oldest first; last_people: family_ref and person_ref of the last
    of them, needed to count who is new and never shown.
    """

    returns: tuple[ReturnNumbers, ...] = ()
    last_people: pl.DataFrame = field(
        default_factory=lambda: pl.DataFrame(schema={"family_ref": pl.String, "person_ref": pl.String}),
        repr=False,
        compare=False,
    )

    @property
    def last(self) -> ReturnNumbers | None:
        """The return of the nearest earlier quarter that has one; None for a council's first."""
        return self.returns[-1] if self.returns else None


@dataclass(frozen=True)
class Turnover:
    """References of this return and the last one: in both, in this one alone, in the last one alone."""

    n_continuing: int
    n_new: int
    n_gone: int


def earlier_returns(register: pl.DataFrame, judgements: pl.DataFrame, quarter_date: date) -> EarlierReturns:
    """What one council's published tables say of the quarters before `quarter_date`.

    register and judgements: the council's rows of `council_register` (at least REGISTER_COLUMNS_COMPARED) and
    `return_judgements`, of any quarters. A quarter without an accepted row has no return to compare with; of a quarter
    with two files the one that the register holds counts.
    """
    before = register.filter(pl.col("quarter_date") < quarter_date).select(REGISTER_COLUMNS_COMPARED)
    told = judgements.join(
        before.select("quarter_date", "source_sha256").unique(), on=["quarter_date", "source_sha256"]
    )
    found = sorted(before.partition_by("quarter_date", as_dict=True).items())
    told_of = told.partition_by("quarter_date", as_dict=True)
    returns = tuple(_numbers(key[0], accepted, told_of.get(key, told.clear())) for key, accepted in found)
    return EarlierReturns(returns, found[-1][1].select("family_ref", "person_ref")) if found else EarlierReturns()


def numbers_of_return(judged: JudgedReturn, quarter_date: date) -> ReturnNumbers:
    """The same counts of a return that was just judged."""
    return _numbers(quarter_date, judged.accepted, judged.judgements)


def turnover(accepted: pl.DataFrame, earlier: EarlierReturns, reference: str) -> Turnover:
    """Who stayed, came and went since the last return; reference: `person_ref` or `family_ref`."""
    now, then = _distinct(accepted[reference]), _distinct(earlier.last_people[reference])
    n_continuing = len(now & then)
    return Turnover(n_continuing, len(now) - n_continuing, len(then) - n_continuing)


def _distinct(references: pl.Series) -> set[str]:
    return set(references.drop_nulls().unique().to_list())


def _numbers(quarter_date: date, accepted: pl.DataFrame, judgements: pl.DataFrame) -> ReturnNumbers:
    of_rows = judgements.filter(pl.col("row_number") != WHOLE_FILE)
    refused_rows = of_rows.filter(severity="refused")["row_number"].unique()
    used = of_rows.filter(~pl.col("row_number").is_in(refused_rows.implode()))
    by_rule = judgements.group_by(_RULE).len().sort(_RULE)
    return ReturnNumbers(
        quarter_date=quarter_date,
        n_rows=accepted.height + refused_rows.len(),
        n_accepted=accepted.height,
        n_refused=refused_rows.len(),
        n_warned=used.filter(severity="warning")["row_number"].n_unique(),
        n_repaired=used.filter(severity="repaired")["row_number"].n_unique(),
        n_people=accepted["person_ref"].n_unique(),
        n_families=accepted["family_ref"].n_unique(),
        by_rule=tuple(RuleCount(*row) for row in by_rule.iter_rows()),
    )
