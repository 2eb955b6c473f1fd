-- What was true of each eligible person before the index date: the months of the lookback, and nothing on or after it.
-- Days of a spell are its days inside the lookback, so an end that was learnt later changes nothing. A conviction counts
-- if the court had decided by then. Terms count if they had ended. Absence is 0 with a mark where there was no term.
-- The six problems are the family's, as found at its assessment on the register that the person entered from.
WITH
people AS (
    SELECT
        *,
        CAST(index_date - INTERVAL 1 MONTH * $lookback_months AS DATE) AS lookback_date
    FROM eligible_people
),

families AS (
    SELECT
        spells.family_pseudonym,
        spells.council_code,
        CAST(count(DISTINCT spells.person_pseudonym) AS INTEGER) AS n_family_people,
        max(CASE WHEN spells.is_problem_crime THEN 1 ELSE 0 END) AS problem_crime,
        max(CASE WHEN spells.is_problem_attendance THEN 1 ELSE 0 END) AS problem_attendance,
        max(CASE WHEN spells.is_problem_child_help THEN 1 ELSE 0 END) AS problem_child_help,
        max(CASE WHEN spells.is_problem_worklessness THEN 1 ELSE 0 END) AS problem_worklessness,
        max(CASE WHEN spells.is_problem_domestic_abuse THEN 1 ELSE 0 END) AS problem_domestic_abuse,
        max(CASE WHEN spells.is_problem_health THEN 1 ELSE 0 END) AS problem_health
    FROM released_programme_spells AS spells
    GROUP BY spells.family_pseudonym, spells.council_code
),

children AS (
    SELECT family_pseudonym, council_code, CAST(count(*) AS INTEGER) AS n_family_children
    FROM eligible_people
    WHERE is_child
    GROUP BY family_pseudonym, council_code
),

school AS (
    SELECT
        people.person_pseudonym,
        sum(terms.n_sessions_authorised + terms.n_sessions_unauthorised) AS n_absent,
        sum(terms.n_sessions_possible) AS n_possible,
        sum(terms.n_exclusions) AS n_exclusions,
        bool_or(terms.is_fsm_eligible) AS is_fsm,
        bool_or(terms.sen_provision IN ('K', 'E')) AS is_sen,
        bool_or(terms.language = 'OTH') AS is_other_language
    FROM people
    INNER JOIN attendance_terms AS terms
        ON terms.person_pseudonym = people.person_pseudonym
        AND terms.term_end_date < people.index_date
        AND terms.term_start_date >= people.lookback_date
    GROUP BY people.person_pseudonym
),

crime AS (
    SELECT
        people.person_pseudonym,
        count(*) FILTER (WHERE offences.offence_date >= people.lookback_date) AS n_offences,
        bool_or(offences.is_conviction AND offences.disposal_date >= people.lookback_date) AS is_convicted,
        bool_or(offences.n_custody_days > 0 AND offences.disposal_date >= people.lookback_date) AS is_in_custody
    FROM people
    INNER JOIN offence_events AS offences
        ON offences.person_pseudonym = people.person_pseudonym
        AND offences.offence_date < people.index_date
        AND offences.disposal_date < people.index_date
    GROUP BY people.person_pseudonym
),

social_care AS (
    SELECT
        people.person_pseudonym,
        bool_or(episodes.episode_type = 'child_in_need') AS is_child_in_need,
        bool_or(episodes.episode_type = 'protection_plan') AS is_on_protection_plan,
        bool_or(episodes.episode_type = 'looked_after') AS is_looked_after
    FROM people
    INNER JOIN social_care_episodes AS episodes
        ON episodes.person_pseudonym = people.person_pseudonym
        AND episodes.start_date < people.index_date
        AND coalesce(episodes.end_date, DATE '9999-12-31') >= people.lookback_date
    GROUP BY people.person_pseudonym
),

benefit_days AS (
    SELECT
        people.person_pseudonym,
        spells.benefit,
        date_diff(
            'day',
            greatest(spells.start_date, people.lookback_date),
            least(coalesce(CAST(spells.end_date + INTERVAL 1 DAY AS DATE), people.index_date), people.index_date)
        ) AS n_days
    FROM people
    INNER JOIN benefit_spells AS spells
        ON spells.person_pseudonym = people.person_pseudonym
        AND spells.start_date < people.index_date
        AND coalesce(spells.end_date, DATE '9999-12-31') >= people.lookback_date
),

