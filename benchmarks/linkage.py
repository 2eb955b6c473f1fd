"""Linkage beside its peer, with the truth in hand: precision, recall, F1, seconds.

    python benchmarks/linkage.py --febrl DIR      FEBRL dataset 4 (febrl4a.csv, febrl4b.csv), 5,000 x 5,000
    python benchmarks/linkage.py --home HOME      a fictional country whose linkage has run: every extract

Each line is the cascade, or Splink alone: the same comparisons, parameters, blocks and one-to-one assignment, without
matchkeys, without relatives and without rivals, accepted from a probability of 0.5 of its own.
"""

import argparse
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import polars as pl

from tf_assets.linkage.spine.assignment import assign_one_to_one
from tf_assets.linkage.spine.blocking import add_blocks
from tf_assets.linkage.spine.cascade import DEFAULT_SETTINGS, link
from tf_assets.linkage.spine.comparisons import applicable, splink_comparison
from tf_assets.linkage.spine.matchkeys import MATCHKEYS, link_by_keys
from tf_assets.linkage.spine.preparing import SIDES, workspace
from tf_assets.linkage.spine.training import linker_settings, open_linker, train

Linker = Callable[[pl.DataFrame, pl.DataFrame], pl.DataFrame]
Case = tuple[str, pl.DataFrame, pl.DataFrame, pl.DataFrame]
"""Name, left, right, and the true pairs."""

IDS = ["left_record_id", "right_record_id"]


def cascade(left: pl.DataFrame, right: pl.DataFrame) -> pl.DataFrame:
    """Links of the project's engine."""
    return link(left, right).links.select(IDS)


def matchkeys_alone(left: pl.DataFrame, right: pl.DataFrame) -> pl.DataFrame:
    """Links of the keys alone."""
    return link(left, right).links.filter(pl.col("stage") != "probabilistic").select(IDS)


def splink_alone(left: pl.DataFrame, right: pl.DataFrame) -> pl.DataFrame:
    """Links of Splink with the project's comparisons and training."""
    with workspace(left, right) as work:
        n_keys = link_by_keys(work).height
        parameters = train(work, DEFAULT_SETTINGS)
        link_by_keys(work, tuple(key.name for key in MATCHKEYS))
        blocks, _ = add_blocks(work, DEFAULT_SETTINGS.max_block_pairs)
        settings = linker_settings(
            [
                splink_comparison(each, parameters.m[each.name], parameters.u[each.name])
                for each in applicable(work.columns)
            ],
            blocking_rules_to_generate_predictions=[f"l.{block} = r.{block}" for block in blocks[1:]],
            probability_two_random_records_match=max(n_keys, 1) / 0.8 / (work.n_left * work.n_right),
        )
        linker = open_linker(work, {side: f"{side}_blocked" for side in SIDES}, settings)
        scored = linker.inference.predict(threshold_match_probability=0.5).physical_name
        pairs = work.connection.sql(
            f"SELECT l.record AS left_record, r.record AS right_record, max(match_weight) AS match_weight FROM {scored} "
            "JOIN left_rows AS l ON l.row_id = row_id_l JOIN right_rows AS r ON r.row_id = row_id_r GROUP BY 1, 2"
        ).pl()
        links = assign_one_to_one(pairs)
        for side in SIDES:
            records = work.connection.sql(f"SELECT * FROM {side}_records").pl()
            records = records.rename({"record": f"{side}_record", "record_id": f"{side}_record_id"})
            links = links.join(records, on=f"{side}_record")
        return links.select(IDS)


METHODS: dict[str, Linker] = {"matchkeys": matchkeys_alone, "Splink alone": splink_alone, "cascade": cascade}


def febrl_case(folder: Path) -> Case:
    """FEBRL dataset 4, in which rec-N-org is rec-N-dup-0."""

    def read(name: str) -> pl.DataFrame:
        rows = pl.read_csv(folder / name, infer_schema=False).rename(str.strip)
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

    left, right = read("febrl4a.csv"), read("febrl4b.csv")
    number = pl.col("record_id").str.extract(r"-(\d+)-").alias("number")
    truth = left.select(number, left_record_id="record_id").join(
        right.select(number, right_record_id="record_id"), on="number"
    )
    return "FEBRL4", left, right, truth.select(IDS)


def country_cases() -> Iterator[Case]:
    """Each extract of the country in TF_HOME, whose linkage has run and whose truth lies beside it."""
    from tf_assets.linkage.resources import LinkageZone
    from tf_assets.linkage.spine.assets import REGISTER_IDENTITIES_SQL
    from tf_assets.warehouse.calendar import EXTRACTS
    from tf_assets.warehouse.home import Home

    zone, truth = LinkageZone().zone(), Home.from_environment().truth
    with zone.connect() as connection:
        left = connection.sql(REGISTER_IDENTITIES_SQL).pl().rename({"person_id": "record_id"})
    founding = zone.read("register_clusters").filter("is_founding_record")
    people = pl.read_parquet(truth / "register_people.parquet")
    who = founding.rename({"person_id": "left_record_id"}).join(people, on=["council_code", "person_ref"])
    records = pl.read_parquet(truth / "records.parquet").rename({"record_ref": "right_record_id"})
    department_people = zone.read("department_people")
    for extract in EXTRACTS:
        right = department_people.filter(extract=extract).sort("record_ref", "identity_number")
        pairs = who.join(records.filter(extract=extract), on="person_id").select(IDS)
        yield extract, left, right.rename({"record_ref": "record_id"}), pairs


def report(case: Case) -> None:
    """Print a line a method: how many of its links are true, how many of the true it found."""
    name, left, right, truth = case
    sizes = f"{left['record_id'].n_unique():,} x {right['record_id'].n_unique():,}"
    for method, run in METHODS.items():
        started = time.perf_counter()
        links = run(left, right)
        seconds = time.perf_counter() - started
        n_true = links.join(truth, on=IDS).height
        precision, recall = n_true / max(links.height, 1), n_true / max(truth.height, 1)
        f1 = 2 * precision * recall / max(precision + recall, 1e-9)
        print(
            f"{name:<12} {sizes:>18} {method:<13} P {precision:.4f}  R {recall:.4f}  F1 {f1:.4f} {seconds:6.1f} s",
            flush=True,
        )


def main() -> None:
    """Run what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--febrl", type=Path)
    parser.add_argument("--home", type=Path)
    arguments = parser.parse_args()
    if arguments.febrl:
        report(febrl_case(arguments.febrl))
    if arguments.home:
        os.environ["TF_HOME"] = str(arguments.home)
        for case in country_cases():
            report(case)


if __name__ == "__main__":
    main()
