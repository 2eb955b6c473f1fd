"""What counts in a window: [1 January 2016, 1 July 2016)."""

from datetime import date, timedelta

import pytest

FROM, UNTIL = date(2016, 1, 1), date(2016, 7, 1)
DAY = timedelta(days=1)
P1 = {"person_pseudonym": "p1"}


def _window(**flags):
    observed = {
        f"is_{e}_observed": True
        for e in ("attendance", "attainment", "social_care", "offences", "benefits", "employment", "hospital")
    }
    ages = dict.fromkeys(("is_child", "is_juvenile", "is_adult", "is_school_age"), False)
    return [
        {
            **{**P1, "outcome_window": "01-06", "is_half_year": True, "from_date": FROM, "until_date": UNTIL},
            **observed,
            **ages,
            **flags,
        }
    ]


CHILD, JUVENILE, ADULT = {"is_child": True}, {"is_child": True, "is_juvenile": True}, {"is_adult": True}


@pytest.mark.parametrize(
    ("start", "end", "overlaps"),
    [
        (FROM - 9 * DAY, FROM - DAY, False),
        (FROM - 9 * DAY, FROM, True),
        (FROM - 9 * DAY, None, True),
        (UNTIL - DAY, None, True),
        (UNTIL, None, False),
        (FROM + DAY, FROM + DAY, True),
    ],
)
def test_an_episode_or_spell_counts_when_it_overlaps_the_window(run_model, start, end, overlaps):
    span = {**P1, "start_date": start, "end_date": end}
    care = run_model(
        "child_safety_outcomes",
        person_windows=_window(**CHILD),
        social_care_episodes=[{**span, "episode_type": "looked_after"}],
    )[0]
    benefits = run_model(
        "benefit_outcomes", person_windows=_window(**ADULT), benefit_spells=[{**span, "benefit": "JSA"}]
    )[0]
    job = run_model("employment_outcomes", person_windows=_window(**ADULT), employment_spells=[span])[0]
    assert (care["is_looked_after"], benefits["is_on_jsa"], job["is_employed"]) == (overlaps, overlaps, overlaps)


def test_each_kind_of_episode_is_its_own_outcome(run_model, pick):
    episodes = [{**P1, "episode_type": kind, "start_date": FROM} for kind in ("protection_plan", "referral")]
    rows = run_model("child_safety_outcomes", person_windows=_window(**CHILD), social_care_episodes=episodes)
    assert pick(rows, "is_looked_after", "is_on_protection_plan", "is_child_in_need") == [(False, True, False)]


def test_universal_credit_is_an_out_of_work_benefit_but_not_jsa(run_model, pick):
    spells = [{**P1, "benefit": "UC", "start_date": FROM}]
    rows = run_model("benefit_outcomes", person_windows=_window(**ADULT), benefit_spells=spells)
    assert pick(rows, "is_on_jsa", "is_on_universal_credit", "is_on_out_of_work_benefit") == [(False, True, True)]


@pytest.mark.parametrize(
    ("offence", "disposal", "custody", "expected"),
    [
        (FROM, "conviction", 0, (True, False)),
        (UNTIL - DAY, "conviction", 9, (True, True)),
        (UNTIL, "conviction", 9, (False, False)),
        (FROM - DAY, "conviction", 9, (False, False)),
        (FROM, "caution", 0, (False, False)),
    ],
)
def test_a_conviction_counts_by_the_date_of_its_offence(run_model, pick, offence, disposal, custody, expected):
    event = {
        **{**P1, "offence_date": offence, "disposal_date": offence + 200 * DAY, "disposal": disposal},
        **{"is_conviction": disposal == "conviction", "n_custody_days": custody},
    }
    for ages, kind, other in ((JUVENILE, "juvenile", "adult"), (ADULT, "adult", "juvenile")):
        rows = run_model("offending_outcomes", person_windows=_window(**ages), offence_events=[event])
        assert pick(rows, f"is_convicted_{kind}", f"is_in_custody_{kind}") == [expected]
        assert pick(rows, f"is_convicted_{other}", f"is_in_custody_{other}") == [(None, None)]


def test_a_child_under_ten_has_no_offending_outcome(run_model):
    assert run_model("offending_outcomes", person_windows=_window(**CHILD)) == []


def _term(year, start, possible, absent):
    return {
        **{**P1, "academic_year": year, "term_start_date": start, "n_sessions_possible": possible},
        **{"n_sessions_authorised": absent, "n_sessions_unauthorised": 0, "n_exclusions": 0},
    }