benefits AS (
    SELECT
        person_pseudonym,
        least(sum(n_days) FILTER (WHERE benefit = 'JSA'), 366) AS n_jsa_days,
        least(sum(n_days), 366) AS n_out_of_work_days
    FROM benefit_days
    GROUP BY person_pseudonym
),

employment AS (
    SELECT
        people.person_pseudonym,
        least(sum(date_diff(
            'day',
            greatest(spells.start_date, people.lookback_date),
            least(coalesce(CAST(spells.end_date + INTERVAL 1 DAY AS DATE), people.index_date), people.index_date)
        )), 366) AS n_employed_days
    FROM people
    INNER JOIN employment_spells AS spells
        ON spells.person_pseudonym = people.person_pseudonym
        AND spells.start_date < people.index_date
        AND coalesce(spells.end_date, DATE '9999-12-31') >= people.lookback_date
    GROUP BY people.person_pseudonym
),

hospital AS (
    SELECT
        people.person_pseudonym,
        count(*) FILTER (WHERE attendances.attendance_type = 'emergency') AS n_emergency_attendances,
        count(*) FILTER (WHERE attendances.is_injury) AS n_injury_attendances
    FROM people
    INNER JOIN hospital_attendances AS attendances
        ON attendances.person_pseudonym = people.person_pseudonym
        AND attendances.attendance_date < people.index_date
        AND attendances.attendance_date >= people.lookback_date
    GROUP BY people.person_pseudonym
)

SELECT
    people.person_pseudonym,
    people.age_at_index,
    coalesce(people.sex = 'F', false) AS is_female,
    families.n_family_people,
    coalesce(children.n_family_children, 0) AS n_family_children,
    families.problem_crime = 1 AS is_problem_crime,
    families.problem_attendance = 1 AS is_problem_attendance,
    families.problem_child_help = 1 AS is_problem_child_help,
    families.problem_worklessness = 1 AS is_problem_worklessness,
    families.problem_domestic_abuse = 1 AS is_problem_domestic_abuse,
    families.problem_health = 1 AS is_problem_health,
    CAST(
        families.problem_crime + families.problem_attendance + families.problem_child_help
        + families.problem_worklessness + families.problem_domestic_abuse + families.problem_health
    AS INTEGER) AS n_problems,
    coalesce(school.n_absent / nullif(school.n_possible, 0), 0) AS absence_rate_before,
    school.n_possible IS NULL OR school.n_possible = 0 AS is_absence_missing,
    CAST(coalesce(school.n_exclusions, 0) AS INTEGER) AS n_exclusions_before,
    coalesce(school.is_fsm, false) AS is_fsm_before,
    coalesce(school.is_sen, false) AS is_sen_before,
    coalesce(school.is_other_language, false) AS is_other_language,
    CAST(coalesce(crime.n_offences, 0) AS INTEGER) AS n_offences_before,
    coalesce(crime.is_convicted, false) AS is_convicted_before,
    coalesce(crime.is_in_custody, false) AS is_in_custody_before,
    coalesce(social_care.is_child_in_need, false) AS is_child_in_need_before,
    coalesce(social_care.is_on_protection_plan, false) AS is_on_protection_plan_before,
    coalesce(social_care.is_looked_after, false) AS is_looked_after_before,
    CAST(coalesce(benefits.n_jsa_days, 0) AS INTEGER) AS n_jsa_days_before,
    CAST(coalesce(benefits.n_out_of_work_days, 0) AS INTEGER) AS n_out_of_work_days_before,
    CAST(coalesce(employment.n_employed_days, 0) AS INTEGER) AS n_employed_days_before,
    CAST(coalesce(hospital.n_emergency_attendances, 0) AS INTEGER) AS n_emergency_attendances_before,
    CAST(coalesce(hospital.n_injury_attendances, 0) AS INTEGER) AS n_injury_attendances_before
FROM people
INNER JOIN families
    ON families.family_pseudonym = people.family_pseudonym AND families.council_code = people.council_code
LEFT JOIN children
    ON children.family_pseudonym = people.family_pseudonym AND children.council_code = people.council_code
LEFT JOIN school ON school.person_pseudonym = people.person_pseudonym
LEFT JOIN crime ON crime.person_pseudonym = people.person_pseudonym
LEFT JOIN social_care ON social_care.person_pseudonym = people.person_pseudonym
LEFT JOIN benefits ON benefits.person_pseudonym = people.person_pseudonym
LEFT JOIN employment ON employment.person_pseudonym = people.person_pseudonym
LEFT JOIN hospital ON hospital.person_pseudonym = people.person_pseudonym
