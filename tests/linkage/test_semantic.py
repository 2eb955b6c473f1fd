"""The one place that calls linktransformer."""

import os

import pytest

from tf_assets.linkage.semantic import quiet_and_offline, semantic_matches


def test_service_keys_are_hidden_and_come_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "planted")
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    with quiet_and_offline():
        assert "OPENAI_API_KEY" not in os.environ
        assert os.environ["HF_HUB_OFFLINE"] == "1"
    assert os.environ["OPENAI_API_KEY"] == "planted"
    assert "HF_HUB_OFFLINE" not in os.environ


def test_nothing_is_printed_inside(capsys: pytest.CaptureFixture[str]) -> None:
    with quiet_and_offline():
        print("planted")  # noqa: T201
    assert capsys.readouterr() == ("", "")


def test_no_texts_give_no_matches_without_loading_a_model() -> None:
    assert semantic_matches([], ["postcode"], 0.5).is_empty()
    assert semantic_matches(["postcode"], [], 0.5).is_empty()


def test_meanings_are_matched_above_the_threshold_alone(capsys: pytest.CaptureFixture[str]) -> None:
    found = semantic_matches(
        ["home post code", "rainbow", "home post code"], ["postcode of the home", "shoe size"], 0.6
    )
    assert found.select("left", "right").rows() == [("home post code", "postcode of the home")]
    assert 0.6 <= found["score"][0] <= 1.01
    assert capsys.readouterr() == ("", "")


def test_a_match_without_a_lead_over_the_second_is_none() -> None:
    assert semantic_matches(["oak academy"], ["oak academy", "oak academy "], 0.5, margin=0.05).is_empty()


def test_a_single_candidate_needs_no_lead() -> None:
    assert semantic_matches(["oak academy"], ["oak academy"], 0.9, margin=0.05)["right"].to_list() == ["oak academy"]
