"""What is learnt from data whose errors were planted at known rates, and what follows when something is not."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from tf_assets.linkage.spine.cascade import link
from tf_assets.linkage.spine.comparisons import COMPARISONS
from tf_assets.linkage.spine.matchkeys import link_by_keys
from tf_assets.linkage.spine.preparing import workspace
from tf_assets.linkage.spine.settings import LinkSettings
from tf_assets.linkage.spine.training import declared_parameters, train
from tf_assets.warehouse.errors import EvaluationError

N_PEOPLE = 4_000
MOVED, OTHER_SURNAME, OTHER_DATE = 0.30, 0.08, 0.05
"""Planted: the share of true pairs whose postcode, surname and date of birth have nothing in common."""

SAMPLING_ERROR = 0.025
"""Three standard errors of the largest planted share among the pairs that teach it, and a little for EM's own."""

FEBRL = Path(__file__).parents[4] / "shared" / "data"


def words(rng: np.random.Generator, n_words: int, n: int) -> np.ndarray:
    letters = np.array(list("ABCDEFGHIJKLMNOPRSTUW"))
    known = np.array(["".join(rng.choice(letters, 7)) for _ in range(n_words)])
    return known[rng.integers(0, n_words, n)]


@pytest.fixture(scope="module")
def planted() -> tuple[pl.DataFrame, pl.DataFrame]:
    """People on both sides, in which the right side's errors were planted."""
    rng = np.random.default_rng(3)

    def dates(n: int) -> np.ndarray:
        return (np.datetime64("1970-01-01") + rng.integers(0, 15_000, n)).astype(str)

    def postcodes(n: int) -> np.ndarray:
        return np.array([f"{chr(65 + a)}{b} {c}AB" for a, b, c in rng.integers((0, 1, 0), (26, 10, 10), (n, 3))])

    left = pl.DataFrame(
        {
            "record_id": [f"L{n}" for n in range(N_PEOPLE)],
            "forename": words(rng, 300, N_PEOPLE),
            "surname": words(rng, 500, N_PEOPLE),
            "date_of_birth": dates(N_PEOPLE),
            "sex": rng.choice(["F", "M"], N_PEOPLE),
            "postcode": postcodes(N_PEOPLE),
        }
    )

    def spoilt(column: str, share: float, others: np.ndarray) -> pl.Expr:
        return pl.when(pl.Series(rng.random(N_PEOPLE) < share)).then(pl.Series(others)).otherwise(column).alias(column)

    right = left.with_columns(
        pl.col("record_id").str.replace("L", "R"),
        spoilt("postcode", MOVED, postcodes(N_PEOPLE)),
        spoilt("surname", OTHER_SURNAME, words(rng, 500, N_PEOPLE)),
        spoilt("date_of_birth", OTHER_DATE, dates(N_PEOPLE)),
    )
    return left, right


def test_planted_error_rates_are_found_again(planted: tuple[pl.DataFrame, pl.DataFrame]) -> None:
    with workspace(*planted) as work:
        link_by_keys(work)
        parameters = train(work, LinkSettings())
    assert parameters.m["surname"][0] == pytest.approx(1 - OTHER_SURNAME, abs=SAMPLING_ERROR)
    assert parameters.m["date_of_birth"][0] == pytest.approx(1 - OTHER_DATE, abs=SAMPLING_ERROR)
    assert parameters.m["postcode"][0] == pytest.approx(1 - MOVED, abs=SAMPLING_ERROR)
    assert parameters.u["forename"][0] == pytest.approx(1 / 300, rel=0.25)
    assert parameters.u["sex"][0] == pytest.approx(0.5, abs=0.05)


def test_the_number_of_threads_changes_nothing(planted: tuple[pl.DataFrame, pl.DataFrame]) -> None:
    one, two = link(*planted, threads=1), link(*planted, threads=2)
    assert one.model.is_trained
    assert one.links.equals(two.links)
    assert one.clerical.equals(two.clerical)
    assert one.quality.equals(two.quality)


