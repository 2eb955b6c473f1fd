"""The verdict on a return, rule by rule, either side of each boundary."""

from datetime import date, datetime

import polars as pl
import pytest

from tf_assets.linkage.returns.judging import (
    JUDGEMENT_SCHEMA,
    REGISTER_COLUMNS,
    JudgedReturn,
    Received,
    ReturnRefused,
    judge_return,
)
from tf_assets.linkage.returns.rules import RULES
from tf_assets.linkage.returns.vocabulary import FIELD_NAMES
from tf_assets.warehouse.errors import InputRefused

RECEIVED = Received("E06000001", date(2015, 4, 1), datetime(2015, 7, 20, 9, 30), "ab" * 32)
COLUMNS = [name for name in FIELD_NAMES if name != "full_name"]
ADULT = {
    "family_ref": "F1", "person_ref": "P1", "forename": "Ann", "surname": "Smith", "date_of_birth": "13/02/1985",
    "sex": "F", "postcode": "M1 1AE", "address": "1 High St", "nino": "AB123456C", "role": "adult",
    "programme_group": "programme", "assessment_date": "13/03/2015", "start_date": "13/05/2015",
    **{name: "Y" if name.endswith(("crime", "health")) else "N" for name in COLUMNS if name.startswith("is_problem")},
}  # fmt: skip
CHILD = ADULT | {
    "person_ref": "P2", "date_of_birth": "14/02/2005", "nino": "", "role": "child", "upn": "U201001234567",
    "school_name": "Oak Primary", "end_date": "20/06/2015",
}  # fmt: skip
AWAITING = ADULT | {"programme_group": "awaiting", "start_date": ""}


def _return(*rows: dict[str, str], columns: list[str] = COLUMNS) -> bytes:
    lines = [";".join(columns), *(";".join(row.get(name, "") for name in columns) for row in rows)]
    return ("\n".join(lines) + "\n").encode()


def _judge(*rows: dict[str, str]) -> JudgedReturn:
    return judge_return(_return(*rows), RECEIVED)


def _broken(*changes: dict[str, str], base: dict[str, str] = ADULT) -> list[tuple[int, str, str, str]]:
    """Judgements on rows that differ from `base`, beside a good row that keeps the file in use."""
    good = CHILD | {"person_ref": "P9", "forename": "Bea", "upn": "H201001234568"}
    rows = [base | change for change in changes]
    judged = _judge(good, *rows)
    return judged.judgements.select("row_number", "field", "rule", "severity").rows()


def test_a_good_return_is_used_whole() -> None:
    judged = _judge(ADULT, CHILD)
    assert judged.judgements.rows() == []
    assert judged.judgements.schema == JUDGEMENT_SCHEMA
    assert tuple(judged.accepted.columns) == REGISTER_COLUMNS
    assert judged.accepted.row(0, named=True) == {
        "council_code": "E06000001", "quarter_date": date(2015, 4, 1), "row_number": 2, "family_ref": "F1",
        "person_ref": "P1", "forename": "ANN", "surname": "SMITH", "date_of_birth": date(1985, 2, 13), "sex": "F",
        "postcode": "M1 1AE", "address": "1 HIGH ST", "upn": None, "nino": "AB123456C", "role": "adult",
        "school_name": None, "programme_group": "programme", "assessment_date": date(2015, 3, 13),
        "start_date": date(2015, 5, 13), "end_date": None, "end_reason": None, "is_problem_crime": True,
        "is_problem_attendance": False, "is_problem_child_help": False, "is_problem_worklessness": False,
        "is_problem_domestic_abuse": False, "is_problem_health": True, "received_at": datetime(2015, 7, 20, 9, 30),
        "source_sha256": "ab" * 32,
    }  # fmt: skip
    assert judged.accepted["upn"].to_list() == [None, "U201001234567"]
    facts = judged.facts
    assert (facts.n_rows, facts.n_accepted, facts.n_refused, facts.n_warned, facts.n_repaired) == (2, 2, 0, 0, 0)


