"""Figures of the ledger: every published number, with bounds that hold the truth."""

import polars as pl

from tf_assets.research.publication.figures import MEASURED, figures_of, publication_id

Tables = dict[str, pl.DataFrame]


def test_every_number_of_every_table_is_a_figure(tables: Tables) -> None:
    figures = figures_of(tables, "r1")
    expected = sum(
        tables[table][measure].is_not_null().sum()
        for table, measured in MEASURED.items()
        for measure in measured.measures
    )
    assert len(figures) == expected
    predicate = ["table_name", "measure", "area_code", "sex", "age_band", "arm", "outcome", "outcome_window"]
    assert not figures.select(predicate).is_duplicated().any()


def test_numeric_columns_are_figures_or_follow_from_figures(tables: Tables) -> None:
    derived = {"yes_rate", "programme_rate", "rate_without_programme", "linked_share", "grain"}
    repeated = {"n_programme", "n_comparison"}  # the counts of protected_outcome_counts, from the same keys
    for table, measured in MEASURED.items():
        numeric = {name for name, kind in tables[table].schema.items() if kind.is_numeric()}
        assert numeric - derived - repeated == set(measured.measures), table


def test_bounds_hold_the_true_counts(tables: Tables, cells: Tables) -> None:
    truth = (
        cells["outcome_cells"]
        .group_by("arm", "outcome", area_code="council_code")
        .agg(pl.col("n_yes", "n_people").sum())
    )
    figures = figures_of(tables, "r1").filter(
        (pl.col("area_type") == "council") & (pl.col("sex") == "all") & (pl.col("age_band") == "all")
    )
    for measure in ("n_yes", "n_people"):
        joined = figures.filter(pl.col("measure") == measure).join(truth, on=["arm", "outcome", "area_code"])
        assert len(joined) > 20
        assert joined.filter(~pl.col(measure).is_between("lower", "upper")).is_empty()


def test_counts_beside_effects_are_those_of_the_outcome_table(tables: Tables) -> None:
    counts = tables["protected_outcome_counts"].filter(
        (pl.col("arm") == "programme") & (pl.col("sex") == "all") & (pl.col("age_band") == "all")
    )
    both = tables["protected_effects"].join(counts, on=["area_code", "outcome", "outcome_window"])
    assert len(both) > 20
    assert (both["n_programme"] == both["n_people"]).all()


def test_id_of_a_publication_is_its_release_and_what_it_says(tables: Tables) -> None:
    first = publication_id("r1", tables)
    assert first.startswith("r1-")
    assert publication_id("r1", dict(reversed(tables.items()))) == first
    assert publication_id("r1", {**tables, "protected_balance": tables["protected_balance"].head(1)}) != first