def test_estimated_quality_is_near_the_truth(planted: tuple[pl.DataFrame, pl.DataFrame]) -> None:
    linkage = link(*planted)
    is_true = pl.col("left_record_id").str.slice(1) == pl.col("right_record_id").str.slice(1)
    n_true = linkage.links.select(is_true.sum()).item()
    estimated = linkage.quality.row(-1, named=True)
    assert n_true / linkage.links.height == pytest.approx(estimated["estimated_precision"], abs=0.003)
    assert n_true / N_PEOPLE == pytest.approx(estimated["estimated_recall"], abs=0.01)
    assert estimated["precision_low"] <= n_true / linkage.links.height <= estimated["precision_high"]
    assert estimated["recall_low"] <= n_true / N_PEOPLE <= estimated["recall_high"]
    assert n_true / N_PEOPLE > 0.97


def test_a_common_level_that_nobody_shows_is_an_error(planted: tuple[pl.DataFrame, pl.DataFrame]) -> None:
    """The two sides write sex in two ways, and nothing agrees."""
    left, right = planted
    coded = right.with_columns(sex=pl.col("sex").replace({"F": "2", "M": "1"}))
    with workspace(left, coded) as work:
        link_by_keys(work)
        with pytest.raises(EvaluationError, match=r"sex \(same\)"):
            train(work, LinkSettings())


def test_a_rare_level_that_nobody_shows_is_declared(planted: tuple[pl.DataFrame, pl.DataFrame]) -> None:
    assert "surname: part of a double name" in link(*planted).model.declared_levels


def test_declared_parameters_are_probabilities() -> None:
    parameters = declared_parameters([comparison.column for comparison in COMPARISONS])
    for comparison in COMPARISONS:
        assert sum(level.m for level in comparison.levels) == pytest.approx(1, abs=1e-3), comparison.name
        assert sum(level.u for level in comparison.levels) == pytest.approx(1, abs=1e-3), comparison.name
        assert len(parameters.m[comparison.name]) == len(comparison.levels)


def test_every_level_of_agreement_speaks_for_a_match_and_difference_against() -> None:
    for comparison in COMPARISONS:
        best, worst = comparison.levels[0], comparison.levels[-1]
        assert best.m > best.u, comparison.name
        assert worst.m < worst.u, comparison.name


@pytest.mark.skipif(not (FEBRL / "febrl4a.csv").exists(), reason="the FEBRL files are not here")
def test_febrl_dataset_4_is_linked() -> None:
    """5,000 and 5,000 records of the public benchmark; measured: precision 1.000, recall .99."""

    def read(name: str) -> pl.DataFrame:
        rows = pl.read_csv(FEBRL / name, infer_schema=False).rename(str.strip)
        rows = rows.with_columns(pl.all().str.strip_chars().str.to_uppercase())
        day = pl.col("date_of_birth")
        return rows.select(
            record_id="rec_id",
            forename="given_name",
            surname="surname",
            date_of_birth=pl.when(day.str.len_chars() == 8).then(
                day.str.slice(0, 4) + "-" + day.str.slice(4, 2) + "-" + day.str.slice(6, 2)
            ),
            postcode="postcode",
            address=pl.concat_str("street_number", "address_1", "suburb", separator=" ", ignore_nulls=True),
        )

    links = link(read("febrl4a.csv"), read("febrl4b.csv")).links
    numbers = [links[column].str.extract(r"-(\d+)-") for column in ("left_record_id", "right_record_id")]
    n_true = (numbers[0] == numbers[1]).sum()
    assert n_true / links.height > 0.999
    assert n_true / 5_000 > 0.985


def test_training_that_does_not_settle_is_an_error(
    planted: tuple[pl.DataFrame, pl.DataFrame], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tf_assets.linkage.spine.training.MOST_ROUNDS", 2)
    with pytest.raises(EvaluationError, match="after 2 rounds"):
        link(*planted)
