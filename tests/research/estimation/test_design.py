"""A table becomes a design, or a sentence says why not."""

import datetime

import numpy as np
import polars as pl
import pytest

from tf_assets.research.estimation.design import independent, read_design
from tf_assets.warehouse.errors import InputRefused


@pytest.fixture
def table():
    return pl.DataFrame(
        {
            "t": [1, 0, 1, 0, 1, 0, None],
            "y": [1.0, 2.0, 3.0, 4.0, None, 6.0, 7.0],
            "age": [30, None, 50, 20, 60, 41, 33],
            "region": ["N", "S", "N", "S", "E", "E", "N"],
            "born": [datetime.date(1980, 1, 1)] * 7,
            "name": ["a", "b", "c", "d", "e", "f", "g"],
            "house": [1, 1, 2, 3, 4, 5, 6],
            "same": [2] * 7,
        }
    )


def test_rows_that_cannot_be_used_are_left_out_and_told(table):
    design, outcome = read_design(table, "t", "y", ["age"])
    assert design.treated.tolist() == [True, False, True, False, False]
    assert outcome.tolist() == [1, 2, 3, 4, 6]
    assert design.notes[0] == "2 rows without a value of t, y are left out"


def test_a_missing_covariate_is_filled_and_marked(table):
    design, _ = read_design(table, "t", "y", ["age"])
    assert design.names == ("age", "age is missing")
    assert design.covariates[1].tolist() == [pytest.approx((30 + 50 + 20 + 41) / 4), 1]


def test_words_become_columns_and_what_says_nothing_new_is_left_out(table):
    design, _ = read_design(table, "t", "y", ["region", "same"])
    assert design.names == ("region: N", "region: S")
    assert design.covariates.tolist() == [[1, 0], [0, 1], [1, 0], [0, 1], [0, 0]]
    assert "left out, constant or a combination of other covariates: same" in design.notes


def test_strata_and_clusters_are_numbered(table):
    design, _ = read_design(table, "t", "y", ["age"], ["region"], "house")
    assert design.stratum.tolist() == [1, 2, 1, 2, 0]
    assert design.cluster.tolist() == [0, 0, 1, 2, 3]
    assert design.strata_columns.shape == (5, 2)


def test_a_combination_of_columns_is_found():
    columns = np.random.default_rng(1).normal(size=(50, 3))
    assert independent(np.column_stack([columns, columns[:, 0] - 2 * columns[:, 2], np.ones(50)])) == [0, 1, 2]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("t", "y", []), "Name at least one covariate"),
        (("t", "y", ["agee"]), "The table has no column agee"),
        (("age", "y", ["house"]), "must hold 0 and 1"),
        (("t", "region", ["age"]), "is the outcome and holds String"),
        (("t", "y", ["born"]), "holds Date, which cannot be compared"),
        (("t", "y", ["y"]), "cannot be a covariate as well"),
        (("t", "t", ["age"]), "are the same column"),
        (("t", "y", ["same"]), "No covariate varies"),
    ],
)
def test_what_cannot_be_used_is_refused_in_a_sentence(table, arguments, sentence):
    with pytest.raises(InputRefused, match=sentence):
        read_design(table, *arguments)


def test_texts_that_are_no_category_are_refused_without_showing_one():
    table = pl.DataFrame({"t": [0, 1] * 60, "y": [1.0] * 120, "who": [f"person {n}" for n in range(120)]})
    with pytest.raises(InputRefused, match="holds 120 different texts") as refused:
        read_design(table, "t", "y", ["who"])
    assert "person" not in str(refused.value)


def test_one_arm_alone_is_refused(table):
    with pytest.raises(InputRefused, match="Everybody who can be used is in one arm"):
        read_design(table.filter(pl.col("t") == 1), "t", "y", ["age"])


def test_infinite_values_are_refused(table):
    with pytest.raises(InputRefused, match="Column y has infinite values"):
        read_design(table.with_columns(y=pl.col("y") / 0), "t", "y", ["age"])


@pytest.mark.parametrize("kind", [pl.Float64, pl.Int8, pl.UInt32, pl.Boolean])
def test_who_is_treated_may_be_any_kind_of_number(table, kind):
    design, _ = read_design(table.with_columns(pl.col("t").cast(kind)), "t", "y", ["age"])
    assert design.treated.tolist() == [True, False, True, False, False]


def test_an_arm_of_one_cluster_is_refused(table):
    with pytest.raises(InputRefused, match="One arm has only 1 of the clusters of t"):
        read_design(table, "t", "y", ["age"], cluster="t")
    alone = table.filter((pl.col("t") == 0) | (pl.col("age") == 30))
    with pytest.raises(InputRefused, match="One arm has only 1 of the people"):
        read_design(alone, "t", "y", ["age"])


def test_a_table_without_rows_is_refused(table):
    with pytest.raises(InputRefused, match="The table has no row"):
        read_design(table.clear(), "t", "y", ["age"])
