"""The gate of `revisions`: a moved figure passes, and each way in which it could be wrong is found."""

from typing import Any

import duckdb
import polars as pl
import pytest

from tf_assets.quality.audit import audit
from tf_assets.quality.suites import suite_for
from tf_assets.research.publication.revisions import REVISION_SCHEMA

MOVED: dict[str, Any] = {
    **dict.fromkeys(REVISION_SCHEMA.names()),
    **{"publication_id": "r2-b", "previous_publication_id": "r1-a", "release_id": "r2", "figure": "f"},
    **{"table_name": "protected_outcome_counts", "measure": "n_yes", "area_type": "council", "area_code": "E06000001"},
    **{"previous": 50.0, "published": 30.0, "change": -20.0, "step": 10.0, "kind": "changed"},
    **{"cause": "own return", "because_of": "Hartlepool April 2015 (corrected)", "n_returns": 1},
}


def broken_rules(**changed: Any) -> list[str]:
    """The rules that one row breaks."""
    made = pl.DataFrame([{**MOVED, **changed}], schema=REVISION_SCHEMA)
    with duckdb.connect(config={"threads": 1}) as connection:
        connection.register("made", made.to_arrow())
        connection.execute("CREATE TABLE revisions AS SELECT * FROM made")
        outcomes = audit(connection, "revisions", suite_for("research", "revisions")).outcomes
    return [outcome.rule for outcome in outcomes if not outcome.passed]


def test_a_moved_figure_passes() -> None:
    assert broken_rules() == []
    assert broken_rules(previous=None, change=None, kind="appeared") == []
    assert broken_rules(cause="opt-outs or software", n_returns=0) == []


@pytest.mark.parametrize(
    ("changed", "rule"),
    [
        ({"previous_publication_id": "r2-b"}, "a publication is not the one before it"),
        ({"kind": "moved"}, "kind is changed, appeared or withdrawn"),
        ({"cause": "the weather", "n_returns": 0}, "cause is one of the six"),
        ({"published": 50.0, "change": 0.0}, "a changed figure has two values that differ"),
        ({"kind": "appeared"}, "a figure that appeared had no value, and one withdrawn has none"),
        ({"kind": "withdrawn"}, "a figure that appeared had no value, and one withdrawn has none"),
        ({"change": -10.0}, "the change is the difference of the published values"),
        ({"published": 43.0, "change": -7.0}, "counts move in steps of 10"),
        ({"n_returns": 0}, "a figure that is laid to returns says of how many"),
        ({"cause": "not recorded"}, "a figure that is laid to returns says of how many"),
        ({"area_type": "region"}, "only a council has a return of its own"),
        ({"area_type": None}, "only a council has a return of its own"),
        ({"because_of": None}, "because_of is given"),
    ],
)
def test_a_wrong_row_is_found(changed: dict[str, Any], rule: str) -> None:
    assert broken_rules(**changed) == [rule]
