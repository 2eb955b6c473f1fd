"""Standard errors against statsmodels' generalised method of moments and clusters, and against the jackknife."""

import numpy as np
import polars as pl
import pytest
import statsmodels.api as sm
from statsmodels.treatment.treatment_effects import TreatmentEffect

from tf_assets.research.estimation.design import read_design, standardised
from tf_assets.research.estimation.estimate import estimate
from tf_assets.research.estimation.propensity import fit_propensity

N = 4000


@pytest.fixture(scope="module")
def table():
    rng = np.random.default_rng(11)
    x = rng.normal(size=(N, 2))
    treated = rng.random(N) < 1 / (1 + np.exp(0.4 - x @ [0.3, -0.2]))
    outcome = 10 + x @ [2.0, 1.0] + 0.5 * x[:, 0] ** 2 + treated * (1 + 0.5 * x[:, 0]) + rng.normal(size=N)
    return pl.DataFrame({"treated": treated, "outcome": outcome, "a": x[:, 0], "b": x[:, 1]})


@pytest.fixture(scope="module")
def theirs(table):
    x = sm.add_constant(standardised(table.select("a", "b").to_numpy()))
    selection = sm.Logit(table["treated"].to_numpy().astype(float), x).fit(disp=0, tol=1e-12)
    model = sm.OLS(table["outcome"].to_numpy(), x)
    return TreatmentEffect(model, table["treated"].to_numpy().astype(int), results_select=selection)


def test_logits_are_theirs(table, theirs):
    design, _ = read_design(table, "treated", "outcome", ["a", "b"])
    assert fit_propensity(design.covariates, design.treated).logit == pytest.approx(
        theirs.results_select.predict(which="linear"), abs=1e-7
    )


def test_the_weighted_effect_and_its_standard_error_are_theirs(table, theirs):
    design, outcome = read_design(table, "treated", "outcome", ["a", "b"])
    ours = estimate(design, outcome, "outcome", "weighting")
    found = theirs.ipw(return_results=True, effect_group=1)
    assert ours.estimate == pytest.approx(float(found.effect[0]), abs=1e-5)
    # ours carries corrections for few people
    assert ours.standard_error == pytest.approx(float(found.results_gmm.bse[0]), rel=0.005)


def test_clusters_have_the_standard_error_of_a_clustered_regression():
    rng = np.random.default_rng(3)
    family = np.repeat(np.arange(600), 4)
    treated = (np.arange(600) % 3 == 0)[family]
    noise = rng.normal(size=600)[family] + rng.normal(size=2400)
    table = pl.DataFrame({"treated": treated, "outcome": noise + treated, "a": rng.normal(size=2400), "family": family})
    design, outcome = read_design(table, "treated", "outcome", ["a"], cluster="family")
    ours = estimate(design, outcome, "outcome", "entropy")
    x = sm.add_constant(np.column_stack([treated, table["a"].to_numpy()]))
    theirs = sm.OLS(outcome, x).fit(cov_type="cluster", cov_kwds={"groups": family})
    assert ours.standard_error == pytest.approx(theirs.bse[1], rel=0.02)
    assert ours.n_clusters == 600


@pytest.mark.parametrize("method", ["weighting", "doubly-robust", "entropy"])
def test_standard_errors_are_those_of_leaving_out_each_family_in_turn(method):
    rng = np.random.default_rng(8)
    family = np.repeat(np.arange(160), 3)
    x = rng.normal(size=480) + 0.5 * rng.normal(size=160)[family]
    treated = (rng.random(160) < 1 / (1 + np.exp(0.3 - 0.6 * x[::3])))[family]
    outcome = x + 0.3 * x**2 + rng.normal(size=160)[family] + rng.normal(size=480)
    table = pl.DataFrame({"t": treated, "y": outcome, "x": x, "z": rng.normal(size=480), "family": family})

    def found(rows):
        return estimate(*read_design(rows, "t", "y", ["x", "z"], cluster="family"), "y", method)

    without = np.array([found(table.filter(pl.col("family") != left_out)).estimate for left_out in range(160)])
    jackknife = np.sqrt(159 / 160 * ((without - without.mean()) ** 2).sum())
    assert found(table).standard_error == pytest.approx(jackknife, rel=0.05)