@pytest.mark.parametrize(
    ("year", "absent", "is_persistent"),
    [(2015, 10, True), (2015, 9, False), (2014, 15, True), (2014, 14, False), (2009, 20, True), (2009, 19, False)],
)
def test_persistent_absence_has_the_threshold_of_its_year(run_model, year, absent, is_persistent):
    rows = run_model(
        "attendance_outcomes",
        person_windows=_window(is_school_age=True),
        attendance_terms=[_term(year, FROM, 100, absent)],
    )
    assert rows[0]["is_persistently_absent"] is is_persistent
    assert rows[0]["absence_rate"] == absent / 100


def test_terms_that_begin_in_the_window_count_and_no_others(run_model, pick):
    terms = [
        _term(2015, date(2015, 9, 1), 100, 100),
        _term(2015, date(2016, 1, 1), 100, 4),
        _term(2015, date(2016, 4, 1), 60, 4),
        _term(2016, date(2016, 9, 1), 100, 100),
    ]
    rows = run_model("attendance_outcomes", person_windows=_window(is_school_age=True), attendance_terms=terms)
    assert pick(rows, "n_sessions_possible", "n_sessions_absent", "absence_rate") == [(160, 8, 0.05)]


def test_a_pupil_without_sessions_is_unknown(run_model, pick):
    rows = run_model("attendance_outcomes", person_windows=_window(is_school_age=True))
    assert pick(rows, "absence_rate", "is_persistently_absent") == [(None, None)]


@pytest.mark.parametrize(
    ("year", "reading", "maths", "expected"),
    [(2015, 100, 100, True), (2015, 99, 120, False), (2015, 100, None, None), (2014, 110, 110, None)],
)
def test_key_stage_2_counts_scaled_scores_of_2015_16_and_later(run_model, year, reading, maths, expected):
    result = {
        **{**P1, "academic_year": year, "key_stage": "KS2", "result_date": date(2016, 5, 1)},
        **{"ks2_reading_scaled": reading, "ks2_maths_scaled": maths},
    }
    rows = run_model("attainment_outcomes", person_windows=_window(**CHILD), attainment_results=[result])
    assert rows[0]["is_ks2_expected"] is expected


def test_hospital_attendances_are_counted_by_kind(run_model, pick):
    visits = [
        {**P1, "attendance_date": FROM, "attendance_type": "emergency", "is_injury": False},
        {**P1, "attendance_date": UNTIL - DAY, "attendance_type": "emergency", "is_injury": True},
        {**P1, "attendance_date": UNTIL, "attendance_type": "emergency", "is_injury": True},
        {**P1, "attendance_date": FROM, "attendance_type": "outpatient", "is_injury": False},
    ]
    rows = run_model("health_outcomes", person_windows=_window(), hospital_attendances=visits)
    assert pick(rows, "n_emergency_attendances", "is_emergency_attendance", "is_injury_attendance") == [(2, True, True)]


@pytest.mark.parametrize(
    ("table", "extract", "ages", "columns"),
    [
        ("attendance_outcomes", "attendance", {"is_school_age": True}, ["absence_rate", "is_persistently_absent"]),
        ("attainment_outcomes", "attainment", CHILD, ["is_ks2_expected", "ks4_attainment8"]),
        ("child_safety_outcomes", "social_care", CHILD, ["is_looked_after", "is_child_in_need"]),
        ("offending_outcomes", "offences", ADULT, ["is_convicted_adult", "is_in_custody_adult", "n_offences"]),
        ("benefit_outcomes", "benefits", ADULT, ["is_on_jsa", "is_on_out_of_work_benefit"]),
        ("employment_outcomes", "employment", ADULT, ["is_employed"]),
        ("health_outcomes", "hospital", {}, ["is_emergency_attendance", "is_injury_attendance"]),
    ],
)
def test_what_is_not_observed_is_null_and_not_a_no(run_model, table, extract, ages, columns):
    rows = run_model(table, person_windows=_window(**ages, **{f"is_{extract}_observed": False}))
    assert [rows[0][column] for column in columns] == [None] * len(columns)
    assert rows[0]["is_observed"] is False


def test_outcome_values_hold_what_is_known_as_numbers(run_model, pick):
    window = {**P1, "outcome_window": "01-06"}
    rows = run_model(
        "outcome_values",
        benefit_outcomes=[{**window, "is_on_jsa": True, "is_on_out_of_work_benefit": None}],
        attendance_outcomes=[{**window, "absence_rate": 0.25, "is_persistently_absent": False}],
    )
    assert pick(rows, "outcome", "outcome_window", "value") == [
        ("absence_rate", "01-06", 0.25),
        ("is_on_jsa", "01-06", 1.0),
        ("is_persistently_absent", "01-06", 0.0),
    ]
