-- Who is in the evaluation, in which arm, and from which day their outcomes count.
-- The index date is the programme's start for the programme arm and the assessment for the comparison arm. Somebody who
-- waited first and started later is in the programme arm from the start. Somebody on two registers counts once: with the
-- earliest start, else with the earliest assessment. Left out: nobody can be followed without an index date, an age, or
-- a birth on or before the index date.
-- A release gives the month of birth only, so age is whole months between the two months, in years.
WITH
spells AS (
    SELECT
        person_pseudonym,
        family_pseudonym,
        council_code,
        CASE WHEN programme_group = 'programme' THEN 'programme' ELSE 'comparison' END AS arm,
        CASE WHEN programme_group = 'programme' THEN start_date ELSE assessment_date END AS index_date
    FROM released_programme_spells
),

entries AS (
    SELECT *
    FROM spells
    WHERE index_date IS NOT NULL
    QUALIFY row_number() OVER (
        PARTITION BY person_pseudonym
        ORDER BY CASE arm WHEN 'programme' THEN 0 ELSE 1 END, index_date, council_code, family_pseudonym
    ) = 1
),

aged AS (
    SELECT
        entries.*,
        people.sex,
        people.birth_month,
        CAST(floor((
            (year(entries.index_date) - year(people.birth_month)) * 12
            + month(entries.index_date) - month(people.birth_month)
        ) / 12) AS INTEGER) AS age_at_index
    FROM entries
    INNER JOIN released_people AS people ON people.person_pseudonym = entries.person_pseudonym
    WHERE people.birth_month <= entries.index_date
)

SELECT
    aged.person_pseudonym,
    aged.family_pseudonym,
    aged.council_code,
    councils.region_code,
    aged.arm,
    aged.index_date,
    aged.sex,
    aged.birth_month,
    aged.age_at_index,
    aged.age_at_index < $adult_age AS is_child,
    aged.age_at_index >= $juvenile_age AND aged.age_at_index < $adult_age AS is_juvenile,
    aged.age_at_index >= $adult_age AS is_adult,
    aged.age_at_index >= $school_age_from AND aged.age_at_index <= $school_age_to AS is_school_age
FROM aged
INNER JOIN councils ON councils.council_code = aged.council_code
