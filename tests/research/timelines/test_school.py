"""School: terms add up over schools, and their dates are those of the academic year."""

from datetime import date

LINKS = [
    {"extract": "attendance", "record_key": "k1", "person_pseudonym": "p1"},
    {"extract": "attendance", "record_key": "k2", "person_pseudonym": "p1"},
    {"extract": "attainment", "record_key": "k1", "person_pseudonym": "p1"},
]


def _term(key, term, possible, authorised, unauthorised=0, **more):
    return {
        **{"record_key": key, "academic_year": 2014, "term": term, "n_sessions_possible": possible},
        **{"n_sessions_authorised": authorised, "n_sessions_unauthorised": unauthorised, "n_exclusions": 0},
        **more,
    }


def test_terms_stand_in_the_academic_year_that_starts_in_september(run_model, pick):
    terms = [_term("k1", term, 100, 5) for term in ("autumn", "spring", "summer")]
    rows = run_model("attendance_terms", attendance_attributes=terms, released_record_links=LINKS)
    assert pick(rows, "term", "term_start_date", "term_end_date") == [
        ("autumn", date(2014, 9, 1), date(2014, 12, 31)),
        ("spring", date(2015, 1, 1), date(2015, 3, 31)),
        ("summer", date(2015, 4, 1), date(2015, 7, 31)),
    ]


def test_a_pupil_of_two_schools_in_a_term_has_one_row(run_model, pick):
    terms = [
        _term("k1", "autumn", 60, 5, 1, sen_provision="N", is_fsm_eligible=False),
        _term("k2", "autumn", 80, 2, 3, sen_provision="K", is_fsm_eligible=True),
    ]
    rows = run_model("attendance_terms", attendance_attributes=terms, released_record_links=LINKS)
    assert pick(
        rows,
        "n_sessions_possible",
        "n_sessions_authorised",
        "n_sessions_unauthorised",
        "sen_provision",
        "is_fsm_eligible",
    ) == [(140, 7, 4, "K", True)]


def test_a_result_sent_again_replaces_the_earlier(run_model, pick):
    result = {"record_key": "k1", "academic_year": 2015, "key_stage": "KS2"}
    results = [
        {**result, "ks2_reading_scaled": 95.0, "year_start_date": date(2015, 9, 1)},
        {**result, "ks2_reading_scaled": 101.0, "year_start_date": date(2016, 9, 1)},
    ]
    rows = run_model("attainment_results", attainment_attributes=results, released_record_links=LINKS)
    assert pick(rows, "result_date", "ks2_reading_scaled") == [(date(2016, 5, 1), 101.0)]