CASES: list[tuple[dict[str, str], dict[str, str], str]] = [
    (ADULT, {"family_ref": ""}, "family_ref_missing"),
    (ADULT, {"person_ref": ""}, "person_ref_missing"),
    (ADULT, {"surname": ""}, "surname_missing"),
    (ADULT, {"surname": "??"}, "surname_missing"),
    (ADULT, {"forename": ""}, "forename_missing"),
    (AWAITING, {"date_of_birth": "01/07/2015", "nino": ""}, "birth_in_future"),
    (ADULT, {"date_of_birth": "14/05/2015", "nino": ""}, "birth_after_start"),
    (AWAITING, {"date_of_birth": "14/03/2015", "nino": ""}, "birth_after_assessment"),
    (ADULT, {"date_of_birth": ""}, "birth_missing"),
    (ADULT, {"date_of_birth": "soon"}, "birth_unreadable"),
    (ADULT, {"date_of_birth": "01/01/1900"}, "birth_placeholder"),
    (ADULT, {"date_of_birth": "30/06/1904"}, "birth_too_long_ago"),
    (ADULT, {"date_of_birth": "02/14/1985"}, "date_of_birth_other_order"),
    (ADULT, {"programme_group": ""}, "group_missing"),
    (ADULT, {"programme_group": "see notes"}, "group_unreadable"),
    (ADULT, {"start_date": ""}, "start_missing"),
    (ADULT, {"start_date": "spring"}, "start_unreadable"),
    (ADULT, {"start_date": "01/07/2015"}, "start_after_quarter"),
    (ADULT, {"start_date": "31/03/2012", "assessment_date": ""}, "start_before_programme"),
    (ADULT, {"start_date": "05/13/2015"}, "start_other_order"),
    (AWAITING, {"start_date": "01/05/2015"}, "start_of_awaiting"),
    (AWAITING, {"end_date": "01/05/2015"}, "end_of_awaiting"),
    (AWAITING, {"assessment_date": ""}, "assessment_missing"),
    (ADULT, {"assessment_date": "31/03/2012"}, "assessment_before_programme"),
    (ADULT, {"start_date": "01/01/2015", "assessment_date": "04/04/2015"}, "assessment_after_start"),
    (ADULT, {"end_date": "01/07/2015"}, "end_after_quarter"),
    (ADULT, {"assessment_date": "lately"}, "assessment_unreadable"),
    (ADULT, {"assessment_date": "01/07/2015"}, "assessment_after_quarter"),
    (ADULT, {"assessment_date": "02/14/2015"}, "assessment_other_order"),
    (ADULT, {"end_date": "some day"}, "end_unreadable"),
    (ADULT, {"end_date": "12/05/2015"}, "end_before_start"),
    (ADULT, {"end_date": "06/14/2015"}, "end_other_order"),
    (ADULT, {"sex": "9"}, "sex_unknown"),
    (ADULT, {"postcode": ""}, "postcode_missing"),
    (ADULT, {"postcode": "M1 1A"}, "postcode_invalid"),
    (ADULT, {"postcode": "ZZ99 3VZ"}, "postcode_no_fixed_abode"),
    (ADULT, {"postcode": "M1 IAE"}, "postcode_mended"),
    (CHILD, {"upn": "A201001234567"}, "upn_invalid"),
    (CHILD, {"upn": "U201 0012 34567"}, "upn_spaced"),
    (ADULT, {"upn": "U201001234567"}, "upn_of_adult"),
    (ADULT, {"nino": "QQ123456C"}, "nino_invalid"),
    (ADULT, {"nino": "AB 12 34 56 C"}, "nino_spaced"),
    (CHILD, {"nino": "AB123456C"}, "nino_of_child"),
    (ADULT, {"role": "lodger"}, "role_unclear"),
    (ADULT, {"role": ""}, "role_from_age"),
    (ADULT, {"forename": "Mrs Ann"}, "name_cleaned"),
    *((ADULT, {name: "perhaps"}, f"{name.removeprefix('is_')}_unreadable") for name in COLUMNS if "_problem_" in name),
]


