"""Departments' records show the potential outcomes to the letter."""

from typing import Any

import pytest

from tf_assets.country.scenarios import HEADLINE

ALWAYS = "true"
RECORDED = {
    "is_child_in_need": ("social_care", "episode_type = 'child_in_need'", "start_date", "end_date"),
    "is_on_protection_plan": ("social_care", "episode_type = 'protection_plan'", "start_date", "end_date"),
    "is_looked_after": ("social_care", "episode_type = 'looked_after'", "start_date", "end_date"),
    "is_convicted_juvenile": ("offences", "disposal = 'conviction'", "offence_date", "offence_date"),
    "is_in_custody_juvenile": ("offences", "n_custody_days > 0", "offence_date", "offence_date"),
    "is_convicted_adult": ("offences", "disposal = 'conviction'", "offence_date", "offence_date"),
    "is_in_custody_adult": ("offences", "n_custody_days > 0", "offence_date", "offence_date"),
    "is_on_out_of_work_benefit": ("benefits", ALWAYS, "start_date", "end_date"),
    "is_on_jsa": ("benefits", "benefit = 'JSA'", "start_date", "end_date"),
    "is_employed": ("employment", ALWAYS, "start_date", "end_date"),
    "is_emergency_attendance": (
        "hospital",
        "attendance_type = 'emergency'",
        "attendance_date",
        "attendance_date",
    ),
    "is_injury_attendance": ("hospital", "is_injury", "attendance_date", "attendance_date"),
}
"""Outcome: extract, which records count, first and last day of a record."""


def test_every_planted_outcome_is_measured_here() -> None:
    assert set(RECORDED) == set(HEADLINE)


@pytest.mark.parametrize("outcome", RECORDED)
def test_records_show_the_outcome_of_the_persons_arm_and_no_other(country: Any, outcome: str) -> None:
    extract, counts, first, last = RECORDED[outcome]
    n_people, n_with, n_different = country.sql.execute(
        f"""
        WITH
        spells AS (
            SELECT records.person_id, {first} AS first_date, coalesce({last}, DATE '9999-12-31') AS last_date
            FROM {extract}_attributes AS rows
            INNER JOIN records ON records.extract = '{extract}' AND records.record_ref = rows.record_ref
            WHERE {counts}
            QUALIFY row_number() OVER (PARTITION BY records.person_id, {first} ORDER BY year_start DESC) = 1
        ),
        planted AS (
            SELECT
                outcomes.person_id,
                "window",
                CASE WHEN arm = 'programme' THEN y1 ELSE y0 END = 1 AS is_shown,
                index_date + INTERVAL 1 MONTH * (CAST(substr("window", 1, 2) AS INTEGER) - 1) AS from_date,
                index_date + INTERVAL 1 MONTH * CAST(substr("window", 4, 2) AS INTEGER) AS until_date
            FROM outcomes INNER JOIN arms USING (person_id)
            WHERE outcome = '{outcome}'
        ),
        measured AS (
            SELECT planted.person_id, planted."window",
                any_value(is_shown) AS is_shown, count(spells.person_id) > 0 AS is_seen
            FROM planted LEFT JOIN spells
                ON spells.person_id = planted.person_id
                AND spells.first_date < planted.until_date AND spells.last_date >= planted.from_date
            GROUP BY ALL
        )
        SELECT count(*), count(*) FILTER (is_shown), count(*) FILTER (is_shown <> is_seen) FROM measured
        """
    ).fetchone()
    assert n_people > 3_000
    assert n_with > 0
    assert n_different == 0


def test_a_spell_is_in_the_file_of_each_year_and_ends_only_where_the_end_was_known(country: Any) -> None:
    n_spells, n_future_ends, n_outside = country.sql.execute(
        """
        SELECT
            count(*),
            count(*) FILTER (end_date >= year_start + INTERVAL 1 YEAR),
            count(*) FILTER (start_date >= year_start + INTERVAL 1 YEAR OR end_date < year_start)
        FROM (
            SELECT start_date, end_date, year_start FROM benefits_attributes
            UNION ALL SELECT start_date, end_date, year_start FROM employment_attributes
            UNION ALL SELECT start_date, end_date, year_start FROM social_care_attributes
        )
        """
    ).fetchone()
    assert n_spells > 10_000
    assert n_future_ends == n_outside == 0


def test_offences_are_in_the_file_of_the_year_of_their_disposal(country: Any) -> None:
    n_offences, n_elsewhere, n_early = country.sql.execute(
        """
        SELECT count(*), count(*) FILTER (year(disposal_date) <> year(year_start)),
            count(*) FILTER (disposal_date < offence_date)
        FROM offences_attributes
        """
    ).fetchone()
    assert n_offences > 500
    assert n_elsewhere == n_early == 0


def test_ks2_levels_and_scaled_scores_never_stand_side_by_side(country: Any) -> None:
    levels, scaled = country.sql.execute(
        """
        SELECT
            list_sort(list(DISTINCT academic_year) FILTER (coalesce(ks2_reading_level, ks2_maths_level) IS NOT NULL)),
            list_sort(list(DISTINCT academic_year) FILTER (coalesce(ks2_maths_scaled, ks4_attainment8) IS NOT NULL))
        FROM attainment_attributes
        """
    ).fetchone()
    assert levels == [2013, 2014]
    assert scaled == [2015, 2016, 2017, 2018]
