"""Balance and link quality in steps that hide ten people."""

import polars as pl

Tables = dict[str, pl.DataFrame]


def test_differences_are_rounded_and_that_of_a_rare_yes_or_no_is_hidden(tables: Tables) -> None:
    rows = {row["covariate"]: row for row in tables["protected_balance"].to_dicts()}
    assert rows["is_rare"] == {
        "covariate": "is_rare",
        "smd_before": None,
        "smd_after": None,
        "grain": None,
        "mark": "[c]",
    }
    shown = rows["is_problem_crime"]
    assert shown["grain"] == 0.03  # 10 people of 4,000 at a standard deviation of 0.1, upwards to a round step
    assert abs(shown["smd_before"] - 0.3051) < 0.03
    assert shown["mark"] is None


def test_linked_people_are_rounded_and_estimates_are_coarse(tables: Tables) -> None:
    row = tables["protected_link_quality"].filter(pl.col("stage") == "all").row(0, named=True)
    assert (row["n_linked"], row["n_released"], row["linked_share"]) == (1600, 12000, 13.3)
    assert row["grain"] == 0.008
    assert abs(row["estimated_precision"] - 0.99654) < 0.008