@pytest.mark.parametrize(("base", "change", "rule"), CASES, ids=[case[2] for case in CASES])
def test_a_broken_rule_is_told_with_row_field_and_severity(
    base: dict[str, str], change: dict[str, str], rule: str
) -> None:
    declared = next(each for each in RULES if each.id == rule)
    assert _broken(change, base=base) == [(3, declared.field, rule, declared.severity)]


def test_every_rule_has_a_case() -> None:
    of_several_rows = {"person_repeated", "person_in_two_families", "person_under_two_refs", "upn_shared", "nino_shared",
                       "names_swapped", "family_too_large"}  # fmt: skip
    elsewhere = {"row_too_wide", *of_several_rows}
    assert {case[2] for case in CASES} | elsewhere == {rule.id for rule in RULES}


def test_every_rule_is_named_once_and_says_where_it_comes_from() -> None:
    assert len({rule.id for rule in RULES}) == len(RULES)
    assert all(rule.source and rule.sentence.endswith(".") and rule.advice.endswith(".") for rule in RULES)


@pytest.mark.parametrize(
    "change",
    [
        {"date_of_birth": "13/03/2015", "nino": "", "start_date": "", "programme_group": "awaiting"},  # on assessment
        {"date_of_birth": "13/05/2015", "nino": "", "assessment_date": ""},  # born on the day work began
        {"date_of_birth": "30/06/1905"},  # aged 110
        {"start_date": "30/06/2015"},  # the quarter's last day
        {"start_date": "01/04/2012", "assessment_date": "01/04/2012"},  # the programme's first day
        {"start_date": "02/01/2015", "assessment_date": "04/04/2015"},  # written up after 92 days
        {"end_date": "13/05/2015"},  # one day's work
        {"assessment_date": "30/06/2015"},
        {"date_of_birth": "30/06/2000"},  # fifteen: may have a national insurance number
        {"surname": "O'Neil-Brown"},
        {"sex": "female", "role": "Mother"},
        {"upn": "U201001234567", "date_of_birth": "01/07/1994"},  # aged 20
    ],
)
def test_the_good_side_of_each_boundary_breaks_nothing(change: dict[str, str]) -> None:
    assert _broken(change) == []


def test_what_a_broken_rule_clears_is_empty_and_the_rest_stands() -> None:
    rows = [
        ADULT | {"person_ref": "P1", "date_of_birth": "01/01/1900"},
        ADULT | {"person_ref": "P2", "end_date": "30/04/2015", "end_reason": "withdrew"},
        AWAITING | {"person_ref": "P3", "start_date": "01/05/2015"},
        CHILD | {"person_ref": "P4", "nino": "AB123456C"},
    ]
    accepted = _judge(*rows).accepted
    assert accepted.select("person_ref", "date_of_birth", "start_date", "end_date", "end_reason", "nino").rows() == [
        ("P1", None, date(2015, 5, 13), None, None, "AB123456C"),
        ("P2", date(1985, 2, 13), date(2015, 5, 13), None, None, "AB123456C"),
        ("P3", date(1985, 2, 13), None, None, None, "AB123456C"),
        ("P4", date(2005, 2, 14), date(2015, 5, 13), date(2015, 6, 20), None, None),
    ]


def test_a_placeholder_tells_no_age() -> None:
    """A child whose date of birth is unknown keeps its pupil number and is not taken for an adult."""
    unknown = CHILD | {"date_of_birth": "01/01/1900", "role": ""}
    judged = _judge(unknown, ADULT)
    assert judged.accepted.select("person_ref", "date_of_birth", "upn", "role").row(0) == (
        "P2", None, "U201001234567", None,
    )  # fmt: skip
    assert judged.judgements["rule"].to_list() == ["birth_placeholder", "role_unclear"]


def test_a_missing_role_is_taken_from_the_age_at_the_quarters_end() -> None:
    on_the_day = ADULT | {"role": "", "date_of_birth": "30/06/1997"}
    a_day_younger = on_the_day | {"person_ref": "P2", "date_of_birth": "01/07/1997"}
    assert _judge(on_the_day, a_day_younger).accepted["role"].to_list() == ["adult", "child"]


