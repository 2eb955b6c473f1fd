"""Link counts by what the release and the family's other members tell of a person."""

from datetime import date

import pytest

COUNTS = ("n_people", "n_linked", "n_expected", "n_expected_linked")


def person(name, family="f1", council="E06000001", born=date(2005, 3, 1), arm="programme"):
    return {
        "person_pseudonym": name,
        "family_pseudonym": family,
        "council_code": council,
        "birth_month": born,
        "arm": arm,
    }


def term(name, ethnic_group="WBRI", is_fsm_eligible=False, academic_year=2014):
    return {
        "person_pseudonym": name,
        "academic_year": academic_year,
        "term": "autumn",
        "ethnic_group": ethnic_group,
        "is_fsm_eligible": is_fsm_eligible,
    }


@pytest.fixture
def counts(run_model):
    """`counts(people, terms, links)` -> {(dimension, group): the four counts} of the hospital extract."""

    def run(people, terms=(), links=(), extract="hospital", **tables):
        names = [each["person_pseudonym"] for each in people]
        rows = run_model(
            "link_group_counts",
            eligible_people=people,
            released_people=[{"person_pseudonym": name, "rounding_key": 2**63 + n} for n, name in enumerate(names)],
            attendance_terms=terms,
            released_record_links=[{"extract": of, "person_pseudonym": name} for of, name in links],
            observed_spans=[{"extract": extract, "span_start_date": date(2014, 4, 1), "n_years": 2}],
            **tables,
        )
        assert {row["extract"] for row in rows} == {extract}
        return {(row["dimension"], row["people_group"]): row for row in rows}

    return run


def of_dimension(found, dimension):
    return {group: tuple(row[name] for name in COUNTS) for (each, group), row in found.items() if each == dimension}


def test_a_persons_group_is_what_the_others_of_the_family_say(counts):
    """Cara's own record says nothing of Cara; of the two others it says what it says of them."""
    family = [person("ann"), person("ben"), person("cara"), person("dan", family="f2")]
    terms = [term("ann", "ASIA", True), term("ben", "WBRI"), term("cara", "ASIA"), term("dan", "BLAC")]
    found = counts(family, terms, links=[("hospital", "ann"), ("hospital", "dan")])
    # ann: ben and cara, one each, so the first by name; ben: ann and cara; cara: ann and ben; dan: nobody
    assert of_dimension(found, "ethnic_group") == {"ASIA": (3, 1, 3, 1), "unknown": (1, 1, 1, 1)}
    assert of_dimension(found, "free_school_meals") == {
        "eligible": (2, 0, 2, 0),  # ben and cara, whose sister is eligible
        "not eligible": (1, 1, 1, 1),  # ann, whose brother and sister are not
        "unknown": (1, 1, 1, 1),
    }


def test_having_a_school_record_oneself_does_not_move_a_person_between_groups(counts):
    family = [person("ann"), person("ben")]
    without = counts(family, [term("ann", "MIXD", True)])
    with_own = counts(family, [term("ann", "MIXD", True), term("ben", "ASIA")])
    # ben's group comes from ann either way; ben's record places ann
    assert without["ethnic_group", "MIXD"]["n_people"] == with_own["ethnic_group", "MIXD"]["n_people"] == 1
    assert without["free_school_meals", "eligible"]["n_people"] == 1
    assert with_own["free_school_meals", "eligible"]["n_people"] == 1


def test_an_unclassified_ethnic_group_says_nothing(counts):
    found = counts([person("ann"), person("ben")], [term("ann", "UNCL")])
    assert of_dimension(found, "ethnic_group") == {"unknown": (2, 0, 2, 0)}


def test_worklessness_is_the_registers_own_mark(counts):
    spells = [
        {"person_pseudonym": "ann", "is_problem_worklessness": False},
        {"person_pseudonym": "ann", "is_problem_worklessness": True},
        {"person_pseudonym": "ben", "is_problem_worklessness": False},
    ]
    found = counts([person("ann"), person("ben"), person("cara")], released_programme_spells=spells)
    assert of_dimension(found, "worklessness") == {
        "yes": (1, 0, 1, 0),
        "no": (1, 0, 1, 0),
        "unknown": (1, 0, 1, 0),
    }


def test_councils_are_ranked_by_the_free_school_meals_of_their_pupils(counts):
    people = [
        person("ann", "f1", "E06000001"),
        person("ben", "f2", "E06000002"),
        person("cara", "f3", "E06000003"),
    ]
    found = counts(people, [term("ann"), term("ben", is_fsm_eligible=True)])
    assert found["council_deprivation", "01"]["n_people"] == 1  # ben's
    assert found["council_deprivation", "02"]["n_people"] == 1  # ann's
    assert found["council_deprivation", "unknown"]["n_people"] == 1  # cara's council has no pupil who is linked


def test_who_is_expected_follows_from_the_span_and_the_month_of_birth(counts):
    people = [person("ann", born=date(2000, 3, 1)), person("ben", born=date(2000, 4, 1))]
    found = counts(people, links=[("benefits", "ann"), ("benefits", "ben")], extract="benefits")
    # 16 by 31 March 2016: born in March 2000 or before
    assert of_dimension(found, "all") == {"all": (2, 2, 1, 1)}
    assert found["all", "all"]["is_everybody_held"]


def test_keys_are_sums_of_rounding_keys_modulo_two_to_the_64(counts):
    found = counts([person("ann"), person("ben", arm="comparison")], links=[("hospital", "ben")])
    everybody = found["all", "all"]
    assert everybody["expected_key"] == (2**63 + 2**63 + 1) % 2**64
    assert everybody["expected_linked_key"] == 2**63 + 1
    assert found["arm", "programme"]["expected_linked_key"] == 0
