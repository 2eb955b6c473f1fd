-- What was true of each eligible person before the index date, and nothing on or after it. In three parts:
-- * the history, in the months of the lookback before the baseline. It ends there in both arms alike, because what made a
--   family be assessed lies just before it, and programme families start some weeks later, when the worst may be over.
--   Days of a spell are its days inside the lookback, so an end that was learnt later changes nothing. A conviction counts
--   if the court had decided by then. Terms count if they had ended. Absence is 0 with a mark where there was no term.
-- * the state on the eve of the index date, from which the outcomes are counted: which spells were under way.
-- * the index date itself: programme families' are later ones, and what happens to people changes with the years. From
--   which day it is counted does not matter.
-- The six problems are the family's, as found at its assessment on the register that the person entered from: those of its
-- people who were assessed on the same day. A family that others joined, or that shares a child with another, has rows of
-- other assessments, which say nothing of this one.
WITH
people AS (
    SELECT
        *,
        CAST(baseline_date - INTERVAL 1 MONTH * $lookback_months AS DATE) AS lookback_date,
        CAST(index_date - INTERVAL 1 DAY AS DATE) AS eve_date,
        coalesce(assessment_date, DATE '9999-12-31') AS family_date
    FROM eligible_people
),

families AS (
    SELECT
        people.person_pseudonym,
        CAST(count(DISTINCT spells.person_pseudonym) AS INTEGER) AS n_family_people,
        max(CASE WHEN spells.is_problem_crime THEN 1 ELSE 0 END) AS problem_crime,
        max(CASE WHEN spells.is_problem_attendance THEN 1 ELSE 0 END) AS problem_attendance,
        max(CASE WHEN spells.is_problem_child_help THEN 1 ELSE 0 END) AS problem_child_help,
        max(CASE WHEN spells.is_problem_worklessness THEN 1 ELSE 0 END) AS problem_worklessness,
        max(CASE WHEN spells.is_problem_domestic_abuse THEN 1 ELSE 0 END) AS problem_domestic_abuse,
        max(CASE WHEN spells.is_problem_health THEN 1 ELSE 0 END) AS problem_health
    FROM people
    INNER JOIN released_programme_spells AS spells
        ON spells.family_pseudonym = people.family_pseudonym
        AND spells.council_code = people.council_code
        AND coalesce(spells.assessment_date, DATE '9999-12-31') = people.family_date
    GROUP BY people.person_pseudonym
),

children AS (
    SELECT family_pseudonym, council_code, family_date, CAST(count(*) AS INTEGER) AS n_family_children
    FROM people
    WHERE is_child
    GROUP BY family_pseudonym, council_code, family_date
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
        AND terms.term_end_date < people.baseline_date
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
        AND offences.offence_date < people.baseline_date
        AND offences.disposal_date < people.baseline_date
    GROUP BY people.person_pseudonym
),

episodes AS (
    SELECT
        people.person_pseudonym,
        episodes.episode_type,
        episodes.start_date < people.baseline_date AS is_in_lookback,
        coalesce(episodes.end_date, DATE '9999-12-31') >= people.eve_date AS is_on_eve
    FROM people
    INNER JOIN social_care_episodes AS episodes
        ON episodes.person_pseudonym = people.person_pseudonym
        AND episodes.start_date < people.index_date
        AND coalesce(episodes.end_date, DATE '9999-12-31') >= people.lookback_date
),

social_care AS (
    SELECT
        person_pseudonym,
        bool_or(episode_type = 'child_in_need' AND is_in_lookback) AS is_child_in_need,
        bool_or(episode_type = 'protection_plan' AND is_in_lookback) AS is_on_protection_plan,
        bool_or(episode_type = 'looked_after' AND is_in_lookback) AS is_looked_after,
        bool_or(episode_type = 'child_in_need' AND is_on_eve) AS is_child_in_need_on_eve,
        bool_or(episode_type = 'protection_plan' AND is_on_eve) AS is_on_protection_plan_on_eve,
        bool_or(episode_type = 'looked_after' AND is_on_eve) AS is_looked_after_on_eve
    FROM episodes
    GROUP BY person_pseudonym
),

