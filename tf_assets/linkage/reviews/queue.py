"""The pairs that wait for a decision, and what a reviewer needs to see of them.

The order: those nearest to even odds first, where a verdict tells most; the rivals of one person, or of one record, stand
together, because who decides on one decides on all.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from tf_assets.linkage.reviews.decisions import PAIR, standing
from tf_assets.linkage.spine.register_identities import REGISTER_IDENTITIES_SQL
from tf_assets.warehouse.zone import Zone

SHOWN = ("forename", "surname", "date_of_birth", "sex", "postcode", "address", "upn", "nino", "nhs_number")
"""What is compared, where either side has it."""

MOST_IDENTITIES = 4
"""Identities of a record that are shown, the latest ones."""


@dataclass(frozen=True)
class Side:
    """One record of a pair: for each field its distinct values, the latest first."""

    values: dict[str, tuple[str, ...]]


@dataclass(frozen=True)
class Pair:
    """A pair in doubt; n_relatives: members of the person's family that are linked to records at this record's postcodes."""

    extract: str
    person_id: str
    record_ref: str
    probability: float
    person: Side
    record: Side
    n_relatives: int

    @property
    def fields(self) -> list[str]:
        """The fields that either side has, in their order."""
        return [name for name in SHOWN if self.person.values.get(name) or self.record.values.get(name)]


def waiting(clerical_pairs: pl.DataFrame, decisions: pl.DataFrame, again: bool = False) -> pl.DataFrame:
    """Pairs without a decision that stands, in the order in which they are best looked at; again: those too of which nobody
    could tell.

    clerical_pairs: that table; decisions: `DECISION_SCHEMA`, as they came.
    """
    done = standing(decisions)
    if again:
        done = done.filter(pl.col("verdict") != "cannot_tell")
    open_pairs = clerical_pairs.join(done, on=list(PAIR), how="anti")
    distance = (pl.col("probability") - 0.5).abs()
    return (
        open_pairs.with_columns(distance=distance.min().over("extract", "person_id"))
        .with_columns(distance=pl.col("distance").min().over("extract", "record_ref"))
        .sort("distance", "extract", "person_id", "record_ref")
        .select(*PAIR, "probability")
    )


def pairs_to_see(zone: Zone, pairs: pl.DataFrame) -> list[Pair]:
    """What is to be seen of pairs (extract, person_id, record_ref, probability), in their order."""
    with zone.connect() as connection:
        connection.register("wanted", pairs.to_arrow())
        people = connection.sql(
            f"SELECT * FROM ({REGISTER_IDENTITIES_SQL}) WHERE person_id IN (SELECT person_id FROM wanted)"
        ).pl()
        records = connection.sql(
            "SELECT * FROM department_people WHERE (extract, record_ref) IN (SELECT (extract, record_ref) FROM wanted) "
            "ORDER BY extract, record_ref, identity_number"
        ).pl()
        relatives = connection.sql(_RELATIVES_SQL).pl()
    of_person = _sides(people, ["person_id"])
    of_record = _sides(records, ["extract", "record_ref"])
    n_relatives = {row[:3]: row[3] for row in relatives.select(*PAIR, "n_relatives").iter_rows()}
    return [
        Pair(
            extract,
            person,
            record,
            probability,
            of_person.get((person,), Side({})),
            of_record.get((extract, record), Side({})),
            n_relatives.get((extract, person, record), 0),
        )
        for extract, person, record, probability in pairs.select(*PAIR, "probability").iter_rows()
    ]


_RELATIVES_SQL = """
    WITH families AS (SELECT DISTINCT person_id, family_id FROM register_clusters WHERE family_id IS NOT NULL),
    homes AS (SELECT DISTINCT extract, record_ref, postcode FROM department_people WHERE postcode IS NOT NULL)
    SELECT wanted.extract, wanted.person_id, wanted.record_ref, count(DISTINCT other.person_id) AS n_relatives
    FROM wanted
    JOIN families AS own ON own.person_id = wanted.person_id
    JOIN families AS other ON other.family_id = own.family_id AND other.person_id <> own.person_id
    JOIN record_links AS links ON links.extract = wanted.extract AND links.person_id = other.person_id
    JOIN homes AS here ON here.extract = wanted.extract AND here.record_ref = wanted.record_ref
    JOIN homes AS there ON there.extract = links.extract AND there.record_ref = links.record_ref
                        AND there.postcode = here.postcode
    GROUP BY ALL
"""


def _sides(identities: pl.DataFrame, key: Sequence[str]) -> dict[tuple[str, ...], Side]:
    """By record, its distinct values of each field, the latest first."""
    shown = [name for name in SHOWN if name in identities.columns]
    texts = identities.select(*key, *(pl.col(name).cast(pl.String) for name in shown))
    sides = {}
    for names, rows in texts.group_by(key, maintain_order=True):
        latest = rows.reverse().head(MOST_IDENTITIES)
        sides[tuple(str(each) for each in names)] = Side(
            {name: tuple(latest[name].drop_nulls().unique(maintain_order=True)) for name in shown}
        )
    return sides
