"""What the fragility page says, sentence by sentence."""

import polars as pl
import pytest

from tf_assets.research.publication.fragility import adjusted_chances, finding, fragilities


def _row(effect, half, outcome="is_on_jsa", window="19-24", method="matching", without=10.0):
    return {
        **{"area_type": "england", "area_code": "E92000001", "outcome": outcome, "outcome_window": window},
        **{"method": method, "effect": effect, "ci_low": effect - half, "ci_high": effect + half},
        **{"rate_without_programme": without},
    }


def _said(*rows):
    (found,) = fragilities(pl.DataFrame(rows))
    return found


@pytest.mark.parametrize(
    ("effect", "half", "words"),
    [
        (-2.0, 1.0, "Lower"),
        (2.0, 1.0, "Higher"),
        (0.1, 0.5, "No effect of 1 or more"),
        (0.1, 0.95, "Not enough evidence"),
        (-0.5, 1.0, "Not enough evidence"),
    ],
)
def test_no_effect_is_said_only_where_none_that_matters_is_left(effect, half, words):
    assert finding(_row(effect, half)) == words


def test_a_finding_that_all_agree_on_holds():
    said = _said(
        _row(-4.0, 1.0),
        _row(-3.8, 1.0, method="entropy"),
        _row(0.1, 1.0, window="before"),
    )
    assert (said.finding, said.judgement) == ("Lower", "Holds")
    assert said.sentences[0] == "The other methods' intervals hold the same effect."
    assert "no more than chance allows" in said.sentences[1]
    # 4 points of 10: a risk ratio of 0.6, E-value 2.7; the near end is 0.7, E-value 2.2
    assert "by 2.7 to explain it away, and by 2.2" in said.sentences[2]
    assert "Of 1 effects" in said.sentences[3]


def test_groups_that_differed_before_make_it_fragile():
    said = _said(_row(-4.0, 1.0), _row(-4.0, 1.0, method="entropy"), _row(-3.0, 1.0, window="before"))
    assert said.judgement == "Fragile"
    assert "they were not alike to begin with. Taken off, the effect would be \u22121.00" in said.sentences[1]


def test_methods_that_disagree_make_it_fragile():
    said = _said(_row(-4.0, 1.0), _row(1.0, 1.0, method="entropy"))
    assert said.judgement == "Fragile"
    assert "entropy balancing +1.00 (+0.00 to +2.00)" in said.sentences[0]


def test_one_of_many_that_chance_alone_could_make_is_fragile():
    others = [_row(0.1, 1.0, outcome=f"is_other_{n}") for n in range(30)]
    found = fragilities(pl.DataFrame([_row(-4.0, 3.5), _row(-4.0, 3.5, method="entropy"), *others]))
    assert found[0].judgement == "Fragile"
    assert (
        found[0].sentences[-1]
        == "Of 31 effects that were estimated this way, this one could be one of them that chance alone makes."
    )


def test_a_weak_effect_that_a_common_cause_explains_is_fragile():
    said = _said(_row(-1.0, 0.9, without=40.0), _row(-1.0, 0.9, method="entropy"))
    assert said.judgement == "Fragile"


def test_nothing_found_is_no_finding():
    assert _said(_row(0.1, 3.0), _row(0.2, 3.0, method="entropy")).judgement == "No finding"


def test_the_placebo_is_no_test_of_the_family():
    rows = pl.DataFrame([_row(-4.0, 1.0), _row(-3.0, 1.0, window="before")])
    assert list(adjusted_chances(rows)) == [("is_on_jsa", "19-24", "matching")]
