-- How many people of the evaluation are linked to each extract, by what the release and the other members of the family
-- tell of them; with the cell keys that decide the counts' rounding.
--
-- One row per extract that arrived, dimension and group. A person's own school record cannot say their group: only the
-- linked have one, so each group that is known would seem wholly linked. Ethnic group and free school meals are therefore
-- what the school records of the *others* in the family say (the commonest ethnic group; whether any was ever eligible),
-- whether or not the person has a record. Worklessness is the register's own mark of the programme's problem, known of
-- everybody. Councils are ranked in tenths by how many of their linked pupils were ever eligible for free school meals, 01
-- the most deprived.
--
-- What cannot be seen: the group of a person of whose family nobody else was linked to a school ('unknown', people alone
-- and families that were missed whole among them); a family of several ethnic groups, which counts as its commonest; and
-- the deprivation of the home's own neighbourhood, since a release holds no home. Unprotected: never published.

WITH expected AS (
    -- on the eve of a month's first day, whoever was born in the month before has had the birthday
    SELECT DISTINCT person.person_pseudonym, spans.extract
    FROM eligible_people AS person
    CROSS JOIN observed_spans AS spans
    INNER JOIN extract_ages AS ages ON spans.extract = ages.extract
    WHERE floor((
            (year(spans.span_start_date) - year(person.birth_month)) * 12
            + month(spans.span_start_date) - month(person.birth_month) + ages.age_month - 1
        ) / 12) <= ages.to_age
        AND floor((
            (year(spans.span_start_date) + spans.n_years - 1 - year(person.birth_month)) * 12
            + month(spans.span_start_date) - month(person.birth_month) + ages.age_month - 1
        ) / 12) >= ages.from_age
),

schooled AS (
    SELECT
        person.person_pseudonym,
        person.family_pseudonym,
        person.council_code,
        max(terms.ethnic_group) FILTER (WHERE terms.ethnic_group <> 'UNCL') AS ethnic_group,
        bool_or(terms.is_fsm_eligible) AS is_fsm_eligible
    FROM attendance_terms AS terms
    INNER JOIN eligible_people AS person ON terms.person_pseudonym = person.person_pseudonym
    GROUP BY person.person_pseudonym, person.family_pseudonym, person.council_code
),

relatives AS (
    SELECT person.person_pseudonym, schooled.ethnic_group, schooled.is_fsm_eligible
    FROM eligible_people AS person
    INNER JOIN schooled
        ON person.family_pseudonym = schooled.family_pseudonym
        AND person.person_pseudonym <> schooled.person_pseudonym
),

family_ethnic_groups AS (
    SELECT person_pseudonym, ethnic_group
    FROM relatives
    WHERE ethnic_group IS NOT NULL
    GROUP BY person_pseudonym, ethnic_group
    QUALIFY row_number() OVER (PARTITION BY person_pseudonym ORDER BY count(*) DESC, ethnic_group) = 1
),

family_meals AS (
    SELECT person_pseudonym, bool_or(is_fsm_eligible) AS is_fsm_eligible
    FROM relatives
    GROUP BY person_pseudonym
),

council_shares AS (
    SELECT council_code, count(*) FILTER (WHERE is_fsm_eligible) / nullif(count(*), 0) AS fsm_share
    FROM schooled
    GROUP BY council_code
),

council_tenths AS (
    SELECT council_code, ntile(10) OVER (ORDER BY fsm_share DESC, council_code) AS deprivation_tenth
    FROM council_shares
),

worklessness AS (
    SELECT person_pseudonym, bool_or(is_problem_worklessness) AS is_workless
    FROM released_programme_spells
    GROUP BY person_pseudonym
),

described AS (
    SELECT
        person.person_pseudonym,
        CAST(released.rounding_key AS DECIMAL(38, 0)) AS rounding_key,
        person.arm,
        coalesce(family_ethnic_groups.ethnic_group, 'unknown') AS ethnic_group,
        CASE
            WHEN family_meals.is_fsm_eligible THEN 'eligible'
            WHEN NOT family_meals.is_fsm_eligible THEN 'not eligible'
            ELSE 'unknown'
        END AS free_school_meals,
        CASE
            WHEN worklessness.is_workless THEN 'yes'
            WHEN NOT worklessness.is_workless THEN 'no'
            ELSE 'unknown'
        END AS worklessness,
        coalesce(lpad(CAST(council_tenths.deprivation_tenth AS VARCHAR), 2, '0'), 'unknown') AS council_deprivation
    FROM eligible_people AS person
    INNER JOIN released_people AS released ON person.person_pseudonym = released.person_pseudonym
    LEFT JOIN family_ethnic_groups ON person.person_pseudonym = family_ethnic_groups.person_pseudonym
    LEFT JOIN family_meals ON person.person_pseudonym = family_meals.person_pseudonym
    LEFT JOIN worklessness ON person.person_pseudonym = worklessness.person_pseudonym
    LEFT JOIN council_tenths ON person.council_code = council_tenths.council_code
),

