"""What a reader who has a council's earlier returns can see: faults beside what was right before, families that change.

A person's row is held against the rows that were sent of the same reference in earlier returns that count.
"""

from datetime import date

import polars as pl

from tf_assets.country.dirty.faults import (
    BY_NAME,
    DUPLICATE,
    FAULT,
    MERGED,
    MOVED,
    REFUSED,
    REPAIRED,
    SPLIT,
    TWO_FAMILIES,
)

IS_SEEN = "is_seen"

COUNTING = (None, "late", "corrected", "cut_short", "sent_twice")
"""Mishaps of slots whose rows are used in the end."""

MENDED = "corrected"
"""The mishap after which all rows of the slot are right."""

OF_THE_PROGRAMME = ("status_reversed", "start_changed")
"""Faults that change what is only said of people on the programme."""

_PERSON = ("person_ref",)


def with_history(rows: pl.DataFrame, plan: dict[date, str]) -> pl.DataFrame:
    """Add `is_seen` to a council's rows as sent, and the register's own changes of families to its faults.

    rows: of every quarter, with FAULT and the references as sent; plan: quarter -> mishap. is_seen: an earlier return
    that counts has the person without a fault in the field, and so has the first such return; for faults of the
    programme's columns, the first that has the person on the programme.
    """
    kinds = {quarter: plan.get(quarter) for quarter in rows["quarter_date"].unique().to_list()}
    counting = [quarter for quarter, kind in kinds.items() if kind in COUNTING]
    mended = [quarter for quarter, kind in kinds.items() if kind == MENDED]
    refusing = [fault.name for fault in BY_NAME.values() if fault.severity == REFUSED]
    is_mended = pl.col("quarter_date").is_in(mended)
    said = pl.when(~is_mended).then(pl.col(FAULT))
    sent = rows.with_columns(place=pl.int_range(pl.len()), said=said)
    used = (
        sent.filter(
            pl.col("quarter_date").is_in(counting)
            & pl.col("person_ref").is_not_null()
            & ~pl.col("said").is_in(refusing).fill_null(False)
            & ~(is_mended & pl.col(FAULT).is_in([DUPLICATE, TWO_FAMILIES]).fill_null(False))
        )
        .sort("quarter_date", "place")
        .with_columns(
            first_said=pl.col("said").first().over(_PERSON),
            first_place=pl.col("place").first().over(_PERSON),
            before=pl.col("family_ref").shift(1).over(_PERSON),
            before_date=pl.col("quarter_date").shift(1).over(_PERSON),
        )
    )
    on_programme = used.filter(pl.col("programme_group") == "programme").unique(
        _PERSON, keep="first", maintain_order=True
    )
    begun = on_programme.select(*_PERSON, begun_said="said", begun_date="quarter_date")
    held = used.join(begun, on=_PERSON, how="left")
    is_later = pl.col("place") != pl.col("first_place")
    is_begun = (pl.col("begun_date") < pl.col("quarter_date")).fill_null(False)
    seen = held.filter(
        pl.when(pl.col(FAULT).is_in(OF_THE_PROGRAMME))
        .then(is_begun & pl.col("begun_said").ne_missing(pl.col(FAULT)))
        .otherwise(is_later & _field(pl.col("first_said")).ne_missing(_field(pl.col(FAULT))))
    )["place"]
    changes = _family_changes(used)
    joined = sent.join(changes, on="place", how="left", maintain_order="left")
    return joined.with_columns(
        pl.coalesce(FAULT, "change").alias(FAULT), pl.col("place").is_in(seen.implode()).alias(IS_SEEN)
    ).drop("place", "said", "change")


def _field(fault: pl.Expr) -> pl.Expr:
    """The field that a fault leaves wrong or empty; null where none is, or where a reader mends it."""
    fields = {name: each.field for name, each in BY_NAME.items() if each.severity != REPAIRED}
    return fault.replace_strict(fields, default=None, return_dtype=pl.String)


def _family_changes(used: pl.DataFrame) -> pl.DataFrame:
    """place and change of rows whose family is not that of the person's last row."""
    movers = used.filter(pl.col("before").is_not_null() & (pl.col("before") != pl.col("family_ref")))
    families = used.select("quarter_date", "family_ref").unique().with_columns(there=pl.lit(True))
    was = families.rename({"quarter_date": "before_date", "there": "is_known"})
    still = families.rename({"family_ref": "before", "there": "is_kept"})
    held = movers.join(was, on=["before_date", "family_ref"], how="left").join(
        still, on=["quarter_date", "before"], how="left"
    )
    is_known, is_kept = pl.col("is_known").fill_null(False), pl.col("is_kept").fill_null(False)
    change = (
        pl.when(is_known & is_kept).then(pl.lit(MOVED))
        .when(is_known).then(pl.lit(MERGED))
        .when(is_kept).then(pl.lit(SPLIT))
    )  # fmt: skip
    return held.select("place", change=change).drop_nulls()
