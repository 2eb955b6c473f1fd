"""What stands in a release: pseudonyms, measures, and of which returns it was made (docs/reference/data-schedule.md)."""

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from tf_assets.linkage.keys import LinkageKeys
from tf_assets.linkage.release.inputs import content_keys
from tf_assets.linkage.release.pseudonyms import family_pseudonyms, person_pseudonyms, record_keys, rounding_keys
from tf_assets.warehouse.home import Project

PROBLEMS = ("crime", "attendance", "child_help", "worklessness", "domestic_abuse", "health")

RELEASE_SCHEMAS: Mapping[str, Mapping[str, type[pl.DataType]]] = {
    "people": {
        "person_pseudonym": pl.String,
        "family_pseudonym": pl.String,
        "rounding_key": pl.UInt64,
        "birth_month": pl.Date,
        "sex": pl.String,
        "role": pl.String,
        "council_code": pl.String,
    },
    "programme_spells": {
        "person_pseudonym": pl.String,
        "family_pseudonym": pl.String,
        "council_code": pl.String,
        "programme_group": pl.String,
        "assessment_date": pl.Date,
        "start_date": pl.Date,
        "end_date": pl.Date,
        "end_reason": pl.String,
        **{f"is_problem_{problem}": pl.Boolean for problem in PROBLEMS},
    },
    "record_links": {
        "extract": pl.String,
        "record_key": pl.String,
        "person_pseudonym": pl.String,
        "stage": pl.String,
        "match_probability": pl.Float64,
    },
    "link_quality": {
        "extract": pl.String,
        "stage": pl.String,
        "n_left": pl.Int64,
        "n_links": pl.Int64,
        "estimated_precision": pl.Float64,
        "estimated_recall": pl.Float64,
    },
    "returns": {
        "council_code": pl.String,
        "quarter_date": pl.Date,
        "content_key": pl.String,
        "received_at": pl.Datetime,
    },
}
"""Columns and types of each file, in order; nothing else passes the door."""


@dataclass(frozen=True)
class SpineTables:
    """The published tables that a release is made of, as their schemas say."""

    people: pl.DataFrame
    register_clusters: pl.DataFrame
    register_programme: pl.DataFrame
    record_links: pl.DataFrame
    link_quality: pl.DataFrame
    returns: pl.DataFrame


def release_tables(spine: SpineTables, keys: LinkageKeys, project: Project) -> dict[str, pl.DataFrame]:
    """The release's tables by file name, in `RELEASE_SCHEMAS`, each sorted by all its columns."""
    pseudonymised = _pseudonymise_all(spine, keys, project)
    return {
        name: pseudonymised[name].select(list(schema)).cast(dict(schema)).sort(list(schema), nulls_last=True)  # type: ignore[arg-type]
        for name, schema in RELEASE_SCHEMAS.items()
    }


def _pseudonymise_all(spine: SpineTables, keys: LinkageKeys, project: Project) -> dict[str, pl.DataFrame]:
    people = spine.people.with_columns(
        person_pseudonym=person_pseudonyms(spine.people["person_id"], keys, project.name),
        family_pseudonym=family_pseudonyms(spine.people["family_id"], keys, project.name),
        rounding_key=rounding_keys(spine.people["person_id"], keys),
    )
    spells = spine.register_programme.join(
        spine.register_clusters.select("council_code", "person_ref", "person_id", "family_id"),
        on=["council_code", "person_ref"],
        how="inner",
    )
    spells = spells.with_columns(
        person_pseudonym=person_pseudonyms(spells["person_id"], keys, project.name),
        family_pseudonym=family_pseudonyms(spells["family_id"], keys, project.name),
    )
    links = spine.record_links.with_columns(
        person_pseudonym=person_pseudonyms(spine.record_links["person_id"], keys, project.name),
        record_key=record_keys(spine.record_links["extract"], spine.record_links["record_ref"], project.record_salt),
    ).rename({"probability": "match_probability"})
    return {
        "people": people,
        # one person may stand twice on one register, told alike: once is enough
        "programme_spells": spells.select(list(RELEASE_SCHEMAS["programme_spells"])).unique(),
        "record_links": links,
        "link_quality": spine.link_quality,
        # without a number of rows, which would be a true count of a council's people
        "returns": spine.returns.with_columns(content_key=content_keys(spine.returns["source_sha256"], keys)),
    }