def test_of_a_persons_rows_the_first_usable_one_is_used() -> None:
    rows = [ADULT | {"surname": ""}, ADULT, ADULT | {"forename": "Anna"}, CHILD]
    judged = _judge(*rows)
    assert judged.accepted.select("row_number", "forename").rows() == [(3, "ANN"), (5, "ANN")]
    assert judged.judgements.select("row_number", "rule").rows() == [(2, "surname_missing"), (4, "person_repeated")]


def test_an_unquoted_delimiter_shifts_a_row_and_refuses_it() -> None:
    content = _return(CHILD, CHILD | {"person_ref": "P3"}, ADULT | {"address": "1 High St; Leeds"})
    judged = judge_return(content, RECEIVED)
    assert ("row_too_wide", 4) in judged.judgements.select("rule", "row_number").rows()
    assert judged.accepted["row_number"].to_list() == [2, 3]


def test_reasons_for_ending_are_words_from_the_list_or_other() -> None:
    reasons = ["Outcomes achieved", "moved away", "Ann went to live with her gran", ""]
    rows = [ADULT | {"person_ref": f"P{at}", "end_reason": reason} for at, reason in enumerate(reasons)]
    assert _judge(*rows).accepted["end_reason"].to_list() == ["significant_progress", "moved_away", "other", None]


def test_a_blank_flag_means_no_only_where_noes_are_never_written() -> None:
    ticks = [CHILD | {"person_ref": f"P{at}", "is_problem_crime": tick} for at, tick in enumerate(["x", ""])]
    answers = [CHILD | {"person_ref": f"P{at}", "is_problem_crime": tick} for at, tick in enumerate(["Y", "", "N"])]
    assert _judge(*ticks).accepted["is_problem_crime"].to_list() == [True, False]
    assert _judge(*answers).accepted["is_problem_crime"].to_list() == [True, None, False]


def test_the_order_of_days_and_months_is_the_columns_then_the_files() -> None:
    blank = {"assessment_date": "", "end_date": ""}
    rows = [
        CHILD | {"person_ref": "P1", "date_of_birth": "02/13/2005", "start_date": "05/02/2015", **blank},
        CHILD | {"person_ref": "P2", "date_of_birth": "03/04/2005", "start_date": "05/03/2015", **blank},
    ]
    judged = _judge(*rows)
    assert judged.accepted["date_of_birth"].to_list() == [date(2005, 2, 13), date(2005, 3, 4)]
    assert judged.accepted["start_date"].to_list() == [date(2015, 5, 2), date(2015, 5, 3)]
    assert judged.facts.date_orders == {"date_of_birth": "month first", "start_date": "month first"}


NO_ORDER = {"date_of_birth": "02/03/1985", "assessment_date": "", "start_date": "05/05/2015", "end_date": ""}


def test_where_no_date_tells_the_order_it_is_said() -> None:
    judged = _judge(ADULT | NO_ORDER)
    assert judged.judgements.select("row_number", "field", "rule", "severity").rows() == [
        (0, "date_of_birth", "date_order_unclear", "warning")
    ]
    assert judged.accepted["date_of_birth"].to_list() == [date(1985, 3, 2)]
    told = ADULT | NO_ORDER | {"assessment_date": "13/03/2015"}
    assert _judge(told).judgements.is_empty()


def test_dates_that_contradict_each_other_are_said() -> None:
    rows = [ADULT | {"person_ref": f"P{at}", "nino": "", "date_of_birth": f"13/0{at}/1985"} for at in range(1, 6)]
    others = [ADULT | {"person_ref": f"Q{at}", "nino": "", "date_of_birth": f"0{at}/14/1985"} for at in range(1, 6)]
    judged = _judge(*rows, *others, ADULT | {"person_ref": "R1", "nino": "", "date_of_birth": "04/05/1985"})
    said = judged.judgements.filter(pl.col("row_number") == 0)
    assert said.select("field", "rule").rows() == [("date_of_birth", "date_order_unclear")]
    assert said["sentence"][0].startswith("5 dates of the date of birth have the day first and 5 the month")


