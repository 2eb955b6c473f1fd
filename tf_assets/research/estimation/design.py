"""Who is compared, on what: a table of people turned into arrays, or refused in a sentence."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from tf_assets.warehouse.errors import InputRefused

Vector = NDArray[np.float64]
Rows = NDArray[np.bool_]
Codes = NDArray[np.int64]

MOST_LEVELS = 50
"""Different words of a text covariate above which it is taken for a name or a number, not a category (ours)."""

_COLLINEAR = 1e-9
"""Share of a standardised column's variance, not explained by those before it, under which it says nothing new."""


@dataclass(frozen=True)
class Design:
    """Arrays over n people.

    treated: n; covariates: n x k, in the columns' own units, none constant, none a combination of the others; names: k;
    stratum, cluster: n whole numbers from 0; strata_columns: n x m, a 0/1 column for each value but the first of
    each column that strata are made of; notes: what was done to the table that a reader must know.
    """

    treated: Rows
    covariates: Vector
    names: tuple[str, ...]
    stratum: Codes
    cluster: Codes
    strata_columns: Vector
    notes: tuple[str, ...] = ()

    def only(self, rows: Rows) -> "Design":
        """The people that `rows` marks; what is constant among them stays."""
        return Design(
            *(self.treated[rows], self.covariates[rows], self.names, self.stratum[rows], self.cluster[rows]),
            *(self.strata_columns[rows], self.notes),
        )


def read_design(
    table: pl.DataFrame,
    treated: str,
    outcome: str,
    covariates: Sequence[str],
    exact: Sequence[str] = (),
    cluster: str | None = None,
) -> tuple[Design, Vector]:
    """The design and the outcome (n) of a table's usable rows.

    treated: a column of 0 and 1, or of false and true; outcome: numbers; covariates: numbers, flags, or words of at
    most `MOST_LEVELS` kinds, each but the first of which becomes a column; exact: columns whose values make strata;
    cluster: people alike for a reason of their own, a family or a council; without it, everybody by themselves.
    Rows without treated, outcome, stratum or cluster are left out. A missing covariate takes the mean (the first
    word, for a text) and a column that marks it: Rosenbaum and Rubin, JASA 79 (1984) 516-524.
    Raises InputRefused where the table cannot be used, with the column and what to do.
    """
    if not covariates:
        raise InputRefused("Name at least one covariate: without any, the arms are compared as they are.")
    _refuse_names(table, [treated, outcome, *covariates, *exact, *([cluster] if cluster else [])])
    _refuse_twice(treated, outcome, covariates)
    needed = [treated, outcome, *exact, *([cluster] if cluster else [])]
    if table.is_empty():
        raise InputRefused("The table has no row. Give one row a person.")
    typed = table.with_columns(_as_flag(table, treated), _as_number(table, outcome))
    kept = typed.drop_nulls(needed)
    notes = []
    if n_left_out := table.height - kept.height:
        notes.append(f"{n_left_out:,} rows without a value of {', '.join(needed)} are left out")
    arms = kept[treated].to_numpy()
    if not arms.any() or arms.all():
        raise InputRefused(f"Everybody who can be used is in one arm. Column {treated} needs both 0 and 1.")
    matrix, names, said = _matrix(kept, covariates)
    clusters = _codes(kept, [cluster]) if cluster else np.arange(kept.height)
    _refuse_few_clusters(arms, clusters, cluster)
    design = Design(
        treated=arms,
        covariates=matrix,
        names=names,
        stratum=_codes(kept, exact),
        cluster=clusters,
        strata_columns=_levels(kept, exact),
        notes=(*notes, *said),
    )
    return design, kept[outcome].to_numpy()


def standardised(columns: Vector) -> Vector:
    """Each column with mean 0 and standard deviation 1."""
    centred = columns - columns.mean(axis=0)
    spread = centred.std(axis=0)
    answer: Vector = centred / np.where(spread > 0, spread, 1.0)
    return answer


def independent(columns: Vector) -> list[int]:
    """Places of the columns that vary and are no combination of those before them: pivots of X'X without reordering."""
    scaled = standardised(columns)
    gram = scaled.T @ scaled / max(len(scaled), 1)
    kept: list[int] = []
    for place in range(gram.shape[0]):
        left = gram[place, place]
        if kept:
            across = gram[kept, place]
            left -= across @ np.linalg.solve(gram[np.ix_(kept, kept)], across)
        if left > _COLLINEAR:
            kept.append(place)
    return kept


