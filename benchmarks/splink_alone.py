"""Splink as its own authors would set it up: the opponent of `benchmarks.linkage`.

Comparisons from Splink's library with term frequencies, thirteen blocking rules that each survive an error in something
else, u from random pairs, m by expectation maximisation on two blocks, and one partner each, from a match probability
of a half. Nothing of the project's engine is in it but the one-to-one assignment, which Splink has none of.
"""

import logging
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import duckdb
import polars as pl
import splink.comparison_library as cl
from splink import DuckDBAPI, Linker, SettingsCreator, block_on

from tf_assets.linkage.spine.assignment import assign_one_to_one

LARGE = 2_000_000
"""Records of one side, above which training takes a sample, as Splink's documentation advises."""


@dataclass(frozen=True)
class SetUp:
    """How a pair of files is linked: comparisons, rules for prediction, for training and for the prior."""

    comparisons: Callable[[], list[object]]
    blocks: tuple[object, ...]
    training: tuple[object, ...]
    deterministic: tuple[object, ...]


def people() -> SetUp:
    """Files with forename, surname, date_of_birth, sex and postcode."""
    outward = "left(postcode, -4)"
    year = "left(date_of_birth, 4)"
    return SetUp(
        comparisons=lambda: [
            cl.ForenameSurnameComparison("forename", "surname", forename_surname_concat_col_name="full_name"),
            cl.DateOfBirthComparison("date_of_birth", input_is_string=True),
            cl.PostcodeComparison("postcode"),
            cl.ExactMatch("sex"),
        ],
        blocks=(
            block_on("forename", "surname", "date_of_birth"),
            block_on("forename", "date_of_birth"),
            block_on("surname", "date_of_birth"),
            block_on("postcode", "date_of_birth"),
            block_on("postcode", "forename"),
            block_on("postcode", "surname"),
            block_on("forename", "surname", year),
            block_on("forename", "surname", outward),
            block_on("left(forename, 2)", "left(surname, 2)", "date_of_birth"),
            block_on("left(forename, 3)", "left(surname, 3)", "left(date_of_birth, 7)", outward),
            block_on("left(forename, 1)", "postcode", year),
            block_on("left(surname, 3)", "postcode", "right(date_of_birth, 5)"),
            "l.forename = r.surname AND l.surname = r.forename AND l.date_of_birth = r.date_of_birth",
        ),
        training=(block_on("date_of_birth"), block_on("forename", "surname")),
        deterministic=(
            block_on("forename", "surname", "date_of_birth", "postcode"),
            block_on("forename", "surname", "date_of_birth", outward),
        ),
    )


def febrl() -> SetUp:
    """FEBRL's own columns, without soc_sec_id, as in Splink's tutorial on that dataset."""
    return SetUp(
        comparisons=lambda: [
            cl.NameComparison("given_name"),
            cl.NameComparison("surname"),
            cl.DamerauLevenshteinAtThresholds("date_of_birth", [1, 2]).configure(term_frequency_adjustments=True),
            cl.ExactMatch("street_number").configure(term_frequency_adjustments=True),
            cl.LevenshteinAtThresholds("address_1", [1, 3]).configure(term_frequency_adjustments=True),
            cl.LevenshteinAtThresholds("suburb", [1, 3]).configure(term_frequency_adjustments=True),
            cl.DamerauLevenshteinAtThresholds("postcode", [1, 2]).configure(term_frequency_adjustments=True),
            cl.ExactMatch("state").configure(term_frequency_adjustments=True),
        ],
        blocks=(
            block_on("given_name", "surname"),
            block_on("given_name", "postcode"),
            block_on("given_name", "date_of_birth"),
            block_on("surname", "postcode"),
            block_on("surname", "date_of_birth"),
            block_on("postcode", "date_of_birth"),
            block_on("date_of_birth"),
            block_on("address_1"),
            block_on("suburb", "street_number"),
            block_on("postcode", "street_number"),
            block_on("left(given_name, 3)", "left(surname, 3)"),
            "l.given_name = r.surname AND l.surname = r.given_name",
        ),
        training=(block_on("date_of_birth"), block_on("postcode"), block_on("given_name", "surname")),
        deterministic=(
            block_on("given_name", "surname", "date_of_birth"),
            block_on("surname", "date_of_birth", "postcode"),
            block_on("given_name", "date_of_birth", "postcode"),
        ),
    )


def link_by_splink(left: Path, right: Path, set_up: SetUp, threads: int = 2) -> pl.DataFrame:
    """One-to-one links of two Parquet files, from a probability of a half on.

    Columns: left_record_id, right_record_id, match_weight, probability.
    """
    logging.getLogger("splink").setLevel(logging.ERROR)
    warnings.filterwarnings("ignore", module="splink")
    connection = duckdb.connect()
    connection.execute(f"SET threads = {threads}")
    api = DuckDBAPI(connection=connection)
    sides = []
    columns = {path: pl.read_parquet_schema(path) for path in (left, right)}
    shared = [column for column in columns[left] if column in columns[right]]
    for name, path in (("l_side", left), ("r_side", right)):
        full_name = ", forename || ' ' || surname AS full_name" if "forename" in shared else ""
        connection.execute(f"CREATE TABLE {name} AS SELECT {', '.join(shared)}{full_name} FROM '{path}'")
        sides.append(api.register(name, dataset_display_name=name))
    n_largest = connection.sql(
        "SELECT greatest((SELECT count(*) FROM l_side), (SELECT count(*) FROM r_side))"
    ).fetchall()[0][0]
    settings = SettingsCreator(
        link_type="link_only",
        unique_id_column_name="record_id",
        comparisons=set_up.comparisons(),
        blocking_rules_to_generate_predictions=list(set_up.blocks),
        retain_matching_columns=False,
        retain_intermediate_calculation_columns=False,
    )
    linker = Linker(sides, settings, log_level=None)
    sample = {"record_sample_proportion": 0.1} if n_largest > LARGE else {}
    linker.training.estimate_probability_two_random_records_match(list(set_up.deterministic), recall=0.8)
    linker.training.estimate_u_using_random_sampling(max_pairs=2e6, seed=1)
    for block in set_up.training:
        linker.training.estimate_parameters_using_expectation_maximisation(
            block, max_pairs=1e6, estimate_without_term_frequencies=True, **sample
        )
    predicted = linker.inference.predict(threshold_match_probability=0.5)
    pairs = connection.sql(
        "SELECT record_id_l AS left_record, record_id_r AS right_record, max(round(match_weight, 4)) AS match_weight, "
        f"max(match_probability) AS probability FROM {predicted.physical_name} GROUP BY 1, 2"
    ).pl()
    connection.close()
    return assign_one_to_one(pairs).rename({"left_record": "left_record_id", "right_record": "right_record_id"})
