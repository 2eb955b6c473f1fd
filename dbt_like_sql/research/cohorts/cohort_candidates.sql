-- Everybody on a council's register, in which arm and from which day they would count, and why somebody does not count.
-- Somebody on two registers counts once: in the programme arm if either is on the programme, from the earliest day. A
-- release gives the month of birth only, so age is whole months between the two months, in years. The assessment is the
-- one of the register that the person enters from. Both arms' history is looked at up to the baseline: the assessment, or the
-- index date where there was no earlier assessment.
WITH
spells AS (
    SELECT
        person_pseudonym,
        family_pseudonym,
        council_code,
        CASE WHEN programme_group = 'programme' THEN 'programme' ELSE 'comparison' END AS arm,
        CASE
            WHEN (CASE WHEN programme_group = 'programme' THEN $programme_index ELSE $comparison_index END) = 'start_date'
                THEN start_date
            ELSE assessment_date
        END AS index_date,
        assessment_date
    FROM released_programme_spells
),

entries AS (
    SELECT
        *,
        min(arm) OVER (PARTITION BY person_pseudonym) <> max(arm) OVER (PARTITION BY person_pseudonym) AS is_on_both_sides
    FROM spells
    QUALIFY row_number() OVER (
        PARTITION BY person_pseudonym
        ORDER BY
            CASE WHEN index_date IS NULL THEN 1 ELSE 0 END,
            CASE arm WHEN 'programme' THEN 0 ELSE 1 END,
            index_date,
            council_code,
            family_pseudonym
    ) = 1
)

SELECT
    entries.person_pseudonym,
    entries.family_pseudonym,
    entries.council_code,
    councils.region_code,
    entries.arm,
    entries.index_date,
    entries.assessment_date,
    CASE WHEN entries.assessment_date < entries.index_date THEN entries.assessment_date ELSE entries.index_date END
        AS baseline_date,
    people.sex,
    people.birth_month,
    CAST(floor((
        (year(entries.index_date) - year(people.birth_month)) * 12
        + month(entries.index_date) - month(people.birth_month)
    ) / 12) AS INTEGER) AS age_at_index,
    CASE
        WHEN entries.index_date IS NULL THEN 'no_index_date'
        WHEN people.birth_month IS NULL THEN 'no_birth_month'
        WHEN people.birth_month > entries.index_date THEN 'born_after_index'
        WHEN $are_switchers_excluded AND entries.is_on_both_sides THEN 'on_both_sides'
    END AS exclusion
FROM entries
INNER JOIN released_people AS people ON people.person_pseudonym = entries.person_pseudonym
INNER JOIN councils ON councils.council_code = entries.council_code