def _matrix(kept: pl.DataFrame, covariates: Sequence[str]) -> tuple[Vector, tuple[str, ...], list[str]]:
    columns: dict[str, Vector] = {}
    notes = []
    for name in covariates:
        values = kept[name]
        missing = values.is_null() | (values.is_nan() if values.dtype.is_float() else False)
        columns |= _encoded(name, values)
        if missing.any():
            columns[f"{name} is missing"] = missing.cast(pl.Float64).to_numpy()
            notes.append(f"{int(missing.sum()):,} missing values of {name} are filled in and marked")
    matrix = np.column_stack(list(columns.values()))
    names = list(columns)
    used = independent(matrix)
    if dropped := [names[place] for place in range(len(names)) if place not in used]:
        notes.append(f"left out, constant or a combination of other covariates: {', '.join(dropped)}")
    if not used:
        raise InputRefused("No covariate varies. Name at least one that differs between people.")
    return matrix[:, used], tuple(names[place] for place in used), notes


def _encoded(name: str, values: pl.Series) -> dict[str, Vector]:
    if values.dtype.is_numeric() or values.dtype == pl.Boolean:
        numbers = values.cast(pl.Float64).fill_nan(None)
        if numbers.is_infinite().any():
            raise InputRefused(f"Column {name} has infinite values. Mend them, or leave the column out.")
        return {name: numbers.fill_null(numbers.mean() or 0.0).to_numpy()}  # type: ignore[arg-type]
    if values.dtype not in (pl.String, pl.Categorical, pl.Enum):
        raise InputRefused(
            f"Column {name} holds {values.dtype}, which cannot be compared. Give it as numbers or as categories."
        )
    levels = values.drop_nulls().unique().cast(pl.String).sort().to_list()
    if len(levels) > MOST_LEVELS:
        raise InputRefused(
            f"Column {name} holds {len(levels):,} different texts, more than {MOST_LEVELS}: no category. Leave it "
            "out, or give it as numbers."
        )
    return {f"{name}: {level}": (values == level).fill_null(False).cast(pl.Float64).to_numpy() for level in levels[1:]}


def _as_flag(table: pl.DataFrame, name: str) -> pl.Series:
    values = table[name]
    if values.dtype == pl.Boolean:
        return values
    if values.dtype.is_numeric() and values.drop_nulls().cast(pl.Float64).is_in([0.0, 1.0]).all():
        return (values == 1).alias(name)
    raise InputRefused(f"Column {name} says who is treated. It must hold 0 and 1, or false and true, and nothing else.")


def _as_number(table: pl.DataFrame, name: str) -> pl.Series:
    values = table[name]
    if not (values.dtype.is_numeric() or values.dtype == pl.Boolean):
        raise InputRefused(f"Column {name} is the outcome and holds {values.dtype}. It must hold numbers, or 0 and 1.")
    numbers = values.cast(pl.Float64).fill_nan(None)
    if numbers.is_infinite().any():
        raise InputRefused(f"Column {name} has infinite values. Mend them, or leave those rows out.")
    return numbers


def _codes(table: pl.DataFrame, names: Sequence[str]) -> Codes:
    if not names:
        return np.zeros(table.height, np.int64)
    return table.select(pl.struct(*names).rank("dense").cast(pl.Int64) - 1).to_series().to_numpy()


def _levels(table: pl.DataFrame, names: Sequence[str]) -> Vector:
    columns = [
        (table[name] == level).cast(pl.Float64).to_numpy()
        for name in names
        for level in table[name].unique().sort().to_list()[1:]
    ]
    return np.column_stack(columns) if columns else np.zeros((table.height, 0))


def _refuse_names(table: pl.DataFrame, names: Sequence[str]) -> None:
    if missing := [name for name in dict.fromkeys(names) if name not in table.columns]:
        raise InputRefused(f"The table has no column {', '.join(missing)}. Its columns: {', '.join(table.columns)}.")


def _refuse_few_clusters(arms: Rows, clusters: Codes, name: str | None) -> None:
    fewest = min(len(np.unique(clusters[arm])) for arm in (arms, ~arms))
    if fewest < 2:
        what = f"clusters of {name}" if name else "people"
        raise InputRefused(
            f"One arm has only {fewest} of the {what}, so nothing tells how far chance goes. Each arm needs two at least, "
            "and an interval worth reading needs forty."
        )


def _refuse_twice(treated: str, outcome: str, covariates: Sequence[str]) -> None:
    if both := {treated, outcome} & set(covariates):
        raise InputRefused(f"{', '.join(sorted(both))} cannot be a covariate as well. Take it out of the covariates.")
    if treated == outcome:
        raise InputRefused("The outcome and the treatment are the same column. Name two.")