def test_a_column_that_is_missing_is_a_warning_on_the_file() -> None:
    judged = judge_return(_return(ADULT, columns=[name for name in COLUMNS if name != "sex"]), RECEIVED)
    assert judged.judgements.select("row_number", "field", "rule", "severity").rows() == [
        (0, "sex", "column_missing", "warning")
    ]


def _someone(at: int) -> dict[str, str]:
    """A person of their own."""
    return ADULT | {"family_ref": f"F{at}", "person_ref": f"G{at}", "date_of_birth": f"13/02/{1910 + at}", "nino": ""}


def _many(n_bad: int, n_good: int, **change: str) -> bytes:
    rows = [_someone(at) | {"person_ref": f"B{at}"} | change for at in range(n_bad)]
    return _return(*rows, *(_someone(n_bad + at) for at in range(n_good)))


def test_a_quarter_of_bad_rows_is_used_and_more_is_refused() -> None:
    assert judge_return(_many(10, 30, surname=""), RECEIVED).facts.n_accepted == 30
    with pytest.raises(ReturnRefused, match=r"^11 of 40 rows cannot be used") as refused:
        judge_return(_many(11, 29, surname=""), RECEIVED)
    assert refused.value.judgements["row_number"].to_list() == [0, *range(2, 13)]
    assert isinstance(refused.value, InputRefused)


def test_a_share_says_nothing_of_a_few_rows_unless_all_are_bad() -> None:
    assert judge_return(_many(4, 1, surname=""), RECEIVED).facts.n_accepted == 1
    with pytest.raises(ReturnRefused, match=r"^2 of 2 rows"):
        judge_return(_many(2, 0, surname=""), RECEIVED)


def test_a_return_of_another_quarter_is_refused() -> None:
    assert judge_return(_many(2, 38, start_date="05/08/2015"), RECEIVED).facts.n_refused == 2
    with pytest.raises(ReturnRefused, match=r"^3 of 40 rows .* looks like that of July to September 2015"):
        judge_return(_many(3, 37, start_date="05/08/2015"), RECEIVED)


def test_a_file_that_cannot_be_read_is_one_judgement_on_the_whole() -> None:
    with pytest.raises(ReturnRefused) as refused:
        judge_return(b"%PDF-1.4", RECEIVED)
    assert refused.value.judgements.schema == JUDGEMENT_SCHEMA
    assert refused.value.judgements.select("row_number", "rule", "severity").rows() == [
        (0, "file_unreadable", "refused")
    ]


CANARIES = {
    "forename": "Quenilda", "surname": "Zzyzxcanary", "nino": "QQ987654X", "upn": "Z999999999999",
    "postcode": "QX99 9QX", "address": "77 Canary Wharfside", "date_of_birth": "99/99/1977", "sex": "Canarysex",
    "role": "Canaryrole", "programme_group": "Canarygroup", "start_date": "canarydate", "end_reason": "Canaryreason",
    "school_name": "Canary Primary", "is_problem_crime": "Canaryflag",
}  # fmt: skip


def test_no_value_that_was_sent_stands_in_a_judgement_or_a_refusal() -> None:
    good = [ADULT | {"person_ref": f"G{at}"} for at in range(30)]
    judged = judge_return(_return(ADULT | CANARIES | {"person_ref": "Canaryref"}, *good), RECEIVED)
    told = judged.judgements.write_csv() + repr(judged.facts) + repr(judged.headings) + repr(judged.unused)
    with pytest.raises(ReturnRefused) as refused:
        judge_return(_return(*(ADULT | CANARIES for _ in range(30))), RECEIVED)
    told += str(refused.value) + refused.value.judgements.write_csv()
    assert judged.judgements.filter(pl.col("row_number") == 2).height >= 8
    assert [value for value in [*CANARIES.values(), "Canaryref"] if value.lower() in told.lower()] == []
