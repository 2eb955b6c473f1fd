"""The flow chart: rounded like every count, whole, and in words."""

from tf_assets.research.publication.cohort_flow import STEP_WORDS, flow_stages
from tf_assets.research.publication.report import report_html


def test_counts_of_the_flow_are_rounded(tables):
    flow = tables["protected_cohort_flow"]
    assert (flow["n_people"] % 10 == 0).all()
    assert set(flow["step"]) == set(STEP_WORDS)


def test_boxes_say_who_is_left_and_between_them_who_left(tables):
    boxes = flow_stages(tables["protected_cohort_flow"])
    assert [box.words for box in boxes] == [
        "On a council's register",
        "In the evaluation",
        "In the matched comparison",
    ]
    assert [abs(box.people["programme"] - n) < 10 for box, n in zip(boxes, (8123, 8089, 7992), strict=True)] == [
        True
    ] * 3
    # nobody, as published: not shown
    assert "no month of birth" not in [words for words, _ in boxes[0].left]
    assert "no date of assessment or start" in [words for words, _ in boxes[0].left]


def test_the_report_shows_the_flow_and_the_protocol(tables):
    page = report_html(tables, "x", is_fictional=True)
    assert '<ol class="flow">' in page
    assert "Not matched: " in page
    assert "switchers: programme" in page