marks AS (
    SELECT
        arrived.extract,
        described.*,
        links.person_pseudonym IS NOT NULL AS is_linked,
        expected.person_pseudonym IS NOT NULL AS is_expected
    FROM described
    CROSS JOIN (SELECT DISTINCT extract FROM observed_spans) AS arrived
    LEFT JOIN (SELECT DISTINCT extract, person_pseudonym FROM released_record_links) AS links
        ON arrived.extract = links.extract AND described.person_pseudonym = links.person_pseudonym
    LEFT JOIN expected
        ON arrived.extract = expected.extract AND described.person_pseudonym = expected.person_pseudonym
),

cells AS (
    SELECT
        extract,
        arm,
        ethnic_group,
        free_school_meals,
        worklessness,
        council_deprivation,
        count(*) AS n_people,
        count(*) FILTER (WHERE is_linked) AS n_linked,
        count(*) FILTER (WHERE is_expected) AS n_expected,
        count(*) FILTER (WHERE is_expected AND is_linked) AS n_expected_linked,
        sum(CASE WHEN is_expected THEN rounding_key ELSE 0 END) AS expected_sum,
        sum(CASE WHEN is_expected AND is_linked THEN rounding_key ELSE 0 END) AS expected_linked_sum
    FROM marks
    GROUP BY extract, arm, ethnic_group, free_school_meals, worklessness, council_deprivation
),

grouped AS (
    SELECT extract, 'all' AS dimension, 'all' AS people_group, n_people, n_linked, n_expected, n_expected_linked, expected_sum, expected_linked_sum FROM cells
    UNION ALL
    SELECT extract, 'arm', arm, n_people, n_linked, n_expected, n_expected_linked, expected_sum, expected_linked_sum FROM cells
    UNION ALL
    SELECT extract, 'ethnic_group', ethnic_group, n_people, n_linked, n_expected, n_expected_linked, expected_sum, expected_linked_sum FROM cells
    UNION ALL
    SELECT extract, 'free_school_meals', free_school_meals, n_people, n_linked, n_expected, n_expected_linked, expected_sum, expected_linked_sum FROM cells
    UNION ALL
    SELECT extract, 'worklessness', worklessness, n_people, n_linked, n_expected, n_expected_linked, expected_sum, expected_linked_sum FROM cells
    UNION ALL
    SELECT extract, 'council_deprivation', council_deprivation, n_people, n_linked, n_expected, n_expected_linked, expected_sum, expected_linked_sum FROM cells
),

counts AS (
    SELECT
        extract,
        dimension,
        people_group,
        sum(n_people) AS n_people,
        sum(n_linked) AS n_linked,
        sum(n_expected) AS n_expected,
        sum(n_expected_linked) AS n_expected_linked,
        sum(expected_sum) AS expected_sum,
        sum(expected_linked_sum) AS expected_linked_sum
    FROM grouped
    GROUP BY extract, dimension, people_group
)

SELECT
    counts.extract,
    counts.dimension,
    counts.people_group,
    coalesce(held.is_everybody_held, false) AS is_everybody_held,
    CAST(counts.n_people AS BIGINT) AS n_people,
    CAST(counts.n_linked AS BIGINT) AS n_linked,
    CAST(counts.n_expected AS BIGINT) AS n_expected,
    CAST(counts.n_expected_linked AS BIGINT) AS n_expected_linked,
    CAST(counts.expected_sum % 18446744073709551616 AS UBIGINT) AS expected_key,
    CAST(counts.expected_linked_sum % 18446744073709551616 AS UBIGINT) AS expected_linked_key
FROM counts
LEFT JOIN (SELECT extract, bool_or(is_everybody_held) AS is_everybody_held FROM extract_ages GROUP BY extract) AS held
    ON counts.extract = held.extract