spells AS (
    SELECT person_pseudonym, benefit, start_date, end_date
    FROM benefit_spells
    UNION ALL
    SELECT person_pseudonym, 'employment', start_date, end_date
    FROM employment_spells
),

spell_days AS (
    SELECT
        people.person_pseudonym,
        spells.benefit,
        greatest(date_diff(
            'day',
            greatest(spells.start_date, people.lookback_date),
            least(coalesce(CAST(spells.end_date + INTERVAL 1 DAY AS DATE), people.baseline_date), people.baseline_date)
        ), 0) AS n_days,
        coalesce(spells.end_date, DATE '9999-12-31') >= people.eve_date AS is_on_eve
    FROM people
    INNER JOIN spells
        ON spells.person_pseudonym = people.person_pseudonym
        AND spells.start_date < people.index_date
        AND coalesce(spells.end_date, DATE '9999-12-31') >= people.lookback_date
),

work AS (
    SELECT
        person_pseudonym,
        least(sum(CASE WHEN benefit = 'JSA' THEN n_days ELSE 0 END), 366) AS n_jsa_days,
        least(sum(CASE WHEN benefit <> 'employment' THEN n_days ELSE 0 END), 366) AS n_out_of_work_days,
        least(sum(CASE WHEN benefit = 'employment' THEN n_days ELSE 0 END), 366) AS n_employed_days,
        bool_or(benefit = 'JSA' AND is_on_eve) AS is_on_jsa_on_eve,
        bool_or(benefit <> 'employment' AND is_on_eve) AS is_out_of_work_on_eve,
        bool_or(benefit = 'employment' AND is_on_eve) AS is_employed_on_eve
    FROM spell_days
    GROUP BY person_pseudonym
),

hospital AS (
    SELECT
        people.person_pseudonym,
        count(*) FILTER (WHERE attendances.attendance_type = 'emergency') AS n_emergency_attendances,
        count(*) FILTER (WHERE attendances.is_injury) AS n_injury_attendances
    FROM people
    INNER JOIN hospital_attendances AS attendances
        ON attendances.person_pseudonym = people.person_pseudonym
        AND attendances.attendance_date < people.baseline_date
        AND attendances.attendance_date >= people.lookback_date
    GROUP BY people.person_pseudonym
)

SELECT
    people.person_pseudonym,
    people.age_at_index,
    CAST(date_diff('day', DATE '2015-04-01', people.index_date) AS INTEGER) AS n_days_to_index,
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
    CAST(coalesce(work.n_jsa_days, 0) AS INTEGER) AS n_jsa_days_before,
    CAST(coalesce(work.n_out_of_work_days, 0) AS INTEGER) AS n_out_of_work_days_before,
    CAST(coalesce(work.n_employed_days, 0) AS INTEGER) AS n_employed_days_before,
    CAST(coalesce(hospital.n_emergency_attendances, 0) AS INTEGER) AS n_emergency_attendances_before,
    CAST(coalesce(hospital.n_injury_attendances, 0) AS INTEGER) AS n_injury_attendances_before,
    coalesce(social_care.is_child_in_need_on_eve, false) AS is_child_in_need_on_eve,
    coalesce(social_care.is_on_protection_plan_on_eve, false) AS is_on_protection_plan_on_eve,
    coalesce(social_care.is_looked_after_on_eve, false) AS is_looked_after_on_eve,
    coalesce(work.is_on_jsa_on_eve, false) AS is_on_jsa_on_eve,
    coalesce(work.is_out_of_work_on_eve, false) AS is_out_of_work_on_eve,
    coalesce(work.is_employed_on_eve, false) AS is_employed_on_eve
FROM people
INNER JOIN families ON families.person_pseudonym = people.person_pseudonym
LEFT JOIN children
    ON children.family_pseudonym = people.family_pseudonym
    AND children.council_code = people.council_code
    AND children.family_date = people.family_date
LEFT JOIN school ON school.person_pseudonym = people.person_pseudonym
LEFT JOIN crime ON crime.person_pseudonym = people.person_pseudonym
LEFT JOIN social_care ON social_care.person_pseudonym = people.person_pseudonym
LEFT JOIN work ON work.person_pseudonym = people.person_pseudonym
LEFT JOIN hospital ON hospital.person_pseudonym = people.person_pseudonym
